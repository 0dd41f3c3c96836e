"""`minimax-mock facts diff A B`: what two files of facts, made by `check server URL --live`, say differently."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mock_server.errors import StartupError

SAME, DIFFERENT = 0, 1


def add_command(commands: Any) -> None:
    """Adds `facts` with its one action."""
    parser = commands.add_parser(
        "facts", help="compare what two servers were found to do", allow_abbrev=False,
        description="Works with the files that `minimax-mock check server URL --live --facts FILE` writes.",
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    diff = actions.add_parser(
        "diff", help="list what differs, the most important first", allow_abbrev=False,
        description="Ends with 0 when there is no difference, 1 when there is one, 2 when a file cannot be used.",
    )  # fmt: skip
    diff.add_argument("a", metavar="A", help="a file of facts, such as that of the mock")
    diff.add_argument("b", metavar="B", help="another one, such as that of the real service")
    diff.add_argument("--json", action="store_true", help="print JSON")
    diff.set_defaults(run=run_diff)


def run_diff(chosen: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Prints the differences. Raises StartupError for a file that cannot be used."""
    from contract_tests.live.differences import differences, told
    from contract_tests.live.facts_file import Unusable, read_facts

    try:
        a, b = read_facts(Path(chosen.a)), read_facts(Path(chosen.b))
    except Unusable as error:
        raise StartupError(str(error)) from None
    found = differences(a, b)
    if chosen.json:
        print(json.dumps({"differences": [each.as_dict() for each in found]}, indent=2))
    else:
        print("\n".join(told(found, a, b)))
    return DIFFERENT if found else SAME
