"""Reads the answers that a server sends."""

from __future__ import annotations

import re
from collections.abc import Callable

from contract_tests.wire.message import Budget, Reply, Request
from contract_tests.wire.reading import NoHttpError, Reader, Steps, last_coding, length_of

# Of the body of an answer so much is kept.
ANSWER_KEPT = 1_048_576

_STATUS_LINE = re.compile(rb"HTTP/\d\.\d +(\d{3})(?:[ \t].*)?\s*", re.DOTALL)


class ReplyReader(Reader):
    """Reads what a server sends.

    `asked` gives the request that an answer is for, by its index and the time; `done` is told the index of each whole one.
    """

    def __init__(self, asked: Callable[[int, float], Request], done: Callable[[int], None]) -> None:
        self.messages: list[Reply] = []
        self._asked = asked
        self._done = done
        self._until_close = False
        super().__init__()

    def close(self) -> None:
        """The server has sent all that it wanted to send, which is the end of an answer that does not say its length."""
        if self._until_close:
            self._finish(self.messages[-1])

    def _finish(self, reply: Reply) -> None:
        self._until_close = False
        reply.finish()
        self._done(len(self.messages) - 1)

    def _read(self) -> Steps:
        while True:
            yield from self._more()
            request = self._asked(len(self.messages), self._now)
            reply = Reply(self._now, Budget(ANSWER_KEPT))
            self.messages.append(reply)
            try:
                yield from self._read_head(reply)
                while reply.interim:
                    yield from self._more()
                    reply.restart(self._now)
                    yield from self._read_head(reply)
                yield from self._read_reply_body(reply, request)
            except NoHttpError as wrong:
                yield from self._skip_the_rest(reply, wrong, is_message=bool(reply.status))
            self._finish(reply)

    def _read_head(self, reply: Reply) -> Steps:
        yield from self._read_line(reply, lambda begin: not (begin.startswith(b"HTTP/") or b"HTTP/".startswith(begin)))
        found = _STATUS_LINE.fullmatch(self._line)
        if found is None or found[1] == b"000":
            raise NoHttpError("the first line is none of an answer")
        reply.status = int(found[1])
        yield from self._read_headers(reply)

    def _read_reply_body(self, reply: Reply, request: Request) -> Steps:
        tunnel = reply.status == 101 or (request.method == "CONNECT" and reply.status < 300)
        if not tunnel and (request.method == "HEAD" or reply.status in (204, 304)):
            return
        codings = reply.values("transfer-encoding")
        if last_coding(codings) == "chunked" and not tunnel:
            yield from self._read_chunks(reply)
            return
        length = None if tunnel or codings else length_of(reply)
        self._until_close = length is None
        yield from self._read_body(reply, length)
