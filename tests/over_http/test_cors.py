"""What a page of another origin may do: everything under /v1/, and nothing else."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from contract_tests.api import CREATE, MINIMAL, QUERY, RETRIEVE
from mock_server import MockServer, Settings, create_app
from tests.over_http.controlling import User
from tests.over_http.raw import ask, lines, talk

PAGE = "Origin: https://app.example"
ASKED = (PAGE, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type")
# As recorded.
PREFLIGHT = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "GET,POST,OPTIONS,PUT,DELETE"),
    ("access-control-allow-headers", "request-id,Trace-Id,DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization,Token,Userid,Origin,Accept,X-Requested-With,X-Request-From-Mark,X-Group-Id,X-Traffic-Tag,bedrock-lane,bedrock_lane,language"),
    ("access-control-allow-credentials", "true"),
    ("access-control-expose-headers", "*,Authorization,Content-Disposition,X-Request-From-Mark"),
]  # fmt: skip


def cors(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers that a browser looks at, in their order and spelling."""
    return [(name, value) for name, value in headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("path", [CREATE, f"{QUERY}?task_id=1", RETRIEVE, "/v1/files", "/v1/no/such/thing", "/v1/"])
def test_every_path_under_v1_grants_a_preflight(server: MockServer, path: str) -> None:
    """Also where there is nothing, without a key, with these headers and neither Max-Age nor Vary."""
    answer = ask(server.url, f"OPTIONS {path}", *ASKED)
    assert (answer.status_line, answer.body) == ("HTTP/1.1 200 OK", b'{"status_code":0,"status_msg":"success"}')
    assert cors(answer.headers) == PREFLIGHT
    others = ["Content-Type", "Content-Length", "Connection", "Date", "Server"]
    assert [name for name in answer.names if not name.startswith("access-control-")] == others
    assert (answer["Content-Type"], answer["Content-Length"]) == ("application/json; charset=utf-8", "40")


def test_options_is_answered_to_everybody(server: MockServer) -> None:
    """Also without an Origin, with a key, and in absolute form."""
    assert cors(ask(server.url, f"OPTIONS {CREATE}").headers) == PREFLIGHT
    assert cors(ask(server.url, f"OPTIONS {CREATE}", "Authorization: Bearer mock-1008").headers) == PREFLIGHT
    assert cors(ask(server.url, f"OPTIONS http://api.minimax.io{CREATE}", PAGE).headers) == PREFLIGHT


def test_a_preflight_leaves_no_trace() -> None:
    """No journal entry, no account, no randomness: a run from a browser is the run that a client would have."""

    def trace(*, preflight: bool) -> str:
        with MockServer(Settings(port=0, seed=3, clock="manual")) as mock:
            user = User(mock, "k-1")
            if preflight:
                ask(mock.url, f"OPTIONS {CREATE}", *ASKED)
                ask(mock.url, f"OPTIONS {CREATE}", "Authorization: Bearer k-1", *ASKED)
                assert user.control("GET", "requests", everybody=True).json["requests"] == []
                assert user.control("GET", "accounts", everybody=True).json["accounts"] == []
            return user.create().headers["Trace-Id"]

    assert trace(preflight=True) == trace(preflight=False)


@pytest.mark.parametrize(
    ("route", "status"),
    [
        (f"GET {QUERY}?task_id=1", 200),
        (f"HEAD {RETRIEVE}?file_id=1", 200),
        ("GET /v1/files", 404),
        (f"GET {CREATE}", 405),
    ],
)
@pytest.mark.parametrize("key", ["k-1", "mock-1004", None])
def test_a_page_reads_every_answer_of_the_service(server: MockServer, route: str, status: int, key: str | None) -> None:
    """One header for whoever names an Origin; others are sent none, as recorded."""
    more = [f"Authorization: Bearer {key}"] if key else []
    answer = ask(server.url, route, PAGE, *more)
    assert (answer.status, cors(answer.headers)) == (status, PREFLIGHT[:1])
    assert cors(ask(server.url, route, *more).headers) == []


def test_a_page_reads_what_became_of_its_create(user: User) -> None:
    """A task, a refusal, and a body over the limit."""
    with MockServer(Settings(port=0, max_body=1024)) as small:
        for reply in (
            user.api.create(MINIMAL, Origin="null"),
            user.api.create({}, Origin="null"),
            User(small).api.create(MINIMAL | {"prompt": "x" * 2000}, Origin="null"),
        ):
            assert cors(list(reply.headers.items())) == PREFLIGHT[:1]


@pytest.mark.parametrize("then", [{"fault": "bad-gateway"}, {"http": {"status": 502, "body": "<p>no</p>"}}])
def test_a_gateway_knows_nothing_of_it(user: User, then: object) -> None:
    """What answers in place of the service sends none of its headers, so a page cannot read it."""
    user.rule(then)
    reply = user.api.create(MINIMAL, Origin="https://app.example")
    assert reply.status == 502
    assert cors(list(reply.headers.items())) == []


def test_a_rule_has_the_last_word(user: User) -> None:
    """A header that a rule sets stays as it is, here and elsewhere."""
    headers = {"Access-Control-Allow-Origin": "https://other.example", "Trace-Id": "mine"}
    user.rule({"http": {"status": 200, "headers": headers}})
    reply = user.api.create(MINIMAL, Origin="https://app.example")
    found = [value for name, value in reply.headers.items() if name.lower() == "access-control-allow-origin"]
    assert (found, reply.headers["Trace-Id"]) == (["https://other.example"], "mine")


@pytest.mark.parametrize(
    "path",
    ["/__mock/rules", "/__mock", "/__mock/", "//__mock/rules", "/v1/../__mock/rules", "/v1/%2e%2e/__mock/rules",
     "/v1/..%2f__mock/rules", "/v1/..\\__mock/rules", "/v1/..", "/v1/x/../../__mock/rules", "//v1/../__mock/rules",
     "//v1/video_generation", "/./v1/video_generation", "/V1/video_generation", "/v1", "/nothing", "*",
     "http://localhost/__mock/rules", "http://localhost//__mock/rules"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["OPTIONS", "POST", "GET"])
def test_nothing_else_is_open(server: MockServer, method: str, path: str) -> None:
    """Neither the control API, nor whatever a proxy might lead there."""
    answer = ask(server.url, f"{method} {path}", *ASKED)
    assert cors(answer.headers) == []
    assert answer.status in (400, 403, 404)


def test_downloads_are_not_open(user: User) -> None:
    """The store behind the links has no CORS: neither the file nor a preflight."""
    task_id = user.task()
    user.advance(60)
    file_id = user.api.query(task_id).json["file_id"]
    link = urlsplit(user.api.retrieve(file_id).json["file"]["download_url"])
    answer = ask(user.mock.url, f"GET {link.path}?{link.query}", PAGE)
    assert (answer.status, cors(answer.headers)) == (200, [])
    answer = ask(user.mock.url, f"OPTIONS {link.path}?{link.query}", *ASKED)
    assert (answer.status, answer["Allow"], cors(answer.headers)) == (405, "GET, HEAD", [])


def test_a_preflight_is_told_of_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """One line, in which nothing of the path can begin another."""
    with caplog.at_level("INFO", "mock_server.requests"):
        create_app(Settings()).test_client().options("/v1/a%0d%0ab%7f")
    assert caplog.messages == ["OPTIONS /v1/a\\r\\nb\\x7f 200 not in the journal"]


def test_a_body_of_a_preflight_is_no_request(server: MockServer) -> None:
    """What stands in it is not answered."""
    body = lines("GET /v1/files")
    sent = lines(f"OPTIONS {CREATE}", f"Content-Length: {len(body)}") + body
    received = talk(server.url, sent + lines(f"GET {QUERY}", "Connection: close"))
    assert received.count(b"HTTP/1.1 200 OK") == received.count(b"HTTP/1.1 ") == 2
    assert json.loads(received.rpartition(b"\r\n\r\n")[2])["base_resp"]["status_code"] == 1004


def test_pages_can_be_kept_out() -> None:
    """With --no-cors a preflight is a method that no path has, and no answer may be read."""
    with MockServer(Settings(port=0, no_cors=True)) as mock:
        preflight = ask(mock.url, f"OPTIONS {CREATE}", *ASKED)
        reply = User(mock).api.create(MINIMAL, Origin="https://app.example")
    assert (preflight.status, cors(preflight.headers)) == (405, [])
    assert [value for name, value in preflight.headers if name == "Allow"] == ["POST"]
    assert (reply.code, cors(list(reply.headers.items()))) == (0, [])
