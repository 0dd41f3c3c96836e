"""The OpenAPI document of the control API: what each call takes. Input is judged by it and by nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema.protocols import Validator

from mock_server.contract.user_data import check, check_plain, compiled
from mock_server.contract.yaml_file import read_yaml
from mock_server.errors import ContractError, Mistake

_RULES = "scenario.schema.json"
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in path or query."""

    name: str
    place: str
    types: tuple[str, ...]
    validator: Validator

    def read(self, text: str) -> Any:
        """The value that a text stands for. Raises Mistake when it is none."""
        value: Any = text
        if {"integer", "number"} & set(self.types) and _NUMBER.fullmatch(text):
            value = float(text) if "." in text else int(text)
        try:
            check(self.validator, value)
        except Mistake as mistake:
            raise Mistake(self.name, mistake.detail, allowed=mistake.allowed) from None
        return value


@dataclass(frozen=True, slots=True)
class ControlOperation:
    """One call of the control API."""

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Validator | None
    body_required: bool
    status: int

    def names(self, place: str) -> list[str]:
        """The names of the parameters in path or query."""
        return [parameter.name for parameter in self.parameters if parameter.place == place]

    def read_parameters(self, place: str, given: Mapping[str, str]) -> dict[str, Any]:
        """The parameters that came. Raises Mistake for one that is wrong or that the call does not have."""
        known = {parameter.name: parameter for parameter in self.parameters if parameter.place == place}
        for name in given:
            if name not in known:
                raise Mistake(name[:80], "is no parameter of this call", allowed=list(known) or "none")
        return {name: known[name].read(text) for name, text in given.items()}

    def check_body(self, body: Any) -> None:
        """Raises Mistake for a body that the call does not take."""
        if self.body is not None:
            check(self.body, body)


class ControlDocument:
    """The document with every schema it needs in it. Raises ContractError when it is broken."""

    def __init__(self, folder: Path) -> None:
        path = folder / "control.yaml"
        self.data: dict[str, Any] = read_yaml(path)
        schemas = self.data["components"]["schemas"]
        for name, schema in _rule_schemas(folder / _RULES).items():
            if name in schemas:
                raise ContractError(f"{path}: the schema {name} stands in {_RULES} too")
            schemas[name] = schema
        self._validators: dict[str, Validator] = {}
        self.operations = [
            self._operation(template, method, operation, item.get("parameters", []))
            for template, item in self.data["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        ]

    def check_call(self, operation_id: str, body: Any) -> None:
        """Raises Mistake for a body that the call does not take."""
        check_plain(body)
        next(operation for operation in self.operations if operation.id == operation_id).check_body(body)

    def check(self, schema: str, data: Any) -> None:
        """Raises Mistake for data that a schema of the document does not allow."""
        check(self._validator(schema), data)

    def _validator(self, schema: str) -> Validator:
        if schema not in self._validators:
            self._validators[schema] = compiled(self.data, f"/components/schemas/{schema}")
        return self._validators[schema]

    def _operation(self, path: str, method: str, data: Mapping[str, Any], shared: list[Any]) -> ControlOperation:
        at = f"/paths/{path.replace('/', '~1')}/{method}"
        body = data.get("requestBody")
        return ControlOperation(
            id=data["operationId"], method=method.upper(), path=path,
            parameters=tuple(self._parameter(raw) for raw in [*shared, *data.get("parameters", [])]),
            body=compiled(self.data, f"{at}/requestBody/content/application~1json/schema") if body else None,
            body_required=bool(body and body.get("required")),
            status=int(next(iter(data["responses"]))),
        )  # fmt: skip

    def _parameter(self, raw: Mapping[str, Any]) -> Parameter:
        pointer = raw["$ref"].removeprefix("#") if "$ref" in raw else None
        data = self._at(pointer) if pointer else raw
        schema = data["schema"]
        types = (self._at(schema["$ref"].removeprefix("#")) if "$ref" in schema else schema).get("type", "string")
        document = {**self.data, "x-parameter": schema}
        return Parameter(
            data["name"], data["in"], (types,) if isinstance(types, str) else tuple(types),
            compiled(document, "/x-parameter"),
        )  # fmt: skip

    def _at(self, pointer: str) -> Any:
        value: Any = self.data
        for token in pointer.split("/")[1:]:
            value = value[token]
        return value


def _rule_schemas(path: Path) -> dict[str, Any]:
    """The schemas of rules, with their references as they are in an OpenAPI document."""
    text = path.read_text(encoding="utf-8").replace("#/$defs/", "#/components/schemas/")
    schemas: dict[str, Any] = json.loads(text)["$defs"]
    return schemas
