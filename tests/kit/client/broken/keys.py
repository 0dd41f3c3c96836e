"""Faults in how the key is shown, and to whom."""

from __future__ import annotations

import threading
from typing import Any

from examples.reference_client import adapter, answers
from examples.reference_client.api import Api
from examples.reference_client.client import VideoClient
from examples.reference_client.errors import VideoError
from tests.kit.client.broken.change import around, change_error, change_request, order_again, put
from tests.kit.client.broken.fault import ALL_BUT, fault


@fault("Sends the key without the word Bearer", ALL_BUT, "AUTH-006 AUTH-007 AUTH-008 AUTH-009")
def forgets_bearer() -> None:
    def change(_: str, __: str, headers: dict[str, str]) -> None:
        if "Authorization" in headers:
            headers["Authorization"] = headers["Authorization"].removeprefix("Bearer ")

    change_request(change)


@fault(
    "Sends the key with create alone",
    ALL_BUT,
    "AUTH-006 AUTH-007 AUTH-008 AUTH-009 CB-002 COST-002 ERR-002 ERR-003 ERR-005 ERR-006 ERR-007 ERR-008",
    "ERR-009 ERR-011 ERR-012 ERR-013 ERR-014 ERR-015 ERR-016 ERR-018 ERR-019 NET-003 NET-004 NET-005",
    "NET-007 NET-011 NET-012 NET-028",
)
def queries_without_key() -> None:
    change_request(lambda method, _, headers: headers.pop("Authorization", None) and None if method == "GET" else None)


@fault("Retrieves without the key first, and with it when it is asked for", "AUTH-002 AUTH-003 AUTH-011 DL-001 DL-006")
def retrieves_without_key_first() -> None:
    asking = threading.local()

    def change(_: str, __: str, headers: dict[str, str]) -> None:
        if getattr(asking, "first", False):
            del headers["Authorization"]

    def retrieve(right: Any, api: Api, *given: Any) -> Any:
        asking.first = True
        try:
            return right(api, *given)
        except VideoError as error:
            if error.kind != "auth":
                raise
        finally:
            asking.first = False
        return right(api, *given)

    change_request(change)
    around(Api, "retrieve", retrieve)


@fault("Puts the key as it was pasted, with its line break, into the header", "AUTH-003")
def does_not_trim_the_key() -> None:
    def begin(right: Any, api: Api) -> None:
        given, api.key = api.key, "".join(api.key.split())
        right(api)
        api.key = given.replace("\r", "").replace("\n", " ")

    around(Api, "__post_init__", begin)


@fault("Asks without a key when there is none, and lets the service refuse", "AUTH-004")
def asks_without_any_key() -> None:
    around(Api, "__post_init__", lambda right, api: right(api) if api.key else None)


@fault("Shows the key in the text of errors", "AUTH-005")
def shows_the_key() -> None:
    def call(right: Any, api: Api, *given: Any) -> Any:
        try:
            return right(api, *given)
        except VideoError as error:
            error.message += f" (key {api.key})"
            raise

    around(Api, "_call", call)


@fault("Puts the key into the address of queries as well, as an older version of the API had it", "AUTH-003 AUTH-005")
def puts_the_key_into_the_address() -> None:
    def change(_: str, url: str, headers: dict[str, str]) -> str:
        key = headers.get("Authorization", "").removeprefix("Bearer ")
        return f"{url}&api_key={key}" if key and "?" in url else url

    change_request(change)


@fault("Keeps the first key for good: a new one is used only after a restart", "AUTH-004 AUTH-011")
def remembers_the_first_key() -> None:
    seen: dict[str, str] = {}

    def made(right: Any, call: Any) -> Any:
        return right({**call, "api_key": seen.setdefault(call["base_url"], call["api_key"])})

    around(adapter, "_client", made)


@fault("Sends the key along to wherever the file lies", "AUTH-010 DL-013")
def takes_the_key_to_the_download() -> None:
    last: dict[str, str] = {}

    def change(_: str, url: str, headers: dict[str, str]) -> None:
        if "Authorization" in headers:
            last.update(Authorization=headers["Authorization"])
        elif "/v1/" not in url:
            headers.update(last)

    change_request(change)


@fault("Tries again with a key that was refused", "AUTH-006 AUTH-007 AUTH-008")
def repeats_auth_errors() -> None:
    order_again(lambda error: error.kind == "auth")


@fault("Knows 1004 alone for a wrong key", "AUTH-007")
def knows_one_code_for_keys() -> None:
    put(answers, "KINDS", {code: kind for code, kind in answers.KINDS.items() if code != 2049})


@fault("Reads the body of HTTP 401 and 403 first, and calls it broken JSON", "AUTH-008")
def reads_the_body_first() -> None:
    put(answers, "STATUS_KINDS", {429: "rate_limited"})


@fault("Forgets the task when its key is refused", "AUTH-012")
def loses_the_task_with_the_key() -> None:
    def change(error: VideoError) -> None:
        if error.kind == "auth":
            error.task_id = None

    change_error(VideoClient, "_finish", change)
