"""Faults in what is made of a code."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from typing import Any

from examples.reference_client import adapter, answers, api
from examples.reference_client.api import Api
from examples.reference_client.errors import VideoError
from examples.reference_client.patience import Deadline, Patience
from tests.kit.client.broken.change import around, change_error, order_again, put
from tests.kit.client.broken.fault import ALL_BUT, fault

_DONE = "as if it were done"


def _kinds(**changes: Any) -> None:
    """The table of codes, without those of `drop` and with those of `add`."""
    kept = {code: kind for code, kind in answers.KINDS.items() if code not in changes.get("drop", ())}
    put(answers, "KINDS", {**kept, **changes.get("add", {})})


def _takes_for_done(wrongly: Callable[[VideoError, Any], bool]) -> None:
    """Says that all went well where an answer with these errors came."""

    def document(right: Any, response: Any, url: str) -> Any:
        try:
            return right(response, url)
        except VideoError as error:
            if wrongly(error, response):
                error.kind, error.retryable, error.ambiguous = _DONE, False, False
            raise

    def answer(right: Any, call: Any) -> Any:
        result = right(call)
        if result.get("error", {}).get("kind") != _DONE:
            return result
        return {"protocol": result["protocol"], "id": result["id"], "outcome": "success"}

    around(api, "document", document)
    around(adapter, "answer", answer)


@fault(
    "Takes HTTP 200 for success, whatever code the body has",
    "AUTH-005 AUTH-006 AUTH-007 AUTH-012 CB-002 CB-006 COST-003 DL-011 ERR-001 ERR-002 ERR-003 ERR-004",
    "ERR-005 ERR-006 ERR-007 ERR-008 ERR-009 ERR-010 ERR-011 ERR-012 ERR-013 ERR-014 ERR-015 ERR-016",
    "ERR-017 NET-016 POLL-012 POLL-013 POLL-022",
)
def trusts_http_200() -> None:
    _takes_for_done(lambda error, response: response.status == 200 and error.code is not None)


@fault("Has a table of codes that are errors, and takes every other for success", "ERR-001 ERR-014 ERR-015")
def takes_unknown_codes_for_success() -> None:
    _takes_for_done(lambda error, _: error.kind == "unknown")


@fault("Compares the code with numbers only, and takes a text for success", "ERR-103")
def takes_texts_for_success() -> None:
    texts: list[bool] = []

    def parsed(right: Any, text: str) -> Any:
        found = right(text)
        base = found.get("base_resp")
        texts[:] = [isinstance(base, dict) and isinstance(base.get("status_code"), str)]
        return found

    around(answers, "_parsed", parsed)
    _takes_for_done(lambda error, _: texts == [True])


@fault("Reads the body alone, so that HTTP 500 with code 0 is a success", "ERR-106")
def ignores_the_http_status() -> None:
    last: list[Any] = []

    def document(right: Any, response: Any, url: str) -> Any:
        last[:] = [response]
        return right(response, url)

    def parsed(right: Any, text: str) -> Any:
        found = right(text)
        base = found.get("base_resp")
        if isinstance(base, dict) and base.get("status_code") == 0:
            last[0].status = 200
        return found

    around(api, "document", document)
    around(answers, "_parsed", parsed)


@fault("Reports 1002 and 1039 as sensitive content", "ERR-002 ERR-003 ERR-004 ERR-011 POLL-013")
def calls_limits_sensitive() -> None:
    _kinds(add={1002: "sensitive", 1039: "sensitive"})


@fault("Knows the codes of the page on create alone", "ERR-009 ERR-011 ERR-012 ERR-013")
def knows_documented_codes_only() -> None:
    _kinds(drop=(1000, 1001, 1013, 1024, 1033, 1039, 1041, 1042, 2045, 2056, 1028, 1030))


@fault("Goes by the words of the message before it looks at the code", "ERR-016")
def classifies_by_text() -> None:
    words = {"rate limit": "rate_limited", "sensitive": "sensitive", "api key": "auth", "balance": "balance"}

    def change(error: VideoError) -> None:
        if error.code is not None:
            error.kind = next((kind for word, kind in words.items() if word in error.message.lower()), error.kind)

    change_error(api, "document", change)


@fault("Says what kind of error it was, and not what the service said", "ERR-007 ERR-008 ERR-014 ERR-015 POLL-022")
def drops_the_message() -> None:
    def change(error: VideoError) -> None:
        if error.code is not None:
            error.message = f"the service refused: {error.kind}"

    change_error(api, "document", change)


@fault("Sends an order again when the account has no balance", "ERR-005 ERR-016 ERR-017 NET-016")
def repeats_without_balance() -> None:
    order_again(lambda error: error.kind == "balance")


@fault("Sends a prompt again that was refused for its content", "ERR-006")
def repeats_refused_prompts() -> None:
    order_again(lambda error: error.kind == "sensitive")


@fault("Sends an order again whose parameters were refused", "ERR-007 ERR-008 ERR-013")
def repeats_wrong_parameters() -> None:
    order_again(lambda error: error.kind == "invalid_params")


@fault("Sends an order again at once, twenty times, after a code that it does not know", "ERR-014 ERR-015")
def storms_on_unknown_codes() -> None:
    order_again(lambda error: error.kind == "unknown", times=20)


@fault("Looks for the task id before it looks at the code", "ERR-017 ERR-106")
def looks_for_the_task_first() -> None:
    def create(right: Any, *given: Any) -> Any:
        try:
            return right(*given)
        except VideoError as error:
            if error.task_id is not None:
                return error.task_id
            raise

    around(Api, "create", create)


@fault("Makes a text of whatever is under task_id, and polls None", "ERR-018 ERR-019")
def polls_none() -> None:
    def create(right: Any, client: Api, body: bytes, deadline: Deadline) -> str:
        seen: list[Any] = []

        def call(right: Any, *given: Any) -> Any:
            seen.append(right(*given))
            return seen[-1]

        around(client, "_call", call)
        try:
            return str(right(client, body, deadline))
        except VideoError as error:
            if seen or error.message == "HTTP 200: {}":
                return str(seen[-1].get("task_id") if seen else None)
            raise
        finally:
            del client.__dict__["_call"]

    around(Api, "create", create)


@fault("Needs base_resp to be an object, and crashes when it is null", "ERR-102")
def crashes_on_null() -> None:
    def parsed(right: Any, text: str) -> Any:
        found = right(text)
        found.get("base_resp", {}).get("status_code")
        return found

    around(answers, "_parsed", parsed)


@fault("Needs base_resp, and crashes without it", "ERR-101")
def crashes_without_base_resp() -> None:
    def parsed(right: Any, text: str) -> Any:
        found = right(text)
        if found and "base_resp" not in found:
            raise KeyError("base_resp")
        return found

    around(answers, "_parsed", parsed)


@fault("Crashes on JSON that is no object", "ERR-104")
def crashes_on_arrays() -> None:
    def parsed(right: Any, text: str) -> Any:
        with contextlib.suppress(ValueError, RecursionError):
            json.loads(text).get("base_resp")
        return right(text)

    around(answers, "_parsed", parsed)


@fault("Says of no error that a later try can help", "ERR-002 ERR-009")
def calls_everything_final() -> None:
    def answer(right: Any, call: Any) -> Any:
        result = right(call)
        if "error" in result:
            result["error"]["retryable"] = False
        return result

    around(adapter, "answer", answer)


@fault("Comes again at once after 429 and 503, whatever Retry-After says", "ERR-107 ERR-108")
def ignores_retry_after() -> None:
    put(answers, "_retry_after", lambda response: 0.0 if response.status in answers.COME_AGAIN else None)


@fault("Reads Retry-After as a number, and crashes on a date", "ERR-108")
def crashes_on_dates() -> None:
    def retry_after(right: Any, response: Any) -> Any:
        if "Retry-After" in response.headers:
            int(response.headers["Retry-After"])
        return right(response)

    around(answers, "_retry_after", retry_after)


@fault("Sends an order again as long as there is time, while the limit stays", "ERR-003 ERR-011 ERR-107")
def repeats_until_the_deadline() -> None:
    def create(right: Any, own: Api, body: bytes, deadline: Deadline) -> Any:
        while True:
            try:
                return right(own, body, deadline)
            except VideoError as error:
                if error.kind != "rate_limited" or deadline.left() < 1.0:
                    raise
            time.sleep(0.1)

    around(Api, "create", create)


@fault("Counts its pauses down instead of up, so that it comes ever sooner", "ERR-003")
def waits_less_each_time() -> None:
    def repeat(_: Any, patience: Patience, step: Any, deadline: Deadline, repeats: int, worth: Any) -> Any:
        for left in range(repeats, -1, -1):
            try:
                return step()
            except VideoError as error:
                wait = max(error.retry_after or 0, patience.gap * 2**left)
                if not left or wait >= deadline.left() or not error.retryable or not worth(error):
                    raise
            patience.pause(wait)
        return None

    around(Patience, "repeat", repeat)


@fault(
    "Hands back ids of its own, which no other program knows",
    ALL_BUT,
    "AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-012 CB-002 CB-006 COST-002 COST-003 DL-005 DL-008 DL-011",
    "ERR-002 ERR-003 ERR-005 ERR-006 ERR-007 ERR-008 ERR-009 ERR-010 ERR-011 ERR-012 ERR-013 ERR-014",
    "ERR-015 ERR-016 ERR-018 ERR-019 NET-003 NET-004 NET-005 NET-007 NET-011 NET-012 NET-027 NET-028",
    "POLL-006 POLL-007 POLL-009 POLL-010 POLL-011 POLL-012 POLL-015 POLL-017 POLL-022",
)
def gives_ids_of_its_own() -> None:
    def answer(right: Any, call: Any) -> Any:
        result = right(call)
        if "task_id" in result:
            result["task_id"] = f"{math.tau:.9f}"
        return result

    around(adapter, "answer", answer)
