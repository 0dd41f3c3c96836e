"""Which server is judged: the one of `--minimax-url`, or a mock that lives as long as the run."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract_tests.api import Api, why_silent
from contract_tests.verdict import UNUSABLE
from mock_server import MockServer, Settings

# The only key of the mock that stands for a server with restricted keys.
LISTED_KEY = "contract-listed"


# Suites that are looked at only when somebody plugs their subject in.
_SUITES = {"test_client.py": "minimax_client", "test_receiver.py": "minimax_receiver"}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out the suites whose subject nobody named: the server suite is for runs without client and receiver."""
    if collection_path.parent != Path(__file__).parent:
        return None
    plugged = {name for name, option in _SUITES.items() if getattr(config.option, option, None)}
    if collection_path.name in _SUITES:
        return collection_path.name not in plugged or None
    return True if plugged and collection_path.name == "test_server.py" else None


@dataclass(frozen=True)
class Target:
    """The server under judgement.

    `pause` is how many seconds to wait between two polls of a task, `key` one that it takes, where it does not take any,
    and `late` how many seconds an echo takes that comes too late.
    """

    url: str
    pause: float
    key: str | None
    late: float


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The server that the suite judges."""
    url = request.config.getoption("--minimax-url")
    if url is None:
        with MockServer(Settings(port=0, progress="polls:4", callback_timeout=0.5)) as mock:
            yield Target(mock.url, 0.0, None, 0.8)
        return
    if silence := why_silent(url):
        pytest.exit(f"--minimax-url {silence}", returncode=UNUSABLE)
    yield Target(url, 0.5, request.config.getoption("--minimax-key"), 3.5)


@pytest.fixture
def restricted(target: Target, request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL of a server that takes certain keys only: the one that is judged, if it does, else a second mock.

    None for another server that takes any key.
    """
    if target.key is not None:
        yield target.url
    elif request.config.getoption("--minimax-url") is not None:
        yield None
    else:
        with MockServer(Settings(port=0, api_keys=(LISTED_KEY,))) as mock:
            yield mock.url


@pytest.fixture
def api(target: Target) -> Api:
    """The server, called with the key of the run, or with one that no other test uses."""
    return Api(target.url, target.key or f"contract-{secrets.token_hex(8)}")
