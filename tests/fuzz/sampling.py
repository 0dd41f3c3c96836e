"""Values that a JSON schema allows, drawn by chance, often at a limit. Knows the keywords that our documents use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tests.fuzz.mutation import odd_text, odd_value

# A rule may ask for answers of a gigabyte; what is looked for here does not need them.
MOST_BYTES = 100_000
# Every limit in its way; beyond them numbers say nothing new.
_FAR = 1_000_000


class Sampler:
    """Draws values for the schemas of one document. `special` gives values for schemas or members by their name."""

    def __init__(self, document: Mapping[str, Any], special: Mapping[str, Callable[[Random], Any]]) -> None:
        self._document = document
        self._special = special

    def sample(self, schema: Mapping[str, Any], rng: Random, name: str = "") -> Any:
        """A value that the schema allows, or nearly."""
        if "$ref" in schema:
            name = name if name in self._special else schema["$ref"].rpartition("/")[2]
        if name in self._special and rng.random() < 0.95:
            return self._special[name](rng)
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "then" in schema and "if" in schema:
            return self._either(schema, rng, name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        types = schema.get("type", "object" if "properties" in schema else "any")
        kind = types if isinstance(types, str) else rng.choice(types)
        return self._of_type(kind, schema, rng, name)

    def _either(self, schema: Mapping[str, Any], rng: Random, name: str) -> Any:
        """`if` tells the type in our documents, so each branch is a schema of its own with that type or the other."""
        chosen = rng.choice(("then", "else"))
        kind = schema["if"].get("type") if chosen == "then" else None
        return self.sample({**({"type": kind} if kind else {}), **schema[chosen]}, rng, name)

    def _of_type(self, kind: str, schema: Mapping[str, Any], rng: Random, name: str) -> Any:
        match kind:
            case "object":
                return self._object(schema, rng)
            case "array":
                low, high = schema.get("minItems", 0), schema.get("maxItems", 3)
                return [self.sample(schema.get("items", {}), rng) for _ in range(rng.randint(low, min(high, low + 2)))]
            case "integer":
                low, high = schema.get("minimum", -_FAR), schema.get("maximum", _FAR)
                high = min(high, MOST_BYTES) if name == "bytes" else high
                return rng.choice((low, high, rng.randint(low, high), rng.randint(low, min(high, low + 3))))
            case "number":
                low, high = schema.get("minimum", 0), schema.get("maximum", _FAR)
                return rng.choice((low, high, rng.uniform(low, high), rng.uniform(low, min(high, low + 2)))) or 0.001
            case "string":
                return odd_text(rng)[: schema.get("maxLength", 100)].ljust(schema.get("minLength", 0), "a")
            case "boolean":
                return rng.random() < 0.5
            case "null":
                return None
            case _:
                return odd_value(rng)

    def _object(self, schema: Mapping[str, Any], rng: Random) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = list(schema.get("required", []))
        optional = [each for each in properties if each not in required]
        # Many members of our objects exclude each other, so few are taken.
        wanted = rng.choice((0, 1, 1, 1, 2, 2, 3, len(optional)))
        chosen = required + rng.sample(
            optional, min(max(wanted, schema.get("minProperties", 0) - len(required)), len(optional))
        )
        found = {name: self.sample(properties[name], rng, name) for name in chosen}
        if not properties:
            others = schema.get("additionalProperties", {})
            for _ in range(rng.randint(schema.get("minProperties", 0), 3)):
                name = self.sample(schema.get("propertyNames", {"type": "string"}), rng)
                found[str(name)] = self.sample(others if isinstance(others, dict) else {}, rng)
        return found
