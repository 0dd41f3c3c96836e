"""GET /v1/files/list: every file of the account, or those with one purpose."""

from __future__ import annotations

from mock_server.operations.access import decide, identify
from mock_server.operations.call import Answer, Call
from mock_server.operations.files import described, everything
from mock_server.operations.purposes import check_purpose
from mock_server.operations.refusals import base_resp
from mock_server.operations.service import Service
from mock_server.world.rule import Occasion


def list_files(call: Call, service: Service) -> Answer:
    """Answers with the files in one list, without pages. Raises Refusal where a purpose is needed and not given."""
    account = identify(call, service)
    decide(call, account, service, Occasion("list"))
    purpose = call.query.get("purpose", "")
    check_purpose(purpose, service.contract.files.list_purposes, "purpose", service)
    found = [file for file in everything(account, service) if purpose in ("", file.purpose)]
    return Answer({"files": [described(file, service) for file in found], "base_resp": base_resp(service.contract, 0)})
