"""The vendor's own `mmx-cli` (npm) makes a video from a picture over `--tls`, where its rewriting of links to https is right."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import av

from contract_tests.api import Api
from mock_server import MockServer, Settings
from mock_server.resources import folder
from tests.delivered import frames_for

CLIENT = Path(sys.prefix) / "node" / "node_modules" / "mmx-cli" / "dist" / "mmx.mjs"


def run_client(mock: MockServer, home: Path, key: str, image: Path) -> subprocess.CompletedProcess[str]:
    """Runs the client with nothing of this machine's but the CA to trust."""
    node = shutil.which("node")
    assert node, "node is missing: run `make test`, which installs it, or apt-get install nodejs npm"
    assert CLIENT.exists(), "mmx-cli is missing: run `make test`, which installs it"
    assert mock.ca_file is not None
    return subprocess.run(
        [node, str(CLIENT), "video", "generate", "--model", "MiniMax-Hailuo-2.3", "--prompt", "a mouse runs",
         "--image", str(image), "--download", str(home / "video.mp4"), "--poll-interval", "1", "--non-interactive",
         "--output", "json", "--region", "global", "--base-url", mock.url, "--api-key", key],
        env={"HOME": str(home), "MMX_CONFIG_DIR": str(home), "NODE_EXTRA_CA_CERTS": mock.ca_file, "CI": "1", "PATH": ""},
        capture_output=True, text=True, timeout=120, cwd=home, check=False,
    )  # fmt: skip


def test_the_vendors_client_makes_a_video(tmp_path: Path) -> None:
    """It finishes with an .mp4 that plays, and has talked to nobody but the mock."""
    with MockServer(Settings(port=0, tls=True, progress="polls:2")) as mock:
        done = run_client(mock, tmp_path, "sk-api-vendor", folder("fixtures") / "images" / "good.png")
        assert done.returncode == 0, done.stderr + done.stdout
        result = json.loads(done.stdout[: done.stdout.rindex("}") + 1])
        journal = [(entry.operation, entry.http_status) for entry in mock.service.journal.entries()[0]]
    assert result["status"] == "Success"
    with av.open(str(tmp_path / "video.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (1366, 768, frames_for(6))
    assert journal == [("create", 200), ("query", 200), ("query", 200), ("retrieve", 200), ("download", 200)]


def test_the_vendors_client_sees_exactly_why_not(tmp_path: Path) -> None:
    """A refused picture ends it with an error that carries the service's text."""
    with MockServer(Settings(port=0, tls=True)) as mock:
        done = run_client(mock, tmp_path, "sk-api-vendor", folder("fixtures") / "images" / "short-edge-300.png")
        refused = Api(mock.url, None)
        assert refused.url.startswith("https://")
    assert done.returncode != 0
    assert "The minimum pixel on the short side of the image: 300px" in done.stdout + done.stderr
    assert not (tmp_path / "video.mp4").exists()
