"""Files of an account, generated and uploaded: content, list, delete, and who may see them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from urllib3 import encode_multipart_formdata

from contract_tests.api import MINIMAL, QUERY, Api
from mock_server import MockServer, Settings
from mock_server.contract.contract import load_contract
from mock_server.world.video import video_bytes
from tests.over_http.controlling import User
from tests.over_http.uploading import CONTENT, DELETE, LIST, TEXT, UPLOAD, content, delete, listed, upload, uploaded

LOGIN = "login fail: Please carry the API secret key in the 'Authorization' field of the request header"


@pytest.fixture(scope="module")
def documented() -> Iterator[MockServer]:
    """A mock that keeps to the documentation where observation differs, and is done at once."""
    settings = Settings(port=0, seed=7, task_seconds=0, files_form="documented", bytes_form="documented")
    with MockServer(settings) as server:
        yield server


@pytest.fixture
def user(mock: MockServer) -> User:
    """A fresh account with its clock."""
    return User(mock)


@pytest.fixture
def strict(documented: MockServer) -> Api:
    """A fresh account of the documented form."""
    return Api(documented.url, f"strict-{secrets.token_hex(8)}")


def video(user: User) -> tuple[str, int, str]:
    """A finished task, its file and a link to it."""
    task_id, link = user.done()
    return task_id, int(user.api.query(task_id).json["file_id"]), link


def test_content_of_a_generated_video(user: User) -> None:
    """The same bytes as behind the link, as a video with its name, and with the headers of the service."""
    _, file_id, link = video(user)
    reply = content(user.api, file_id)
    assert (reply.status, reply.content) == (200, user.api.send("GET", link).content)
    assert reply.headers["Content-Type"] == "video/mp4"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="output_aigc.mp4"'
    assert {"Trace-Id", "Minimax-Request-Id", "alb_request_id"} <= set(reply.headers)
    entry = user.entry(reply)
    assert (entry["operation"], entry["code"], entry["violations"], entry["notes"]) == (
        "retrieve_content",
        None,
        [],
        [],
    )


def test_head_and_ranges_of_content(user: User) -> None:
    """As at a download link: the length alone, a part, and a part that there is not."""
    file_id = uploaded(user.api)
    head = content(user.api, file_id, "HEAD")
    assert (head.status, head.content, head.headers["Content-Length"]) == (200, b"", str(len(TEXT)))
    part = content(user.api, file_id, Range="bytes=5-8")
    assert (part.status, part.content) == (206, TEXT[5:9])
    assert part.headers["Content-Range"] == f"bytes 5-8/{len(TEXT)}"
    assert content(user.api, file_id, Range="bytes=999-").status == 416
    etag = head.headers["ETag"]
    assert content(user.api, file_id, **{"If-None-Match": etag}).status == 304


def test_an_upload_can_be_described_fetched_and_listed(user: User) -> None:
    """The answer has the observed keys in their order; retrieve adds a link that needs no key."""
    reply = upload(user.api)
    assert list(reply.json) == ["file", "base_resp"]
    file = reply.json["file"]
    assert list(file.items())[1:] == [
        ("bytes", len(TEXT)), ("created_at", int(user.look()["now"])), ("filename", "test.txt"), ("purpose", "retrieval"),
    ]  # fmt: skip
    assert next(iter(file)) == "file_id"
    assert len(str(file["file_id"])) == 15
    shown = user.api.retrieve(str(file["file_id"])).json["file"]
    link = shown.pop("download_url")
    assert shown == file
    for got in (Api(user.mock.url, None).send("GET", link), content(user.api, file["file_id"])):
        assert (got.status, got.content) == (200, TEXT)
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert got.headers["Content-Disposition"] == 'attachment; filename="test.txt"'
    assert listed(user.api) == [file]


def test_list_has_everything_and_can_be_narrowed_down(user: User) -> None:
    """Videos that are done and uploads, the oldest first; a purpose narrows it down, an empty one does not."""
    assert listed(user.api) == []
    first = uploaded(user.api, purpose="voice_clone")
    user.advance(1)
    _, file_id, _ = video(user)
    user.task()
    user.advance(1)
    last = uploaded(user.api)
    files = listed(user.api, purpose="")
    assert [(each["file_id"], each["purpose"]) for each in files] == [
        (first, "voice_clone"), (file_id, "video_generation"), (last, "retrieval"),
    ]  # fmt: skip
    assert [each["file_id"] for each in listed(user.api, purpose="voice_clone")] == [first]
    assert [each["file_id"] for each in listed(user.api, purpose="video_generation")] == [file_id]
    assert listed(user.api, purpose="nonsense") == []
    assert files[1] == {
        "file_id": file_id, "bytes": 0, "created_at": files[1]["created_at"], "filename": "output_aigc.mp4",
        "purpose": "video_generation",
    }  # fmt: skip


def test_a_deleted_video_is_gone_but_its_task_is_not(user: User) -> None:
    """Retrieve knows it no more, its links are dead, and the query keeps its answer."""
    task_id, file_id, link = video(user)
    before = user.api.query(task_id).json
    reply = delete(user.api, {"file_id": file_id, "purpose": "video_generation"})
    assert list(reply.json.items()) == [
        ("file_id", file_id), ("base_resp", {"status_code": 0, "status_msg": "success"})
    ]  # fmt: skip
    assert user.api.retrieve(str(file_id)).json == {
        "file": None, "base_resp": {"status_code": 2013, "status_msg": "invalid params, invalid file_id"}
    }  # fmt: skip
    assert content(user.api, file_id).code == 2013
    assert user.api.send("GET", link).status == 404
    assert user.api.query(task_id).json == before
    assert listed(user.api) == []
    assert delete(user.api, {"file_id": file_id}).json["file_id"] == 0
    assert user.advance(40_000)["happened"] == []


def test_a_deleted_upload_is_gone(user: User) -> None:
    """It can be deleted once; the mock has its memory back."""
    kept, file_id = uploaded(user.api), uploaded(user.api)
    link = user.api.retrieve(str(file_id)).json["file"]["download_url"]
    before = user.mock.service.uploads.kept_bytes
    assert delete(user.api, {"file_id": file_id}).code == 0
    assert user.mock.service.uploads.kept_bytes < before
    assert user.api.send("GET", link).status == 404
    assert [each["file_id"] for each in listed(user.api)] == [kept]
    assert delete(user.api, {"file_id": file_id}).message == "invalid params, invalid file_id"


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"])
def test_delete_takes_json_whatever_the_header_says(user: User, content_type: str | None) -> None:
    """The documentation speaks of multipart and shows JSON."""
    assert delete(user.api, {"file_id": uploaded(user.api)}, content_type).code == 0


def test_delete_takes_a_form_too(user: User) -> None:
    """Real multipart, and the form that curl -d sends."""
    body, content_type = encode_multipart_formdata({"file_id": str(uploaded(user.api)), "purpose": "retrieval"})
    assert user.api.send("POST", DELETE, headers={"Content-Type": content_type}, body=body).code == 0
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"file_id={uploaded(user.api)}".encode()
    assert user.api.send("POST", DELETE, headers=headers, body=body).code == 0
    assert listed(user.api) == []


@pytest.mark.parametrize(
    ("document", "rule", "message"),
    [
        ({}, "file_id", "invalid params, file_id cannot be empty"),
        ({"file_id": None}, "file_id", "invalid params, file_id cannot be empty"),
        ({"file_id": "123"}, "file_id", "invalid params, file_id: expected an integer"),
        ({"file_id": 1.0}, "file_id", "invalid params, file_id: expected an integer"),
        ({"file_id": True}, "file_id", "invalid params, file_id: expected an integer"),
        ({"file_id": [1]}, "file_id", "invalid params, file_id: expected an integer"),
        ({"file_id": 7}, "file_id", "invalid params, invalid file_id"),
        ({"file_id": -7}, "file_id", "invalid params, invalid file_id"),
        ({"file_id": 10**30}, "file_id", "invalid params, invalid file_id"),
        ([1], "delete-body", "invalid params, request body must be a JSON object"),
        (None, "delete-body", "invalid params, request body must be a JSON object"),
    ],
)
def test_a_wrong_delete_says_what_is_wrong(user: User, document: object, rule: str, message: str) -> None:
    """2013 with the identifier 0, in HTTP 200."""
    reply = delete(user.api, document)
    assert (reply.status, reply.message) == (200, message)
    assert next(iter(reply.json.items())) == ("file_id", 0)
    assert user.entry(reply)["violations"][0]["rule"] == rule


def test_the_identifier_of_a_query_is_made_a_number_first(user: User) -> None:
    """A delete with the text that the query gave says so; one of another account says where numbers come from."""
    _, file_id, _ = video(user)
    as_text = user.entry(delete(user.api, {"file_id": str(file_id)}))["violations"][0]
    assert (as_text["given"], as_text["allowed"]) == (str(file_id), "integer")
    assert "as a whole JSON number, without quotes" in as_text["hint"]
    foreign = user.entry(delete(user.api, {"file_id": file_id - 1}))["violations"][0]
    assert "upload, list, query (with status Success) or retrieve gave to the same key" in foreign["hint"]
    assert delete(user.api, {"file_id": file_id}).code == 0


@pytest.mark.parametrize("body", [b"", b"{broken", b"\xff\xfe", b"[" * 5000])
def test_a_delete_that_is_no_json_says_so(user: User, body: bytes) -> None:
    """As of a create; without a traceback."""
    reply = user.api.send("POST", DELETE, headers={"Content-Type": "application/json"}, body=body)
    assert (reply.status, reply.code) == (200, 2013)
    assert user.entry(reply)["violations"][0]["rule"] == "json"


@pytest.mark.parametrize(
    ("file_id", "message"),
    [
        ("", "invalid params, file_id cannot be empty"), ("abc", "invalid params, file_id: expected an integer"),
        ("1.5", "invalid params, file_id: expected an integer"), ("-1", "invalid params, file_id: expected an integer"),
        ("123456789012345", "invalid params, invalid file_id"), ("9" * 40, "invalid params, invalid file_id"),
        ("007", "invalid params, invalid file_id"), ("١٢", "invalid params, file_id: expected an integer"),
    ],
)  # fmt: skip
def test_content_that_there_is_not(user: User, file_id: str, message: str) -> None:
    """2013 as JSON in HTTP 200, with nothing besides."""
    reply = content(user.api, file_id)
    assert (reply.status, reply.json) == (200, {"base_resp": {"status_code": 2013, "status_msg": message}})
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_running_task_has_no_file_yet(user: User) -> None:
    """Its number, which nobody could know, leads nowhere in any call."""
    task_id = user.task()
    number = next(task.file_id for task, _ in user.mock.service.world.account(user.key).tasks())
    assert content(user.api, number).code == delete(user.api, {"file_id": number}).code == 2013
    assert listed(user.api) == []
    user.advance(100)
    assert int(user.api.query(task_id).json["file_id"]) == number
    assert content(user.api, number).status == 200


@pytest.mark.parametrize(("method", "path"), [("GET", CONTENT), ("GET", LIST), ("POST", UPLOAD), ("POST", DELETE)])
def test_without_a_key_every_call_is_1004_in_http_200(mock: MockServer, method: str, path: str) -> None:
    """With base_resp and nothing else, as observed."""
    reply = Api(mock.url, None).send(method, path, query={"file_id": "1"})
    assert (reply.status, reply.json) == (200, {"base_resp": {"status_code": 1004, "status_msg": LOGIN}})


def test_accounts_do_not_see_each_others_files(mock: MockServer) -> None:
    """Neither content nor description nor list; and nobody deletes what is not his."""
    owner, stranger = User(mock), User(mock)
    _, generated, _ = video(owner)
    own = uploaded(owner.api)
    for file_id in (generated, own):
        assert content(stranger.api, file_id).code == 2013
        assert stranger.api.retrieve(str(file_id)).code == 2013
        assert delete(stranger.api, {"file_id": file_id}).code == 2013
        assert content(owner.api, file_id).status == 200
    assert listed(stranger.api) == []
    assert {each["file_id"] for each in listed(owner.api)} == {generated, own}


def test_a_reset_forgets_files(user: User) -> None:
    """Those of the account that is reset, and no others."""
    other = User(user.mock)
    file_id, kept = uploaded(user.api), uploaded(other.api)
    link = user.api.retrieve(str(file_id)).json["file"]["download_url"]
    user.control("POST", "reset")
    assert listed(user.api) == []
    assert user.api.send("GET", link).status == 404
    assert [each["file_id"] for each in listed(other.api)] == [kept]


def test_files_go_with_the_account_that_has_no_room() -> None:
    """Under --max-accounts the one unused for longest goes, and what it uploaded goes with it."""
    with MockServer(Settings(port=0, max_accounts=2)) as mock:
        first = Api(mock.url, "first")
        uploaded(first)
        listed(Api(mock.url, "second"))
        listed(Api(mock.url, "third"))
        assert mock.service.uploads.kept_bytes == 0
        assert listed(first) == []


def test_the_documented_form_of_bytes(strict: Api) -> None:
    """The real size of the video, in retrieve and in list; the observed one is 0."""
    task_id = strict.create(MINIMAL).json["task_id"]
    file_id = strict.query(task_id).json["file_id"]
    size = int(content(strict, file_id, "HEAD").headers["Content-Length"])
    assert size == len(video_bytes("768P", 6, "landscape", mark=f"task {task_id}"))
    assert strict.retrieve(file_id).json["file"]["bytes"] == size
    upload(strict, purpose="voice_clone")
    assert [each["bytes"] for each in listed(strict, purpose="voice_clone")] == [len(TEXT)]


def test_the_documented_form_of_list_needs_a_listed_purpose(strict: Api) -> None:
    """Without one, or with one that the documentation does not list there, it is 2013."""
    allowed = load_contract().files.list_purposes
    assert [listed(strict, purpose=purpose) for purpose in allowed] == [[]] * 4
    reply = strict.send("GET", LIST)
    assert (reply.status, next(iter(reply.json.items()))) == (200, ("files", None))
    assert reply.message == "invalid params, purpose cannot be empty"
    wrong = strict.send("GET", LIST, query={"purpose": "retrieval"})
    assert wrong.message == "invalid params, unsupported purpose: retrieval"
    entry = strict.send("GET", f"/__mock/requests/{wrong.headers['X-Mock-Request-Id']}").json
    assert entry["violations"][0]["allowed"] == allowed


def test_the_documented_form_of_delete_needs_a_listed_purpose(strict: Api) -> None:
    """A refusal leaves the file where it is."""
    file_id = uploaded(strict, purpose="voice_clone")
    assert delete(strict, {"file_id": file_id}).message == "invalid params, purpose cannot be empty"
    for odd in ("retrieval", ["voice_clone"], 5, {"a": 1}):
        assert delete(strict, {"file_id": file_id, "purpose": odd}).message.startswith(
            "invalid params, unsupported pur"
        )
    assert content(strict, file_id).status == 200
    assert delete(strict, {"file_id": file_id, "purpose": "voice_clone"}).code == 0


def test_the_documented_form_of_upload_has_no_undocumented_purpose(strict: Api) -> None:
    """What was observed to be taken is refused there, with the documented list."""
    reply = upload(strict, purpose="retrieval")
    assert (reply.status, reply.code, reply.json["file"]) == (200, 2013, None)
    entry = strict.send("GET", f"/__mock/requests/{reply.headers['X-Mock-Request-Id']}").json
    assert entry["violations"][0]["allowed"] == load_contract().files.upload_purposes("documented")


def test_another_purpose_than_the_files_own_is_noted(user: User) -> None:
    """In the observed form nothing depends on it."""
    reply = delete(user.api, {"file_id": uploaded(user.api), "purpose": "voice_clone"})
    assert reply.code == 0
    assert user.entry(reply)["notes"][0]["note"] == "other-purpose"


def test_group_id_is_tolerated_everywhere(user: User) -> None:
    """Old clients send it with every call; nothing is noted about it, while other parameters are."""
    file_id = uploaded(user.api)
    for method, path, name in [
        ("POST", "/v1/video_generation", ""), ("GET", QUERY, "task_id"), ("GET", "/v1/files/retrieve", "file_id"),
        ("GET", CONTENT, "file_id"), ("GET", LIST, "purpose"), ("POST", UPLOAD, ""), ("POST", DELETE, ""),
    ]:  # fmt: skip
        query = {"GroupId": "1747179187841536150", "more": "1"} | ({name: str(file_id)} if name else {})
        entry = user.entry(user.api.send(method, path, query=query))
        assert entry["notes"] == [{"note": "unknown-parameter", "name": "more"}], path


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/v1/files", 404, b"404 page not found"), ("POST", "/v1/files", 404, b"404 page not found"),
        ("DELETE", "/v1/files", 404, b"404 page not found"), ("GET", "/v1/files/", 404, b"404 page not found"),
        ("GET", "/v1/files/392728805122169/content", 403, b"403 forbidden"),
        ("GET", "/v1/files/a/b/content", 404, b"404 page not found"),
        ("GET", "/v1/files/392728805122169", 404, b"404 page not found"),
        ("GET", "/v1/video_generation/427144058097923", 404, b"404 page not found"),
        ("GET", "/v1/video_generation/query", 404, b"404 page not found"),
        ("POST", "/v1/t2v_v2", 404, b"404 page not found"),
    ],
)  # fmt: skip
def test_neighbours_that_the_service_does_not_have(
    user: User, method: str, path: str, status: int, text: bytes
) -> None:
    """Some clients call them; the status is the observed one."""
    reply = user.api.send(method, path)
    assert (reply.status, reply.content) == (status, text)
    entry = user.entry(reply)
    (violation,) = entry["violations"]
    told = {403: ("forbidden-path", "assumed"), 404: ("path", "observed")}[status]
    assert (entry["operation"], violation["rule"], violation["wording"]) == ("unknown", *told)
