"""The contract as people read it: the value of `contract.overview` as plain text and as Markdown, each made here only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from mock_server.contract.overview import EVIDENCE

# What the first table of the page counts.
_COUNTED = {"operations": "calls", "rules": "rules", "codes": "status codes", "behaviours": "behaviours"}
# Room for a name in plain text; a longer one pushes its sentence to the right.
_NAME = 26
_PREAMBLE = """\
# The contract, and how each part of it is known

<!-- made by `make contract-page`, which is `minimax-mock contract --format markdown` -->

Every call, field, rule, status code and behaviour of the mock, and what it is based on:

- **documented**: the vendor's pages say so,
- **observed**: somebody recorded a real answer and published it,
- **assumed**: nobody knows; the mock made a choice, and the real service may differ.

A text that the service sends can be known in another way than the rule it belongs to, so it has its own word. Where a flag of
`minimax-mock serve` changes something, it stands beside it.

`minimax-mock contract` prints this as text, `--format json` as data, `--evidence assumed` only what is assumed, and `--mode` only
one kind of video. A running mock answers `GET /__mock/contract` for the kinds that it serves, with `?format=text` or
`?format=markdown`, and `?evidence=observed`.
"""


def as_text(value: Mapping[str, Any]) -> str:
    """Plain text: evidence, name and sentence of each part on a line, and below it what else there is to say."""
    sections = ((title, list(lines)) for title, lines in _sections(value))
    return "\n\n".join("\n".join([title, *lines]) for title, lines in sections if lines) + "\n"


def _sections(value: Mapping[str, Any]) -> Iterator[tuple[str, Iterator[str]]]:
    """Each part of the page: its title, and its lines, of which there may be none."""
    yield "calls", _calls(value["operations"])
    for request in value["requests"]:
        yield f"fields of {_request_name(request)}", _fields(request)
    yield "sizes", (_line(item, item["resolution"], f"{item['width']}x{item['height']}") for item in value["sizes"])
    yield "rules", _rules(value["rules"])
    yield "codes", _status_codes(value["codes"])
    for group, items in groupby(value["behaviours"], key=lambda item: item["group"]):
        yield f"behaviours: {group}", _behaviours(list(items))


def _calls(items: list[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        yield _line(item, item["operation"], f"{item['method']} {item['path']}: {item['title']}")
        yield from _below("documented codes", ", ".join(map(str, item["codes"])))


def _fields(request: Mapping[str, Any]) -> Iterator[str]:
    for item in request["models"]:
        yield _line(item, item["model"], "; ".join(_of_model(item)))
    for item in request["fields"]:
        yield _line(item, item["field"], "; ".join(_of_field(item)))
        yield from _below("rules", ", ".join(item["rules"]))


def _rules(items: list[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        yield _line(item, item["rule"], item["title"])
        yield from _says(item)


def _status_codes(items: list[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        yield _line(item, str(item["code"]), item["title"])
        yield from _says(item)
        yield from _below("real cause", item["cause"])


def _behaviours(items: list[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        yield _line(item, item["behaviour"], item["title"])
        yield from _below("known from", item["source"])
        yield from _below("differs", "; ".join(_differs(item)))


def _request_name(request: Mapping[str, Any]) -> str:
    return f"{request['operation']}, {request['mode']}" if request["mode"] else request["operation"]


def _line(item: Mapping[str, Any], name: str, words: str) -> str:
    settings = f" [{', '.join(item['settings'])}]" if item.get("settings") else ""
    return f"  {item['evidence']:<10}  {name:<{_NAME}}  {words}{settings}"


def _below(label: str, words: str) -> Iterator[str]:
    if words:
        yield f"              {label}: {words}"


def _says(item: Mapping[str, Any]) -> Iterator[str]:
    for text in item["texts"]:
        when = f", {text['when']}" if text["when"] else ""
        yield from _below(f"text ({text['wording']}{when})", text["text"] or "not its own")


def _of_model(item: Mapping[str, Any]) -> Iterator[str]:
    for resolution, seconds in item["sizes"].items():
        default = ", the default" if resolution == item["default"]["resolution"] and len(item["sizes"]) > 1 else ""
        yield f"{resolution} of {' or '.join(map(str, seconds))} s{default}"
    if not item["chosen"]:
        yield "whatever is asked for"


def _of_field(item: Mapping[str, Any]) -> Iterator[str]:
    yield item["type"] + (", required" if item["required"] else "")
    if item["values"]:
        yield ", ".join(map(str, item["values"]))
    if item["allowed"]:
        yield item["allowed"]
    if item["default"] is not None:
        yield f"default {_plain(item['default'])}"


def _differs(item: Mapping[str, Any]) -> Iterator[str]:
    differs = item["differs"]
    if differs:
        yield f"documented: {differs['documented']}"
        yield f"observed: {differs['observed']}"
        yield f"the mock follows what is {differs['mock']}"


def as_markdown(value: Mapping[str, Any]) -> str:
    """The page docs/contract.md: a table for each group."""
    return _PREAMBLE + "\n" + "\n".join(_markdown_lines(value)) + "\n"


def _markdown_lines(value: Mapping[str, Any]) -> Iterator[str]:
    yield from _table(
        "", *EVIDENCE,
        rows=[[title, *(str(_count(value[name], each)) for each in EVIDENCE)] for name, title in _COUNTED.items()],
    )  # fmt: skip
    yield "## Calls\n"
    yield from _table(
        "call", "what it does", "documented codes", "evidence",
        rows=[
            [f"`{item['method']} {item['path']}`", _cell(item["title"]), ", ".join(map(str, item["codes"])), item["evidence"]]
            for item in value["operations"]
        ],
    )  # fmt: skip
    yield "## Fields\n"
    for request in (each for each in value["requests"] if each["models"] or each["fields"]):
        yield f"### {_request_name(request)}\n"
        if request["models"]:
            yield from _table(
                "model", "what it delivers", "evidence",
                rows=[[_code(item["model"]), "; ".join(_of_model(item)), item["evidence"]] for item in request["models"]],
            )  # fmt: skip
        if request["fields"]:
            yield from _table(
                "field", "type", "allowed", "default", "evidence", "rules", "setting",
                rows=[_field_row(item) for item in request["fields"]],
            )  # fmt: skip
    yield "## Sizes\n"
    yield "Of a landscape video; first-last-frame turns or squares it.\n"
    yield from _table(
        "resolution", "pixels", "evidence",
        rows=[[_code(item["resolution"]), f"{item['width']}x{item['height']}", item["evidence"]] for item in value["sizes"]],
    )  # fmt: skip
    yield "## Rules\n"
    yield "In the order in which a refusal names them. Advice is noted in the journal and never refused.\n"
    yield from _table(
        "rule", "what it says", "evidence", "text of the service", "setting",
        rows=[
            [_code(item["rule"]), _cell(item["title"]), item["evidence"], _texts(item), _codes(item["settings"])]
            for item in value["rules"]
        ],
    )  # fmt: skip
    yield "## Status codes\n"
    yield from _table(
        "code", "meaning", "evidence", "text of the service", "retry", "real cause",
        rows=[
            [str(item["code"]), _cell(" ".join(filter(None, [item["title"], item["note"]]))), item["evidence"], _texts(item),
             "yes" if item["retry"] else "no", _cell(item["cause"])]
            for item in value["codes"]
        ],
    )  # fmt: skip
    yield "## Behaviours\n"
    for group, items in groupby(value["behaviours"], key=lambda item: item["group"]):
        yield f"### {group}\n"
        yield from _table(
            "what happens", "evidence", "known from", "setting", rows=[_behaviour_row(item) for item in items]
        )


def _count(items: list[dict[str, Any]], evidence: str) -> int:
    return sum(item["evidence"] == evidence for item in items)


def _field_row(item: Mapping[str, Any]) -> list[str]:
    values = ", ".join(_code(each) for each in item["values"])
    return [
        _code(item["field"]) + (" (required)" if item["required"] else ""),
        item["type"],
        "; ".join(filter(None, [values, _cell(item["allowed"])])),
        "" if item["default"] is None else _code(item["default"]),
        item["evidence"],
        _codes(item["rules"]),
        _codes(item["settings"]),
    ]


def _behaviour_row(item: Mapping[str, Any]) -> list[str]:
    sentence = _cell(item["title"])
    if item["differs"]:
        differs = "; ".join(_differs(item))
        sentence += f" <br>{_cell(differs[0].upper() + differs[1:])}."
    return [
        f"{sentence} <br>{_code(item['behaviour'])}",
        item["evidence"],
        _cell(item["source"]),
        _codes(item["settings"]),
    ]


def _texts(item: Mapping[str, Any]) -> str:
    """The texts with the evidence of each; those of one evidence together. Of one that is not its own, the evidence."""
    several = len({text["wording"] for text in item["texts"]}) > 1
    shown = []
    for wording, texts in groupby(item["texts"], key=lambda text: text["wording"]):
        words = dict.fromkeys(
            _code(text["text"]) + (f" ({text['when']})" if several else "") for text in texts if text["text"]
        )
        shown.append(f"{wording}: {', '.join(words)}" if words else wording)
    return " <br>".join(shown)


def _table(*head: str, rows: list[list[str]]) -> Iterator[str]:
    """A table and an empty line; a dash when there is nothing to show."""
    if not rows:
        yield "Nothing.\n"
        return
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _codes(values: list[Any]) -> str:
    return ", ".join(_code(each) for each in values)


def _code(value: Any) -> str:
    return f"`{_plain(value)}`".replace("|", "\\|")


def _cell(text: str) -> str:
    """Text in a table, where signs of Markdown stand for themselves."""
    for sign in ("\\", "|", "*", "_", "<", "["):
        text = text.replace(sign, "\\" + sign)
    return text


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
