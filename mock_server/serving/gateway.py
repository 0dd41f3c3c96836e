"""Between cheroot and the application: one request in, one answer out, or a fault in its place."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from cheroot.wsgi import Gateway_10

from mock_server.serving.wire import BrokenAnswer
from mock_server.web.wire import FAULT_KEY, WIRE_KEY


class Gateway(Gateway_10):  # type: ignore[misc]
    """Tells the application about the server and the path as they are, and breaks the answers that it wants broken."""

    def get_environ(self) -> dict[str, Any]:
        """What the application is told of the request."""
        request = self.req
        server, connection = request.server, request.conn
        environ: dict[str, Any] = {
            WIRE_KEY: True,
            "PATH_INFO": request.path.decode("latin-1"),
            "QUERY_STRING": request.qs.decode("latin-1"),
            "REMOTE_ADDR": connection.remote_addr or "",
            "REMOTE_PORT": str(connection.remote_port or ""),
            "REQUEST_METHOD": request.method.decode("latin-1"),
            "REQUEST_URI": request.uri.decode("latin-1"),
            "SCRIPT_NAME": "",
            "SERVER_NAME": server.bind_addr[0],
            "SERVER_PORT": str(server.bind_addr[1]),
            "SERVER_PROTOCOL": request.request_protocol,
            "SERVER_SOFTWARE": server.software,
            "wsgi.errors": sys.stderr,
            "wsgi.input": request.rfile,
            "wsgi.input_terminated": request.chunked_read,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http" if server.ssl_adapter is None else "https",
            "wsgi.version": (1, 0),
        }
        for name, value in request.inheaders.items():
            environ[_variable(name)] = value.decode("latin-1")
        if request.authority:  # in absolute form the host of the address counts, not the header (RFC 9112, 3.2.2)
            environ["HTTP_HOST"] = request.authority.decode("latin-1")
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


@lru_cache(maxsize=256)
def _variable(name: bytes) -> str:
    """The name under which a header stands in the environment."""
    variable = name.decode("latin-1").upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"
