"""`minimax-mock fixtures DIR`: request bodies, callback payloads, golden answers and pictures as files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mock_server.errors import StartupError
from mock_server.fixture_files.folder import write_folder
from mock_server.fixture_files.reading import all_fixtures


def add_command(commands: Any) -> None:
    """Adds `fixtures`."""
    parser = commands.add_parser(
        "fixtures", help="write test data for any language", allow_abbrev=False,
        description="Writes request bodies, callback payloads, golden answers and pictures to a folder, with an index in JSON.",
    )  # fmt: skip
    parser.add_argument("folder", metavar="DIR", nargs="?", help="a new or empty folder, or one written before")
    parser.add_argument(
        "--force", action="store_true", help="write even if the folder holds something else, which stays"
    )
    parser.add_argument("--list", action="store_true", help="print the files with their codes, and write nothing")
    parser.set_defaults(run=run_fixtures)


def run_fixtures(chosen: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Writes or lists them. Raises StartupError for a folder that cannot be used."""
    if chosen.list == (chosen.folder is not None):
        raise StartupError("fixtures: name a folder to write to, or --list (see minimax-mock fixtures --help)")
    if chosen.folder == "":
        raise StartupError("fixtures: the name of the folder is empty")
    if chosen.list:
        for each in all_fixtures():
            print("  ".join([each.file, *(str(said) for said in (each.code, each.status) if said is not None)]))
        return 0
    count = write_folder(Path(chosen.folder), force=chosen.force)
    print(f"{count} fixtures in {chosen.folder}; begin with index.json and README.md")
    return 0
