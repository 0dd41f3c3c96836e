"""Uploads and the other calls about files, in few words."""

from __future__ import annotations

import json
from typing import Any

from urllib3 import encode_multipart_formdata

from contract_tests.api import Api, Reply

CONTENT = "/v1/files/retrieve_content"
LIST = "/v1/files/list"
UPLOAD = "/v1/files/upload"
DELETE = "/v1/files/delete"
TEXT = b"some text, as it was uploaded"


def upload(
    api: Api, content: bytes = TEXT, name: str = "test.txt", purpose: str = "retrieval", **headers: str
) -> Reply:
    """Uploads a file as clients do."""
    return send(api, {"purpose": purpose, "file": (name, content)}, **headers)


def send(api: Api, parts: Any, **headers: str) -> Reply:
    """Sends these parts as multipart/form-data."""
    body, content_type = encode_multipart_formdata(parts)
    return api.send("POST", UPLOAD, headers={"Content-Type": content_type} | headers, body=body)


def uploaded(api: Api, content: bytes = TEXT, name: str = "test.txt", purpose: str = "retrieval") -> int:
    """The number of a file that was taken."""
    reply = upload(api, content, name, purpose)
    assert reply.code == 0, reply.content
    return int(reply.json["file"]["file_id"])


def content(api: Api, file_id: object, method: str = "GET", **headers: str) -> Reply:
    """Asks for the content of a file."""
    return api.send(method, CONTENT, headers=headers, query={"file_id": str(file_id)})


def listed(api: Api, **query: str) -> list[Any]:
    """The files of the account."""
    reply = api.send("GET", LIST, query=query)
    assert reply.code == 0, reply.content
    found: list[Any] = reply.json["files"]
    return found


def delete(api: Api, document: Any, content_type: str | None = "application/json") -> Reply:
    """Deletes with a JSON body."""
    headers = {"Content-Type": content_type} if content_type is not None else {}
    return api.send("POST", DELETE, headers=headers, body=json.dumps(document).encode())
