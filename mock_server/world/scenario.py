"""Scenarios: named lists of rules, each in a YAML file, with the reason why it is there and what a good client does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server import resources
from mock_server.contract.contract import Contract
from mock_server.contract.user_data import check, check_plain
from mock_server.contract.validation import did_you_mean, json_type
from mock_server.contract.yaml_file import line_of, read_yaml
from mock_server.errors import ContractError, Mistake, ScenarioError
from mock_server.world.rule_reading import read_rule
from mock_server.world.standing_rules import ActiveScenario

_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, ready to be put in force for the server."""

    name: str
    title: str
    why: str
    client: str
    chaos: bool
    active: ActiveScenario

    def as_dict(self) -> dict[str, Any]:
        """What the catalogue says of it."""
        return {
            "name": self.name, "title": self.title, "why": " ".join(self.why.split()),
            "client": " ".join(self.client.split()), "chaos": self.chaos,
            "rules": [rule.data for rule in self.active.rules],
        }  # fmt: skip


class Catalogue:
    """Every scenario by name: those that come with the mock, and the user's own.

    The user's files are read at once. Raises ScenarioError, naming file, line and allowed values, for a wrong one.
    """

    def __init__(self, contract: Contract, files: Sequence[str] = ()) -> None:
        self._contract = contract
        folder = resources.folder("fixtures") / "scenarios"
        self._paths = {path.stem: path for path in sorted(folder.glob("*.yaml"), key=lambda path: path.stem)}
        self._read: dict[str, Scenario] = {}
        for name in files:
            self._add(Path(name))

    @property
    def names(self) -> list[str]:
        """The names of all scenarios."""
        return list(self._paths)

    def scenario(self, name: str) -> Scenario:
        """The scenario of that name. Raises ScenarioError when there is none."""
        if name not in self._paths:
            similar = did_you_mean(name, self.names)
            meant = f"; did you mean {similar!r}?" if similar else ""
            raise ScenarioError(
                f"there is no scenario {name[:80]!r}{meant} (`minimax-mock scenarios` lists them)", allowed=self.names
            )
        if name not in self._read:
            self._read[name] = self._load(name, self._paths[name])
        return self._read[name]

    def file_of(self, name: str) -> bytes:
        """The file of that scenario as it is. Raises ScenarioError when there is none or it is wrong."""
        self.scenario(name)
        return self._paths[name].read_bytes()

    def all(self) -> list[Scenario]:
        """All scenarios in the order of their names, those of the user last."""
        return [self.scenario(name) for name in self._paths]

    def _add(self, path: Path) -> None:
        if path.suffix not in _ENDINGS:
            raise ScenarioError(f"{path}: a scenario file ends in {' or '.join(_ENDINGS)}; its name is the rest")
        if path.stem in self._paths:
            raise ScenarioError(f"{path}: there is a scenario {path.stem!r} already ({self._paths[path.stem]})")
        self._paths[path.stem] = path
        self.scenario(path.stem)

    def _load(self, name: str, path: Path) -> Scenario:
        try:
            data = read_yaml(path)
            _check_mapping(data)
            check_plain(data)
            check(self._contract.scenario_schema, data)
            rules = tuple(self._rule(name, path, index, rule) for index, rule in enumerate(data["rules"]))
        except ContractError as error:  # no YAML
            raise ScenarioError(str(error)) from None
        except Mistake as mistake:
            raise ScenarioError(f"{path}:{line_of(path, mistake.pointer) or 1}: {_in_one_line(mistake)}") from None
        return Scenario(
            name, data["title"], data["why"], data["client"], data.get("chaos", False), ActiveScenario(name, rules)
        )

    def _rule(self, name: str, path: Path, index: int, data: Any) -> Any:
        try:
            return read_rule(
                data, rule_id=f"{name}.{index + 1}", codes=self._contract.codes, source=f"scenario {name}",
                folder=path.parent,
            )  # fmt: skip
        except Mistake as mistake:
            raise Mistake(f"/rules/{index}{mistake.pointer}", mistake.detail, allowed=mistake.allowed) from None


def _check_mapping(data: Any) -> None:
    """Raises Mistake for a file that is empty or holds something else than a mapping."""
    if not isinstance(data, dict):
        found = "the file is empty" if data is None else f"the file holds a value of type {json_type(data)}, no mapping"
        raise Mistake("", found, allowed="a mapping with title, why, client and rules")


def _in_one_line(mistake: Mistake) -> str:
    """The mistake in words; names that the user gave may hold line breaks."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in mistake.in_words())
