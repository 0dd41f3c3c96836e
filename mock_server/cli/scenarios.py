"""`minimax-mock scenarios`: the catalogue, one scenario as its file, or the schema for editors."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from mock_server import resources
from mock_server.contract.contract import load_contract
from mock_server.errors import ScenarioError
from mock_server.settings import ENVIRONMENT_PREFIX, Settings
from mock_server.world.rule import Rule
from mock_server.world.scenario import Catalogue, Scenario

_VARIABLE = ENVIRONMENT_PREFIX + "SCENARIO_FILE"
_WIDTH, _INDENT = 110, 10
_CALLBACKS = ("challenge", "push")
_ORDER = ("create", "query", "retrieve", "download", "retrieve_content", "list", "upload", "delete", *_CALLBACKS)
_CALLS = set(_ORDER) - set(_CALLBACKS)
_EVERY_CALL = "every call"
_LONGEST = 60
_FOOTER = "In force: minimax-mock serve --scenario NAME, or POST /__mock/scenario?account=KEY {\"name\": NAME}\n"  # fmt: skip


def add_command(commands: Any) -> None:
    """Adds `scenarios`."""
    parser = commands.add_parser(
        "scenarios", help="print the catalogue of scenarios, or one of them", allow_abbrev=False,
        description="Prints every scenario with why it is there, what a good client does, and what its rules do.",
    )  # fmt: skip
    parser.add_argument("name", nargs="?", metavar="NAME", help="print the file of this one, as a start for your own")
    parser.add_argument("--scenario-file", metavar="FILE,...", help=f"your own scenarios as well [{_VARIABLE}]")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--schema", action="store_true", help="print the JSON Schema of the files, for editors")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints what was asked for. Raises StartupError for a name that there is not, or a file that is wrong."""
    if chosen.schema:
        if chosen.name is not None:
            raise ScenarioError(f"--schema: there is one schema for all scenarios, so {chosen.name!r} is too much")
        _print((resources.folder("openapi") / "scenario.schema.json").read_bytes())
        return 0
    catalogue = Catalogue(load_contract(), _files(chosen.scenario_file, environment))
    if chosen.name is None:
        scenarios = catalogue.all()
        _print(_as_json([each.as_dict() for each in scenarios]) if chosen.json else _list(scenarios).encode())
    elif chosen.json:
        _print(_as_json(catalogue.scenario(chosen.name).as_dict()))
    else:
        _print(catalogue.file_of(chosen.name))
    return 0


def _files(flag: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The user's files, as `serve` would find them."""
    given = {_VARIABLE: environment[_VARIABLE]} if _VARIABLE in environment else {}
    flags = {"scenario_file": flag} if flag is not None else {}
    return Settings.from_environment(given, flags).scenario_file or ()


def _print(content: bytes) -> None:
    """Prints bytes, whatever the terminal takes, so that a file stays what it is."""
    sys.stdout.buffer.write(content if content.endswith(b"\n") else content + b"\n")
    sys.stdout.buffer.flush()


def _as_json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")


def _list(scenarios: list[Scenario]) -> str:
    return "\n".join("\n".join(_describe(each)) + "\n" for each in scenarios) + "\n" + _FOOTER


def _describe(scenario: Scenario) -> Iterator[str]:
    data = scenario.as_dict()
    yield scenario.name + (" (for a whole run)" if scenario.chaos else "")
    yield f"  {scenario.title}"
    yield _labelled("why", data["why"])
    yield _labelled("client", data["client"])
    for rule in scenario.active.rules:
        yield _labelled("rule", in_short(rule))


def _labelled(label: str, text: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=f"  {label}".ljust(_INDENT), subsequent_indent=" " * _INDENT,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def in_short(rule: Rule) -> str:
    """What a rule does, in one line: `create, 2 times: code 1002`."""
    named = [_EVERY_CALL, *_CALLBACKS] if rule.match.operations >= _CALLS else _ORDER
    where = ", ".join(name for name in named if name == _EVERY_CALL or name in rule.match.operations)
    match = rule.data.get("match", {})
    names = ("model", "prompt", "call", "task", "status")
    conditions = [f"{name} {_value(match[name])}" for name in names if name in match]
    if rule.match.account is not None:
        conditions.append("one account")
    parts = [where + (f" ({', '.join(conditions)})" if conditions else "")]
    if rule.after:
        parts.append(f"from call {rule.after + 1} on")
    if rule.times is not None:
        parts.append("once" if rule.times == 1 else f"{rule.times} times")
    if rule.probability < 1:
        parts.append(f"{100 * rule.probability:g} %")
    return ", ".join(parts) + ": " + ", ".join(_effects(rule.data["then"]))


def _effects(then: Mapping[str, Any]) -> Iterator[str]:
    for name, value in then.items():
        if name == "delay":
            yield (f"{value[0]} to {value[1]}" if isinstance(value, list) else f"{value}") + " s later"
        elif name == "change":
            yield from (f"{pointer} is {_value(new)}" for pointer, new in value.items())
        elif name in ("remove", "as_number", "as_text"):
            yield {"remove": "no ", "as_number": "as a number: ", "as_text": "as a text: "}[name] + ", ".join(value)
        elif name == "http":
            yield f"HTTP {value['status']}" + (f" with {_value(value['body'])}" if "body" in value else "")
            yield from (f"{header}: {text}" for header, text in value.get("headers", {}).items())
        elif name == "fault":
            yield value if isinstance(value, str) else _members(value["name"], value)
        elif name in ("task", "video"):
            yield _members(name, value)
        elif name == "processed":
            yield "which takes effect" if value else "which takes no effect"
        elif name in _SWITCHES:
            yield _SWITCHES[name]
        else:
            yield {"repeat": f"sent {value} times", "retries": f"{value} retries", "code": f"code {value}"}.get(
                name, _value(value)
            )


_SWITCHES = {
    "skip": "not sent", "after_answer": "after create has answered", "before_answer": "before create has answered",
    "reorder": "after the next one",
}  # fmt: skip


def _members(name: str, value: Mapping[str, Any]) -> str:
    inner = ", ".join(f"{member} {_value(each)}" for member, each in value.items() if member != "name")
    return f"{name} ({inner})" if inner else name


def _value(value: Any) -> str:
    """A value as JSON; plain words stand without quotes, and of a long one only the beginning is told."""
    if isinstance(value, str) and value.replace("-", "").isalnum() and value.isascii():
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
