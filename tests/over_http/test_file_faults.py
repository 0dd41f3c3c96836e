"""What rules do to the calls about files: codes, faults, delays, changes, and what takes effect all the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
import urllib3

from contract_tests.api import Reply
from mock_server import MockServer
from tests.over_http.controlling import User
from tests.over_http.uploading import CONTENT, LIST, TEXT, content, delete, listed, upload, uploaded

Does = Callable[[User], Reply]
JSON_CALLS: dict[str, Does] = {
    "list": lambda user: user.api.send("GET", LIST),
    "upload": lambda user: upload(user.api),
    "delete": lambda user: delete(user.api, {"file_id": uploaded_first(user)}),
}
CALLS: dict[str, Does] = {
    **JSON_CALLS,
    "retrieve_content": lambda user: content(user.api, uploaded_first(user)),
}


@pytest.fixture
def user(mock: MockServer) -> User:
    """A fresh account with one file and its clock."""
    user = User(mock)
    uploaded(user.api)
    return user


def uploaded_first(user: User) -> int:
    """The number of the file that the account has."""
    (upload,) = user.mock.service.uploads.of(user.mock.service.world.account(user.key))
    return upload.file_id


@pytest.mark.parametrize("operation", CALLS)
def test_codes_http_answers_and_delays(user: User, operation: str) -> None:
    """Each on the call that the rule names, and on no other."""
    match = {"operation": operation}
    user.rule({"code": 1039}, match, times=1)
    user.rule({"http": {"status": 503, "body": "busy", "headers": {"Retry-After": "3"}}}, match, times=1)
    user.rule({"delay": 0.05}, match, times=1)
    assert user.create().code == 0
    assert CALLS[operation](user).code == 1039
    refused = CALLS[operation](user)
    assert (refused.status, refused.content, refused.headers["Retry-After"]) == (503, b"busy", "3")
    begin = time.monotonic()
    assert CALLS[operation](user).status == 200
    assert time.monotonic() - begin >= 0.05
    assert [entry["code"] for entry in user.journal(operation=operation)][-3:-1] == [1039, None]


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("fault", ["reset", "close", "garbage"])
def test_faults_of_the_connection(user: User, operation: str, fault: str) -> None:
    """No answer arrives, and the call has taken effect."""
    before = [each["file_id"] for each in listed(user.api)]
    user.rule({"fault": fault}, {"operation": operation}, times=1)
    with pytest.raises(urllib3.exceptions.HTTPError):
        CALLS[operation](user)
    after = [each["file_id"] for each in listed(user.api)]
    assert len(after) - len(before) == {"upload": 1, "delete": -1}.get(operation, 0)


@pytest.mark.parametrize("operation", CALLS)
def test_faults_of_a_gateway_keep_the_call_from_its_effect(user: User, operation: str) -> None:
    """Nothing is kept and nothing deleted, unless the rule says that the call was processed."""
    user.rule({"fault": "bad-gateway"}, {"operation": operation}, times=1)
    assert CALLS[operation](user).status == 502
    assert len(listed(user.api)) == 1
    user.rule({"fault": "bad-gateway", "processed": True}, {"operation": operation}, times=1)
    assert CALLS[operation](user).status == 502
    assert len(listed(user.api)) == 1 + {"upload": 1, "delete": -1}.get(operation, 0)


@pytest.mark.parametrize("operation", JSON_CALLS)
def test_faults_and_changes_of_json(user: User, operation: str) -> None:
    """As on retrieve: a member changed, a number sent as a text, JSON that breaks off."""
    match = {"operation": operation}
    pointer = {"list": "/files", "upload": "/file/file_id", "delete": "/file_id"}[operation]
    user.rule({"change": {"/more": 1}, "as_text": [pointer]}, match, times=1)
    reply = CALLS[operation](user)
    assert reply.json["more"] == 1
    changed = reply.json
    for name in pointer.split("/")[1:]:
        changed = changed[name]
    assert isinstance(changed, str)
    if operation == "delete":
        uploaded(user.api)
    user.rule({"fault": "invalid-json"}, match, times=1)
    broken = CALLS[operation](user)
    assert broken.content.endswith(b"!")
    with pytest.raises(ValueError, match="column"):
        json.loads(broken.content)


def test_faults_of_content(user: User) -> None:
    """A truncated file, another type, and a video of another length for both ways to it."""
    file_id = uploaded_first(user)
    user.rule({"fault": {"name": "truncate", "bytes": 9}}, {"operation": "retrieve_content"}, times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        content(user.api, file_id)
    fault = {"name": "wrong-content-type", "content_type": "text/html"}
    user.rule({"fault": fault}, {"operation": "retrieve_content"}, times=1)
    reply = content(user.api, file_id)
    assert (reply.headers["Content-Type"], reply.content) == ("text/html", TEXT)
    task_id, link = user.done()
    user.rule({"video": {"bytes": 12}}, {"prompt": "cat"})
    for path in (link, f"{CONTENT}?file_id={user.api.query(task_id).json['file_id']}"):
        assert len(user.api.send("GET", path).content) == 12


def test_rules_can_ask_for_the_task_of_a_file(user: User) -> None:
    """A rule about one task acts on content and deletion of its file and of no other."""
    (first, _), (second, _) = user.done(), user.done()
    user.rule({"code": 1039}, {"operation": ["retrieve_content", "delete"], "task": first})
    user.rule({"code": 1027}, {"operation": "delete", "prompt": "dog"})
    files = [int(user.api.query(task_id).json["file_id"]) for task_id in (first, second)]
    assert content(user.api, files[0]).code == delete(user.api, {"file_id": files[0]}).code == 1039
    assert content(user.api, files[1]).status == 200
    assert delete(user.api, {"file_id": files[1]}).code == 0


def test_the_next_upload_fails(mock: MockServer) -> None:
    """As the fixture of the plugin says it in Python."""
    account = mock.account("upload-fails")
    account.fail_next(1002, "upload")
    user = User(mock, "upload-fails")
    assert [upload(user.api).code, upload(user.api).code] == [1002, 0]
