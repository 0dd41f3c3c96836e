"""The log line of a request. Who starts the server decides where it goes; `RequestFormatter` decides how it looks."""

from __future__ import annotations

import functools
import json
import logging
import time
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from mock_server.world.journal import Entry, redacted

_LOG = logging.getLogger("mock_server.requests")
_EXCHANGE = "exchange"
# What a log line tells of a note.
_TOLD = (
    "field",
    "name",
    "mode",
    "did_you_mean",
    "hint",
    "rule",
    "source",
    "given",
    "code",
    "url",
    "delivered",
    "error",
)


def log_exchange(entry: Entry) -> None:
    """Logs one exchange at level INFO."""
    if _LOG.isEnabledFor(logging.INFO):
        facts = _facts(entry)
        # What `_LOG.info` does, but for looking through the stack for this very place.
        here = log_exchange.__code__
        line, more = _line(facts), {_EXCHANGE: facts}
        _LOG.handle(
            _LOG.makeRecord(
                _LOG.name, logging.INFO, here.co_filename, here.co_firstlineno, "%s", (line,), None, here.co_name, more
            )
        )


def line_of(entry: Entry) -> str:
    """One readable line about an entry of the journal."""
    return _line(_facts(entry))


def _facts(entry: Entry) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "time": round(entry.time, 3), "method": entry.method, "path": entry.path, "status": entry.http_status,
        "code": entry.code, "ms": round(entry.milliseconds, 1),
        "key": None if entry.account is None else redacted(entry.account), "request_id": entry.id,
    }  # fmt: skip
    if entry.rule is not None:
        facts["rule"] = entry.rule["source"]
    if entry.violations:
        facts["reason"] = [violation.in_words() for violation in entry.violations]
    if entry.notes:
        facts["notes"] = [_note(note) for note in entry.notes]
    return facts


def _line(facts: dict[str, Any]) -> str:
    """One readable line; what a client sent is quoted, so that it cannot begin a line of its own."""
    path = quoted(facts["path"][:500])[1:-1]
    code = "-" if facts["code"] is None else facts["code"]
    method = quoted(facts["method"])[1:-1]
    head = f"{method} {path} {facts['status']} code={code} {facts['ms']} ms key={facts['key'] or '-'}"
    more = [*([f"by {facts['rule']}"] if "rule" in facts else ()), *facts.get("reason", ()), *facts.get("notes", ())]
    line = f"{head} id={facts['request_id']}" + "".join(f" | {text}" for text in more)
    if line.isprintable():  # as nearly always
        return line
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)


def _note(note: dict[str, Any]) -> str:
    """A note in a few words; what does not fit is in the journal."""
    facts = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in note.items() if name in _TOLD]
    return " ".join(["noted", str(note["note"]), *facts])


class RequestFormatter(logging.Formatter):
    """Formats exchanges, and any other record, as text lines or as one JSON object each."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record; a traceback follows in text, and is a field in JSON."""
        facts = getattr(record, _EXCHANGE, None)
        if not self._as_json:
            line = super().format(record) if facts is None else record.getMessage()  # without a traceback
            return f"{_clock(int(record.created))} {line}"
        if facts is None:
            facts = {"time": round(record.created, 3), "level": record.levelname, "message": record.getMessage()}
            if record.exc_info:
                facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts)


@functools.lru_cache(maxsize=1)
def _clock(second: int) -> str:
    """The time of day, which many lines of one second have in common."""
    return time.strftime("%H:%M:%S", time.localtime(second))
