"""How the service behaves beyond rules and codes, read from `openapi/behaviours.yaml`, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server.contract.rules import EVIDENCE
from mock_server.contract.setting_names import settings_named
from mock_server.contract.yaml_file import line_of, read_yaml
from mock_server.errors import ContractError
from mock_server.settings import MODES

_NEEDED = {"title", "evidence", "source"}
_KNOWN = _NEEDED | {"operations", "modes", "setting", "differs"}
# What is said where documentation and observation contradict each other; `mock` names the one that holds by default.
_DIFFERS = {"documented", "observed", "mock"}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One behaviour: what happens, at which calls, how it is known, and what changes it.

    No operations means every call; no modes means whatever kinds of video are served.
    """

    id: str
    group: str
    title: str
    evidence: str
    source: str
    operations: tuple[str, ...]
    modes: tuple[str, ...]
    settings: tuple[str, ...]
    differs: Mapping[str, str]


def read_behaviours(path: Path) -> list[Behaviour]:
    """Every behaviour, in the order of the file. Raises ContractError, naming file, line and behaviour."""
    data = read_yaml(path)
    groups = data.get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, dict):
        raise ContractError(f"{path}: expected a mapping under 'groups'")
    found: dict[str, Behaviour] = {}
    for group, rows in groups.items():
        if not isinstance(rows, dict):
            raise _error(path, f"/groups/{group}", "expected a mapping")
        for name, raw in rows.items():
            pointer = f"/groups/{group}/{name}"
            if name in found:
                raise _error(path, pointer, f"{name!r} stands in {found[name].group!r} too")
            if not isinstance(raw, dict):
                raise _error(path, pointer, "expected a mapping")
            try:
                found[name] = _behaviour(str(name), str(group), raw)
            except ValueError as error:
                raise _error(path, pointer, str(error)) from None
    return list(found.values())


def _behaviour(name: str, group: str, raw: Mapping[str, Any]) -> Behaviour:
    if raw.keys() - _KNOWN or _NEEDED - raw.keys():
        unknown, missing = sorted(raw.keys() - _KNOWN), sorted(_NEEDED - raw.keys())
        raise ValueError(f"unknown keys {unknown}, missing keys {missing} in a behaviour")
    operations, modes = _names(raw, "operations"), _names(raw, "modes")
    differs = raw.get("differs", {})
    if raw["evidence"] not in EVIDENCE:
        raise ValueError(f"evidence is one of {sorted(EVIDENCE)}")
    if not set(modes) <= set(MODES):
        raise ValueError(f"modes are among {list(MODES)}")
    if differs and (not isinstance(differs, dict) or differs.keys() != _DIFFERS or differs["mock"] not in differs):
        raise ValueError("`differs` says what is documented and what was observed, and `mock` names one of the two")
    if not all(isinstance(text, str) and text for text in (raw["title"], raw["source"], *differs.values())):
        raise ValueError("what is said of a behaviour is text")
    return Behaviour(
        id=name, group=group, title=raw["title"], evidence=raw["evidence"], source=raw["source"], operations=operations,
        modes=modes, settings=settings_named(raw.get("setting")), differs=differs,
    )  # fmt: skip


def _names(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{key} is a list of names")
    return tuple(value)


def _error(path: Path, pointer: str, message: str) -> ContractError:
    line = line_of(path, pointer)
    return ContractError(f"{path}{f':{line}' if line else ''}: {message} (at {pointer})")
