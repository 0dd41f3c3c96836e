"""Which keywords OpenAPI 3.1 and JSON Schema 2020-12 know, and where.

A misspelt keyword in a schema is silently ignored by every validator, so a rule would be gone without a trace. Here
it is an error at start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# kind of object -> keyword -> kind of its value. A kind is the name of another object, `map:` or `list:` of one, or
# nothing (any value).
_DESCRIBED = {"summary": "", "description": ""}
_PARAMETER = {
    "name": "", "in": "", "description": "", "required": "", "deprecated": "", "allowEmptyValue": "", "style": "",
    "explode": "", "allowReserved": "", "schema": "schema", "example": "", "examples": "map:example",
    "content": "map:media-type",
}  # fmt: skip
_OPENAPI: dict[str, dict[str, str]] = {
    "openapi": {
        "openapi": "", "info": "info", "jsonSchemaDialect": "", "servers": "list:server", "paths": "paths",
        "webhooks": "map:path-item", "components": "components", "security": "", "tags": "list:tag",
        "externalDocs": "external-docs",
    },
    "info": _DESCRIBED | {"title": "", "termsOfService": "", "contact": "contact", "license": "license", "version": ""},
    "contact": {"name": "", "url": "", "email": ""},
    "license": {"name": "", "identifier": "", "url": ""},
    "server": {"url": "", "description": "", "variables": "map:server-variable"},
    "server-variable": {"enum": "", "default": "", "description": ""},
    "components": {
        "schemas": "map:schema", "responses": "map:response", "parameters": "map:parameter", "examples": "map:example",
        "requestBodies": "map:request-body", "headers": "map:header", "securitySchemes": "map:security-scheme",
        "links": "map:link", "callbacks": "map:callback", "pathItems": "map:path-item",
    },
    "path-item": _DESCRIBED | dict.fromkeys(
        ("get", "put", "post", "delete", "options", "head", "patch", "trace"), "operation"
    ) | {"servers": "list:server", "parameters": "list:parameter"},
    "operation": _DESCRIBED | {
        "tags": "", "externalDocs": "external-docs", "operationId": "", "parameters": "list:parameter",
        "requestBody": "request-body", "responses": "map:response", "callbacks": "map:callback", "deprecated": "",
        "security": "", "servers": "list:server",
    },
    "external-docs": {"description": "", "url": ""},
    "parameter": _PARAMETER,
    "header": {name: kind for name, kind in _PARAMETER.items() if name not in ("name", "in")},
    "request-body": {"description": "", "content": "map:media-type", "required": ""},
    "media-type": {"schema": "schema", "example": "", "examples": "map:example", "encoding": "map:encoding"},
    "encoding": {"contentType": "", "headers": "map:header", "style": "", "explode": "", "allowReserved": ""},
    "response": {"description": "", "headers": "map:header", "content": "map:media-type", "links": "map:link"},
    "example": _DESCRIBED | {"value": "", "externalValue": ""},
    "link": {
        "operationRef": "", "operationId": "", "parameters": "", "requestBody": "", "description": "",
        "server": "server",
    },
    "tag": {"name": "", "description": "", "externalDocs": "external-docs"},
    "security-scheme": {
        "type": "", "description": "", "name": "", "in": "", "scheme": "", "bearerFormat": "", "flows": "oauth-flows",
        "openIdConnectUrl": "",
    },
    "oauth-flows": dict.fromkeys(("implicit", "password", "clientCredentials", "authorizationCode"), "oauth-flow"),
    "oauth-flow": {"authorizationUrl": "", "tokenUrl": "", "refreshUrl": "", "scopes": ""},
    "discriminator": {"propertyName": "", "mapping": ""},
    "xml": {"name": "", "namespace": "", "prefix": "", "attribute": "", "wrapped": ""},
}  # fmt: skip
_SCHEMA: dict[str, str] = (
    dict.fromkeys(
        (
            "$schema", "$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$vocabulary", "$comment", "$ref", "type",
            "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
            "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains",
            "maxProperties", "minProperties", "required", "dependentRequired", "format", "contentEncoding",
            "contentMediaType", "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples",
            "example",
        ),
        "",
    )
    | dict.fromkeys(
        (
            "items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames",
            "not", "if", "then", "else", "contentSchema",
        ),
        "schema",
    )
    | dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems", "x-advice"), "list:schema")
    | dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs"), "map:schema")
    | {"discriminator": "discriminator", "xml": "xml", "externalDocs": "external-docs"}
)  # fmt: skip
# Objects whose keys are the author's own, each with the kind of its values.
_OPEN = {"paths": "path-item", "callback": "path-item"}


def walk(value: Any, kind: str, pointer: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every object of a document as (pointer, kind, object); a kind that starts with `!` marks what is wrong there.

    `!unknown` comes with the keyword, `!shape` with the shape that was expected.
    """
    shape, _, inner = kind.rpartition(":")
    if shape == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, inner, f"{pointer}/{index}")
    elif shape == "list":
        yield pointer, "!shape", "a list"
    elif kind == "schema" and isinstance(value, bool):
        return
    elif not isinstance(value, dict):
        yield pointer, "!shape", "a mapping"
    else:
        yield pointer, kind, value
        for keyword, child in value.items():
            place = f"{pointer}/{str(keyword).replace('~', '~0').replace('/', '~1')}"
            child_kind = inner if shape == "map" else kind_of(kind, str(keyword))
            if child_kind is None:
                yield place, "!unknown", keyword
            elif child_kind:
                yield from walk(child, child_kind, place)


def kind_of(kind: str, keyword: str) -> str | None:
    """The kind of the value under a keyword: empty where anything may stand, None for a keyword that is unknown."""
    if kind in _OPEN and keyword != "$ref" and not keyword.startswith("x-"):
        return _OPEN[kind]
    known = _SCHEMA if kind == "schema" else _OPENAPI.get(kind, {})
    if keyword.startswith("x-") or keyword == "$ref":
        return known.get(keyword, "")
    return known.get(keyword)
