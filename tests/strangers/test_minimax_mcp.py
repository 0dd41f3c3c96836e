"""The vendor's own `minimax-mcp` makes a video from a picture, through its library function."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import pytest

from contract_tests.api import Api
from mock_server import MockServer, Settings
from mock_server.resources import folder
from tests.delivered import frames_for

# The client waits 20 seconds between two polls; the wrapper turns that into no wait. Everything else is the vendor's.
WRAPPER = """
import sys, time
time.sleep = lambda seconds: None
from minimax_mcp import server
image, directory = sys.argv[1:]
answer = server.generate_video(
    model="MiniMax-Hailuo-2.3", prompt="a mouse runs", first_frame_image=image, duration=6, resolution="768P",
    output_directory=directory,
)
print(answer.text)
"""


def run_client(url: str, key: str, image: str, directory: Path) -> str:
    """What the client says at the end."""
    environment = {
        "MINIMAX_API_HOST": url, "MINIMAX_API_KEY": key, "MINIMAX_API_RESOURCE_MODE": "local",
        "MINIMAX_MCP_BASE_PATH": str(directory), "HOME": str(directory), "PATH": "",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", WRAPPER, image, str(directory)], capture_output=True, text=True, timeout=120,
        env=environment, cwd=directory, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def mock() -> MockServer:
    """A mock whose tasks end with the fourth query."""
    return MockServer(Settings(port=0, progress="polls:4"))


@pytest.mark.parametrize("name", ["good.jpg", "good.png", "good.webp"])
def test_the_vendors_client_makes_a_video(mock: MockServer, tmp_path: Path, name: str) -> None:
    """It finishes with an .mp4 that plays; it calls every picture a JPEG, and that must not matter."""
    image = folder("fixtures") / "images" / name
    with mock:
        said = run_client(mock.url, "sk-api-vendor", str(image), tmp_path)
        journal = Api(mock.url, None).send("GET", "/__mock/requests").json["requests"]
    assert said.startswith("Success. Video saved as: "), said
    (video,) = tmp_path.glob("*.mp4")
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (1366, 768, frames_for(6))
    assert [entry["operation"] for entry in journal] == ["create", *["query"] * 4, "retrieve", "download"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("mock-1004", "login fail: Please carry the API secret key"),
        ("mock-1008", "API Error: 1008-insufficient balance Trace-Id: "),
        ("mock-2049", "API Error: 2049-invalid api key Trace-Id: "),
    ],
)
def test_the_vendors_client_sees_exactly_why_not(mock: MockServer, tmp_path: Path, key: str, words: str) -> None:
    """Its message carries the code, the text and the Trace-Id header."""
    with mock:
        said = run_client(mock.url, key, str(folder("fixtures") / "images" / "good.jpg"), tmp_path)
    assert words in said
    assert not list(tmp_path.glob("*.mp4"))
