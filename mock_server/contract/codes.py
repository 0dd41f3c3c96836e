"""The status codes of the service, read from `openapi/status_codes.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mock_server.contract.rules import EVIDENCE
from mock_server.contract.setting_names import settings_named
from mock_server.contract.yaml_file import rows_of
from mock_server.errors import ContractError

# The model in the recorded text, for calls that name none.
OBSERVED_MODEL = "video-01"


@dataclass(frozen=True, slots=True)
class StatusCode:
    """One row of the table: what the code means, how it goes over the wire, and how both are known."""

    code: int
    meaning: str
    text: str
    wording: str
    evidence: str
    retry: str
    advice: str
    answer: str
    note: str = ""
    cause: str = ""
    setting: str | None = None

    def wire_text(self, model: str | None = None) -> str:
        """The exact `status_msg`, with the model that was asked for where the text names one."""
        return self.text.replace("{model}", model or OBSERVED_MODEL)

    @property
    def real_cause(self) -> str:
        """What brings the code about without asking for it; nothing for a code that comes on demand only."""
        return self.cause.replace("{setting}", self.setting or "")

    @property
    def settings(self) -> tuple[str, ...]:
        """The flag that decides when the code comes, if there is one."""
        return settings_named(self.setting)


def read_status_codes(path: Path) -> dict[int, StatusCode]:
    """The table by code. Raises ContractError, naming file and row, for a row that is incomplete or stands twice."""
    table: dict[int, StatusCode] = {}
    for index, row in enumerate(rows_of(path, "codes")):
        try:
            entry = StatusCode(**row)
            entry.settings  # noqa: B018 - the flag has to exist
        except TypeError as error:
            raise ContractError(f"{path}: row {index + 1} is not complete: {error}") from None
        except ValueError as error:
            raise ContractError(f"{path}: row {index + 1}: {error}") from None
        if (
            type(entry.code) is not int
            or not all(isinstance(text, str) and text for text in (entry.text, entry.meaning, entry.advice))
            or entry.code in table
            or entry.evidence not in EVIDENCE
            or entry.wording not in EVIDENCE
            or entry.retry not in ("yes", "no")
            or entry.answer not in ("gateway", "operation")
        ):
            raise ContractError(f"{path}: row {index + 1} (code {entry.code!r}) stands twice or has an unknown value")
        table[entry.code] = entry
    return table
