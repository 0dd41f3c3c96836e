"""What the mock promises to whoever reviews its security, through its public face, from top to bottom.

1. Where callbacks may go        2. DNS rebinding          3. Who may call the control API
4. What web pages may do         5. Files and paths        6. Secrets
7. Header injection              8. Exposure at start

Each table row is an attack, or a use that must go on working, with the reason beside it. SECURITY.md states the promises;
other files hold the details (tests/callbacks, tests/over_http/test_guard.py, test_cors.py, test_redaction.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from contract_tests.api import CREATE, MINIMAL, QUERY, Api, Reply
from mock_server import MockServer, Settings
from mock_server.callbacks.address import CallbackRefused, refuse_forbidden
from mock_server.contract.contract import load_contract
from mock_server.errors import StartupError
from tests.callbacks.receiver import Receiver, reply
from tests.command_line.test_serve import run, serving
from tests.over_http.controlling import User
from tests.over_http.raw import RawAnswer, ask
from tests.over_http.uploading import content, upload, uploaded

TOKEN = "the-token-that-nobody-is-shown"
KEY = "sk-the-key-that-nobody-is-shown-9876"
FOREIGN = "https://evil.example"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock as it is without flags, but that time stands still and receivers have less of it."""
    with MockServer(Settings(port=0, clock="manual", seed=5, callback_timeout=2)) as running:
        yield running


@pytest.fixture
def user(mock: MockServer) -> User:
    """An account that no other test uses."""
    return User(mock)


# 1. Where callbacks may go. The address that is dialled is judged, in every form that an address can have.

CALLED = "called"  # without being asked for
LISTED = "listed"  # only for a name in --allow-callback-host
NEVER = "never"  # not for a listed name either
ADDRESSES = [
    ("127.0.0.1", CALLED, "this machine: where tests have their receivers"),
    ("127.8.9.10", CALLED, "all of 127.0.0.0/8 is this machine"),
    ("::1", CALLED, "this machine"),
    ("10.1.2.3", CALLED, "a private network, such as that of containers"),
    ("172.16.0.1", CALLED, "private"),
    ("172.31.255.254", CALLED, "private, the end of the range"),
    ("192.168.1.1", CALLED, "private"),
    ("fd12:3456::1", CALLED, "private (unique local)"),
    ("::ffff:127.0.0.1", CALLED, "IPv4-mapped: the system dials 127.0.0.1"),
    ("8.8.8.8", LISTED, "public: a test must not notify production by accident"),
    ("172.32.0.1", LISTED, "just beyond the private range"),
    ("2001:4860:4860::8888", LISTED, "public"),
    ("::ffff:8.8.8.8", LISTED, "IPv4-mapped public"),
    ("100.64.0.1", LISTED, "carrier-grade NAT: neighbours who are nobody's private network"),
    ("198.18.0.1", LISTED, "for benchmarks between networks, not private"),
    ("fec0::1", LISTED, "site-local, which no longer means private"),
    ("::7f00:1", LISTED, "IPv4-compatible form of 127.0.0.1: not what the system takes for this machine"),
    ("2002:7f00:1::", LISTED, "6to4 around 127.0.0.1: a relay elsewhere would decide where it goes"),
    ("64:ff9b::7f00:1", LISTED, "NAT64 around 127.0.0.1: the same"),
    ("169.254.169.254", NEVER, "metadata of most clouds: credentials"),
    ("169.254.170.2", NEVER, "metadata of containers at AWS"),
    ("169.254.0.1", NEVER, "link-local"),
    ("fe80::1", NEVER, "link-local"),
    ("fe80::1%eth0", NEVER, "link-local with a zone"),
    ("fd00:ec2::254", NEVER, "metadata at AWS over IPv6, inside a private range"),
    ("fd20:ce::254", NEVER, "metadata at Google over IPv6"),
    ("100.100.100.200", NEVER, "metadata at Alibaba, inside carrier-grade NAT"),
    ("168.63.129.16", NEVER, "the platform address of Azure"),
    ("192.0.0.192", NEVER, "metadata at Oracle"),
    ("::ffff:169.254.169.254", NEVER, "IPv4-mapped metadata"),
    ("::a9fe:a9fe", NEVER, "IPv4-compatible metadata"),
    ("::ffff:0:a9fe:a9fe", NEVER, "IPv4-translated metadata"),
    ("2002:a9fe:a9fe::1", NEVER, "6to4 metadata"),
    ("64:ff9b::a9fe:a9fe", NEVER, "NAT64 metadata"),
    ("64:ff9b:1::a9fe:a9fe", NEVER, "NAT64 metadata, by a prefix for local use"),
    ("2001:0:a9fe:a9fe::1", NEVER, "Teredo whose server is metadata"),
    ("2001::5601:5601", NEVER, "Teredo whose client is metadata (written inverted)"),
    ("2001:db8::5efe:a9fe:a9fe", NEVER, "ISATAP metadata"),
    ("0.0.0.0", NEVER, "unspecified: Linux takes it for this machine"),
    ("0.1.2.3", NEVER, "this network: nobody has such an address"),
    ("::", NEVER, "unspecified"),
    ("224.0.0.1", NEVER, "multicast"),
    ("ff02::1", NEVER, "multicast"),
    ("255.255.255.255", NEVER, "broadcast"),
    ("240.0.0.1", NEVER, "reserved"),
]  # fmt: skip


