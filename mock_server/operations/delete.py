"""POST /v1/files/delete: a file is gone, its links are dead, and the task that made it keeps its answer."""

from __future__ import annotations

from typing import Any

from mock_server.contract.validation import short
from mock_server.errors import Violation
from mock_server.operations.access import decide, identify, occasion_of
from mock_server.operations.body import parse_json, take_body
from mock_server.operations.call import Answer, BodyCutOff, Call
from mock_server.operations.files import find, unknown_file
from mock_server.operations.form import BadForm
from mock_server.operations.purposes import check_purpose
from mock_server.operations.refusals import base_resp, invalid_params
from mock_server.operations.service import Service

# More digits than this has no number of 64 bits.
_INT64 = 2**63
_AS_NUMBER = (
    "Send file_id as a whole JSON number, without quotes. A query gives it as text, every other call as a number."
)


def delete(call: Call, service: Service) -> Answer:
    """Deletes a file of the caller's own account. Raises Refusal for any other."""
    body = read_fields(call, service)
    account = identify(call, service)
    number = body.get("file_id") if isinstance(body, dict) else None
    file_id = number if type(number) is int and 0 < number < _INT64 else None
    found = find(account, file_id, service) if file_id is not None else None
    decide(call, account, service, occasion_of("delete", found.task if found else None))
    if isinstance(body, Violation):
        raise invalid_params([body])
    check_file_id(number, service)
    check_purpose(body.get("purpose"), service.contract.files.delete_purposes, "/purpose", service)
    # Of two calls at the same time one finds the file gone.
    if found is None or not (account.delete_file(found.id) or service.uploads.remove(account, found.id)):
        raise unknown_file(str(number), "/file_id", service)
    if body.get("purpose") not in (None, found.purpose):
        call.note("other-purpose", given=str(body["purpose"])[:80], hint=f"The file has the purpose {found.purpose}.")
    return Answer({"file_id": found.id, "base_resp": base_resp(service.contract, 0)})


def read_fields(call: Call, service: Service) -> dict[str, Any] | Violation:
    """The object in the body, or why there is none: JSON, or the fields of a form where the body is one (assumed).

    Raises Refusal (HTTP 413) for a body over the limit.
    """
    contract = service.contract
    try:
        raw = take_body(call, contract, service.settings.max_body)
    except BodyCutOff as error:
        return contract.judge.broken("json", hint=f"{error}.", index=0, reason=str(error))
    call.unparsed = raw
    if not raw.lstrip().startswith(b"{"):
        try:
            call.form = call.parse_form(raw)
            call.unparsed = None
            fields: dict[str, Any] = dict(call.form.fields)
            number = fields.get("file_id", "")
            return fields | (
                {"file_id": int(number)} if number.isascii() and number.isdigit() and len(number) < 20 else {}
            )
        except BadForm:
            pass
    parsed = parse_json(call, contract, raw)
    if parsed.faults:
        return parsed.faults[0]
    if not isinstance(parsed.document, dict):
        return contract.judge.broken("delete-body", given=short(parsed.document), allowed="one object")
    return parsed.document


def check_file_id(given: Any, service: Service) -> None:
    """Refuses an identifier that is missing or no integer."""
    broken = service.contract.judge.broken
    if given in (None, ""):
        raise invalid_params([broken("file_id", "required", pointer="/file_id", allowed="the number of a file")])
    if type(given) is not int:
        raise invalid_params(
            [broken("file_id", "type", pointer="/file_id", given=short(given), allowed="integer", hint=_AS_NUMBER)]
        )
