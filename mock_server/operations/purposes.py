"""The purpose of list and delete: documented as required, observed to be needless."""

from __future__ import annotations

from typing import Any

from mock_server.contract.validation import short
from mock_server.operations.refusals import invalid_params
from mock_server.operations.service import Service


def check_purpose(given: Any, listed: list[str], pointer: str, service: Service) -> None:
    """Refuses with 2013, in the documented form alone, a purpose that is missing or not in the documented list."""
    if service.settings.files_form == "observed":
        return
    broken = service.contract.judge.broken
    if given in ("", None):
        raise invalid_params([broken("purpose", "required", pointer=pointer, allowed=listed)])
    if given not in listed:
        raise invalid_params([broken("purpose", "enum", pointer=pointer, given=short(given), allowed=listed)])
