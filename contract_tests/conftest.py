"""Which server is judged: the one of `--minimax-url`, or a mock that lives as long as the run."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from contract_tests.api import Api
from mock_server import MockServer, Settings


@dataclass(frozen=True)
class Target:
    """The server under judgement; `pause` is how many seconds to wait between two polls of a task."""

    url: str
    pause: float


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The server that the suite judges."""
    url = request.config.getoption("--minimax-url")
    if url is None:
        with MockServer(Settings(port=0, progress="polls:4")) as mock:
            yield Target(mock.url, 0.0)
        return
    if urlsplit(url).scheme not in ("http", "https") or not _is_local(url):
        # A create at the real service costs money; nobody may start one by a slip.
        raise pytest.UsageError(
            f"--minimax-url {url}: only servers on this machine are judged, such as http://127.0.0.1:8026"
        )
    yield Target(url, 0.5)


@pytest.fixture
def api(target: Target) -> Api:
    """The server, called with a key that no other test uses, or with MINIMAX_API_KEY if that is set for a run by URL."""
    key = os.environ.get("MINIMAX_API_KEY") if target.pause else None
    return Api(target.url, key or f"contract-{secrets.token_hex(8)}")
