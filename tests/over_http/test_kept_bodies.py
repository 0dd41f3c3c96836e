"""What the journal keeps of bodies: no content of files and no keys, however they were sent."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from contract_tests.api import CREATE, MINIMAL
from mock_server import MockServer
from tests.over_http.controlling import User
from tests.over_http.uploading import DELETE, UPLOAD, send

CONTENT = b"Dear diary, this is private."
MULTIPART = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%s\r\n--cut--\r\n' % CONTENT
SHORT = b"--cut\r\n\r\n%s\r\n--cut--\r\n" % CONTENT
SECRET = "sk-very-secret-9876"


@pytest.fixture
def user(mock: MockServer) -> User:
    """A fresh account."""
    return User(mock)


def measured(content: bytes) -> dict[str, Any]:
    """What stands for content in the journal."""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_a_file_sent_as_a_field_is_measured(user: User) -> None:
    """As `curl -F 'file=<note.txt'` sends it; the purpose is kept."""
    reply = send(user.api, {"purpose": "retrieval", "file": CONTENT.decode(), "note": "é"})
    kept = user.entry(reply)["request"]["body"]
    assert kept == {"purpose": "retrieval", "file": measured(CONTENT), "note": measured("é".encode())}


def test_a_file_sent_as_the_purpose_is_measured(user: User) -> None:
    """No purpose is as long as that."""
    reply = send(user.api, {"purpose": "x" * 201, "file": ("a.txt", CONTENT)})
    assert user.entry(reply)["request"]["body"]["purpose"] == measured(b"x" * 201)


@pytest.mark.parametrize("path", [UPLOAD, DELETE, CREATE])
@pytest.mark.parametrize("body", [MULTIPART, SHORT, b"\r\n" + MULTIPART])
@pytest.mark.parametrize(
    "label", ["application/x-www-form-urlencoded", "text/plain", "application/json", "multipart/form-data"]
)
def test_mislabelled_multipart_is_measured(user: User, path: str, body: bytes, label: str) -> None:
    """At every call, in the body and in what is said about it."""
    reply = user.api.send("POST", path, headers={"Content-Type": label}, body=body)
    entry = json.dumps(user.entry(reply))
    assert "diary" not in entry
    assert '"sha256"' in entry


@pytest.mark.parametrize("path", [UPLOAD, DELETE])
def test_a_text_sent_as_url_encoded_is_measured(user: User, path: str) -> None:
    """As `curl --data-binary @note.txt` labels it: the text is then the name of a field."""
    reply = user.api.send("POST", path, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=CONTENT)
    assert "diary" not in json.dumps(user.entry(reply))


def test_a_part_without_a_name_is_called_so(user: User) -> None:
    """And not None."""
    body = b"--cut\r\nContent-Disposition: form-data\r\n\r\nx\r\n--cut\r\n"
    body += b'Content-Disposition: form-data; name="purpose"\r\n\r\nretrieval\r\n--cut--\r\n'
    reply = user.api.send("POST", UPLOAD, headers={"Content-Type": "multipart/form-data; boundary=cut"}, body=body)
    (violation,) = user.entry(reply)["violations"]
    assert violation["given"] == "(a part without a name), purpose"


@pytest.mark.parametrize("name", ["api_key", "Authorization", "X-Token", "client_secret", "password", "account"])
def test_secrets_in_bodies_are_redacted(user: User, name: str) -> None:
    """In a form, and in JSON at any depth; by their names, as in queries."""
    form = send(user.api, {"purpose": "retrieval", "file": ("a.txt", CONTENT), name: SECRET})
    documents = {name: SECRET, "more": [{name: {"value": SECRET, "list": [SECRET]}}]}
    replies = [user.api.create(MINIMAL | documents)]
    replies.append(
        user.api.send("POST", DELETE, headers={"Content-Type": "application/json"}, body=json.dumps(documents).encode())
    )
    assert user.entry(form)["request"]["body"][name] == "…9876"
    for reply in replies:
        entry = user.entry(reply)
        assert SECRET not in json.dumps(entry)
        assert entry["request"]["body"][name] == "…9876"
        assert entry["request"]["body"]["more"] == [{name: {"value": "…9876", "list": ["…9876"]}}]


BROKEN = {
    "JSON": '{{"{name}": "{secret}", "model": "x",}}',
    "JSON without an end": '{{"{name}": "{secret}',
    "JSON within JSON": '{{"body": "{{\\"{name}\\": \\"{secret}\\"}}", }}',
    "a list": '{{"{name}": ["{secret}", "{secret}"], }}',
    "an object": '{{"{name}": {{"value": "{secret}"}}, }}',
    "Python": "{{'{name}': '{secret}'}}",
    "a form": "model=x&{name}={secret}",
    "YAML": "{name}: {secret}",
    "a header": '{{"prompt": "curl -H \'Authorization: Bearer {secret}\'", }}',
    "no UTF-8": '{{"{name}": "{secret}", "\udcff": 1}}',
    "a long one": '{{"{name}": "{secret}", "prompt": "' + "x" * 5000,
    "no UTF-8, and long": '{{"{name}": "{secret}", "\udcff": "' + "x" * 5000,
}


@pytest.mark.parametrize("name", ["api_key", "Authorization", "X-Token", "client_secret", "password", "accountId"])
@pytest.mark.parametrize("form", BROKEN)
def test_secrets_in_what_is_no_json_are_redacted(user: User, form: str, name: str) -> None:
    """In what is kept of the body, in what is said about it, and in the header of the answer."""
    raw = BROKEN[form].format(name=name, secret=SECRET).encode("utf-8", "surrogateescape")
    reply = user.api.send("POST", CREATE, headers={"Content-Type": "application/json"}, body=raw)
    entry = json.dumps(user.entry(reply))
    assert (reply.code, '"raw"' in entry) == (2013, True)
    assert "very-secret" not in entry + reply.headers["X-Mock-Violations"]


@pytest.mark.parametrize("before", ["", "x" * 5000])
def test_the_key_of_the_call_is_redacted_wherever_it_stands(user: User, before: str) -> None:
    """Also where no name tells of it; the text around it is kept."""
    raw = f'{before}the key {user.key}, "prompt": "a cat"'.encode()
    reply = user.api.send("POST", CREATE, headers={"Content-Type": "text/plain"}, body=raw)
    entry = user.entry(reply)
    assert user.key not in json.dumps(entry)
    assert before or entry["request"]["raw"] == 'the key …, "prompt": "a cat"'


def test_what_is_no_json_and_no_secret_is_kept_as_it_is(user: User) -> None:
    """What a test asks for later; a word that is part of a text is no member."""
    raw = '{"model": "x", "prompt": "the key is under the mat", "duration": 6,}'
    reply = user.api.send("POST", CREATE, headers={"Content-Type": "application/json"}, body=raw.encode())
    assert user.entry(reply)["request"]["raw"] == raw


def test_a_name_that_nobody_means_to_be_read_keeps_its_value_to_itself(user: User) -> None:
    """No name of hundreds of characters is searched for words that tell of a secret."""
    assert SECRET not in json.dumps(user.entry(user.api.create(MINIMAL | {"n" * 201: SECRET})))


def test_other_members_are_kept_as_they_are(user: User) -> None:
    """What a test asks for later."""
    extra = {"prompt": "A key on a table", "duration": 6, "task_id": "1", "action": "x", "group_id": 7}
    assert user.entry(user.api.create(MINIMAL | extra))["request"]["body"].items() >= extra.items()
