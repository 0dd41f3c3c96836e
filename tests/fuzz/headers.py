"""Headers as clients, proxies and attackers write them."""

from __future__ import annotations

from random import Random

from tests.fuzz.material import KEYS
from tests.fuzz.mutation import mutated_text, odd_text

# Different keys that a whole run may open, so that what is remembered of forgotten accounts comes to an end.
STRANGERS = 400
_VALUES: dict[str, tuple[str, ...]] = {
    "Prefer": ("code=1002", 'code="1026"', "respond-async, code=0", "code=99999999999", "code=", "code=-1", "code=1e3", "CODE=2013;x"),
    "Content-Type": (
        "application/json", "application/json; charset=utf-8", "application/json;charset=latin-1", "text/plain", "", "application/JSON ;",
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
        "application/json; charset=\"", "a/b;;;=;", "application/json, application/json",
    ),
    "Content-Encoding": ("identity", "gzip", "br", "IDENTITY", "gzip, gzip"),
    "Accept-Encoding": ("gzip", "gzip;q=0", "*", "*;q=0", "br, gzip;q=0.000", ";;q", "gzip;q=" + "0" * 3000),
    "Accept": ("*/*", "text/html", "application/json;q=0", "image/*"),
    "Range": (
        "bytes=0-9", "bytes=0-", "bytes=-1", "bytes=-0", "bytes=-", "bytes=9-3", "bytes=0-0,2-3", "bytes=99999999999999999-", "bytes=0-99999999999999999999999",
        "items=0-1", "bytes=", "bytes=a-b", "BYTES=0-1", "bytes = 0-1", "bytes=٣-٤",
    ),
    "If-Range": ('"x"', 'W/"x"', "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Xxx 99999 07:28:00 GMT", "*"),
    "If-None-Match": ("*", '"x"', 'W/"x", "y"', '"', ",,,"),
    "If-Match": ("*", '"x"', "x"),
    "If-Modified-Since": ("Wed, 21 Oct 2065 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 99999 07:28:00 GMT", "0", "Thu, 01 Jan 1970 00:00:00 +9999"),
    "If-Unmodified-Since": ("Wed, 21 Oct 2015 07:28:00 GMT", "Mon, 00 Jan 0000 00:00:00 GMT"),
    "Origin": ("null", "http://localhost:3000", "https://evil.example", "http://127.0.0.1:8026", "http://[::1", "http://localhost:99999", "://", "http://xn--\u00e9"),
    "Sec-Fetch-Site": ("none", "same-origin", "cross-site", "same-site", "x"),
    "Host": (
        "127.0.0.1", "localhost:8026", "evil.example", "127.0.0.1, localhost", "[::1]", "[::1]:1", "[", "[::1", "a@b", "127.0.0.1:99999", "", "0x7f.1", "127.1",
        "localhost.", "LOCALHOST", "x" * 300, "xn--a", "é.example", "127.0.0.1:٣",
    ),
    "GroupId": ("1", "", "../"),
    "Referer": ("http://127.0.0.1/__mock/accounts/" + KEYS[0], "/__mock/requests?account=" + KEYS[1], "x"),
    "Cookie": ("a=b", "=;=;", "a" * 3000),
    "X-HTTP-Method-Override": ("DELETE",),
    "X-Forwarded-For": ("1.2.3.4",),
    "X-Forwarded-Proto": ("https", "javascript"),
    "Expect": ("100-continue", "x"),
    "Access-Control-Request-Method": ("POST", "x"),
    "Access-Control-Request-Headers": ("authorization", "*"),
    "Upgrade": ("websocket", "h2c"),
    "Cache-Control": ("no-cache",),
    "User-Agent": ("", "x" * 5000, "\u00e9\u0080"),
    "Trace-Id": ("1", "x" * 3000),
    "traceparent": ("00-x",),
}  # fmt: skip


def authorization(rng: Random) -> tuple[str | None, str | None]:
    """The value of an Authorization header, nearly always a usable one, and the secret key that it holds."""
    key = KEYS[0] if rng.random() < 0.6 else rng.choice(KEYS)  # most of one, so that it owns what is asked for
    chance = rng.random()
    if chance < 0.8:
        return f"Bearer {key}", key
    if chance < 0.84:
        return f"Bearer mock-{rng.choice((1000, 1002, 1004, 1008, 1026, 2013, 2049, 0, 99, 'x', '1002x', ''))}", None
    if chance < 0.9:
        return rng.choice(
            (f"bearer {key}", f"BEARER  {key} ", f"Bearer\t{key}", f"Token {key}", f"Basic {key}", key, f"Bearer{key}", f"Bearer: {key}",
             f"Bearer {key} {key}", f'Bearer "{key}"', f"Bearer <{key}>", f"Bearer {key},Bearer {key}", f"Digest username={key}")
        ), key  # fmt: skip
    if chance < 0.94:
        return rng.choice(
            (
                None,
                "",
                "Bearer",
                "Bearer ",
                "Bearer \u00e9",
                "Bearer " + "k" * 4000,
                "Bearer /",
                "Bearer a/b?c=d&e#f",
                "Bearer %2F",
                "Bearer \u200b",
            )
        ), None
    # Out of a limited number, whatever the seed of the run is.
    return mutated_text("Bearer stranger-0000", Random(rng.randrange(STRANGERS))), None


def some_headers(rng: Random, *, json: bool = True) -> tuple[list[tuple[str, str]], str | None]:
    """Headers of a request, with the key that they hold."""
    value, key = authorization(rng)
    found = [("Authorization", value)] if value is not None else []
    if rng.random() < 0.02:
        found = found * 2
    if json and rng.random() < 0.95:
        found.append(("Content-Type", "application/json"))
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2, 4))):
        name = rng.choice(list(_VALUES))
        text = rng.choice(_VALUES[name])
        chance = rng.random()
        if name != "Referer":  # where a key is known by the address around it
            text = mutated_text(text, rng) if chance < 0.25 else odd_text(rng) if chance < 0.35 else text
        if name == "Content-Type":
            found = [each for each in found if each[0] != name]
        found.append((name, text))
    if rng.random() < 0.01:
        found += [(f"X-Many-{number}", "v" * 50) for number in range(200)]
    return found, key
