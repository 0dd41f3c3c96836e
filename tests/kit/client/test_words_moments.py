"""Words about moments and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from contract_tests.client.vocabulary import look
from contract_tests.outcome import Seen
from contract_tests.wire.exchange import Exchange
from tests.kit.client.observed import error, exchange, invocation, observation, success


def _queries(*moments: float, code: int = 0) -> list[Exchange]:
    return [exchange("query", at, {"base_resp": {"status_code": code}}) for at in moments]


def _seen(word: str, argument: Any, *, made: Any = None, **changes: Any) -> Seen:
    made = made or [success(call={"op": "generate", "poll_ms": 100})]
    return look(observation(*made, **changes), word, argument).seen


@pytest.mark.parametrize(
    ("argument", "seen"),
    [
        ({"method": "GET", "path": "/moved", "exactly": 0}, Seen.BROKEN),
        ({"method": "POST", "path": "/moved", "exactly": 0}, Seen.MET),
        ({"target": "/moved?a=%7E", "at_least": 1}, Seen.MET),
        ({"target": "/moved?a=~", "at_least": 1}, Seen.BROKEN),
        ({"target": "/moved?a=${nonce}", "at_least": 1}, Seen.MET),
        ({"on": "elsewhere", "path": "/moved", "at_least": 1}, Seen.BROKEN),
    ],
)
def test_asked_for(argument: Mapping[str, Any], seen: Seen) -> None:
    """Requests are counted by method, path or whole target, byte for byte."""
    exchanges = [exchange("download", target="/moved?a=%7E")]
    assert _seen("asked_for", argument, exchanges=exchanges, places={"${nonce}": "%7E"}) is seen


def test_slower_after_a_refusal() -> None:
    """The pause after a refusal has to be longer than the usual one; that nothing followed is no pause."""
    slower = {"on": "query", "code": 1002, "times": 1.5}
    assert _seen("slower_after", slower, exchanges=[*_queries(0, code=1002), *_queries(160)]) is Seen.MET
    assert _seen("slower_after", slower, exchanges=[*_queries(0, code=1002), *_queries(105)]) is Seen.BROKEN
    assert _seen("slower_after", slower, exchanges=_queries(0, 500, code=0)) is Seen.BROKEN
    assert _seen("slower_after", slower, exchanges=_queries(0, code=1002)) is Seen.BROKEN


@pytest.mark.parametrize(
    ("moments", "seen"),
    [((0, 100, 205), Seen.MET), ((0, 100, 150), Seen.BROKEN), ((0,), Seen.MET), ((), Seen.BROKEN), ((0, 91), Seen.MET)],
)
def test_paced(moments: tuple[float, ...], seen: Seen) -> None:
    """The shortest pause counts, with some slack; a client that never asked has no pace."""
    assert _seen("paced", {"on": "query", "at_least_ms": 100}, exchanges=_queries(*moments)) is seen


def test_memory_growth() -> None:
    """The second call is compared with the first; where peaks cannot be read nothing is seen."""
    small = success(peak_memory=50_000_000)
    for peak, seen in ((97_000_000, Seen.MET), (99_000_000, Seen.BROKEN), (None, Seen.UNSEEN)):
        made = [small, error() if peak is None else success(peak_memory=peak)]
        assert _seen("memory_growth", {"at_most_mb": 48}, made=made) is seen


def test_refused_handshakes() -> None:
    """A client that never tried has broken nothing off."""
    assert _seen("refused_handshakes", {"at_least": 1}, refused_handshakes=1) is Seen.MET
    assert _seen("refused_handshakes", {"at_least": 1}) is Seen.BROKEN


def _message(kind: str, *, delivered: bool = True, **message: str) -> Mapping[str, Any]:
    return {"kind": kind, "delivered": delivered, "message": message, "reason": None if delivered else "late"}


def test_callbacks() -> None:
    """Only messages that the client's receiver took count, challenges and updates apart."""
    taken = [_message("challenge"), _message("update", status="processing"), _message("update", status="success")]
    lost = [_message("challenge", delivered=False), _message("update", delivered=False, status="success")]
    assert _seen("challenged", {"at_least": 1}, callbacks=taken) is Seen.MET
    assert _seen("challenged", {"at_least": 1}, callbacks=lost) is Seen.BROKEN
    assert _seen("challenged", {"at_least": 1}, callbacks=[*taken, *lost]) is Seen.BROKEN
    assert _seen("pushed", {"status": "success", "at_least": 1}, callbacks=taken) is Seen.MET
    assert _seen("pushed", {"at_least": 2}, callbacks=taken) is Seen.MET
    assert _seen("pushed", {"status": "success", "at_least": 1}, callbacks=lost) is Seen.BROKEN


def test_ends_soon() -> None:
    """After a signal the time until the end counts; without the signal nothing is known."""
    for changes, seen in (
        ({"outcome": "stopped", "after_stop": 0.1}, Seen.MET),
        ({"outcome": "stopped", "after_stop": 2.5}, Seen.BROKEN),
        ({"outcome": "killed", "after_stop": 0.1}, Seen.BROKEN),
        ({"outcome": "success"}, Seen.BROKEN),
    ):
        assert _seen("ends_soon", 2, made=[invocation(**changes)]) is seen


def test_no_proxy() -> None:
    """A request to this machine at the proxy shows that NO_PROXY was not honoured."""
    assert _seen("no_proxy", {}) is Seen.MET
    assert _seen("no_proxy", {}, made=[success(proxied=("127.0.0.1",))]) is Seen.BROKEN
