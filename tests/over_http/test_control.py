"""The control API: health, journal, tasks, gallery, reset, and its errors."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from contract_tests.api import MINIMAL, Api, Reply, data_url, png
from mock_server import MockServer, Settings, __version__


def control(mock: MockServer, path: str, method: str = "GET", **query: str) -> Reply:
    """A call to the control API, without any key."""
    return Api(mock.url, None).send(method, f"/__mock/{path}", query=query)


def test_health(mock: MockServer) -> None:
    """Health tells version and seed."""
    assert control(mock, "health").json == {"status": "ok", "version": __version__, "seed": 7}


def test_journal_keeps_request_and_answer(api: Api, mock: MockServer) -> None:
    """An entry holds what was asked and answered; the key is cut to its last four characters."""
    assert api.key is not None
    reply = api.create(MINIMAL | {"prompt": "a cat"})
    entry = control(mock, f"requests/{reply.headers['X-Mock-Request-Id']}").json
    assert entry["request"]["body"] == MINIMAL | {"prompt": "a cat"}
    assert entry["request"]["headers"]["Authorization"] == f"Bearer …{api.key[-4:]}"
    assert entry["answer"] == reply.json
    assert (entry["operation"], entry["code"], entry["account"]) == ("create", 0, f"…{api.key[-4:]}")
    assert entry["request"]["headers"]["Host"] == mock.url.removeprefix("http://")
    assert api.key not in json.dumps(entry)


def test_journal_keeps_length_and_hash_of_a_picture(api: Api, mock: MockServer) -> None:
    """Base64 is kept as length and the SHA-256 of the picture itself."""
    picture = png(400, 400)
    url = data_url(picture)
    reply = api.create(MINIMAL | {"first_frame_image": url})
    entry = control(mock, f"requests/{reply.headers['X-Mock-Request-Id']}").json
    assert entry["request"]["body"]["first_frame_image"] == {
        "data_url": "data:image/png;base64",
        "base64_length": len(base64.b64encode(picture)),
        "bytes": len(picture),
        "sha256": hashlib.sha256(picture).hexdigest(),
    }


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": "sk-secret-key-1234 Bearer"}, {}),
        ({"Authorization": "Bearer:sk-secret-key-1234 x"}, {}),
        ({"Authorization": "Basic sk-secret-key-1234"}, {}),
        ({"X-Api-Key": "sk-secret-key-1234"}, {}),
        ({"X-Goog-Api-Key": "sk-secret-key-1234"}, {}),
        ({"Cookie": "session=sk-secret-key-1234"}, {}),
        ({}, {"apikey": "sk-secret-key-1234"}),
        ({}, {"API_KEY": "sk-secret-key-1234"}),
        ({}, {"Authorization": "Bearer sk-secret-key-1234"}),
    ],
)
def test_no_key_is_kept_or_shown_whole(mock: MockServer, headers: dict[str, str], query: dict[str, str]) -> None:
    """Wherever a client puts its key by mistake, journal and header show its end at most."""
    reply = Api(mock.url, None).send("GET", "/v1/query/video_generation", headers=headers, query=query)
    entry = control(mock, f"requests/{reply.headers['X-Mock-Request-Id']}")
    for text in (entry.content.decode(), reply.headers.get("X-Mock-Violations", "")):
        assert "sk-secret" not in text
        assert "secret-key" not in text


def test_a_refused_call_still_belongs_to_its_key(mock: MockServer, api: Api) -> None:
    """An unknown path, a wrong method and a body that is too large are found under the key that was sent."""
    assert api.key is not None
    api.send("GET", "/v1/files")
    api.send("GET", "/v1/video_generation")
    api.create(MINIMAL | {"prompt": "x" * 34_000_000})
    found = control(mock, "requests", account=api.key).json["requests"]
    assert [entry["http_status"] for entry in found] == [404, 405, 413]


def test_notes_and_odd_values_do_not_fill_the_journal(api: Api, mock: MockServer) -> None:
    """Thousands of unknown fields, marks and values are kept as a few, and the rest as a count."""
    body: dict[str, object] = (
        dict(MINIMAL) | {f"field{number}": [{}] * 5 for number in range(3_000)} | {"prompt": "mock:nope " * 200}
    )
    reply = api.create(body)
    assert reply.code == 0
    entry = control(mock, f"requests/{reply.headers['X-Mock-Request-Id']}")
    assert len(entry.content) < 100_000
    assert entry.json["notes"][-1] == {"note": "more-not-shown"}


def test_head_is_no_poll() -> None:
    """Who asks with HEAD sees no answer, so the task does not move."""
    with MockServer(Settings(port=0, progress="polls:2")) as mock:
        api = Api(mock.url, "k-1")
        task_id = api.create(MINIMAL).json["task_id"]
        assert api.send("HEAD", "/v1/query/video_generation", query={"task_id": task_id}).status == 200
        assert api.query(task_id).json["status"] == "Processing"


def test_journal_cuts_what_is_long(api: Api, mock: MockServer) -> None:
    """A long text of an unknown field, and a body that is no JSON, do not fill the journal."""
    reply = api.create(MINIMAL | {"extra": "y" * 1_000_000})
    entry = control(mock, f"requests/{reply.headers['X-Mock-Request-Id']}").json
    assert "1000000 characters" in entry["request"]["body"]["extra"]
    assert len(json.dumps(entry)) < 3_000
    reply = api.send("POST", "/v1/video_generation", body=b"\xff" * 100_000)
    entry = control(mock, f"requests/{reply.headers['X-Mock-Request-Id']}").json
    assert len(json.dumps(entry)) < 3_000


def test_journal_filters(api: Api, mock: MockServer) -> None:
    """By account, operation and code; a limit keeps the newest."""
    assert api.key is not None
    api.create(MINIMAL)
    api.create({})
    api.query("1")
    everything = control(mock, "requests", account=api.key).json
    assert [entry["operation"] for entry in everything["requests"]] == ["create", "create", "query"]
    assert (everything["total"], everything["dropped"]) == (3, 0)
    refused = control(mock, "requests", account=api.key, code="2013", operation="create").json
    assert [entry["code"] for entry in refused["requests"]] == [2013]
    newest = control(mock, "requests", account=api.key, limit="1").json
    assert [entry["operation"] for entry in newest["requests"]] == ["query"]
    assert newest["total"] == 3
    assert control(mock, "requests", account="nobody").json["requests"] == []


def test_journal_is_bounded() -> None:
    """The oldest entries go, and are counted."""
    with MockServer(Settings(port=0, journal_max=3)) as mock:
        for number in range(5):
            Api(mock.url, "k-1").query(str(number + 1))
        kept = control(mock, "requests", account="k-1").json
    assert [entry["request"]["query"]["task_id"] for entry in kept["requests"]] == ["3", "4", "5"]
    assert kept["dropped"] == 2


def test_looking_at_tasks_is_no_event() -> None:
    """Under polls:N only the client's own queries move a task."""
    with MockServer(Settings(port=0, progress="polls:4")) as mock:
        api = Api(mock.url, "k-1")
        task_id = api.create(MINIMAL).json["task_id"]
        for _ in range(10):
            assert control(mock, "tasks", account="k-1").json["tasks"][0]["status"] == "Preparing"
        seen = [api.query(task_id).json["status"] for _ in range(5)]
        assert seen == ["Preparing", "Queueing", "Processing", "Success", "Success"]
        (task,) = control(mock, "tasks").json["tasks"]
        assert (task["task_id"], task["status"], task["polls"]) == (task_id, "Success", 4)