def is_called(address: str, *, listed: bool) -> bool:
    """Whether a callback for receiver.test may be dialled at the address."""
    try:
        refuse_forbidden(address, "receiver.test", ("receiver.test",) if listed else ("other.test",))
    except CallbackRefused:
        return False
    return True


@pytest.mark.parametrize(("address", "verdict", "why"), ADDRESSES)
def test_addresses(address: str, verdict: str, why: str) -> None:
    """Called at once, called for a listed name only, or never."""
    assert (is_called(address, listed=False), is_called(address, listed=True)) == {
        CALLED: (True, True), LISTED: (False, True), NEVER: (False, False),
    }[verdict], why  # fmt: skip


URLS = [
    ("http://2852039166/", "never called", "169.254.169.254 as one decimal number"),
    ("http://0251.0376.0251.0376/", "never called", "the same in octal"),
    ("http://0xa9.0xfe.0xa9.0xfe/", "never called", "the same in hexadecimal"),
    ("http://169.254.43518/", "never called", "the same with three parts"),
    ("http://[::ffff:169.254.169.254]/", "never called", "the same, mapped"),
    ("http://１６９.254.169.254/", "never called", "the same in full-width digits, which IDNA makes ASCII"),
    ("http://169。254。169。254/", "never called", "the same with ideographic full stops"),
    ("http://134744072/", "private network", "8.8.8.8 as one decimal number"),
    ("http://169.254.169.254:80/latest/", "never called", "a port changes nothing"),
    ("https://169.254.169.254/", "never called", "nor does TLS"),
    ("http://169.254.169.254./", "", "a dot at the end: judged if the system resolves it, else unknown"),
    ("http://[fe80::1%25eth0]/", "", "a zone: judged if the system resolves it, else unknown"),
    ("http://127.0.0.1:0/", "", "a port that nobody can have"),
    ("http://user:secret@127.0.0.1/", "credentials", "user-info: whose password is it, and which part is the host"),
    ("http://127.0.0.1@169.254.169.254/", "credentials", "the host is not what it looks like"),
    ("http://169.254.169.254#@127.0.0.1/", "never called", "what follows # is no host"),
    ("http://127.0.0.1\\@169.254.169.254/", "backslash", "browsers take a backslash for a slash, libraries do not"),
    ("http://127.0.0.1\t.evil.example/", "control character", "which some parsers drop"),
    ("http://127.0.0.1\r\nX-A: b/", "control character", "a line break: another header, or another request"),
    ("http://127.0.0.1/\r\nX-A:b", "control character", "also in the path"),
    ("http://127.0.0.1/a b", "blank", "a blank: the end of a request line"),
    ("http://127.0.0.1:99999/", "cannot be read", "no port"),
    ("http://127.0.0.1:٨٠/", "cannot be read", "Arabic digits"),
    ("http://[::1/", "cannot be read", "half an address"),
    ("http:///x", "", "nowhere"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "words", "why"), URLS)
