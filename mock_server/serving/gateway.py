"""Between cheroot and the application: one request in, one answer out, or a fault in its place."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from cheroot.wsgi import Gateway_10

from mock_server.serving.wire import BrokenAnswer
from mock_server.web.wire import FAULT_KEY, WIRE_KEY


class Gateway(Gateway_10):  # type: ignore[misc]
    """Tells the application about the server and the path as they are, and breaks the answers that it wants broken."""

    def get_environ(self) -> dict[str, Any]:
        """What the application is told of the request."""
        environ: dict[str, Any] = super().get_environ()
        environ[WIRE_KEY] = True
        environ["SERVER_NAME"] = self.req.server.bind_addr[0]
        environ["wsgi.url_scheme"] = "http" if self.req.server.ssl_adapter is None else "https"
        if self.req.uri.startswith(b"//"):  # cheroot takes what follows for the name of a host
            path = self.req.uri.partition(b"?")[0]
            environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1")
        elif self.req.authority:  # in absolute form the host of the address counts, not the header (RFC 9112, 3.2.2)
            environ["HTTP_HOST"] = self.req.authority.decode("latin-1")
        return environ

    def respond(self) -> None:
        """Asks the application, and writes its answer unless it left a fault to be carried out instead."""
        answer = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            fault = self.env.get(FAULT_KEY)
            if fault is not None:
                self.req.conn.broken = BrokenAnswer(fault, self, answer)
            else:
                for piece in filter(None, answer):
                    self.write(piece)
        finally:
            self.req.ensure_headers_sent()
            if hasattr(answer, "close"):
                answer.close()
