"""How published clients are run: each makes one video with what it does by default, and says where the file lies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from mock_server import MockServer

PROMPT = "a mouse runs"
MODULES = Path(sys.prefix) / "node" / "node_modules"
# The client waits between two polls, which the wrappers turn into no wait. Everything else is the vendor's.
MINIMAX_MCP = """
import json, sys, time
time.sleep = lambda seconds: None
from minimax_mcp import server
print(server.generate_video(**json.load(sys.stdin)).text)
"""
# Its address is a constant of the class.
MINIMAX_PYTHON = """
import json, sys, time
time.sleep = lambda seconds: None
url, file = sys.argv[1:]
from minimax import Minimax
client = type("Client", (Minimax,), {"BASE_URL": url + "/v1"})(api_key="sk-python", group_id="1")
made = client.text_to_video(**json.load(sys.stdin))
client.retrieve_video(file_id=made.file_id, download_path=file)
"""
# The package is a plug-in of hermes-agent 0.19.0, whose thirty exact pins fit no other environment. What it imports of
# its host stands here, with the parameters and the values of the host.
HERMES = """
import json, os, sys, time, types
time.sleep = lambda seconds: None
host = types.ModuleType("agent.video_gen_provider")
host.DEFAULT_ASPECT_RATIO, host.DEFAULT_RESOLUTION, host.VideoGenProvider = "16:9", "720p", object
def save_bytes_video(raw, *, prefix="video", extension="mp4"):
    path = os.path.abspath(f"{prefix}.{extension}")
    open(path, "wb").write(raw)
    return path
def success_response(*, video, model, prompt, modality="text", aspect_ratio="", duration=0, provider, extra=None):
    return {"success": True, "video": video, "model": model}
def error_response(*, error, error_type="", provider="", model="", prompt="", aspect_ratio=""):
    return {"success": False, "error": error}
host.save_bytes_video, host.success_response, host.error_response = save_bytes_video, success_response, error_response
sys.modules["agent"], sys.modules["agent.video_gen_provider"] = types.ModuleType("agent"), host
from hermes_minimax_media.plugins.video_gen.minimax import MiniMaxVideoGenProvider
print(json.dumps(MiniMaxVideoGenProvider().generate(**json.load(sys.stdin))))
"""


def mmx(mock: MockServer, home: Path, flags: Sequence[str]) -> None:
    """`mmx video generate` of mmx-cli (npm). It needs a mock with TLS, since it makes every link https."""
    assert mock.ca_file is not None
    command = [
        *_node("mmx-cli/dist/mmx.mjs"), "video", "generate", "--prompt", PROMPT, *flags, "--download",
        str(home / "video.mp4"), "--non-interactive", "--region", "global", "--base-url", mock.url, "--api-key", "sk-mmx",
    ]  # fmt: skip
    _run(command, home, {"MMX_CONFIG_DIR": str(home), "NODE_EXTRA_CA_CERTS": mock.ca_file, "CI": "1"})


def minimax_mcp(mock: MockServer, home: Path, arguments: Mapping[str, object]) -> None:
    """The tool `generate_video` of minimax-mcp (PyPI), called as a function."""
    said = _run([sys.executable, "-c", MINIMAX_MCP], home, _mcp(mock, home), {"prompt": PROMPT, **arguments})
    assert said.startswith("Success. Video saved as: "), said


def minimax_mcp_js(mock: MockServer, home: Path, arguments: Mapping[str, object]) -> None:
    """The tool `generate_video` of minimax-mcp-js (npm), over the protocol, as an assistant calls it."""
    hello = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    call = {"name": "generate_video", "arguments": {"prompt": PROMPT, **arguments}}
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    environment = _mcp(mock, home) | {"HOME": str(home), "PATH": ""}
    with subprocess.Popen(
        _node("minimax-mcp-js/build/index.js"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=home,
        env=environment,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(60, process.kill)
        late.start()
        try:
            process.stdin.write("".join(json.dumps(message) + "\n" for message in messages))
            process.stdin.flush()
            answers = [json.loads(process.stdout.readline() or "{}") for _ in range(2)]
        finally:
            late.cancel()
            process.kill()
    text = answers[1]["result"]["content"][0]["text"]
    assert text.startswith("Video saved: "), text


def minimax_python(mock: MockServer, home: Path, arguments: Mapping[str, object]) -> None:
    """The class of minimax-python (PyPI), which sends a GroupId and has the model video-01 as its default."""
    command = [sys.executable, "-c", MINIMAX_PYTHON, mock.url, str(home / "video.mp4")]
    _run(command, home, {}, {"text": PROMPT, **arguments})


def hermes(mock: MockServer, home: Path, arguments: Mapping[str, object]) -> None:
    """The video provider of hermes-minimax-media (PyPI), called as its host calls it."""
    environment = {"MINIMAX_BASE_URL": mock.url, "MINIMAX_API_KEY": "sk-hermes"}
    answer = json.loads(_run([sys.executable, "-c", HERMES], home, environment, {"prompt": PROMPT, **arguments}))
    assert answer["success"], answer["error"]


def _mcp(mock: MockServer, home: Path) -> dict[str, str]:
    return {
        "MINIMAX_API_HOST": mock.url, "MINIMAX_API_KEY": "sk-mcp", "MINIMAX_MCP_BASE_PATH": str(home),
        "MINIMAX_API_RESOURCE_MODE": "local", "MINIMAX_RESOURCE_MODE": "local",
    }  # fmt: skip


def _node(script: str) -> list[str]:
    node = shutil.which("node")
    assert node, "node is missing: run `make test`, which installs it, or apt-get install nodejs npm"
    assert (MODULES / script).exists(), f"{script} is missing: run `make test`, which installs it"
    return [node, str(MODULES / script)]


def _run(command: Sequence[str], home: Path, environment: Mapping[str, str], given: object = None) -> str:
    """Runs a client with nothing of this machine's but what it is given; what it says at the end."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=home, check=False, input=json.dumps(given),
        env={"HOME": str(home), "PATH": "", "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()
