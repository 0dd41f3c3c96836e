"""One request as the fuzzing makes it, put to a WSGI application or written for a socket."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

# What ends a line of a head ends a header too, so it cannot be sent as part of one.
_LINE_END = re.compile(r"[\r\n\0]")


@dataclass(slots=True)
class Case:
    """A request: its address is as a client writes it, every text in Latin-1.

    `length` stands in Content-Length instead of the body's own; `chunked` sends the body in chunks and no length.
    `key` is the API key, if it has one, that must not be found again in what is kept of the request.
    """

    family: str
    method: str
    path: str
    query: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    length: int | None = None
    chunked: bool = False
    key: str | None = None

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def environ(self, *, on_wire: bool) -> dict[str, Any]:
        """The WSGI environment that our server would make of it."""
        # The server leaves an encoded slash as it is, so that it is no slash.
        pieces = [unquote_to_bytes(piece).decode("latin-1") for piece in re.split("(?i)%2f", self.path)]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method, "PATH_INFO": "%2F".join(pieces), "QUERY_STRING": self.query,
            "REQUEST_URI": self.target, "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8026",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(self.body), "wsgi.errors": None, "wsgi.multithread": True,
            "wsgi.multiprocess": False, "wsgi.run_once": False, "minimax_mock.wire": on_wire,
        }  # fmt: skip
        for name, value in self.sendable_headers():
            variable = name.upper().replace("-", "_")
            variable = variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"
            environ[variable] = f"{environ[variable]}, {value}" if variable in environ else value
        if self.chunked:
            environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        elif self.body or self.length is not None:
            environ["CONTENT_LENGTH"] = str(len(self.body) if self.length is None else self.length)
        return environ

    def wire(self) -> bytes:
        """The request as it goes over a connection that ends with it."""
        target = re.sub(r"[\s\x00-\x20\x7f]", lambda match: f"%{ord(match[0]) & 0xFF:02X}", self.target)
        lines = [f"{self.method} {target} HTTP/1.1", "Connection: close"]
        if not any(name.lower() == "host" for name, _ in self.headers):
            lines.append("Host: 127.0.0.1")
        lines += [f"{name}: {value}" for name, value in self.sendable_headers()]
        body = self.body
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        elif body or self.length is not None:
            lines.append(f"Content-Length: {len(body) if self.length is None else self.length}")
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body

    def sendable_headers(self) -> list[tuple[str, str]]:
        """The headers in Latin-1, without what would end their line."""
        return [
            (name, _LINE_END.sub(" ", value).encode("utf-8", "replace").decode("latin-1").strip())
            for name, value in self.headers
        ]

    def shown(self) -> str:
        """The request for a person, its body cut."""
        body = f"{self.body[:600]!r}" + (f" … {len(self.body)} bytes" if len(self.body) > 600 else "")
        lines = [
            f"{self.family}: {self.method} {self.target[:1000]!r}",
            *(f"  {n}: {v[:300]!r}" for n, v in self.headers[:20]),
        ]
        return "\n".join([*lines, f"  chunked={self.chunked} length={self.length} body={body}"])
