"""The head of a request, from its bytes to what they say. Whatever two readers could take in two ways is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

MAX_HEAD_BYTES = 65_536
END = b"\r\n\r\n"

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])")
_NAME = re.compile(_TOKEN)
# Neither in a line nor between two of them; what ends a line was taken away before.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# What is read as the beginning of a request line while more of it is on its way.
_BEGINNING = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |\Z)|\r?\Z")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://")
_QUOTED_SLASH = re.compile(rb"(?i)%2f")
# Those of which RFC 9110 lets several lines stand for a list, so that they are one; two Hosts become one that is
# malformed, so that nobody believes the last. Of any other header the last line counts.
_LISTS = frozenset(
    b"Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Allow Cache-Control Connection "
    b"Content-Encoding Content-Language Content-Length Expect Host If-Match If-None-Match Pragma Prefer TE Trailer "
    b"Transfer-Encoding Upgrade Vary Via Warning".title().split()
)


class Refused(ValueError):
    """What came is no request that could be answered: the status, and why in one line."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a request says. Names of headers are spelt `Like-This`."""

    method: bytes
    target: bytes
    version: tuple[int, int]
    headers: dict[bytes, bytes]
    path: bytes
    query: bytes
    # The host of a target in absolute form.
    authority: bytes = b""
    # None for a body in chunks.
    length: int | None = 0


def is_hopeless(beginning: bytes | bytearray, new: int) -> bool:
    """Whether what came so far, `new` being where it was looked at last, cannot become a head whatever follows."""
    if len(beginning) > MAX_HEAD_BYTES or _BARE_LF.search(beginning, max(new - 1, 0)):
        return True
    line, ended, _ = beginning.partition(b"\r\n")
    return not (_REQUEST_LINE.fullmatch(line) if ended else _BEGINNING.match(line))


def read_head(raw: bytes) -> Head:
    """Reads a head, the empty line at its end included. Raises Refused."""
    line, _, rest = raw.partition(b"\r\n")
    if len(raw) > MAX_HEAD_BYTES:
        if len(line) >= MAX_HEAD_BYTES:
            raise Refused("414 URI Too Long", f"the request line is longer than {MAX_HEAD_BYTES} bytes")
        raise Refused("431 Request Header Fields Too Large", f"the head is longer than {MAX_HEAD_BYTES} bytes")
    method, target, version = _read_request_line(line)
    headers = _read_headers(rest)
    if not raw.endswith(END):
        raise Refused("400 Bad Request", "the head does not end with an empty line")
    length = _body_length(headers, version)
    if target[:1] == b"/" and target[:2] != b"//" and method != b"CONNECT":
        path, _, query = target.partition(b"?")
        authority = b""
    else:
        path, query, authority = _split_target(method, target)
    if b"#" in target:
        raise Refused("400 Bad Request", "a request target has no fragment (#)")
    return Head(method, target, version, headers, _unquote(path), _quote(query), authority, length)


def _read_request_line(line: bytes) -> tuple[bytes, bytes, tuple[int, int]]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        if line[:2] == b"\x16\x03":
            raise Refused("400 Bad Request", "this port speaks http, not https")
        if b"\n" in line:
            raise Refused("400 Bad Request", "lines of a head end with CR LF")
        raise Refused("400 Bad Request", "the first line is not METHOD TARGET HTTP/1.1")
    method, target, major, minor = match.groups()
    if method != method.upper():
        raise Refused("400 Bad Request", "the names of methods are written in capitals")
    if major != b"1":
        raise Refused("505 HTTP Version Not Supported", "this server speaks HTTP/1.1 and HTTP/1.0")
    return method, target, (1, min(int(minor), 1))


def _read_headers(raw: bytes) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    if _CONTROL.search(raw.replace(b"\r\n", b"")):
        raise Refused("400 Bad Request", "a control character stands in the head, or a line does not end with CR LF")
    for line in raw.split(b"\r\n"):
        if not line:
            break
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            reason = "a header line is folded" if line[:1] in b" \t" else "a header line is not NAME: VALUE"
            raise Refused("400 Bad Request", reason)
        if b"_" in name:
            # In WSGI it could not be told from the same name with a dash, Content_Length from Content-Length.
            continue
        name, value = name.title(), value.strip(b" \t")
        if name in _LISTS and headers.get(name):
            value = b"%s, %s" % (headers[name], value)
        headers[name] = value
    return headers


def _body_length(headers: dict[bytes, bytes], version: tuple[int, int]) -> int | None:
    length, coding = headers.get(b"Content-Length"), headers.get(b"Transfer-Encoding")
    if coding is not None:
        if length is not None or version == (1, 0):
            with_what = "Content-Length" if length is not None else "HTTP/1.0"
            raise Refused("400 Bad Request", f"Transfer-Encoding does not go with {with_what}")
        if coding.lower() != b"chunked":
            raise Refused("501 Not Implemented", "the only Transfer-Encoding is chunked, once")
        return None
    if length is None:
        return 0
    if not length.isdigit() or len(length) > 18:
        raise Refused("400 Bad Request", "Content-Length is not one whole number")
    return int(length)


def _split_target(method: bytes, target: bytes) -> tuple[bytes, bytes, bytes]:
    """Path, query and host of a target that does not simply begin with its path (RFC 9112, 3.2)."""
    if method == b"CONNECT":
        if b"/" in target or not target.rpartition(b":")[2].isdigit():
            raise Refused("400 Bad Request", "the target of CONNECT is HOST:PORT")
        return b"/" + target, b"", target
    if target == b"*" and method == b"OPTIONS":
        return b"/*", b"", b""
    if target[:2] != b"//" and not _SCHEME.match(target):
        raise Refused("400 Bad Request", "a target begins with a slash, or with http://")
    try:
        parts = urlsplit(target)
    except ValueError:  # about brackets that do not match
        raise Refused("400 Bad Request", "the target is no URL") from None
    if target[:2] == b"//":  # urlsplit takes what follows for the name of a host
        path, _, query = target.partition(b"?")
        return path, query, b""
    return parts.path or b"/", parts.query, parts.netloc


def _quote(query: bytes) -> bytes:
    """The query in ASCII. Bytes beyond may be no text, and Flask decodes them before it looks."""
    return query if query.isascii() else quote_from_bytes(query, _ASCII).encode("ascii")


def _unquote(path: bytes) -> bytes:
    """The path as it is meant; a slash that was written %2F stays that, so that it divides nothing."""
    if b"%" not in path:
        return path
    return b"%2F".join(unquote_to_bytes(piece) for piece in _QUOTED_SLASH.split(path))