def test_urls_that_lead_astray(mock: MockServer, url: str, words: str, why: str) -> None:
    """Create is refused with 2013 and the reason, and no connection was made."""
    user = User(mock)
    refused = user.create(callback_url=url)
    assert (refused.code, words in refused.headers["X-Mock-Violations"]) == (2013, True), why
    assert not user.callbacks() or user.callbacks()[-1]["answer"] is None, why


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "javascript", "data", "ldap", "unix", ""])
def test_other_schemes_are_refused(user: User, scheme: str) -> None:
    """Only http and https: no files, and no protocol that could be made to say something else."""
    assert user.create(callback_url=f"{scheme}://127.0.0.1/x").code == 2013


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "LocalHost"])
def test_forms_of_this_machine_go_on_working(user: User, host: str) -> None:
    """Odd forms are not forbidden for being odd: what they stand for is judged and dialled."""
    with Receiver() as receiver:
        assert user.create(callback_url=f"http://{host}:{receiver.port}/").code == 0


def test_redirects_are_not_followed(user: User) -> None:
    """Else a receiver that may be called could send the mock to one that may not."""
    moved = reply(b"{}", status="307 Temporary Redirect", more="Location: http://169.254.169.254/\r\n")
    with Receiver(moved) as receiver:
        refused = user.create(callback_url=receiver.url)
        assert len(receiver.received) == 1
    assert refused.code == 2013
    assert "never followed" in refused.headers["X-Mock-Violations"]


# 2. DNS rebinding: a name that is one address when it is judged and another when it is dialled.


def answering(*answers: Sequence[str]) -> tuple[Any, list[str]]:
    """A resolver that gives these answers one after another, then the last for ever; and what it was asked."""
    asked: list[str] = []
    coming = chain(answers, repeat(answers[-1]))

    def resolve(name: str, _port: int) -> Sequence[str]:
        asked.append(name)
        return next(coming)

    return resolve, asked


def test_a_name_is_looked_up_once_for_each_message() -> None:
    """The challenge goes to the address that was judged; there is no second look-up whose answer could differ."""
    resolver, asked = answering(["127.0.0.1"], ["169.254.169.254"])
    with MockServer(Settings(port=0), resolver=resolver) as mock, Receiver() as receiver:
        user = User(mock)
        assert user.create(callback_url=f"http://rebind.test:{receiver.port}/").code == 0
        assert len(receiver.received) >= 1
        assert asked[0] == "rebind.test"
        assert user.callbacks()[0]["address"] == "127.0.0.1"


def test_every_message_is_judged_anew() -> None:
    """A receiver that was proven at one address cannot move its updates to another one."""
    resolver, _ = answering(["127.0.0.1"], ["169.254.169.254"])
    with MockServer(Settings(port=0, clock="manual"), resolver=resolver) as mock, Receiver() as receiver:
        user = User(mock)
        assert user.create(callback_url=f"http://rebind.test:{receiver.port}/").code == 0
        user.advance(60)
        assert [each["delivered"] for each in user.callbacks()] == [True, False, False]
        assert all("never called" in each["reason"] for each in user.callbacks()[1:])
        assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("addresses", "why"),
    [
        (["127.0.0.1", "169.254.169.254"], "one of two is metadata: which is dialled would be chance"),
        (["169.254.169.254", "127.0.0.1"], "in the other order"),
        (["127.0.0.1", "8.8.8.8"], "one of two is public"),
        (["::1", "fe80::1"], "one of two is link-local"),
        ([], "none"),
    ],
)
def test_names_with_several_addresses(addresses: list[str], why: str) -> None:
    """All of them have to be allowed, else none is dialled."""
    resolver, _ = answering(addresses)
    with MockServer(Settings(port=0), resolver=resolver) as mock, Receiver() as receiver:
        assert User(mock).create(callback_url=f"http://many.test:{receiver.port}/").code == 2013, why
        assert receiver.received == []


# 3. Who may call the control API: no page of another site, and beyond this machine nobody without the token.

