"""The receiver: it proves itself, keeps every message, and misbehaves when it is told to."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from mock_server.receiver.ways import KINDS, Kind, Way, kind_of

if TYPE_CHECKING:
    from types import TracebackType

    from mock_server.receiver.listener import Listener

MAX_MESSAGES = 10_000
_SHOWN_MESSAGES = 20
_RIGHT = Way()


class CallbackReceiver:
    """Listens on a free port of 127.0.0.1: `with CallbackReceiver() as receiver: receiver.url`.

    A challenge is sent back and an update is taken with `{"status": "success"}`, on every path. The methods that make
    it misbehave count for the requests that come after them, until `behave()`. `times` limits one to so many requests,
    `only` to challenges or to updates; a later one takes the place of an earlier one for the same kind of message. They
    raise ValueError for what cannot be. Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._messages: deque[Any] = deque()
        self._updates = 0  # among the messages
        self._ways: dict[Kind, Way] = {}
        self._listener: Listener | None = None
        self._stopped = False
        self._url: str | None = None

    def start(self) -> Self:
        """Listens, in threads of this process. Raises RuntimeError when it is listening already."""
        from mock_server.receiver.listener import Listener  # the HTTP server, only when it is needed

        with self._changed:
            if self._listener is not None:
                raise RuntimeError("the receiver is already running")
            self._listener = Listener(self._take)
            self._stopped = False
            self._url = self._listener.url
        return self

    def stop(self) -> None:
        """Closes the port and every connection, whatever it waits for. Does nothing when it is not running."""
        with self._changed:
            listener, self._listener = self._listener, None
            self._stopped = True
            self._changed.notify_all()
        if listener is not None:
            listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What to give as `callback_url`; a stop does not change it. Raises RuntimeError before the first start."""
        if self._url is None:
            raise RuntimeError("the receiver has not been started")
        return self._url

    @property
    def messages(self) -> list[Any]:
        """Every message as JSON data, in the order of arrival; the last 10,000 of more."""
        with self._changed:
            return list(self._messages)

    @property
    def challenges(self) -> list[Any]:
        """The values of the challenges."""
        return [message["challenge"] for message in self.messages if kind_of(message) == "challenge"]

    @property
    def updates(self) -> list[Any]:
        """The messages that are no challenge."""
        return [message for message in self.messages if kind_of(message) == "update"]

    def updates_for(self, task_id: str) -> list[Any]:
        """The updates of one task."""
        return [update for update in self.updates if isinstance(update, dict) and update.get("task_id") == task_id]

    def wait_for_updates(self, count: int, timeout: float = 5.0) -> list[Any]:
        """Waits until there are at least so many updates, and gives all of them.

        Raises AssertionError, with what was seen, when they do not come within `timeout` seconds or the receiver is
        stopped.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._updates >= count, timeout)
            if self._updates < count:
                when = "before the receiver was stopped" if self._stopped else f"within {timeout:g} s"
                raise AssertionError(f"{self._updates} of {count} updates came {when}; {_seen(self.messages)}")
            return self.updates

    def clear(self) -> None:
        """Forgets every message. How it answers stays as it is."""
        with self._changed:
            self._messages.clear()
            self._updates = 0

    def behave(self) -> None:
        """Answers as it should from now on."""
        with self._changed:
            self._ways.clear()

    def late(self, seconds: float, *, times: int | None = None, only: Kind | None = None) -> None:
        """Answers as it should, but after so many seconds of real time."""
        self._misbehave(Way(times, late=seconds), only)

    def slow(self, seconds: float, *, times: int | None = None, only: Kind | None = None) -> None:
        """Sends the right answer byte by byte, spread over so many seconds of real time."""
        self._misbehave(Way(times, slow=seconds), only)

    def closes(self, *, times: int | None = None, only: Kind | None = None) -> None:
        """Closes the connection without an answer."""
        self._misbehave(Way(times, silent=True), only)

    def status(self, code: int, *, times: int | None = None, only: Kind | None = None) -> None:
        """Sends the right answer with another HTTP status, from 200 to 599; a redirect leads to its own `url`."""
        self._misbehave(Way(times, status=code), only)

    def wrong(self, *, times: int | None = None, only: Kind | None = None) -> None:
        """Sends another challenge back."""
        self._misbehave(Way(times, make=lambda _message: {"challenge": "another"}), only)

    def not_json(self, *, times: int | None = None, only: Kind | None = None) -> None:
        """Answers with a text that is no JSON, though it is labelled so."""
        self._misbehave(Way(times, make=lambda _message: b"challenge accepted"), only)

    def answers(self, make: Callable[[Any], Any], *, times: int | None = None, only: Kind | None = None) -> None:
        """Answers with what `make` gives for a message: bytes as they are, anything else as JSON."""
        self._misbehave(Way(times, make=make), only)

    def _misbehave(self, way: Way, only: Kind | None) -> None:
        if only is not None and only not in KINDS:
            raise ValueError(f"only={only!r} is not one of {', '.join(KINDS)}")
        with self._changed:
            for kind in KINDS if only is None else (only,):
                self._ways[kind] = way

    def _take(self, message: Any) -> Way:
        """Keeps a message and gives the way to answer it."""
        with self._changed:
            self._messages.append(message)
            self._updates += kind_of(message) == "update"
            if len(self._messages) > MAX_MESSAGES:
                self._updates -= kind_of(self._messages.popleft()) == "update"
            self._changed.notify_all()
            way = self._ways.get(kind_of(message), _RIGHT)
            if way.left is None:
                return way
            way.left -= 1
            return way if way.left >= 0 else _RIGHT


def _seen(messages: list[Any]) -> str:
    """What came, in one line; the last ones of many."""
    if not messages:
        return "nothing was seen"
    left_out = len(messages) - _SHOWN_MESSAGES
    shown = ", ".join(json.dumps(message)[:300] for message in messages[-_SHOWN_MESSAGES:])
    return f"seen: {f'{left_out} before, then ' if left_out > 0 else ''}{shown}"
