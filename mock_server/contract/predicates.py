"""Keywords of JSON Schema as plain questions, whether a value has what the keyword wants.

jsonschema makes an error for every condition that does not fit, which is most of them, and nobody reads it. Each
keyword here is a function from its value in a schema to the question, made once when the schema is compiled.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

Question = Callable[[Any], bool]
_USUAL_ENUM: Any = Draft202012Validator.VALIDATORS["enum"]
_USUAL_TYPE = Draft202012Validator.TYPE_CHECKER.is_type


def is_whole(instance: Any) -> bool:
    """JSON Schema calls 6.0 an integer; the service, which reads into typed fields, does not."""
    return isinstance(instance, int) and not isinstance(instance, bool)


def _is_text(instance: Any) -> bool:
    return isinstance(instance, str)


def _one_type(name: str) -> Question:
    if name == "integer":
        return is_whole
    return _is_text if name == "string" else lambda instance: _USUAL_TYPE(instance, name)


def of_type(types: str | Sequence[str]) -> Question:
    """Whether it is of that type, or of one of these."""
    if isinstance(types, str):
        return _one_type(types)
    questions = [_one_type(name) for name in types]
    return lambda instance: any(question(instance) for question in questions)


def one_of(values: Sequence[Any]) -> Question:
    """Whether it equals one of these; neither true and 1 nor false and 0 are equal in JSON."""
    simple = (str,) if any(isinstance(value, bool) for value in values) else (str, int)

    def holds(instance: Any) -> bool:
        if type(instance) in simple:  # where Python compares as JSON does
            return instance in values
        return not any(_USUAL_ENUM(None, values, instance, None))

    return holds


def matching(pattern: str) -> Question:
    """Whether a text has the pattern somewhere; what is no text has it."""
    search = re.compile(to_the_end(pattern)).search
    return lambda instance: not isinstance(instance, str) or search(instance) is not None


@functools.cache
def to_the_end(pattern: str) -> str:
    """A pattern of JSON Schema as Python writes it: there a dollar stands for the very end, here also before a line break."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") and not pattern.endswith(r"\$") else pattern


def no_longer(limit: int) -> Question:
    """Whether a text has at most so many characters."""
    return lambda instance: not isinstance(instance, str) or len(instance) <= limit


def no_fewer(limit: int) -> Question:
    """Whether a list has at least so many items."""
    return lambda instance: not isinstance(instance, list) or len(instance) >= limit


def no_more(limit: int) -> Question:
    """Whether a list has at most so many items."""
    return lambda instance: not isinstance(instance, list) or len(instance) <= limit


# Keywords that hold schemas are given the questions of those.


def having(names: Sequence[str]) -> Question:
    """Whether an object has all these members."""

    def holds(instance: Any) -> bool:
        if isinstance(instance, dict):
            for name in names:
                if name not in instance:
                    return False
        return True

    return holds


def with_members(questions: Mapping[str, Question]) -> Question:
    """Whether the members that an object has are as asked for."""
    pairs = list(questions.items())

    def holds(instance: Any) -> bool:
        if isinstance(instance, dict):
            for name, question in pairs:
                if name in instance and not question(instance[name]):
                    return False
        return True

    return holds


def with_items(question: Question, limit: int | None) -> Question:
    """Whether the items of a list are as asked for, as many as there may be."""
    return lambda instance: not isinstance(instance, list) or all(map(question, instance[:limit]))


def all_of(questions: Sequence[Question]) -> Question:
    """Whether every question is answered with yes."""
    if len(questions) == 1:
        return questions[0]

    def holds(instance: Any) -> bool:
        for question in questions:  # noqa: SIM110 - a generator would take twice as long, and this runs most
            if not question(instance):
                return False
        return True

    return holds


def if_then(condition: Question, then: Question, otherwise: Question) -> Question:
    """Whether what follows from the condition holds."""
    return lambda instance: then(instance) if condition(instance) else otherwise(instance)


def none_of(question: Question) -> Question:
    """Whether the question is answered with no."""
    return lambda instance: not question(instance)
