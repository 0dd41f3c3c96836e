"""`minimax-mock contract`: what the mock promises, and how each part of it is known; actions work with such documents."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any


def add_command(commands: Any) -> None:
    """Adds `contract`, which prints by itself, and its actions."""
    parser = commands.add_parser(
        "contract", help="print what the mock promises, and how each part of it is known", allow_abbrev=False
    )
    parser.set_defaults(run=run)
    parser.add_subparsers(dest="action", required=False, metavar="ACTION")


def run(_chosen: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Prints the contract."""
    return 0
