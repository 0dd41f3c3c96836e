"""Mocks whose answers, headers, queries, files and links are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.operations import files, query
from mock_server.operations.call import Answer, Call
from mock_server.operations.service import Service
from mock_server.web import exchange, imitated
from tests.kit.server.breaking import Breaking, Variant

# Cases that see a create accepted.
CREATES = ("SV-REQ-007", "SV-REQ-008", "SV-REQ-010", "SV-REQ-011", "SV-CB-000", "SV-Q-001", "SV-LIFE-001")
# Cases that see a create refused.
REFUSALS = (
    "SV-AUTH-001", "SV-AUTH-002", "SV-AUTH-003", "SV-AUTH-004", *(f"SV-REQ-{n:03}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)),
    "SV-CB-001", "SV-CB-002",
)  # fmt: skip


def _http_400(_call: Call, answer: Answer) -> None:
    if answer.code:
        answer.http_status = 400


def _task_id_number(_call: Call, answer: Answer) -> None:
    if not answer.code:
        answer.body["task_id"] = int(answer.body["task_id"])


def _refused_with_task(_call: Call, answer: Answer) -> None:
    if answer.code:
        answer.body["task_id"] = "123456789012345"


def _silent(_call: Call, answer: Answer) -> None:
    answer.body["base_resp"]["status_msg"] = ""


def _task_of_anybody(breaking: Breaking) -> None:
    def make(identify: Callable[..., Any]) -> Callable[..., Any]:
        def found(call: Call, service: Service) -> Any:
            own = identify(call, service)
            number = call.query.get("task_id", "")
            owners = [each for each in service.world.existing() if number.isdigit() and each.task(int(number))]
            return owners[0] if owners else own

        return found

    breaking.around(query, "identify", make)


def _unknown_is_preparing(_call: Call, answer: Answer) -> None:
    if answer.code == 2013:
        answer.code = 0
        answer.body |= {"status": "Preparing", "base_resp": {"status_code": 0, "status_msg": "success"}}


def _error_is_processing(_call: Call, answer: Answer) -> None:
    if answer.code == 2013:
        answer.body["status"] = "Processing"


def _http_404(_call: Call, answer: Answer) -> None:
    if answer.code == 2013:
        answer.http_status = 404


def _no_error(_call: Call, answer: Answer) -> None:
    answer.body["base_resp"] = {"status_code": 0, "status_msg": "success"}


def _number_of_anything(breaking: Breaking) -> None:
    breaking.put(files, "as_identifier", lambda text: int(float(text)) if text else None)


def _five_a_minute(breaking: Breaking) -> None:
    seen: dict[str | None, int] = {}

    def change(call: Call, answer: Answer) -> None:
        seen[call.key] = seen.get(call.key, 0) + 1
        if seen[call.key] > 5:
            answer.body["base_resp"] = {"status_code": 1041, "status_msg": "conn limit"}

    breaking.answer("create", change)


def _no_headers(breaking: Breaking) -> None:
    breaking.put(exchange, "add_vendor_headers", lambda _response, _now, _digits, **_ruled: None)


def _type_only(breaking: Breaking) -> None:
    breaking.put(exchange, "JSON_TYPE", "application/json")


def _changed(**members: Callable[[Any], Any]) -> Callable[[Call, Answer], None]:
    """Changes members of answers without an error, of a file where there is one."""

    def change(_call: Call, answer: Answer) -> None:
        if not answer.code:
            body = answer.body.get("file", answer.body)
            for name, make in members.items():
                body[name] = make(body[name])

    return change


def _of(operation: str, **members: Callable[[Any], Any]) -> Callable[[Breaking], None]:
    return lambda breaking: breaking.answer(operation, _changed(**members))


def _in_lower_case(_call: Call, answer: Answer) -> None:
    answer.body["status"] = answer.body.get("status", "").lower()


def _file_too_early(call: Call, answer: Answer) -> None:
    if not answer.code and not answer.body["file_id"]:
        answer.body["file_id"] = call.query["task_id"]


def _other_order(_call: Call, answer: Answer) -> None:
    swapped = {"Preparing": "Processing", "Processing": "Preparing"}
    answer.body["status"] = swapped.get(answer.body.get("status", ""), answer.body.get("status", ""))


def _never_over(_call: Call, answer: Answer) -> None:
    if answer.body.get("status") == "Success":
        answer.body["status"] = "Processing"


def _link_wants_key(breaking: Breaking) -> None:
    def make(download: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(call: Call, service: Service) -> Any:
            if call.key is None:
                call.path = "/nobody/knows/this"
            return download(call, service)

        return guarded

    breaking.around(imitated, "download", make)


def _empty_video(breaking: Breaking) -> None:
    def make(send: Callable[..., Any]) -> Callable[..., Any]:
        def emptied(self: Any, operation: Any, request: Any) -> Any:
            response = send(self, operation, request)
            if response.status_code == 200:
                response.set_data(b"")
            return response

        return emptied

    breaking.around(exchange.Exchange, "run_download", make)


def _v(name: str, fault: str, break_it: Callable[[Breaking], None], *caught_by: str) -> Variant:
    return Variant(name, fault, break_it, frozenset(caught_by))


def _every(change: Callable[[Call, Answer], None]) -> Callable[[Breaking], None]:
    return lambda breaking: breaking.every_answer(change)


def _each(operation: str, change: Callable[[Call, Answer], None]) -> Callable[[Breaking], None]:
    return lambda breaking: breaking.answer(operation, change)


ANSWERS = (
    _v("errors-are-400", "every error is answered with HTTP 400", _every(_http_400), *REFUSALS, "SV-Q-001", "SV-F-001"),
    _v("silent-errors", "errors come without a message", _every(_silent), *REFUSALS),
    _v("task-id-number", "create gives the task's identifier as a number", _each("create", _task_id_number), *CREATES),
    _v("refused-with-task", "a refused create names a task", _each("create", _refused_with_task), *REFUSALS),
    _v("task-of-anybody", "a query shows tasks of other accounts", _task_of_anybody, "SV-Q-001"),
    _v("unknown-is-preparing", "a task that nobody made is being prepared", _each("query", _unknown_is_preparing), "SV-Q-001"),
    _v("error-is-processing", "a query that fails says Processing", _each("query", _error_is_processing), "SV-Q-001"),
    _v("unknown-task-is-404", "a task that nobody made is HTTP 404", _each("query", _http_404), "SV-Q-001"),
    _v("unknown-file-is-null", "a file that nobody made is null, without an error", _each("retrieve", _no_error),
       "SV-F-001", "SV-AUTH-001"),
    _v("file-id-is-parsed", "a file's identifier that is no number is an internal error", _number_of_anything, "SV-F-001"),
    _v("refused-creates-count", "the sixth create of a minute is answered with a code that nobody expects",
       _five_a_minute, "SV-LIM-001"),
    _v("no-trace-id", "answers carry none of the service's headers", _no_headers, "SV-HDR-001"),
    _v("no-charset", "answers do not name their charset", _type_only, "SV-HDR-001"),
    _v("file-id-number", "the query gives the file's identifier as a number",
       _of("query", file_id=lambda value: int(value) if value else ""), "SV-LIFE-001"),
    _v("file-id-text", "the retrieve gives the file's identifier as a text", _of("retrieve", file_id=str), "SV-LIFE-001"),
    _v("bytes-text", "the size of the file is a text", _of("retrieve", bytes=str), "SV-LIFE-001"),
    _v("created-at-float", "the moment of the file has a fraction", _of("retrieve", created_at=float), "SV-LIFE-001"),
    _v("other-purpose", "the file has another purpose", _of("retrieve", purpose=lambda _: "retrieval"), "SV-LIFE-001"),
    _v("no-size", "a finished video has no size", _of("query", video_width=lambda _: 0), "SV-LIFE-001"),
    _v("words-of-callback", "the query says success as callbacks do", _each("query", _in_lower_case), "SV-LIFE-001"),
    _v("file-too-early", "a task that runs already names a file", _each("query", _file_too_early), "SV-LIFE-001"),
    _v("other-order", "a task is prepared after it was processed", _each("query", _other_order), "SV-LIFE-001"),
    _v("never-over", "a task does not end", _each("query", _never_over), "SV-LIFE-001"),
    _v("link-wants-key", "the download wants a key", _link_wants_key, "SV-LIFE-001"),
    _v("empty-video", "the link leads to nothing", _empty_video, "SV-LIFE-001"),
)  # fmt: skip
