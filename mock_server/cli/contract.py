"""`minimax-mock contract`: what the mock promises, and how each part of it is known; actions work with such documents."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from mock_server.cli import contract_diff
from mock_server.contract.contract import load_contract
from mock_server.contract.overview import EVIDENCE, overview
from mock_server.control.contract_pages import as_markdown, as_text
from mock_server.settings import MODES

FORMATS = ("text", "json", "markdown")


def add_command(commands: Any) -> None:
    """Adds `contract`, which prints by itself, and its actions."""
    parser = commands.add_parser(
        "contract", help="print what the mock promises, and how each part of it is known", allow_abbrev=False,
        description="Prints each call, field, rule, code and behaviour with its evidence and the setting that changes it.",
    )  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, help="how it is printed (default: text)")
    parser.add_argument("--evidence", choices=EVIDENCE, help="only what is known in this way")
    parser.add_argument(
        "--mode", choices=MODES, action="append", metavar="MODE",
        help=f"only this kind of video; may stand several times (default: {', '.join(MODES)})",
    )  # fmt: skip
    parser.set_defaults(run=run)
    contract_diff.add_action(parser.add_subparsers(dest="action", required=False, metavar="ACTION"))


def run(chosen: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Prints the contract."""
    value = overview(load_contract(), chosen.mode or MODES, chosen.evidence)
    # No default of the parser's, so that an action knows whether it was given.
    form = chosen.format or "text"
    if form == "json":
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    else:
        text = as_markdown(value) if form == "markdown" else as_text(value)
    # As bytes, so that a file is the same whatever the terminal takes.
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()
    return 0