STATE = ("accounts", "rules", "scenario", "tasks", "callbacks", "clock")
PAGES = [
    (["Host: evil.example"], "DNS rebinding: a page's own name was made to lead here, and the browser says so"),
    (["Host: evil.example:8026"], "with the port of the mock"),
    (["Host: localhost.evil.example"], "a name that only begins like ours"),
    (["Host: 127.0.0.1.evil.example"], "an address that is none"),
    (["Host: localhost", "Host: evil.example"], "two names: a proxy might have judged the other"),
    (["Host: localhost, evil.example"], "two names in one line"),
    ([f"Origin: {FOREIGN}"], "a page of another site: any POST of a browser carries its Origin"),
    (["Origin: null"], "a page in a sandbox, or of a file"),
    (["Origin: http://localhost:3000"], "a page of another port on this machine: somebody else's development server"),
    (["Sec-Fetch-Site: cross-site"], "an <img> or a <form> elsewhere"),
    (["Sec-Fetch-Site: same-site"], "another port is the same site to a browser"),
    ([f"Origin: {FOREIGN}", "Content-Type: text/plain"], "a simple request, for which no preflight asks"),
    ([f"Origin: {FOREIGN}", "Content-Type: application/x-www-form-urlencoded"], "a form"),
    ([f"Origin: {FOREIGN}", "Content-Type: multipart/form-data; boundary=x"], "a form with files"),
]  # fmt: skip
ROUTES = ["POST /__mock/reset", "POST /__mock/rules", "DELETE /__mock/rules", "GET /__mock/requests", "GET /__mock/health",
          "POST //__mock/reset", "POST /%5F_mock/reset", "GET /__mock/nothing"]  # fmt: skip


def granted(answer: RawAnswer) -> list[str]:
    """The headers with which a server lets pages of other origins read."""
    return [name for name in answer.names if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("headers", "why"), PAGES)
def test_pages_reach_nothing_of_the_control_api(mock: MockServer, route: str, headers: list[str], why: str) -> None:
    """Refused with 403 before anything else is looked at, and the page may not even read that."""
    answer = ask(mock.url, route, *headers)
    assert (answer.status, granted(answer)) == (403, []), why


@pytest.mark.parametrize("route", ROUTES)
def test_a_preflight_for_the_control_api_is_not_granted(mock: MockServer, route: str) -> None:
    """So a request that needs one, such as a DELETE or one with JSON, is never sent."""
    for headers in ([f"Origin: {FOREIGN}"], []):
        answer = ask(
            mock.url, route.replace(route.split()[0], "OPTIONS"), *headers, "Access-Control-Request-Method: POST"
        )
        assert (answer.status >= 400, granted(answer)) == (True, [])


def test_reading_changes_nothing(mock: MockServer) -> None:
    """Old browsers say nothing about the page with a GET; no GET of the control API does anything."""
    user = User(mock)
    user.create()
    paths = [each.path for each in load_contract().control.operations if each.method.upper() == "GET"]
    before = [user.control("GET", name, everybody=True).content for name in STATE]
    for path in paths:
        ask(mock.url, "GET " + re.sub(r"\{\w+\}", "nobody-yet", path))
    assert [user.control("GET", name, everybody=True).content for name in STATE] == before
    assert len(paths) > 10


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, [], 200),
        ({"control_token": TOKEN}, [], 401),
        ({"control_token": TOKEN}, [f"Authorization: Bearer {TOKEN}x"], 401),
        ({"control_token": TOKEN}, [f"Authorization: Basic {TOKEN}"], 401),
        ({"control_token": TOKEN}, [f"Authorization: Bearer {TOKEN}"], 200),
        ({"control_token": TOKEN}, [f"Authorization: Bearer {TOKEN}", f"Origin: {FOREIGN}"], 403),
        ({"no_control": True}, [], 404),
        ({"no_control": True, "control_token": TOKEN}, [f"Authorization: Bearer {TOKEN}"], 404),
        ({"allowed_hosts": ("mock", "*.wild.test")}, ["Host: mock:8026"], 200),
        ({"allowed_hosts": ("mock", "*.wild.test")}, ["Host: a.wild.test"], 200),
        ({"allowed_hosts": ("mock", "*.wild.test")}, ["Host: a.b.wild.test"], 403),
        ({"allowed_hosts": ("mock", "*.wild.test")}, ["Host: mock.evil.example"], 403),
    ],
)
def test_token_and_names(settings: dict[str, Any], headers: list[str], status: int) -> None:
    """The token opens, --no-control closes whatever the token, a listed name is one name (an asterisk: one label)."""
    with MockServer(Settings(port=0, **settings)) as mock:
        answer = ask(mock.url, "GET /__mock/tasks", *headers)
        assert (answer.status, TOKEN.encode() in answer.body) == (status, False)


# 4. What web pages may do with the imitated API: what the service lets them, but for callbacks.


