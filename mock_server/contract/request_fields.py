"""The fields of a request, read out of its schema: type, what is allowed, default, and the rules that speak of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mock_server.contract.rules import Rule

# Finds what a `$ref` leads to.
Resolve = Callable[[Any], Any]
# Words for the keywords that limit a value.
_WORDS = {
    "maxLength": "at most {} characters", "minLength": "at least {} characters", "minItems": "{} or more",
    "maxItems": "no more than {}", "minimum": "at least {}", "maximum": "at most {}", "const": "only {}",
}  # fmt: skip
_WORDS_OF_PICTURES = {
    "bytes-under": "under {} bytes", "short-edge-over": "short edge over {} pixels", "ratio": "ratio {}",
    "ratio-observed": "ratio {} in the observed form",
    "pixels-at-most": "at most {} pixels", "formats": "{}",
}  # fmt: skip


def request_fields(schema: Any, rules: Mapping[str, Rule], resolve: Resolve) -> list[dict[str, Any]]:
    """Each field of a request as data, those inside of lists and objects behind the one that holds them."""
    whole = resolve(schema)
    branches = [*whole.get("allOf", []), *whole.get("x-advice", [])]
    conditions = [properties for branch in branches for properties in _properties(branch, resolve)]
    return list(_fields(whole, "", conditions, rules, resolve))


def call_fields(operation: Mapping[str, Any], rules: Mapping[str, Rule], resolve: Resolve) -> list[dict[str, Any]]:
    """Each parameter of a call and each field of its body as data."""
    parameters = [resolve(raw) for raw in operation.get("parameters", [])]
    schema = {
        "properties": {each["name"]: resolve(each.get("schema", {})) for each in parameters},
        "required": [each["name"] for each in parameters if each.get("required")],
    }
    contents = resolve(operation.get("requestBody", {})).get("content", {})
    bodies = [content["schema"] for content in contents.values() if "schema" in content]
    return [field for each in (schema, *bodies) for field in request_fields(each, rules, resolve)]


def rules_of(schema: Any, resolve: Resolve) -> set[str]:
    """Every rule that a schema names, wherever in it."""
    return {node["x-rule"] for node in _nodes(schema, resolve) if isinstance(node.get("x-rule"), str)}


def _fields(
    whole: Mapping[str, Any], prefix: str, conditions: list[Any], rules: Mapping[str, Rule], resolve: Resolve
) -> Iterator[dict[str, Any]]:
    for name, raw in whole.get("properties", {}).items():
        node = resolve(raw)
        nodes = [node, *(properties[name] for properties in conditions if name in properties)]
        own = rules.get(node.get("x-rule", ""))
        named = _rules(name, nodes, rules, resolve)
        yield {
            "field": prefix + name,
            "type": _type(node, resolve),
            "required": name in whole.get("required", []),
            "values": _values(nodes, resolve),
            "allowed": "; ".join(_allowed(node, rules, resolve)),
            "default": node.get("default"),
            "evidence": own.evidence if own else "documented",
            "rules": named,
            "settings": list(dict.fromkeys(setting for rule in named for setting in rules[rule].settings)),
        }
        items = resolve(node.get("items", {}))
        yield from _fields(items, f"{prefix}{name}[].", [], rules, resolve)


def _rules(name: str, nodes: list[Any], rules: Mapping[str, Rule], resolve: Resolve) -> list[str]:
    """The rules that speak of a field: those of its nodes, and those of the server that are about it or its keywords."""
    inners = [inner for node in nodes for inner in (node, resolve(node.get("items", {})))]
    found = {inner["x-rule"] for inner in inners if "x-rule" in inner}
    keywords = {keyword for inner in inners for keyword in inner}
    found |= {rule.id for rule in rules.values() if rule.about is not None and rule.about in {name, *keywords}}
    return [rule for rule in rules if rule in found]


def _type(node: Mapping[str, Any], resolve: Resolve) -> str:
    kind = node.get("type", "")
    named = " or ".join(kind) if isinstance(kind, list) else str(kind)
    inner = _type(resolve(node["items"]), resolve) if "items" in node else ""
    return f"{named} of {inner}" if inner else named


def _values(nodes: list[Any], resolve: Resolve) -> list[Any]:
    """The values of a field: its own, or else those that any model allows."""
    own = nodes[0].get("enum") or resolve(nodes[0].get("items", {})).get("enum")
    return own or list(dict.fromkeys(value for node in nodes[1:] for value in node.get("enum", [])))


def _allowed(node: Mapping[str, Any], rules: Mapping[str, Rule], resolve: Resolve) -> Iterator[str]:
    """What a value has to be besides its type and its enum, in words."""
    if "minItems" in node and node["minItems"] == node.get("maxItems"):
        yield f"exactly {node['minItems']}"
        node = {keyword: value for keyword, value in node.items() if keyword not in ("minItems", "maxItems")}
    for keyword, value in node.items():
        if keyword in _WORDS:
            yield _WORDS[keyword].format(value)
        elif keyword == "pattern":
            rule = rules.get(node.get("x-rule", ""))
            yield rule.allowed if rule is not None and rule.allowed else str(value)
        elif keyword == "x-image":
            for name, limit in value.items():
                yield _WORDS_OF_PICTURES.get(name, f"{name} {{}}").format(_listed(limit))
    if "items" in node:
        inner = resolve(node["items"])
        if "properties" not in inner:
            yield from _allowed(inner, rules, resolve)


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return (" to " if ":" in str(value[0]) else ", ").join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _properties(branch: Any, resolve: Resolve) -> Iterator[dict[str, Any]]:
    """What a condition or an advice says of fields; the rule of an advice is passed on to each field that it names."""
    node = resolve(branch)
    if "x-rule" in node:
        parts = [resolve(node.get(keyword, {})) for keyword in ("if", "then")] + [node]
        yield {name: {"x-rule": node["x-rule"]} for part in parts for name in part.get("properties", {})}
    else:
        yield {name: resolve(inner) for name, inner in resolve(node.get("then", node)).get("properties", {}).items()}


def _nodes(schema: Any, resolve: Resolve) -> Iterator[Mapping[str, Any]]:
    """Every mapping below a schema, references followed."""
    node = resolve(schema)
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value, resolve)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value, resolve)
