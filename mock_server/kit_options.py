"""The options of the contract test kit. They stand here, since options of a conftest do not work under `--pyargs`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mock_server.setting_values import Unfit, number, whole

# Cases of a client that are played at the same time; most of them wait most of the time.
JOBS = 4
if TYPE_CHECKING:
    import pytest

LEVELS = ("must", "should", "all")
# Any of these makes a run one of the kit.
_OF_THE_KIT = ("client", "receiver", "suite", "baseline", "report")


def add_options(group: pytest.OptionGroup) -> None:
    """Adds them. The command `minimax-mock check` has the same ones under shorter names."""
    add = group.addoption
    add("--minimax-client", metavar="PLUG", help="judge a client: py:module:factory, cmd:ARGV or jsonl:ARGV")
    add("--minimax-receiver", metavar="PLUG", help="judge a callback receiver: url:, wsgi:, asgi: or cmd:")
    add("--minimax-receiver-ready", metavar="PATH", help="a path that the receiver answers once it is ready")
    add("--minimax-receiver-state", metavar="PROBE", help="where the receiver's state of a task can be read")
    add("--minimax-receiver-fault", metavar="HOOK", help="what takes the receiver's store away and gives it back")
    add("--minimax-suite", choices=("server",), help="judge the server of --minimax-url with an account of results")
    add("--minimax-level", choices=LEVELS, default="must", help="what has to hold for the run to pass (default: must)")
    add("--minimax-baseline", metavar="FILE", help="declared failures, in YAML")
    add("--minimax-report", metavar="DIR", help="write results.json, pages, JUnit and a summary there")
    add("--minimax-name", metavar="NAME", help="what the subject is called in the report (default: the plug)")
    add("--minimax-patience", metavar="FACTOR", type=patience, default=1.0, help="give calls so many times as long")
    add("--minimax-jobs", metavar="N", type=jobs, default=JOBS, help=f"cases at the same time (default: {JOBS})")
    add(
        "--minimax-keep",
        metavar="VARIABLE",
        action="append",
        default=[],
        help="an environment variable that the client may see",
    )


def patience(text: str) -> float:
    """How many times as long calls may take. Raises ArgumentTypeError."""
    return float(_parsed(number(0.1, 100), text))


def jobs(text: str) -> int:
    """How many cases are played at the same time. Raises ArgumentTypeError."""
    return int(_parsed(whole(1, 64), text))


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except Unfit as unfit:
        raise argparse.ArgumentTypeError(f"{text!r} is not {unfit}") from None


def begin(config: pytest.Config) -> None:
    """Makes a run with such options one of the kit; any other run never loads it."""
    if any(config.getoption(f"--minimax-{name}") for name in _OF_THE_KIT):
        kit()
        from contract_tests.suite import register

        register(config)


def kit() -> ModuleType:
    """The package of the kit. Raises UsageError when a package of the user has its name and stands before it."""
    import pytest

    import contract_tests

    if getattr(contract_tests, "KIT", None) != "minimax-mock":
        place = Path(contract_tests.__file__ or "somewhere").parent
        raise pytest.UsageError(f"{place}: a package of yours hides contract_tests of minimax-mock; run elsewhere")
    return contract_tests