@pytest.mark.parametrize(
    ("settings", "key", "preflight", "code"),
    [
        ({}, "any-key", 200, 0),
        ({"api_keys": ("secret-key",)}, "any-key", 200, 2049),
        ({"api_keys": ("secret-key",)}, "secret-key", 200, 0),
        ({"no_cors": True}, "any-key", 405, 0),
    ],
)
def test_pages_may_create_unless_told_otherwise(settings: dict[str, Any], key: str, preflight: int, code: int) -> None:
    """As observed at the service. The key needs a preflight, so with --no-cors a browser sends no call that counts."""
    with MockServer(Settings(port=0, **settings)) as mock:
        asked = ask(mock.url, f"OPTIONS {CREATE}", f"Origin: {FOREIGN}", "Access-Control-Request-Method: POST")
        created = Api(mock.url, key).create(MINIMAL, Origin=FOREIGN)
    assert (asked.status, created.code) == (preflight, code)
    assert ("access-control-allow-origin" in created.headers) is (preflight == 200)


def test_without_a_key_a_page_does_nothing(mock: MockServer) -> None:
    """A request without a preflight cannot carry Authorization, and nothing else is taken for it."""
    page = Api(mock.url, None)
    body = json.dumps(MINIMAL | {"api_key": KEY}).encode()
    headers = {"Origin": FOREIGN, "Content-Type": "text/plain", "Cookie": f"Authorization=Bearer {KEY}"}
    assert (
        page.send(
            "POST", CREATE, headers=headers, body=body, query={"api_key": KEY, "Authorization": f"Bearer {KEY}"}
        ).code
        == 1004
    )


ORIGINS = [
    (None, 0, "no browser"),
    ("http://localhost:3000", 0, "the developer's own page"),
    ("http://app.localhost", 0, "the same"),
    ("http://127.0.0.1:5173", 0, "the same, by address"),
    ("http://[::1]:5173", 0, "the same"),
    ("http://192.168.1.20:3000", 0, "a page in the private network"),
    ("http://0.0.0.0:3000", 0, "this machine, as development servers print it"),
    ("http://frontend:3000", 0, "a page of another container: no name of the web has one label"),
    ("http://laptop.local:3000", 0, "a name that only a private network gives"),
    ("https://app.example", 0, "a page whose host is in --allowed-hosts"),
    (FOREIGN, 2013, "any page of the web"),
    ("http://evil.example:8026", 2013, "a page whose name was made to lead here"),
    ("null", 2013, "a page in a sandbox: any page can make one"),
    ("http://8.8.8.8", 2013, "a page at a public address"),
    ("http://localhost.evil.example", 2013, "a name that only begins like ours"),
    ("http://laptop.local.evil.example", 2013, "the same"),
    ("http://[2606:4700::1111]", 2013, "a public address, which has no dot either"),
    ("http://134744072", 2013, "a public address as a number"),
    ("http://[::ffff:8.8.8.8]", 2013, "a public address, mapped"),
    ("http://[::1", 2013, "half an address"),
    ("chrome-extension://abcdefgh", 2013, "an extension"),
]  # fmt: skip


@pytest.mark.parametrize(("origin", "code", "why"), ORIGINS)
def test_callbacks_that_a_web_page_asks_for(origin: str | None, code: int, why: str) -> None:
    """A page elsewhere may not have the mock post JSON into the network behind it, where the browser would ask first."""
    with MockServer(Settings(port=0, allowed_hosts=("app.example",), balance=0.3)) as mock, Receiver() as receiver:
        api = Api(mock.url, "a-key")
        headers = {"Origin": origin} if origin is not None else {}
        answer = api.create(MINIMAL | {"callback_url": receiver.url}, **headers)
        assert (answer.code, bool(receiver.received)) == (code, code == 0), why
        if code:
            assert "nothing was sent" in answer.headers["X-Mock-Violations"]
            assert api.create(MINIMAL, **headers).code == 0, "and the money was given back"


# 5. Files and paths: nothing but what an account owns and what the gallery lists can be fetched.

