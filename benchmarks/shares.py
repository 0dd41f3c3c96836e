"""Inside the application, called without a server: a create and a query beside the floor's view, and which room takes the time.

Shares are own time as cProfile sees it, which makes small functions look dearer than they are: they tell where to look. What Python
does in C counts for the room that called it last.
"""

from __future__ import annotations

import cProfile
import io
import logging
import pstats
import re
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask

from benchmarks.client import milliseconds
from benchmarks.exchanges import CREATE, Exchange, query, task_of
from benchmarks.floor import application as floor_application
from benchmarks.row import FLOOR, MOCK, Row
from mock_server import Settings, create_app

CALLS, PROFILED = 300, 500
WHOLE, PART = "whole", "this part"
LEAST_SHARE = 0.02
_PLACE = re.compile(r"/(mock_server)/([a-z_]+)|/(flask|werkzeug|jsonschema|referencing|json|logging)/")
_OTHERS = "everything else"


def measure(rounds: int) -> list[Row]:
    """Both calls, both applications; the shares are of the mock alone."""
    logging.disable()
    try:
        return [*_times(rounds), *_shares(rounds)]
    finally:
        logging.disable(logging.NOTSET)


def _times(rounds: int) -> list[Row]:
    found: dict[str, dict[str, list[float]]] = {call: {MOCK: [], FLOOR: []} for call in ("create", "query")}
    mock, floor = create_app(Settings()), floor_application()
    task = task_of(call(mock, CREATE))
    for _ in range(rounds):
        for what, exchange in (("create", CREATE), ("query", query(task))):
            for name, app in ((MOCK, mock), (FLOOR, floor)):
                ask = partial(call, app, exchange)
                times = [milliseconds(ask) for _ in range(CALLS)]
                found[what][name].append(statistics.median(times))
    return [Row(f"{what}, no server, p50", "ms", values, FLOOR, subject=MOCK) for what, values in found.items()]


def _shares(rounds: int) -> list[Row]:
    app = create_app(Settings())
    task = task_of(call(app, CREATE))
    rows = []
    for what, exchange in (("create", CREATE), ("query", query(task))):
        turns = [_by_room(partial(call, app, exchange)) for _ in range(rounds)]
        for room in sorted(turns[0], key=lambda room: -turns[0][room]):
            values = {PART: [turn.get(room, 0.0) for turn in turns], WHOLE: [turn[WHOLE] for turn in turns]}
            if room != WHOLE and turns[0][room] / turns[0][WHOLE] >= LEAST_SHARE:
                rows.append(Row(f"{what}: {room}", "ms", values, WHOLE))
    return rows


def _by_room(action: Callable[[], object]) -> dict[str, float]:
    """Milliseconds of own time of each room, for one call of many."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(PROFILED):
        action()
    profile.disable()
    stats: Any = pstats.Stats(profile)
    found = {WHOLE: 0.0}
    for (file, _, _), (_, _, own, _, callers) in stats.stats.items():
        # A function in C has no file; its time belongs to whoever called it.
        parts = [(caller[0], spent[2]) for caller, spent in callers.items()] if file == "~" else [(file, own)]
        for place, seconds in parts:
            found[WHOLE] += seconds
            room = _room(place)
            found[room] = found.get(room, 0.0) + seconds
    return {room: seconds * 1000 / PROFILED for room, seconds in found.items()}


def _room(file: str) -> str:
    match = _PLACE.search(file)
    if match is None:
        return _OTHERS
    return match[2] if match[1] else match[3]


def call(app: Flask, exchange: Exchange) -> bytes:
    """The content of the answer to one request."""
    path, _, parameters = exchange.path.partition("?")
    body = exchange.body.encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": exchange.method, "PATH_INFO": path, "QUERY_STRING": parameters, "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8026", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1:8026",
        "HTTP_AUTHORIZATION": exchange.headers["Authorization"], "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    if body:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
    pieces: Any = app.wsgi_app(environ, lambda *_: lambda _: None)
    content = b"".join(pieces)
    if hasattr(pieces, "close"):
        pieces.close()
    return content
