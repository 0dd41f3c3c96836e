"""Who may call the control API: Host, sites, token, off. Requests are sent exactly as the tests write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mock_server import Settings, create_app
from mock_server.contract.contract import CONTROL_PREFIX
from tests.over_http.guarded import Served, served

TOKEN = "a-token-of-19-chars"
# One request for each route and method that the application has below /__mock/, whatever they are.
ROUTES = sorted(
    f"{method} {re.sub('<[^>]+>', '1', rule.rule)}"
    for rule in create_app(Settings()).url_map.iter_rules()
    if rule.rule.startswith(CONTROL_PREFIX)
    for method in rule.methods or ()
)
PICTURES = [route for route in ROUTES if re.fullmatch("(GET|HEAD) /__mock/gallery/1", route)]
HEALTH = [route for route in ROUTES if re.fullmatch("(GET|HEAD) /__mock/health", route)]
GUARDED = [route for route in ROUTES if route not in PICTURES]
LOCKED = [route for route in GUARDED if route not in HEALTH]
NOWHERE = ["GET /__mock", "GET /__mock/", "GET /__mock/nothing", "GET //__mock/requests", "GET /%5F_mock/requests",
           "DELETE /__mock/requests", "POST /__mock/health", "GET /__mock/gallery/", "GET /__mock/gallery/a/b",
           "POST /__mock/gallery/1"]  # fmt: skip


@pytest.fixture(scope="module")
def plain() -> Iterator[Served]:
    """With names of every kind, and neither token nor --no-control."""
    names = {"allowed_hosts": ("mock", "*.wild.test", "Under_score", "bücher.test"), "host": "bound.test", "tls": True,
             "tls_name": ("cert.test", "*.cert.test"), "public_url": "https://Public.test.:8443"}  # fmt: skip
    with served(**names) as server:
        yield server


@pytest.fixture(scope="module")
def locked() -> Iterator[Served]:
    """With a token."""
    with served(control_token=TOKEN) as server:
        yield server


@pytest.fixture(scope="module")
def off() -> Iterator[Served]:
    """Without a control API; that there is a token too makes no difference."""
    with served(no_control=True, control_token=TOKEN) as server:
        yield server


def test_the_sweep_finds_the_routes() -> None:
    """The lists that the tests below go through hold what is known to be there."""
    assert {"GET /__mock/health", "GET /__mock/requests/1", "POST /__mock/reset", "GET /__mock/gallery"} <= {*GUARDED}
    assert (len(PICTURES), len(HEALTH)) == (2, 2)


@pytest.mark.parametrize("route", ROUTES)
def test_a_plain_call_reaches_every_route(plain: Served, route: str) -> None:
    """A client that is no browser needs nothing but an address that is ours."""
    assert plain.ask(route).reached


@pytest.mark.parametrize("route", [*GUARDED, *NOWHERE])
def test_no_route_answers_to_a_foreign_name(plain: Served, route: str) -> None:
    """A page whose name was made to lead here (DNS rebinding) reaches nothing, and learns no route."""
    reply = plain.ask(route, Host="evil.example:8026")
    assert reply.is_problem(403, "Host not allowed", "--allowed-hosts evil.example")


@pytest.mark.parametrize("route", [*GUARDED, *NOWHERE])
@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_no_route_answers_to_another_site(plain: Served, route: str, headers: dict[str, str]) -> None:
    """A page elsewhere reaches nothing, whether its browser sends the one header or the other."""
    assert plain.ask(route, **headers).is_problem(403, "Cross-site request", "without a browser")


@pytest.mark.parametrize("route", [*LOCKED, *NOWHERE])
def test_every_route_but_health_wants_the_token(locked: Served, route: str) -> None:
    """Without it, 401 and how to send it; with it, the route."""
    reply = locked.ask(route)
    assert reply.is_problem(401, "No control token", "Authorization: Bearer TOKEN")
    assert reply.headers["www-authenticate"] == "Bearer"
    reply = locked.ask(route, Authorization=f"Bearer {TOKEN}")
    assert reply.reached or (route in NOWHERE and reply.status in (404, 405))


@pytest.mark.parametrize("route", [*LOCKED, *NOWHERE])
def test_without_control_every_route_but_health_is_gone(off: Served, route: str) -> None:
    """--no-control answers 404, with the token too, and lists no routes."""
    reply = off.ask(route, Authorization=f"Bearer {TOKEN}")
    assert reply.is_problem(404, "Control API is off", "--no-control")
    assert b"allowed" not in reply.body


@pytest.mark.parametrize("route", HEALTH)
def test_health_needs_neither_token_nor_control(locked: Served, off: Served, route: str) -> None:
    """Who starts a mock can always wait for it; the Host and the site count here as well (see above)."""
    assert locked.ask(route).reached
    assert off.ask(route).reached


@pytest.mark.parametrize("route", PICTURES)
def test_pictures_are_for_everybody(plain: Served, locked: Served, off: Served, route: str) -> None:
    """A page of any site may show them, under any name of the mock."""
    for server in (plain, locked, off):
        assert server.ask(route, Host="evil.example", Origin="null", Sec_Fetch_Site="cross-site").reached


@pytest.mark.parametrize("route", [route.replace(route.split(" ")[0], "OPTIONS") for route in ROUTES])
def test_a_preflight_is_never_granted(plain: Served, route: str) -> None:
    """A browser that asks whether it may send a call across sites is told nothing."""
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Private_Network": "true"}
    assert plain.ask(route, Origin="https://evil.example", **asked).status == 403
    assert plain.ask(route, **asked).status == 405


@pytest.mark.parametrize("route", ROUTES)
def test_no_answer_is_for_other_sites(route: str) -> None:
    """The calls themselves, not only what refuses them, send no CORS headers, to a page of our own and to nobody else."""
    method, path = route.split(" ")
    reply = create_app(Settings()).test_client().open(path, method=method, headers={"Origin": "http://localhost"})
    assert reply.status_code not in (401, 403)
    assert not [name for name, _ in reply.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8026", "localhost.", "a.localhost", "b.a.localhost:1", "127.0.0.1", "10.1.2.3:8026",
     "8.8.8.8", "[::1]", "[::1]:8026", "[2001:DB8::1]", "mock", "Mock:9", "mock.", "x.wild.test", "under_score:8026",
     "xn--bcher-kva.test", "bound.test", "cert.test", "a.cert.test", "public.test", "PUBLIC.test:8443", "public.test:1",
     "", None],
)  # fmt: skip
def test_hosts_that_are_served(plain: Served, host: str | None) -> None:
    """Names of this machine, any address, and every name that a setting gives the mock; without a Host there is no browser."""
    assert plain.ask("GET /__mock/tasks", Host=host).reached


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example", "mock.evil", "amock", "wild.test",
     "a.b.wild.test", "xwild.test", "b.a.cert.test", "a.public.test", "bound.test.x", "127.1", "mock.."],
)  # fmt: skip
def test_hosts_that_are_not_served(plain: Served, host: str) -> None:
    """What only looks like a name of ours; an asterisk stands for one label, as in a certificate."""
    assert plain.ask("GET /__mock/tasks", Host=host).is_problem(403, "Host not allowed", f"--allowed-hosts {host[:-1]}")


@pytest.mark.parametrize(
    "host",
    ["mock, mock", "mock mock", "user@mock", "http://mock", "mock:", "mock:x", "mock:123456", "[::1", "::1", "[mock]",
     "[:::]", "mock/", "*.wild.test", ":80", "bücher.test"],
)  # fmt: skip
def test_malformed_hosts_are_refused(plain: Served, host: str) -> None:
    """What could be read in two ways is read in none."""
    reply = plain.ask("GET /__mock/tasks", Host=host.encode().decode("latin-1"))
    assert reply.is_problem(403, "Host not allowed", "malformed")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("GET /__mock/tasks HTTP/1.0", 200),
        ("GET /__mock/tasks HTTP/1.1\r\nHost: localhost", 200),
        ("GET /__mock/tasks HTTP/1.1\r\nHost: evil.example\r\nHost: localhost", 403),
        ("GET /__mock/tasks HTTP/1.1\r\nHost: localhost\r\nHost: localhost", 403),
        ("GET http://localhost/__mock/tasks HTTP/1.1\r\nHost: evil.example", 200),
        ("GET http://evil.example/__mock/tasks HTTP/1.1\r\nHost: localhost", 403),
        ("GET http://evil.example/__mock/tasks HTTP/1.0", 403),
    ],
)
def test_host_lines_on_the_wire(plain: Served, lines: str, status: int) -> None:
    """None passes, one counts, two are refused; in absolute form the address counts and not the header."""
    answer = plain.send(f"{lines}\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8026", "http://localhost:8026"), ("LocalHost:8026", "HTTP://localhost:8026"),
        ("mock", "http://mock"), ("mock", "http://mock:80"), ("mock:80", "http://mock"), ("mock", "https://mock:443"),
        ("mock:443", "https://mock"), ("[::1]:8026", "http://[0::1]:8026"), ("127.0.0.1:8026", "http://127.0.0.1:8026"),
    ],
)  # fmt: skip
def test_own_origins_pass(plain: Served, host: str, origin: str) -> None:
    """A page that comes from the host and port which it calls may call."""
    assert plain.ask("POST /__mock/reset", Host=host, Origin=origin, Sec_Fetch_Site="same-origin").reached


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8026", "null"), ("localhost:8026", ""), ("localhost:8026", "http://localhost:3000"),
        ("localhost:8026", "http://127.0.0.1:8026"), ("localhost:8026", "http://localhost"), ("mock", "http://mock:443"),
        ("mock:443", "http://mock"), ("mock:80", "https://mock"), ("localhost:8026", "http://localhost:8026/"),
        ("localhost:8026", "localhost:8026"), ("localhost:8026", "http://localhost:8026 http://localhost:8026"),
        ("localhost", "chrome-extension://localhost.evil"), ("localhost:8026", "http://user@localhost:8026"), (None, "http://x"),
    ],
)  # fmt: skip
def test_foreign_origins_are_refused(plain: Served, host: str | None, origin: str) -> None:
    """Another host, another port, or nothing that could be told apart: refused, with what the browser said."""
    reply = plain.ask("POST /__mock/reset", Host=host, Origin=origin)
    assert reply.is_problem(403, "Cross-site request", f"(Origin: {origin})")


@pytest.mark.parametrize(
    ("site", "reached"),
    [("none", True), ("same-origin", True), ("same-site", False), ("cross-site", False), ("x", False), ("", False)],
)
def test_sec_fetch_site(plain: Served, site: str, reached: bool) -> None:
    """An address typed by hand and a page of our own pass; a page of another port on this machine does not."""
    reply = plain.ask("GET /__mock/tasks", Sec_Fetch_Site=site)
    assert reply.reached is reached
    assert reached or reply.is_problem(403, "Cross-site request", f"(Sec-Fetch-Site: {site})")


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN}"])
def test_right_tokens(locked: Served, value: str) -> None:
    """The name of the scheme may be in any case (RFC 9110)."""
    assert locked.ask("GET /__mock/tasks", Authorization=value).reached


@pytest.mark.parametrize(
    ("value", "title"),
    [
        (f"Bearer {TOKEN}x", "Wrong control token"), (f"Bearer {TOKEN[:-1]}", "Wrong control token"),
        (f"Bearer {TOKEN.upper()}", "Wrong control token"), ("Bearer sk-a-key", "Wrong control token"),
        (f"Basic {TOKEN}", "No control token"), (TOKEN, "No control token"), ("Bearer", "No control token"),
        ("Bearer t\xf6ken", "No control token"),
    ],
)  # fmt: skip
def test_wrong_tokens(locked: Served, value: str, title: str) -> None:
    """Anything but the whole token is 401, and the answer tells nobody what it is."""
    reply = locked.ask("GET /__mock/tasks", Authorization=value)
    assert reply.is_problem(401, title, "--control-token")
    assert TOKEN.encode() not in reply.body


def test_order_of_the_checks(locked: Served, off: Served) -> None:
    """Host, site, off, token: who is refused for several reasons is told the first."""
    evil = {"Host": "evil.example", "Origin": "http://x", "Authorization": "Bearer wrong-one"}
    assert off.ask("GET /__mock/tasks", **evil).is_problem(403, "Host not allowed", "evil.example")
    assert off.ask("GET /__mock/tasks", Origin="http://x").is_problem(403, "Cross-site request", "http://x")
    assert off.ask("GET /__mock/tasks").is_problem(404, "Control API is off", "--no-control")
    assert locked.ask("GET /__mock/tasks", Origin="http://x").is_problem(403, "Cross-site request", "http://x")


def test_the_imitated_api_is_not_guarded(plain: Served) -> None:
    """What the service answers to anybody, the mock does too."""
    for headers in ({"Host": "evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        assert plain.ask("GET /v1/query/video_generation?task_id=1", **headers).reached
        assert plain.ask("GET /__mocking", **headers).body == b"404 page not found"
