"""The application under Granian, for people who load-test: the line of the README, with one journey."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import urllib3

from contract_tests.api import MINIMAL, Api


def test_granian_serves_the_factory(tmp_path: Path) -> None:
    """Create, query, retrieve and download work under a server that is not ours, configured by the environment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # With a Python client's blocking threads; Granian has no port 0.
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port), "--workers", "1",
         "mock_server:create_app"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path,
        env={**os.environ, "MINIMAX_MOCK_TASK_SECONDS": "0"},
    )  # fmt: skip
    try:
        retry = urllib3.Retry(total=100, backoff_factor=0.05, backoff_max=0.2)
        url = f"http://127.0.0.1:{port}"
        assert urllib3.PoolManager(retries=retry).request("GET", f"{url}/__mock/health").status == 200
        api = Api(url, "k-1")
        done = api.query(api.create(MINIMAL).json["task_id"]).json
        assert done["status"] == "Success"
        link = api.retrieve(done["file_id"]).json["file"]["download_url"]
        assert Api(url, None).send("GET", link).content[4:8] == b"ftyp"
        assert api.create(MINIMAL | {"prompt": "x" * 2001}).code == 2013
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
