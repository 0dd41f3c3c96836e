"""The rules of the contract: what each says, who judges it, how it is known, and the texts that go with it.

They stand in `openapi/rules.yaml`, once for every mode; the schemas name them by `x-rule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server.contract.setting_names import settings_named
from mock_server.contract.yaml_file import line_of, read_yaml
from mock_server.errors import ContractError

# How a fact is known: official documentation, a recorded real answer, a choice of this project.
EVIDENCE = {"documented", "observed", "assumed"}
_BY = {"schema", "server", "advice"}
_NEEDED = {"by", "title", "evidence", "hint"}
_KNOWN = _NEEDED | {"wording", "text", "allowed", "about", "setting"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract.

    `about` is the field of the request, or the keyword of fields, that a rule outside the schemas is about.
    """

    id: str
    order: int
    by: str
    title: str
    evidence: str
    hint: str
    wording: Mapping[str, str]
    text: Mapping[str, str]
    allowed: str | None
    about: str | None
    settings: tuple[str, ...]

    def wording_for(self, keyword: str) -> str:
        """How the text for `keyword` is known: documented, observed or assumed."""
        return self.wording.get(keyword, self.wording.get("", "assumed"))

    def text_for(self, keyword: str) -> str | None:
        """What the service says when `keyword` of the rule is broken; None when the code's own text is used."""
        return self.text.get(keyword, self.text.get(""))


def read_rules(path: Path) -> dict[str, Rule]:
    """Every rule by its identifier, in their order. Raises ContractError, naming file, line and rule."""
    data = read_yaml(path)
    rows = data.get("rules") if isinstance(data, dict) else None
    if not isinstance(rows, dict):
        raise ContractError(f"{path}: expected a mapping under 'rules'")
    return {name: _rule(path, name, order, raw) for order, (name, raw) in enumerate(rows.items())}


def _rule(path: Path, name: str, order: int, raw: Any) -> Rule:
    if not isinstance(raw, dict):
        raise _error(path, name, "expected a mapping")
    if raw.keys() - _KNOWN or _NEEDED - raw.keys():
        unknown, missing = sorted(raw.keys() - _KNOWN), sorted(_NEEDED - raw.keys())
        raise _error(path, name, f"unknown keys {unknown}, missing keys {missing} in a rule")
    wording = _by_keyword(raw.get("wording"))
    if raw["by"] not in _BY or not {raw["evidence"], *wording.values()} <= EVIDENCE:
        raise _error(path, name, f"`by` is one of {sorted(_BY)}, evidence and wording of {sorted(EVIDENCE)}")
    try:
        settings = settings_named(raw.get("setting"))
    except ValueError as error:
        raise _error(path, name, str(error)) from None
    return Rule(
        id=name, order=order, by=raw["by"], title=raw["title"], evidence=raw["evidence"], hint=raw["hint"],
        wording=wording, text=_by_keyword(raw.get("text")), allowed=raw.get("allowed"), about=raw.get("about"),
        settings=settings,
    )  # fmt: skip


def _by_keyword(value: Any) -> Mapping[str, str]:
    """A map by keyword as it is; a single text under the empty keyword, which stands for all of them."""
    return value if isinstance(value, dict) else {} if value is None else {"": value}


def _error(path: Path, name: str, message: str) -> ContractError:
    pointer = f"/rules/{name}"
    line = line_of(path, pointer)
    return ContractError(f"{path}{f':{line}' if line else ''}: {message} (at {pointer})")
