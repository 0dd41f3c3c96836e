"""One request to the imitated API, from Flask to an operation and back: headers, journal and log line included."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from flask import Request, Response

from mock_server.errors import Refusal, Violation
from mock_server.operations.access import bearer_key, is_valid
from mock_server.operations.call import Answer, Call, Diverted, Operation
from mock_server.operations.download import Download
from mock_server.operations.refusals import UNKNOWN_ERROR, refuse
from mock_server.operations.service import Service
from mock_server.web.cors import allow_reading
from mock_server.web.delivery import download_response
from mock_server.web.form import parse_form
from mock_server.web.incoming import headers, origin, parameters, read_body, whole_path
from mock_server.web.outgoing import JSON_TYPE, Asker, Outgoing, as_json, broken
from mock_server.web.record import recorded_answer, recorded_request
from mock_server.web.redaction import redacted_address
from mock_server.web.request_log import log_exchange
from mock_server.web.response import WITHOUT_CONTENT, add_vendor_headers, as_ruled, as_usual
from mock_server.web.wire import FAULT_KEY, WIRE_KEY, WireFault
from mock_server.world.account import Account
from mock_server.world.edit import edited
from mock_server.world.journal import Entry
from mock_server.world.rule import Acting, Edit, HttpAnswer
from mock_server.world.world import World

REQUEST_ID = "X-Mock-Request-Id"
VIOLATIONS = "X-Mock-Violations"
VIOLATIONS_BYTES = 4096
_LOG = logging.getLogger("mock_server")
# Of a hint that does not fit; each of its characters may take six bytes.
_MUCH = 600
# Of an answer that is no JSON of the service, so much is kept in the journal.
SHOWN_TEXT = 4096
# Headers that are written anew for an answer that a rule changes.
_OF_CONTENT = ("Content-Type", "Content-Length")


class Exchange:
    """A call and what belongs to its answer. Made when the request arrives, finished by one of its methods."""

    def __init__(self, operation: Operation, request: Request, service: Service) -> None:
        self._started = time.perf_counter()
        self._service = service
        self._request = request
        self._fault: Exception | None = None
        self.call = Call(
            operation=operation, method=request.method, path=whole_path(request), query=parameters(request),
            headers=headers(request), read_body=lambda limit: read_body(request, limit),
            origin=origin(request), parse_form=lambda raw: parse_form(raw, request.headers.get("Content-Type", "")),
        )  # fmt: skip
        self.call.key = bearer_key(self.call.headers)

    def run(self, operation: Callable[[Call, Service], Answer]) -> Response:
        """Runs an operation and sends its answer, or its refusal, or code 1000 for a fault of the mock itself."""
        try:
            with self._service.kept():
                answer = operation(self.call, self._service)
            self._check_server()
        except Refusal as refusal:
            answer = refuse(self.call, refusal, self._service)
        except Diverted:
            return self._send(Outgoing(200, b"", None), Answer({}), code=None)
        except Exception as error:
            answer = self._internal(error)
        code: int | None = answer.code
        if self.call.acting is not None and self._fault is None and self.call.acting.then.edit != Edit():
            answer.body = edited(answer.body, self.call.acting.then.edit)
            code = _code_in(answer.body)
        return self._send(Outgoing(answer.http_status, as_json(answer.body), JSON_TYPE), answer, code=code)

    def run_download(self, operation: Callable[[Call, Service], Download], request: Request) -> Response:
        """Runs what gives a file and sends it, in parts if asked, or the refusal of the store or of the service."""
        try:
            with self._service.kept():
                found = operation(self.call, self._service)
            self._check_server()
        except Refusal as refusal:
            answer = refuse(self.call, refusal, self._service)
            return self._send(Outgoing(answer.http_status, as_json(answer.body), JSON_TYPE), answer, code=answer.code)
        except Diverted:
            return self._send(Outgoing(200, b"", None), Answer({}), code=None)
        except Exception as error:
            answer = self._internal(error)
            return self._send(Outgoing(answer.http_status, as_json(answer.body), JSON_TYPE), answer, code=answer.code)
        answer = Answer({"reason": found.reason} if found.reason else {}, 0)
        if found.reason:
            link = self._service.contract.judge.broken("download-link", given=self.call.path[:80], allowed=found.reason)
            answer.violations = (link,)
        then = self.call.acting.then if self.call.acting is not None else None
        # A status of somebody's choice says nothing of parts, so it goes with the whole file.
        response = download_response(found, request, whole=then is not None and then.http is not None)
        if then is not None and (then.fault is not None or then.http is not None):
            return self._send(_outgoing(response), answer, code=None)
        return self._finish(response, answer, vendor=self.call.operation != "download", code=None)

    def send_text(self, text: str, status: int, violation: Violation, headers: dict[str, str]) -> Response:
        """Sends a plain text, as the service does for paths that it does not know."""
        response = Response(text, status, headers, content_type="text/plain; charset=utf-8")
        return self._finish(response, Answer({"text": text}, 0, status, (violation,)), code=None)

    def _check_server(self) -> None:
        """A fault of the connection needs our own server; rules that ask for one are refused elsewhere."""
        acting = self.call.acting
        if acting is not None and acting.rule.on_wire and not self._request.environ.get(WIRE_KEY):
            raise RuntimeError(f"the fault {acting.rule.source} needs the mock's own server")

    def _internal(self, error: Exception) -> Answer:
        """Code 1000, with HTTP status 500, so that a fault of the mock is never taken for a simulated one."""
        violation = self._service.contract.judge.broken("internal", given=type(error).__name__)
        self.call.note("internal-error", error=f"{type(error).__name__}: {error}"[:500])
        self._fault = error
        self._service.own_faults.add(
            self.call.account.key if self.call.account else self.call.key, f"{type(error).__name__}: {error}"[:500]
        )
        return refuse(self.call, Refusal(UNKNOWN_ERROR, violations=(violation,), http_status=500), self._service)

    def _send(self, outgoing: Outgoing, answer: Answer, *, code: int | None) -> Response:
        """Sends an answer, changed or broken as the rule that acts says."""
        acting = self.call.acting if self._fault is None else None
        if acting is not None:
            outgoing = self._altered(outgoing, acting)
            if not outgoing.ours:  # the journal tells what the client got
                answer.body = {"text": outgoing.content[:SHOWN_TEXT].decode("utf-8", "replace")}
                code = None
            response = as_ruled(outgoing)
        else:
            response = as_usual(outgoing)
        return self._finish(response, answer, vendor=outgoing.ours and self.call.operation != "download", code=code)

    def _altered(self, outgoing: Outgoing, acting: Acting) -> Outgoing:
        if acting.then.http is not None:
            outgoing = _replaced(outgoing, acting.then.http)
        fault = acting.then.fault
        if fault is None:
            return outgoing
        if fault.kind.on_wire:
            size, seconds = fault.parameters.get("bytes", 0), fault.parameters.get("seconds", 0.0)
            self._request.environ[FAULT_KEY] = WireFault(fault.name, size, seconds, acting.noise)  # type: ignore[arg-type]
            return outgoing
        address = self._request.full_path.removesuffix("?")
        return broken(outgoing, fault, Asker(address, self.call.headers.get("Accept-Encoding", ""), time.time()))

    def _finish(self, response: Response, answer: Answer, *, code: int | None, vendor: bool = True) -> Response:
        account = self._owner()
        digits = account.random_hex(112)
        # Randomness begins anew with a reset; the count keeps the log's and the journal's identifiers apart.
        request_id = f"{digits[:12]}{account.opened_before & 0xFFFF:04x}"
        now = account.clock.now()
        if vendor:
            add_vendor_headers(response, now, digits[16:], ruled=self.call.acting is not None)
            allow_reading(response, self._request, self._service.settings)
        if not self._service.settings.no_mock_headers:
            response.headers[REQUEST_ID] = request_id
            if answer.violations:
                response.headers[VIOLATIONS] = violations_header(answer.violations)
        self._write_down(response, answer, request_id=request_id, now=now, code=code)
        for action in self.call.after_answer:
            response.call_on_close(action)
        if self.call.acting is not None:
            self._service.pauses.wait(self.call.acting.delay)
        return response

    def _owner(self) -> Account | World:
        """Whose clock and randomness the call has: also one that no operation answered is its key's."""
        call, world = self.call, self._service.world
        if call.account is None and call.key is not None and is_valid(call.key, self._service):
            return world.account(call.key)
        return call.account or world

    def _write_down(self, response: Response, answer: Answer, *, request_id: str, now: float, code: int | None) -> None:
        """Into the journal and the log."""
        call = self.call
        entry = Entry(
            id=request_id, account=call.account.key if call.account else call.key, time=now, operation=call.operation,
            method=call.method, path=redacted_address(call.path)[:2000], code=code, http_status=response.status_code,
            milliseconds=(time.perf_counter() - self._started) * 1000, request=recorded_request(call),
            answer=recorded_answer(answer.body), violations=answer.violations, notes=tuple(call.notes),
            rule=None if call.acting is None else call.acting.as_dict(), seed=self._service.world.seed,
        )  # fmt: skip
        self._service.journal.add(entry)
        if self._fault is not None:
            _LOG.error("internal error while answering request %s", request_id, exc_info=self._fault)
        log_exchange(entry)


