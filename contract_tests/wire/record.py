"""Exchanges as `results.json` shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contract_tests.wire.exchange import Answer, Exchange

# Of a body so many characters are shown; pages are read by people.
SHOWN_BODY = 8000


def shown_wire(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """Every exchange in the order of time."""
    return [_shown(each) for each in sorted(exchanges, key=lambda each: each.at_ms)]


def _shown(exchange: Exchange) -> dict[str, Any]:
    return {
        "host": exchange.host, "connection": exchange.connection, "at_ms": round(exchange.at_ms, 1),
        "request": {
            "method": exchange.method, "target": exchange.target, "headers": [list(each) for each in exchange.headers],
            "body": _text(exchange.body), "size": exchange.size,
        },
        "answer": _shown_answer(exchange.answer), "end": exchange.end,
    }  # fmt: skip


def _shown_answer(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "at_ms": round(answer.at_ms, 1), "ended_ms": round(answer.ended_ms, 1), "status": answer.status,
        "headers": [list(each) for each in answer.headers], "body": _text(answer.body), "size": answer.size,
        "complete": answer.complete,
    }  # fmt: skip


def _text(body: bytes) -> str:
    text = body[: SHOWN_BODY * 4].decode("utf-8", "backslashreplace")
    return text if len(text) <= SHOWN_BODY else f"{text[:SHOWN_BODY]}… ({len(body)} bytes)"
