"""Changes the members of a JSON answer or message as a rule says."""

from __future__ import annotations

import copy
from typing import Any

from mock_server.world.rule import Edit


def edited(body: Any, edit: Edit) -> Any:
    """A copy with the changes: first types, then new values, then what is left out. What is not there is skipped."""
    if edit == Edit():
        return body
    result = copy.deepcopy(body)
    for pointer in edit.as_number:
        _convert(result, pointer, _number)
    for pointer in edit.as_text:
        _convert(result, pointer, str)
    for pointer, value in edit.change:
        _set(result, _tokens(pointer), copy.deepcopy(value))
    for pointer in edit.remove:
        _remove(result, _tokens(pointer))
    return result


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _convert(body: Any, pointer: str, convert: Any) -> None:
    tokens = _tokens(pointer)
    parent = _reach(body, tokens[:-1])
    if isinstance(parent, dict) and tokens[-1] in parent:
        parent[tokens[-1]] = convert(parent[tokens[-1]])


def _reach(body: Any, tokens: list[str]) -> Any:
    for token in tokens:
        if not isinstance(body, dict) or token not in body:
            return None
        body = body[token]
    return body


def _set(body: Any, tokens: list[str], value: Any) -> None:
    """Sets a member; what is missing or no object on the way becomes one."""
    for token in tokens[:-1]:
        if not isinstance(body.get(token), dict):
            body[token] = {}
        body = body[token]
    body[tokens[-1]] = value


def _remove(body: Any, tokens: list[str]) -> None:
    parent = _reach(body, tokens[:-1])
    if isinstance(parent, dict):
        parent.pop(tokens[-1], None)