def _outgoing(response: Response) -> Outgoing:
    """A response that is to be changed: what it says of its content stays with it."""
    headers = {name: value for name, value in response.headers.items() if name not in _OF_CONTENT}
    return Outgoing(response.status_code, response.get_data(), response.content_type, headers)


def _replaced(outgoing: Outgoing, http: HttpAnswer) -> Outgoing:
    """The HTTP answer that a rule names; what it does not name stays."""
    if http.body is not None:
        outgoing = Outgoing(http.status, http.body, http.content_type, ours=False)
    headers = {**outgoing.headers, **http.headers}
    content_type = next((headers.pop(name) for name in list(headers) if name.lower() == "content-type"), None)
    outgoing.status, outgoing.headers = http.status, headers
    if http.status in WITHOUT_CONTENT:
        outgoing.content = b""
    outgoing.content_type = content_type or outgoing.content_type
    return outgoing


def _code_in(body: Any) -> int | None:
    """The status code that a client finds in a body that a rule has changed."""
    base = body.get("base_resp")
    code = base.get("status_code") if isinstance(base, dict) else None
    return code if type(code) is int else None


def violations_header(violations: tuple[Violation, ...]) -> str:
    """The violations as ASCII JSON of at most 4 KB; the last element counts those that found no room."""
    items: list[dict[str, Any]] = [violation.as_dict() for violation in violations]
    for kept in range(len(items), 0, -1):
        shown = items[:kept] + ([{"more": len(items) - kept}] if kept < len(items) else [])
        text = json.dumps(shown, separators=(",", ":"))
        if len(text) <= VIOLATIONS_BYTES:
            return text
    # Not even the first one fits: its lists are what makes it long.
    first = {name: str(value)[:_MUCH] for name, value in items[0].items() if name in ("rule", "pointer", "hint")}
    return json.dumps([first, {"more": len(items) - 1}], separators=(",", ":"))
