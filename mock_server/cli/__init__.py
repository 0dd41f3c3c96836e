"""The command `minimax-mock`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from mock_server import __version__
from mock_server.cli import exec as execute
from mock_server.errors import StartupError

USAGE_ERROR = 2
COMMANDS = ("serve", "exec", "check", "facts", "scenarios", "fixtures", "codes", "contract", "settings")
# In the order in which help lists them; `codes` and `settings` stand in one.
_MODULES = ("serve", "exec", "check", "scenarios", "fixtures", "tables", "contract", "facts")
_IN_TABLES = ("codes", "settings")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        known = self.prog if " " in self.prog or command not in COMMANDS else f"{self.prog} {command}"
        print(f"minimax-mock: {message} (see {known} --help)", file=sys.stderr)
        raise SystemExit(USAGE_ERROR)


def command() -> NoReturn:
    """The command of the shell: runs it, and ends the process with its exit code."""
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)
    # Everything was stopped and closed by then. To take the interpreter apart as well takes half a second, on a busy
    # machine five, in which somebody waits for the port or for the exit code.
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit code: 0, or 2 for a wrong argument, setting or address; `exec` has its own."""
    parser = _Parser(prog="minimax-mock", description="A local mock of the MiniMax (Hailuo) video API.")
    parser.add_argument("--version", action="version", version=f"minimax-mock {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = sys.argv[1:] if arguments is None else arguments
    for module in _modules(given):
        module.add_command(commands)
    try:
        ours, theirs = execute.split(given)
        chosen = parser.parse_args(ours, argparse.Namespace(child=theirs))
        result: int = chosen.run(chosen, os.environ)
    except StartupError as error:
        print(f"minimax-mock: {error}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:  # `minimax-mock codes | head`
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - must outlive this function, for the flush at exit
        return 0
    return result


def _modules(arguments: Sequence[str]) -> list[Any]:
    """The module of the command that is called, or all; each loads what its command works with, which takes a while."""
    first = arguments[0] if arguments else ""
    names = ["tables" if first in _IN_TABLES else first] if first in COMMANDS else _MODULES
    return [importlib.import_module(f"mock_server.cli.{name}") for name in names]
