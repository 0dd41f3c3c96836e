"""What was said on one connection, read as requests and their answers."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.wire.exchange import Answer, Exchange
from contract_tests.wire.message import Budget, Reply, Request
from contract_tests.wire.reply_reader import ReplyReader
from contract_tests.wire.request_reader import RequestReader

_EXCERPT = 60


class Conversation:
    """One connection. `number` and `host` are those of its exchanges; `answered` is told of every whole answer by its index.

    Times are those of `time.monotonic`. It belongs to one thread.
    """

    def __init__(
        self, number: int, host: str, budget: Budget, *, prefix: str = "",
        answered: Callable[[Conversation, int], None] = lambda _conversation, _index: None,
    ) -> None:  # fmt: skip
        self._number, self._host, self._budget = number, host, budget
        self._asking = RequestReader(budget, prefix)
        self._answering = ReplyReader(self._asked, lambda index: answered(self, index))

    @property
    def requests(self) -> list[Request]:
        """The requests so far, the last one perhaps in part."""
        return self._asking.messages

    @property
    def under_way(self) -> bool:
        """Whether a request has begun whose answer is not over."""
        replies = self._answering.messages
        return len(replies) < len(self.requests) or any(not each.complete for each in replies[-1:])

    def ask(self, data: bytes, now: float) -> bytes:
        """The client sent this. Gives what is to be passed on, which is less, or other, only where there is a prefix."""
        return self._asking.take(data, now)

    def held(self) -> bytes:
        """What was held back of what the client sent, now that it sends no more."""
        return self._asking.held()

    def answer(self, data: bytes, now: float) -> None:
        """The server sent this."""
        self._answering.feed(data, now)

    def over(self, how: str) -> None:
        """The connection ended, or one direction of it: `client`, `server` or `reset`. What comes first counts."""
        if how == "server":
            self._answering.close()
        replies = self._answering.messages
        for index, request in enumerate(self.requests):
            if not request.end and not (index < len(replies) and replies[index].complete):
                request.end = how

    def exchanges(self, began: float) -> list[Exchange]:
        """Every exchange so far, in milliseconds since `began`."""
        return [self.exchange(index, began) for index in range(len(self.requests))]

    def exchange(self, index: int, began: float) -> Exchange:
        """One exchange, in milliseconds since `began`."""
        request, replies = self.requests[index], self._answering.messages
        reply = replies[index] if index < len(replies) else None
        return Exchange(
            host=self._host, connection=self._number, at_ms=_ms(request.began, began), method=request.method,
            target=request.target, version=request.version, headers=tuple(request.headers), body=bytes(request.body),
            complete=request.complete, answer=_answer(reply, began), end=request.end, ended_ms=_ms(request.ended, began),
            cut=request.cut, prefix=request.prefix, note=_notes(request, reply),
        )  # fmt: skip

    def _asked(self, index: int, now: float) -> Request:
        if index == len(self.requests):
            nobody = Request(now, self._budget, now, note="an answer came that nobody had asked for")
            self.requests.append(nobody)
        return self.requests[index]


def _answer(reply: Reply | None, began: float) -> Answer | None:
    if reply is None or not reply.status or reply.interim:
        return None
    return Answer(
        at_ms=_ms(reply.began, began), ended_ms=_ms(reply.ended, began), status=reply.status, headers=tuple(reply.headers),
        body=bytes(reply.body), size=len(reply.body) + reply.cut, complete=reply.complete,
    )  # fmt: skip


def _notes(request: Request, reply: Reply | None) -> str:
    cut = "the request ends in its first line" if not request.method and not request.note else request.note
    return "; ".join(filter(None, (cut, _note(reply))))


def _note(reply: Reply | None) -> str:
    if reply is None:
        return ""
    if reply.interim:
        return f"only an interim answer came, HTTP {reply.status}"
    if reply.status:
        return reply.note
    if not reply.note:
        return "the answer ends in its first line"
    excerpt = bytes(reply.body[:_EXCERPT])
    return f"{len(reply.body) + reply.cut} bytes came back that are no HTTP, beginning with {excerpt!r}"


def _ms(moment: float, began: float) -> float:
    return (moment - began) * 1000
