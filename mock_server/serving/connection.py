"""One connection, and the requests that come over it, one after the other."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from cheroot.server import HTTPConnection

from mock_server.serving.parked import Ending
from mock_server.serving.patience import Patience, is_ready
from mock_server.serving.request import Request, plain_answer
from mock_server.serving.stream import Reader, Writer
from mock_server.serving.wire import BrokenAnswer

_LOG = logging.getLogger("mock_server.server")
# How long a worker that has answered stays with the connection. A client that asks again within that time, as tests
# do, is answered without a change of threads; one that does not costs nobody more than this.
STAY_SECONDS = 0.01

_PLAIN_HTTP = plain_answer("400 Bad Request", "This mock speaks https on this port.")
_TOO_SLOW = plain_answer("408 Request Timeout", "the request did not come to its end in time")


class Connection(HTTPConnection):  # type: ignore[misc]
    """Answers what comes in whole, and takes no worker while a handshake or a head is only half there.

    Also lets a client that is still sending read the answer before it closes.
    """

    RequestHandlerClass = Request
    remote_addr: str | None = None
    remote_port: int | None = None
    ssl_env: dict[str, str] | None = None
    lingers = False
    broken: BrokenAnswer | None = None
    # What the request that is under way began with.
    head = b""
    # Whether it should be looked at once more before it is taken for idle.
    may_have_more = False

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = None) -> None:  # noqa: ARG002
        # Not cheroot's own: it makes buffers in pure Python, and looks for the user at the other end of a Unix socket.
        self.server = server
        self.socket: Any = sock
        sock.setblocking(False)
        self._patience = Patience(server, sock)
        self.rfile = Reader(sock, self._patience)
        self.wfile = Writer(sock, self._patience)
        self._shaken = not isinstance(sock, ssl.SSLSocket)
        self.last_used: float | None = None
        # When the connection is given up: idle for too long, or for too long with part of a handshake or of a head.
        self.due = time.monotonic() + server.timeout
        self._has_begun = False

    def communicate(self) -> bool:
        """Answers what has come. Whether the connection is kept, be it for the rest of a handshake or of a head."""
        self.may_have_more = False
        try:
            if not self._shaken and not self._shake_hands():
                return not self.rfile.ended
            while (head := self.rfile.take_head()) is not None:
                self.head = head
                if not self._answer():
                    return False
                self._patience.end()
                self._wait_from_now(has_begun=False)
                if self.server.requests.is_crowded:
                    # Round and round among those that keep asking: cheaper than a selector for each request.
                    self.may_have_more = True
                    return True
                if self.server.is_wanted_elsewhere or not (self.has_more or self._stay()):
                    return True
        except OSError as error:
            _LOG.info("%s is gone: %s", self.remote_addr, error)
            return False
        else:
            if len(self.rfile) and not self._has_begun:
                self._wait_from_now(has_begun=True)
            return not self.rfile.ended
        finally:
            self._patience.end()

    @property
    def has_more(self) -> bool:
        """Whether something is here already that nobody looked at, so that no selector would tell of it."""
        return self.rfile.has_unseen or (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0)

    def expire(self) -> None:
        """Closes the connection because nothing came in time, or only part of a request."""
        if self._shaken and len(self.rfile):
            with suppress(OSError):
                self.socket.send(_TOO_SLOW)
        self.close()

    def close(self) -> None:
        """Ends the connection as its last answer asks for."""
        if self.broken is not None:
            self.rfile.close()
            self.socket.settimeout(self.server.timeout)
            self.broken.carry_out(self.socket, self.server.parking_lot)
        elif self.lingers or (not self.server.keep_alive and self._more_came()):
            # So that a client which is still sending gets to read the answer instead of a reset.
            self.rfile.close()
            self.server.parking_lot.park(self.socket, Ending(goodbye=self._shaken))
        else:
            if self._shaken and isinstance(self.socket, ssl.SSLSocket):
                self._say_goodbye()
            super().close()

    def _stay(self) -> bool:
        """Waits a moment for the next request. Whether something came."""
        with self.server.requests.aside():
            return is_ready(self.socket, STAY_SECONDS)

    def _answer(self) -> bool:
        """Answers one request. Whether the connection is kept."""
        request = self.RequestHandlerClass(self.server, self)
        request.parse_request()
        if not request.ready:
            return False
        try:
            request.respond()
        except OSError:
            raise
        except Exception as error:
            self.server.error_log(repr(error), level=logging.ERROR, traceback=True)
            if not request.is_on_the_wire and self.broken is None:
                request.simple_response("500 Internal Server Error", "the mock itself failed; its log says how")
            return False
        return not request.close_connection

    def _shake_hands(self) -> bool:
        """Does what can be done of the handshake without waiting. Whether it is over."""
        try:
            self.socket.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except OSError as error:
            _LOG.info("no TLS with %s: %s", self.remote_addr, getattr(error, "reason", None) or error)
            if getattr(error, "reason", None) == "HTTP_REQUEST":
                # The client spoke plain HTTP, so it is told in plain HTTP, past the TLS that there is not.
                with suppress(OSError):
                    os.write(self.socket.fileno(), _PLAIN_HTTP)
            self.rfile.ended = True
            return False
        self._shaken = True
        self._wait_from_now(has_begun=False)
        return True

    def _wait_from_now(self, *, has_begun: bool) -> None:
        """For the first byte of a head, or, once it has begun, for the rest."""
        self._has_begun = has_begun
        self.due = time.monotonic() + self.server.timeout

    def _say_goodbye(self) -> None:
        """Tells a client over TLS that this was all, without waiting for its own goodbye."""
        with suppress(OSError, ValueError):  # the latter where TLS has ended already
            self.socket.unwrap()

    def _more_came(self) -> bool:
        """Whether the client has sent more than was read. Closed with that, the connection would be reset."""
        try:
            # Past TLS, which does not let anybody look without reading.
            return bool(len(self.rfile) or socket.socket.recv(self.socket, 1, socket.MSG_PEEK))
        except OSError:
            return False
