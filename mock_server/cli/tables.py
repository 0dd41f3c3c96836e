"""`minimax-mock codes` and `minimax-mock settings`: the tables, from the same data that the server uses."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mock_server import settings
from mock_server.contract.codes import StatusCode
from mock_server.contract.contract import load_contract


def add_command(commands: Any) -> None:
    """Adds the commands that print tables."""
    codes = commands.add_parser("codes", help="print every status code and each way to get it")
    codes.set_defaults(run=print_codes)
    table = commands.add_parser("settings", help="print every setting")
    table.add_argument("--markdown", action="store_true", help="print the table as docs/settings.md shows it")
    table.set_defaults(run=print_settings)


def print_codes(_chosen: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Prints the status codes with meaning, text, evidence and every way to bring them about."""
    for code in load_contract().codes.values():
        print("\n".join(_describe(code)) + "\n")
    return 0


def _describe(code: StatusCode) -> Iterable[str]:
    yield f"{code.code}  {code.meaning}"
    yield f"      status_msg  {code.text}  (text: {code.wording})"
    yield f"      evidence    {code.evidence}"
    yield f"      retry       {code.retry} - {code.advice}"
    if code.note:
        yield f"      note        {code.note}"
    number = code.code
    yield f"      on demand   key mock-{number}, Prefer: code={number}, ?__code={number}, prompt mock:{number}"
    yield f'      by a rule   POST /__mock/rules {{"then": {{"code": {number}}}}}, or a scenario (`minimax-mock scenarios`)'
    if number != 0:
        yield f"      as an end   prompt mock:fail:{number} (the task ends in Fail with this code)"
    if code.real_cause:
        yield f"      real cause  {code.real_cause}"


def print_settings(chosen: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Prints every setting with flag, variable, default and meaning."""
    if chosen.markdown:
        print("| flag | variable | default | meaning |\n|---|---|---|---|")
        for flag, variable, default, meaning in settings.table():
            print(f"| `{flag}` | `{variable}` | {default} | {meaning} |")
        return 0
    rows = [("FLAG", "VARIABLE", "DEFAULT", "MEANING"), *settings.table()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print(_columns(row, widths))
    return 0


def _columns(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]])
