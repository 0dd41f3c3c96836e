"""`minimax-mock contract diff OLD NEW`: what two OpenAPI documents say differently, the breaking ones first."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mock_server.errors import StartupError

SAME, DIFFERENT = 0, 1


def add_action(actions: Any) -> None:
    """Adds `diff` to the actions of `contract`."""
    parser = actions.add_parser(
        "diff", help="compare two OpenAPI documents", allow_abbrev=False,
        description="Lists what was added, removed and changed, first what breaks a client of the API. OLD and NEW are OpenAPI 3 "
        "documents: YAML, JSON, a page in Markdown that holds one, or a mode, which means the bundled document. "
        "Ends with 0 when there is no difference, 1 when there is one, 2 when a file cannot be used.",
    )  # fmt: skip
    parser.add_argument("old", metavar="OLD", help="a file, or a mode such as text-to-video")
    parser.add_argument("new", metavar="NEW", help="another one")
    parser.add_argument("--common", action="store_true", help="only the calls that both documents have")
    parser.add_argument("--texts", action="store_true", help="texts and examples too, which may hold limits in words")
    parser.add_argument("--extensions", action="store_true", help="keywords that begin with x- too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Prints the differences. Raises StartupError for a file that cannot be used, and for an option of `contract` alone."""
    for name in ("format", "evidence", "mode"):
        if getattr(chosen, name) is not None:
            raise StartupError(f"contract: --{name} is not for diff (see minimax-mock contract diff --help)")
    from mock_server.comparison.difference import TEXT, told
    from mock_server.comparison.differences import differences
    from mock_server.comparison.reading import ApiDocument

    old, new = ApiDocument(chosen.old), ApiDocument(chosen.new)
    found = differences(old, new, common=chosen.common, extensions=chosen.extensions)
    shown = [each for each in found if chosen.texts or each.what != TEXT]
    hidden = len(found) - len(shown)
    if chosen.json:
        data = {"differences": [each.as_dict() for each in shown], "texts_not_shown": hidden}
        text = json.dumps(data, ensure_ascii=False, indent=2)
    else:
        lines = [*told(shown)] or ["No difference" + (" but in texts" if hidden else "")]
        lines += [f"Texts that differ as well, shown with --texts: {hidden}"] if hidden else []
        text = "\n".join(lines).rstrip("\n")
    _print(text)
    return DIFFERENT if shown else SAME


def _print(text: str) -> None:
    """Prints as bytes, whatever the terminal takes. Who reads the first lines only still wants the exit code."""
    try:
        sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - must outlive this function, for the flush at exit
