"""A mock that other machines can reach starts only when its control API is guarded or off."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from contract_tests.api import Api
from mock_server import MockServer, Settings, create_app
from mock_server.errors import StartupError
from tests.command_line.test_serve import run, serving

TOKEN = "a-token-of-19-chars"
BEYOND = ["0.0.0.0", "::", "0", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"]
LOOPBACK = ["127.0.0.1", "127.9.9.9", "127.1", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost"]


def names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Lets every name have these addresses, or none."""

    def found(_host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_loopback_is_refused(host: str) -> None:
    """The line names the address and both ways out, before anything listens."""
    with pytest.raises(StartupError) as caught:
        MockServer(Settings(port=0, host=host))
    assert str(caught.value).startswith(f"--host {host} can be reached from other machines: ")
    assert "--control-token TOKEN" in str(caught.value)
    assert "--no-control" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("host", BEYOND)
@pytest.mark.parametrize("guarded", [{"control_token": TOKEN}, {"no_control": True}])
def test_beyond_loopback_with_a_guard(host: str, guarded: dict[str, Any]) -> None:
    """Either of the two will do."""
    MockServer(Settings(port=0, host=host, **guarded))


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_needs_nothing(host: str) -> None:
    """In whatever form the address is written."""
    MockServer(Settings(port=0, host=host))


@pytest.mark.parametrize(
    ("addresses", "exposed"),
    [
        (["127.0.0.1"], False),
        (["127.0.0.1", "::1"], False),
        (["127.0.0.1", "192.0.2.1"], True),
        (["fe80::1%eth0"], True),
    ],
)
def test_a_name_is_what_it_leads_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str], exposed: bool) -> None:
    """It is local when all of its addresses are."""
    names(monkeypatch, *addresses)
    if exposed:
        with pytest.raises(StartupError, match="--host some-name can be reached"):
            MockServer(Settings(host="some-name"))
    else:
        MockServer(Settings(host="some-name"))


def test_localhost_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is local by definition, where nobody answers for it too."""
    names(monkeypatch)
    MockServer(Settings(host="localhost"))


@pytest.mark.parametrize("host", ["no-such-name", "a..b"])
def test_a_name_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Nobody can listen there; that is said, and not that a token is missing."""
    if host == "no-such-name":
        names(monkeypatch)
    for guarded in (False, True):
        with pytest.raises(StartupError, match=f"^cannot listen on {host}:8026: "):
            MockServer(Settings(host=host, no_control=guarded)).start()


def test_a_foreign_server_listens_elsewhere() -> None:
    """The application alone does not know where it is served, and --host is not for it."""
    assert create_app(Settings(host="0.0.0.0")).test_client().get("/__mock/health").status_code == 200


@pytest.mark.parametrize(("flags", "variables"), [(["--host", "0.0.0.0"], {}), ([], {"MINIMAX_MOCK_HOST": "::"})])
def test_serve_says_so_and_ends(flags: list[str], variables: dict[str, str]) -> None:
    """One line, and exit code 2."""
    done = run("serve", "--port", "0", *flags, **variables)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("minimax-mock: --host ")


@pytest.mark.parametrize(("flag", "status"), [(["--control-token", TOKEN], 401), (["--no-control"], 404)])
def test_serve_with_a_guard(flag: list[str], status: int) -> None:
    """It starts, health is answered, and the rest is not."""
    with serving("--host", "0.0.0.0", *flag) as (process, ready):
        api = Api(str(ready["url"]), None)
        assert api.send("GET", "/__mock/health").status == 200
        assert api.send("GET", "/__mock/tasks").status == status
        process.terminate()
        output, errors = process.communicate(timeout=10)
    assert TOKEN not in output + errors
