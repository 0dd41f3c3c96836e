"""Which servers may be asked what."""

from __future__ import annotations

import pytest

from contract_tests.live.address import (
    Refused,
    is_loopback,
    is_real,
    read_target,
    refuse_fuzzing,
    refuse_without_live,
)
from mock_server.pytest_plugin import REAL_HOSTS


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.minimax.io", "https://api.minimax.io"),
        ("https://api.minimax.io/v1/", "https://api.minimax.io"),
        ("https://gateway.example/minimax/", "https://gateway.example/minimax"),
        ("http://127.0.0.1:8026", "http://127.0.0.1:8026"),
        ("http://[::1]:8026/", "http://[::1]:8026"),
        ("http://localhost:8026", "http://localhost:8026"),
    ],
)
def test_addresses(url: str, expected: str) -> None:
    """The origin with the path before /v1."""
    assert read_target(url).url == expected


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://api.minimax.io", "would carry the key in clear; expected https://api.minimax.io"),
        ("http://192.168.1.5:8026", "would carry the key in clear"),
        ("http://127.0.0.1.example.com", "would carry the key in clear"),
        ("http://localhost.example.com", "would carry the key in clear"),
        ("https://user:secret@api.minimax.io", "holds a name or a password"),
        ("https://api.minimax.io?x=1", "expected https://HOST"),
        ("ftp://api.minimax.io", "expected https://HOST"),
        ("https://", "expected https://HOST"),
        ("https://api.minimax.io:port", "expected https://HOST"),
        ("https://[::1", "expected https://HOST"),
    ],
)
def test_addresses_that_are_refused(url: str, fault: str) -> None:
    """In one line, and without what stands in them."""
    with pytest.raises(Refused) as refused:
        read_target(url)
    assert fault in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_this_machine(host: str) -> None:
    """By its name, or by an address that no other machine has."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "127.1", "localhost.com", "api.minimax.io", "", "2130706433"])
def test_other_machines(host: str) -> None:
    """Whatever is not certain is another machine."""
    assert not is_loopback(host)


@pytest.mark.parametrize("real", REAL_HOSTS)
def test_the_real_service_is_known(real: str) -> None:
    """With every name below its own, and however they are written."""
    assert all(is_real(host) for host in (real, f"api.{real}", f"API.{real.upper()}", f"api.{real}."))
    assert not is_real(f"{real}.example.com")
    assert not is_real(f"not{real}")


def test_the_real_service_is_asked_with_live_only() -> None:
    """The suite makes tasks; only a server of this machine is judged by it."""
    refuse_without_live("http://127.0.0.1:8026")
    with pytest.raises(Refused, match=r"^'staging\.example\.com' is not this machine"):
        refuse_without_live("https://staging.example.com")
    with pytest.raises(Refused, match="expected the name in ASCII"):
        read_target("https://api.minimax\u3002io")
    with pytest.raises(Refused, match=r"^api\.minimax\.io is the real service, .*; add --live"):
        refuse_without_live("https://api.minimax.io./v1")


def test_nothing_is_made_up_for_another_machine() -> None:
    """Nobody knows what such requests cost."""
    refuse_fuzzing("http://127.0.0.1:8026")
    for url in (
        "https://api.minimax.io",
        "http://10.0.0.1:8026",
        "https://staging.example.com",
        "https://[",
        "nonsense",
    ):
        with pytest.raises(Refused, match="is not this machine"):
            refuse_fuzzing(url)