OUTSIDE = ["/etc/passwd", "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd",
           "..%252f..%252fetc%252fpasswd", "....//....//etc/passwd", "..%5c..%5cetc%5cpasswd", "..\\..\\etc\\passwd",
           "%2fetc%2fpasswd", "good.png%00.mp4", "gallery.yaml", "./gallery.yaml", "..%c0%af..%c0%afetc/passwd",
           "file:///etc/passwd", "C:%5cwindows", "%00", "~root/.bashrc", "x" * 3000]  # fmt: skip
FOLDERS = ["/__mock/gallery/", "/inference_output/video/", "/inference_output/video/2026-01-01/", "/uploaded_files/", "/",
           "/v1/files/", "/__mock/scenarios/", "/__mock/requests/"]  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_path_leads_to_a_file_of_the_machine(mock: MockServer, folder: str) -> None:
    """Pictures are found in a list, not on the disk; links are signed; nothing else is a file at all."""
    for path in OUTSIDE:
        answer = ask(mock.url, f"GET {folder}{path}")
        assert answer.status in (400, 403, 404, 414), path
        assert b"root:" not in answer.body
        assert b"pictures:" not in answer.body


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_in_calls_are_no_paths(user: User, name: str) -> None:
    """Of the gallery, of scenarios and of accounts: looked up, never opened."""
    picture = f"{user.mock.url}/__mock/gallery/{name}"
    assert user.create(first_frame_image=picture).code == 2013
    assert user.control("POST", "scenario", {"name": name}).status in (400, 404)
    assert user.control("GET", f"accounts/{quote(name, safe='')}", everybody=True).status in (200, 400, 404)


def altered(link: str, foreign: str) -> list[tuple[str, str]]:
    """A link changed in each of its parts, and why that matters."""
    path, _, query = link.partition("?")
    stranger = foreign.partition("?")[0]
    expires = re.findall("Expires=([0-9]+)", query)[0]
    return [
        (f"{stranger}?{query}", "another account's file with the signature of one's own"),
        (path, "no signature"),
        (f"{path}?{query.replace(expires, str(int(expires) + 1))}", "a later expiry"),
        (f"{path}?{query.replace('Signature=', 'Signature=A')}", "another signature"),
        (f"{path}?{query.partition('&Signature')[0]}&Signature=", "an empty signature"),
        (f"{path}?Expires=9{expires}&{query}", "two expiries"),
        (f"{path}?{query}".replace("/output_aigc", "//output_aigc"), "a slash more"),
        (f"{path}?{query}".replace("/output_aigc", "/./output_aigc"), "a dot"),
        (f"{path}?{query}".replace("/output_aigc", "/x/../output_aigc"), "a detour"),
        (f"{path}?{query}".replace("output_aigc.mp4", "output_aigc.mp4%00"), "NUL at the end"),
    ]  # fmt: skip


def test_links_cannot_be_altered(mock: MockServer) -> None:
    """A link is good for one file until it expires. Keep it to yourself: who has it needs no key."""
    mine, theirs = User(mock), User(mock)
    (_, link), (_, foreign) = mine.done(), theirs.done()
    origin = mock.url
    for changed, why in altered(link.removeprefix(origin), foreign.removeprefix(origin)):
        answer = ask(origin, f"GET {changed}")
        assert (answer.status in (403, 404), answer.body[4:8] == b"ftyp") == (True, False), why
    assert mine.api.send("GET", link).status == 200
    mine.advance(32_400)
    assert mine.api.send("GET", link).status == 403, "nine hours later"


def test_one_account_sees_nothing_of_another(mock: MockServer) -> None:
    """Tasks and files are found by key and number; the number alone is not enough."""
    owner, other = User(mock), User(mock)
    task_id, _ = owner.done()
    file_id = owner.api.query(task_id).json["file_id"]
    upload_id = uploaded(owner.api)
    assert other.api.query(task_id).code == 2013
    assert other.api.retrieve(file_id).code != 0
    assert b"as it was uploaded" not in content(other.api, upload_id).content
    assert content(other.api, file_id).content[4:8] != b"ftyp"
    assert content(owner.api, upload_id).status == 200


def rule_with(user: User, path: Path) -> Reply:
    """A rule that makes downloads give a file, sent over HTTP."""
    return user.control("POST", "rules", {"match": {"operation": "download"}, "then": {"video": {"file": str(path)}}})


