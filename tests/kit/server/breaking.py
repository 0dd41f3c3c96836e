"""How a mock is broken: one rule of its document, one step of an operation, one part of an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mock_server import resources
from mock_server.contract import contract, document, rules
from mock_server.contract.yaml_file import read_yaml
from mock_server.errors import Refusal
from mock_server.operations import create, service
from mock_server.operations.body import ParsedBody
from mock_server.operations.call import Answer, Call
from mock_server.operations.refusals import refuse
from mock_server.web import imitated

DOCUMENT, RULES = "video_generation.yaml", "rules.yaml"
CREATE_SCHEMA = "VideoGenerationReq"


@dataclass(frozen=True, slots=True)
class Variant:
    """A mock with one fault. `caught_by` are the cases of the server suite that fail with it, and no others do."""

    name: str
    fault: str
    break_it: Callable[[Breaking], None]
    caught_by: frozenset[str]


class Breaking:
    """Breaks the mocks that this process makes from now on, until the monkeypatch is undone."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Puts something in the place of a function, method or constant."""
        self._patch.setattr(owner, name, value)

    def around(self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Puts in its place what `make` makes of it."""
        self.put(owner, name, make(getattr(owner, name)))

    def document(self, edit: Callable[[Any], object]) -> None:
        """Changes the OpenAPI document that the mock judges by."""
        self._file(document, DOCUMENT, edit)

    def rules(self, edit: Callable[[Any], object]) -> None:
        """Changes the rules that its schemas name."""
        self._file(rules, RULES, lambda data: edit(data["rules"]))

    def _file(self, reader: Any, name: str, edit: Callable[[Any], object]) -> None:
        with pytest.MonkeyPatch.context() as reading:
            reading.setattr(reader, "read_yaml", lambda path: _edited(read_yaml(path), edit, path.name == name))
            broken = contract.Contract(resources.folder("openapi"))
        self.put(service, "load_contract", lambda: broken)

    def schema(self, edit: Callable[[Any], object]) -> None:
        """Changes the schema of a create's body."""
        self.document(lambda data: edit(data["components"]["schemas"][CREATE_SCHEMA]))

    def body(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Changes the body of a create, if it is an object, before it is judged."""

        def make(judge: Callable[..., Any]) -> Callable[..., Any]:
            def changed(parsed: ParsedBody, call: Call, mock: service.Service) -> Any:
                if isinstance(parsed.document, dict):
                    parsed = ParsedBody(change(dict(parsed.document)), parsed.faults)
                return judge(parsed, call, mock)

            return changed

        self.around(create, "check_contract", make)

    def answer(self, operation: str, change: Callable[[Call, Answer], object]) -> None:
        """Changes the answers of an operation, its refusals included."""

        def make(run: Callable[[Call, service.Service], Answer]) -> Callable[..., Answer]:
            def changed(call: Call, mock: service.Service) -> Answer:
                try:
                    answer = run(call, mock)
                except Refusal as refusal:
                    answer = refuse(call, refusal, mock)
                change(call, answer)
                return answer

            return changed

        self.around(imitated, operation, make)

    def every_answer(self, change: Callable[[Call, Answer], object]) -> None:
        """Changes the answers of create, query and retrieve."""
        for operation in ("create", "query", "retrieve"):
            self.answer(operation, change)


def _edited(data: Any, edit: Callable[[Any], object], wanted: bool) -> Any:
    if wanted:
        edit(data)
    return data
