"""A small OpenAPI document with one of everything that is compared, and ways to change and write it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pictures", "version": "1"},
    "servers": [{"url": "https://one.example"}, {"url": "https://two.example"}],
    "security": [{"key": []}],
    "paths": {
        "/pictures": {
            "post": {
                "operationId": "make",
                "parameters": [
                    {"name": "Content-Type", "in": "header", "required": True, "schema": {"type": "string"}},
                    {"name": "page", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                "responses": {
                    "200": {
                        "description": "made",
                        "headers": {"X-Left": {"schema": {"type": "integer"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Made"}}},
                    },
                    "404": {"description": "none"},
                },
                "callbacks": {
                    "news": {
                        "{$request.body#/call}": {
                            "post": {
                                "requestBody": {
                                    "content": {
                                        "application/json": {
                                            "schema": {
                                                "anyOf": [
                                                    {"$ref": "#/components/schemas/Hello"},
                                                    {"$ref": "#/components/schemas/Made"},
                                                ]
                                            }
                                        }
                                    }
                                },
                                "responses": {"200": {"description": "heard"}},
                            }
                        }
                    }
                },
            }
        },
        "/pictures/{id}": {"get": {"responses": {"200": {"description": "one"}}}},
    },
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["model"],
                "properties": {
                    "model": {"type": "string", "enum": ["a", "b"], "description": "Up to 20 of them."},
                    "length": {"type": "integer", "minimum": 1, "maximum": 10, "default": 6},
                    "call": {"type": "string", "format": "uri", "pattern": "^https:"},
                    "tags": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 5}},
                    "part": {"$ref": "#/components/schemas/Part"},
                },
                "allOf": [
                    {
                        "if": {"required": ["model"], "properties": {"model": {"enum": ["a", "b"]}}},
                        "then": {"properties": {"length": {"enum": [6, 10]}}},
                    }
                ],
            },
            "Part": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                },
            },
            "Hello": {"type": "object", "properties": {"challenge": {"type": "string"}}},
            "Made": {
                "type": "object",
                "required": ["id", "status_code"],
                "properties": {
                    "id": {"type": "string", "maxLength": 15},
                    "state": {"type": "string", "enum": ["new", "done"]},
                    "size": {"type": ["integer", "null"]},
                    "status_code": {
                        "type": "integer",
                        "description": "One of:\n- `0`, all is well\n- `1002`, too many",
                    },
                },
            },
        },
    },
}
_NOTHING = object()


def changed(pointer: str, value: Any = _NOTHING, *, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """A copy with another value at a JSON Pointer, or with none there."""
    result = copy.deepcopy(DOCUMENT if document is None else document)
    *parents, last = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    holder: Any = result
    for token in parents:
        holder = holder[int(token) if isinstance(holder, list) else token]
    key: Any = int(last) if isinstance(holder, list) and last != "-" else last
    if value is _NOTHING:
        del holder[key]
    elif isinstance(holder, list) and last == "-":
        holder.append(value)
    else:
        holder[key] = value
    return result


def page_of(document: dict[str, Any], fence: str = "````") -> str:
    """A page of documentation as vendors write them for machines."""
    text = yaml.safe_dump(document, sort_keys=False)
    return f"# Pictures\n\n> Makes them.\n\n```python\nprint('an example')\n```\n\n{fence}yaml /api/make.json POST /pictures\n{text}\n{fence}"


def written(folder: Path, name: str, document: Any) -> str:
    """A file in the form that its name says; its path."""
    path = folder / name
    if isinstance(document, str):
        text = document
    elif path.suffix == ".json":
        text = json.dumps(document)
    else:
        text = page_of(document) if path.suffix == ".md" else yaml.safe_dump(document, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return str(path)