def test_rules_over_http_read_no_file_elsewhere(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody on the machine may add rules; what the mock's user may read is not theirs. No word tells which files exist."""
    work, private = tmp_path / "work", tmp_path / "private"
    work.mkdir()
    private.write_bytes(b"secret")
    (work / "own.mp4").write_bytes(b"own")
    (work / "link.mp4").symlink_to(private)
    monkeypatch.chdir(work)
    assert rule_with(user, work / "own.mp4").status == 201
    outside = (private, Path("../private"), work / "link.mp4", tmp_path / "not-there", Path("/etc/passwd"), Path("/"))
    for path in outside:
        refused = rule_with(user, path)
        assert (refused.status, "below the mock's working directory" in refused.json["detail"]) == (400, True), path
    with MockServer(Settings(port=0, control_token=TOKEN)) as guarded:  # who has the token may
        body = json.dumps({"match": {"operation": "download"}, "then": {"video": {"file": str(private)}}}).encode()
        assert Api(guarded.url, TOKEN).send("POST", "/__mock/rules", body=body).status == 201


NAMES = ["plain.txt", "../../etc/passwd", "/etc/passwd", "C:\\x", 'a"; filename="b', "a\r\nSet-Cookie: a=b", "a\nb", "\x00",
         "名.txt", "%0d%0aSet-Cookie:a=b", "..", "x" * 5000, "a\u2028b", "<script>", "\ud83d\ude00"[:0] + "😀"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_uploads(user: User, name: str) -> None:
    """A name goes into a header, a link and the journal; it makes no line, no path and no second parameter in any of them."""
    taken = upload(user.api, name=name)
    if taken.code != 0:  # a form that cannot be parsed
        assert taken.code == 2013
        return
    file_id = taken.json["file"]["file_id"]
    answer = content(user.api, file_id)
    disposition = answer.headers["Content-Disposition"]
    assert re.fullmatch(r"""attachment; filename="[^"\\\r\n]*"(; filename\*=UTF-8''[A-Za-z0-9._~%-]+)?""", disposition)
    assert "Set-Cookie" not in answer.headers
    link = urlsplit(user.api.retrieve(str(file_id)).json["file"]["download_url"])
    assert re.fullmatch(r"/uploaded_files/[0-9-]+/[0-9a-f-]+/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", link.path)
    assert user.api.send("GET", f"{link.path}?{link.query}").status == 200


# 6. Secrets: keys and the token are in no journal, log, problem, link or error line.


def test_secrets_are_shown_nowhere() -> None:
    """A key is sent in every place in which people send keys, right and wrong; then everything is read."""
    quoted = quote(KEY)
    with serving("--control-token", TOKEN, "--seed", "3", "--task-seconds", "0", MINIMAX_MOCK_API_KEYS=f"{KEY},other") as (
        process, ready,
    ):  # fmt: skip
        url = str(ready["url"])
        bearer, control = Api(url, KEY), Api(url, TOKEN)
        task_id = bearer.create(MINIMAL).json["task_id"]
        file_id = bearer.query(task_id).json["file_id"]
        answers = [
            bearer.create(MINIMAL | {"callback_url": f"http://user:{KEY}@127.0.0.1/"}),
            bearer.create({"api_key": KEY, "model": {"token": KEY}}),
            bearer.send("POST", CREATE, body=f'{{"api_key": "{KEY}", '.encode()),
            bearer.retrieve(file_id),
            Api(url, f"{KEY}-wrong").create(MINIMAL),
            Api(url, None).send("POST", CREATE, headers={"Authorization": KEY}),
            Api(url, None).send("POST", CREATE, headers={"Authorization": f"Token {KEY}", "X-Api-Key": KEY}),
            Api(url, None).send("GET", f"{QUERY}?task_id=1&api_key={quoted}&token={quoted}"),
            Api(url, None).send("GET", f"/_mock/accounts/{quoted}"),
            Api(url, TOKEN).create(MINIMAL),
            Api(url, f"{TOKEN}-wrong").send("GET", "/__mock/tasks"),
        ]
        for route in (f"GET accounts/{quoted}", f"PATCH accounts/{quoted}", f"GET tasks?account={quoted}", f"GET acounts/{quoted}",
                      f"GET requests?account={quoted}&limit=x", f"POST rules?account={quoted}", "GET requests", "GET callbacks",
                      "GET accounts", "GET rules", "GET health", "GET openapi.json", "GET contract"):  # fmt: skip
            method, path = route.split()
            answers.append(control.send(method, f"/__mock/{path}"))
        process.terminate()
        printed = "".join(process.communicate(timeout=10))
    everything = [printed, *(answer.content.decode() + str(dict(answer.headers)) for answer in answers)]
    for secret in (KEY, quoted, TOKEN, KEY[:20], TOKEN[:20]):
        shown = [text[max(text.index(secret) - 200, 0) :][:300] for text in everything if secret in text]
        assert shown == [], "whole or in good part"
    assert "…9876" in printed, "the last four characters tell keys apart"


@pytest.mark.parametrize(
    ("flag", "value"), [("--control-token", "short"), ("--control-token", f"{KEY} {KEY}"), ("--api-keys", f"{KEY},,b")]
)
def test_a_wrong_secret_is_not_repeated(flag: str, value: str) -> None:
    """One line that names the flag and what is allowed, which may end up in the log of a CI."""
    done = run("serve", "--port", "0", flag, value)
    assert (done.returncode, done.stderr.count("\n"), value in done.stderr, KEY in done.stderr) == (2, 1, False, False)
    assert TOKEN not in repr(Settings(control_token=TOKEN, api_keys=(KEY,))) + str(Settings(api_keys=(TOKEN,)))


# 7. Header injection: what users write never makes a line of its own in an answer.

INJECTED = [
    "v\r\nSet-Cookie: a=b",
    "v\nSet-Cookie: a=b",
    "v\r",
    "v\n",
    "v\x00",
    "v\x0b",
    "v\u0085x",
    "v\u2028x",
    "v\x7f",
]
PLACES: list[tuple[str, Any]] = [
    ("value of a header", lambda text: {"http": {"status": 200, "headers": {"X-A": text}}}),
    ("name of a header", lambda text: {"http": {"status": 200, "headers": {f"X-{text}": "v"}}}),
    ("redirect", lambda text: {"fault": {"name": "redirect", "location": f"http://a/{text}"}}),
    ("content type", lambda text: {"fault": {"name": "wrong-content-type", "content_type": f"a/{text}"}}),
    ("Retry-After", lambda text: {"fault": {"name": "too-many-requests", "retry_after": text}}),
]  # fmt: skip


@pytest.mark.parametrize(("place", "then"), PLACES)
@pytest.mark.parametrize("text", INJECTED)
def test_rules_inject_no_header(user: User, place: str, then: Any, text: str) -> None:
    """Refused when the rule is added, with the place."""
    assert user.refused({"then": then(text)})["field"].startswith("/then/"), place
    user.refused({"then": {"http": {"status": 200, "headers": {"Content-Length": "0"}}}})
    user.refused({"then": {"http": {"status": 200, "headers": {"Transfer-Encoding": "chunked"}}}})


@pytest.mark.parametrize("text", INJECTED)
def test_what_is_sent_makes_no_header(user: User, text: str) -> None:
    """Broken fields come back in X-Mock-Violations: ASCII, one line, at most 4 KB."""
    for fields in (
        {"resolution": text},
        {"model": text * 500},
        {"callback_url": f"http://{text}/"},
        {"duration": {text: text}},
    ):
        answer = user.create(**fields)
        violations = answer.headers["X-Mock-Violations"]
        assert answer.code == 2013
        assert re.fullmatch(r"[ -~]{1,4096}", violations)
        assert "Set-Cookie" not in answer.headers


# 8. Exposure at start: a mock that others can reach has a token, or no control API.


@pytest.mark.parametrize(
    ("host", "more", "starts"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("localhost", {}, True),
        ("0.0.0.0", {}, False),
        ("::", {}, False),
        ("0", {}, False),
        ("::ffff:0.0.0.0", {}, False),
        ("192.0.2.1", {}, False),
        ("0.0.0.0", {"control_token": TOKEN}, True),
        ("0.0.0.0", {"no_control": True}, True),
    ],
)
def test_exposure(host: str, more: dict[str, Any], starts: bool) -> None:
    """Refused in one line before anything listens, with both ways out. What follows is tests/test_exposure.py's."""
    if starts:
        MockServer(Settings(port=0, host=host, **more))
        return
    with pytest.raises(StartupError, match=r"--control-token TOKEN.*--no-control"):
        MockServer(Settings(port=0, host=host, **more))
