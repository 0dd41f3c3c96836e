"""The command line of `cmd:` with its placeholders, and the variables that say the same."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract_tests.plugs.documents import Call, UnusablePlug

# What stands in the input of a call under the same name.
_INPUT = (
    "model", "prompt", "image_url", "image_file", "duration", "resolution", "prompt_optimizer", "fast_pretreatment",
    "callback_url",
)  # fmt: skip
_OF_CALL = ("op", "base_url", "api_key", "task_id", "file_id", "out_file", "workdir", "retries")
_TIMES = ("poll", "deadline", "connect", "read")
_FILES = ("call_file", "result_file")
PLACEHOLDERS = (*_OF_CALL, *_INPUT, *(f"{time}_{unit}" for time in _TIMES for unit in ("ms", "s")), *_FILES)
_PLACEHOLDER = re.compile(r"\{(\{?)([A-Za-z_][A-Za-z0-9_-]*)\}(\}?)")
_PREFIX = "MM_CONTRACT_"
# Longer values than this are refused by the system; an adapter finds them in the call file.
_LONGEST_VARIABLE = 100_000


class Template:
    """The words of a command line. Raises UnusablePlug for one that cannot be read."""

    def __init__(self, text: str) -> None:
        self.words = words_of("cmd", text)
        self.names = frozenset(match[2] for word in self.words for match in _PLACEHOLDER.finditer(word) if not match[1])
        for name in sorted(self.names - set(PLACEHOLDERS)):
            raise UnusablePlug(f"cmd: there is no placeholder {{{name}}}; {_allowed(name)}")
        if _PLACEHOLDER.search(self.words[0]):
            raise UnusablePlug(f"cmd: the program must be named, not left to a placeholder: {self.words[0]}")

    def offers(self, operation: str) -> bool:
        """Whether a client of this command line could know that it is to do this."""
        if "call_file" in self.names:
            return True
        return operation == "generate" or ("op" in self.names and operation != "parallel")

    def untold(self, call: Call) -> tuple[str, ...]:
        """The members of the input that have no place in it; none where it seems to read its variables instead."""
        if "call_file" in self.names or not self.names & set(_INPUT):
            return ()
        given = call.get("input") or {}
        return tuple(name for name, value in given.items() if value is not None and name not in self.names)

    def arguments(self, values: Mapping[str, str]) -> list[str]:
        """The words with the values in place. A word that is nothing but an absent value goes, with the flag before it."""
        kept: list[str] = []
        takes_value = False  # whether the last word is a flag that waits for one
        for word in self.words:
            whole = _PLACEHOLDER.fullmatch(word.partition("=")[2] if word.startswith("-") and "=" in word else word)
            if whole is not None and not whole[1] and not whole[3] and whole[2] not in values:
                if takes_value and not word.startswith("-"):
                    kept.pop()
                takes_value = False
                continue
            kept.append(_PLACEHOLDER.sub(lambda match: _in_place(match, values), word))
            takes_value = word.startswith("-") and word.strip("-") != "" and "=" not in word
        return kept


def words_of(scheme: str, text: str) -> list[str]:
    """A command line as words. Raises UnusablePlug when there are none."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UnusablePlug(f"{scheme}: the command line cannot be read: {str(error).lower()}: {text}") from error
    if not words or not words[0]:
        raise UnusablePlug(f"{scheme}: a command line is needed, as in {scheme}:./client --serve")
    return words


def values_of(call: Call, call_file: Path, result_file: Path) -> dict[str, str]:
    """What the placeholders stand for in this call; what is absent from it is absent here."""
    given: dict[str, Any] = {name: (call.get("input") or {}).get(name) for name in _INPUT}
    given |= {name: call.get(name) for name in _OF_CALL}
    for time in _TIMES:
        milliseconds = call.get(f"{time}_ms")
        given[f"{time}_ms"] = milliseconds
        given[f"{time}_s"] = None if milliseconds is None else _seconds(milliseconds)
    given |= {"call_file": call_file, "result_file": result_file}
    return {name: _as_text(value) for name, value in given.items() if value is not None}


def variables_of(values: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that say the same as the placeholders."""
    given = {_PREFIX + name.upper(): value for name, value in values.items()}
    common = {"MINIMAX_API_KEY": "api_key", "MINIMAX_BASE_URL": "base_url", "MINIMAX_API_HOST": "base_url"}
    given |= {name: values[meant] for name, meant in common.items() if meant in values}
    return {name: value for name, value in given.items() if len(value.encode()) <= _LONGEST_VARIABLE}


def _in_place(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match[1]:  # {{name}} is the word {name}; a brace too many stays
        return f"{{{match[2]}}}" if match[3] else match[0]
    return values.get(match[2], "") + match[3]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _seconds(milliseconds: float) -> str:
    whole, _, part = f"{milliseconds / 1000:.3f}".partition(".")
    return f"{whole}.{part.rstrip('0')}".rstrip(".")


def _allowed(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), PLACEHOLDERS, n=1)
    words = f"did you mean {{{near[0]}}}? " if near else ""
    return f"{words}There are {' '.join(f'{{{each}}}' for each in PLACEHOLDERS)}; {{{{{name}}}}} is the plain word"
