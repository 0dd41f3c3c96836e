"""Faults in how a task is waited for."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any
from urllib.parse import quote

from examples.reference_client import adapter, answers, api, client
from examples.reference_client.api import Api, State
from examples.reference_client.client import VideoClient
from examples.reference_client.errors import VideoError
from examples.reference_client.patience import Deadline
from tests.kit.client.broken.change import around, change_error, put
from tests.kit.client.broken.fault import fault


@fault(
    "Tries another name for the parameter of a query first, as pages differ",
    "POLL-001 POLL-002 POLL-003 POLL-005 POLL-012 POLL-014 POLL-019 POLL-021",
)
def guesses_the_parameter() -> None:
    tried: set[str] = set()

    def query(right: Any, own: Api, task_id: str, deadline: Deadline) -> Any:
        if task_id not in tried:
            tried.add(task_id)
            with contextlib.suppress(VideoError):
                own._call("GET", f"/v1/query/video_generation?id={quote(task_id, safe='')}", deadline)
            time.sleep(0.2)
        return right(own, task_id, deadline)

    around(Api, "query", query)


@fault("Asks at once, and again and again, without a pause", "POLL-014")
def polls_without_a_pause() -> None:
    put(client, "LEAST_POLL", 0.0)
    around(VideoClient, "_wait", lambda right, own, task, deadline, _: right(own, task, deadline, lambda seconds: None))


@fault("Asks five times a second when nobody says how often", "POLL-014")
def has_a_quick_default() -> None:
    around(VideoClient, "__init__", lambda right, own, *given, **named: right(own, *given, **{"poll": 0.2, **named}))


@fault("Has no deadline for a task", "NET-004 POLL-009 POLL-015")
def has_no_deadline() -> None:
    def wait(right: Any, own: VideoClient, task_id: str, _: Deadline, pause: Any) -> Any:
        return right(own, task_id, Deadline(86400.0), pause)

    around(VideoClient, "_wait", wait)


@fault("Says that the time is up, and not how the task stood", "POLL-009")
def hides_the_status() -> None:
    def change(error: VideoError) -> None:
        if error.kind == "timeout":
            error.message = "the time is up"

    change_error(VideoClient, "_wait", change)


@fault("Forgets the task when the time is up", "POLL-015")
def loses_the_task_in_time() -> None:
    def change(error: VideoError) -> None:
        if error.kind == "timeout":
            error.task_id = None

    change_error(VideoClient, "_finish", change)


@fault("Forgets the task when the service cannot be asked", "NET-011")
def loses_the_task_in_outages() -> None:
    def change(error: VideoError) -> None:
        if error.kind in ("server", "network"):
            error.task_id = None

    change_error(VideoClient, "_finish", change)


@fault(
    "Takes every error of a query for a task that is under way, and has the deadline begin anew",
    "AUTH-012 CB-006 ERR-010 POLL-006 POLL-007 POLL-008 POLL-010 POLL-011 POLL-012 POLL-017 POLL-022",
)
def takes_errors_for_pending() -> None:
    def wait(right: Any, own: VideoClient, task_id: str, deadline: Deadline, pause: Any) -> Any:
        while True:
            try:
                return right(own, task_id, deadline, pause)
            except VideoError as error:
                if error.kind == "timeout":
                    raise
                pause(own._poll)

    around(VideoClient, "_wait", wait)


def _gives_up(kind: str) -> None:
    """Gives a task up when a query has an error of this kind."""

    def change(error: VideoError) -> None:
        if error.kind == kind:
            error.retryable = False

    change_error(Api, "query", change)


@fault("Gives a paid task up at the first rate limit", "POLL-013")
def gives_up_at_the_limit() -> None:
    _gives_up("rate_limited")


@fault("Gives a paid task up at the first connection that breaks", "NET-009")
def gives_up_at_a_reset() -> None:
    _gives_up("network")


@fault("Gives a paid task up at the first page of a gateway", "NET-010")
def gives_up_at_a_page() -> None:
    _gives_up("server")


@fault("Knows the failure by the word Failed alone", "POLL-006")
def knows_failed_alone() -> None:
    put(answers, "FAILURES", ("failed",))


@fault("Knows the failure by the word Fail alone", "POLL-007 POLL-008")
def knows_fail_alone() -> None:
    put(answers, "FAILURES", ("fail",))


@fault("Knows Success in this spelling alone", "POLL-008")
def knows_one_spelling() -> None:
    put(State, "done", property(lambda state: state.status == "Success"))


@fault(
    "Knows two states of a task, and takes every other for a failure",
    "AUTH-012 CB-001 CB-004 CB-005 CB-006 CB-007 CB-008 POLL-004 POLL-005 POLL-008 POLL-014",
)
def knows_two_states() -> None:
    def query(right: Any, own: Api, *given: Any) -> State:
        state: State = right(own, *given)
        if not state.done and state.status != "Processing":
            raise VideoError("task_failed", f"the task is {state.status}")
        return state

    around(Api, "query", query)


def _query_reads(change: Any) -> None:
    """Changes the document of every query before it is read."""
    asking = threading.local()

    def query(right: Any, own: Api, *given: Any) -> Any:
        asking.now = True
        try:
            return right(own, *given)
        finally:
            asking.now = False

    def parsed(right: Any, text: str) -> Any:
        found = right(text)
        if getattr(asking, "now", False) and found:
            change(found)
        return found

    around(Api, "query", query)
    around(answers, "_parsed", parsed)


@fault("Looks at the status of a query alone, and not at its code", "AUTH-012 ERR-010 POLL-010 POLL-012 POLL-013")
def ignores_the_code_of_queries() -> None:
    def change(found: dict[str, Any]) -> None:
        found["base_resp"] = {**found.get("base_resp", {}), "status_code": 0}
        if not found.get("status"):
            found["status"] = "Processing"

    _query_reads(change)


@fault("Does not compare the task of an answer with the one that it asked for", "POLL-017")
def takes_the_answer_of_others() -> None:
    _query_reads(lambda found: found.pop("task_id", None))


@fault("Goes on asking when a task is done and has no file", "POLL-011")
def waits_for_the_file_id() -> None:
    def change(found: dict[str, Any]) -> None:
        if str(found.get("status")).lower() == "success" and not found.get("file_id"):
            found["status"] = "Processing"

    _query_reads(change)


@fault("Reports a failure, and not the reason that the service gave", "POLL-022")
def hides_why_it_failed() -> None:
    def change(error: VideoError) -> None:
        if error.kind in ("task_failed", "sensitive"):
            error.message = "the generation failed"

    change_error(Api, "query", change)


@fault(
    "Fetches the file after every query, to see whether it is there",
    "CB-006 DL-001 DL-002 DL-006 POLL-004 POLL-005 POLL-006 POLL-007 POLL-008 POLL-009 POLL-011",
)
def looks_for_the_file_each_time() -> None:
    def query(right: Any, own: Api, task_id: str, deadline: Deadline) -> State:
        state: State = right(own, task_id, deadline)
        if not state.done:
            with contextlib.suppress(VideoError):
                own.retrieve("", deadline)
        return state

    around(Api, "query", query)


@fault("Asks once more when a task is done, to be sure", "POLL-014 POLL-016 POLL-021")
def asks_once_more() -> None:
    def query(right: Any, own: Api, task_id: str, deadline: Deadline) -> State:
        state: State = right(own, task_id, deadline)
        return right(own, task_id, deadline) if state.done else state

    around(Api, "query", query)


@fault("Keeps ids in floating-point numbers", "POLL-003")
def keeps_ids_in_floats() -> None:
    def identifier(right: Any, value: Any) -> Any:
        found = right(value)
        return f"{float(found):.0f}" if found and found.isdigit() else found

    around(api, "identifier", identifier)


@fault("Puts the task id into the address as it is", "POLL-002")
def pastes_ids() -> None:
    put(api, "quote", lambda text, safe="": text)


@fault("Makes a new task when one has failed", "CB-006 COST-003 POLL-006 POLL-007 POLL-008")
def orders_again_after_a_failure() -> None:
    def generate(right: Any, own: VideoClient, *given: Any) -> Any:
        try:
            return right(own, *given)
        except VideoError as error:
            if error.kind != "task_failed":
                raise
        return right(own, *given)

    around(VideoClient, "_generate", generate)


@fault("Can wait only for what it has just ordered", "POLL-019")
def orders_to_wait() -> None:
    put(adapter, "OPERATIONS", {**adapter.OPERATIONS, "wait": adapter.OPERATIONS["generate"]})


@fault("Has the task id in its memory alone", "COST-002")
def keeps_the_task_to_itself() -> None:
    put(adapter, "_tell", lambda task_id: None)