def test_reset_of_one_account_leaves_the_others(mock: MockServer, api: Api) -> None:
    """Tasks and journal of the account are gone; nobody else notices."""
    other = Api(mock.url, f"{api.key}-other")
    mine, theirs = api.create(MINIMAL).json["task_id"], other.create(MINIMAL).json["task_id"]
    assert api.key is not None
    assert other.key is not None
    assert control(mock, "reset", "POST", account=api.key).json == {"accounts": 1}
    assert control(mock, "requests", account=api.key).json["requests"] == []
    assert api.query(mine).code == 2013
    assert other.query(theirs).code == 0
    assert control(mock, "reset", "POST", account="never-seen").json == {"accounts": 0}


def test_reset_of_all_repeats_the_seed() -> None:
    """After a reset the same calls meet the same randomness."""
    with MockServer(Settings(port=0, seed=3)) as mock:
        first = Api(mock.url, "k-1").create(MINIMAL).headers["Minimax-Request-Id"]
        assert control(mock, "reset", "POST").json == {"accounts": 1}
        assert Api(mock.url, "k-1").create(MINIMAL).headers["Minimax-Request-Id"] == first


def test_gallery_serves_its_pictures(mock: MockServer) -> None:
    """Each picture of the list can be fetched under its address."""
    for picture in control(mock, "gallery").json["pictures"]:
        reply = Api(mock.url, None).send("GET", picture["url"])
        assert (reply.status, reply.headers["Content-Type"].split("/")[0]) == (200, "image")
        assert reply.content


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "requests?code=abc", 400, "code"),
        (
            "GET",
            "requests?operation=erase",
            400,
            "create, query, retrieve, download, retrieve_content, list, upload, delete",
        ),
        ("GET", "requests?acount=k", 400, "acount"),
        ("GET", "requests/none", 404, "none"),
        ("GET", "gallery/none", 404, "none"),
        ("GET", "nothing", 404, "nothing"),
        ("GET", "reset", 405, "reset"),
        ("POST", "health", 405, "health"),
    ],
)
def test_wrong_control_calls_get_problem_json(
    mock: MockServer, method: str, path: str, status: int, words: str
) -> None:
    """RFC 9457, with the field and the allowed values where there are some."""
    reply = control(mock, path, method)
    assert (reply.status, reply.headers["Content-Type"]) == (status, "application/problem+json")
    assert reply.json["status"] == status
    assert words in reply.json["detail"]
