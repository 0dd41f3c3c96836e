"""`minimax-mock check`: judges a client, a receiver or a server with the contract test kit."""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mock_server import kit_options
from mock_server.errors import StartupError

# The plugins of pytest that the kit needs; none of the user's own, which could change what is judged and how.
_PLUGINS = ("mock_server.pytest_plugin",)
# The kit speaks for itself.
_QUIET = ("-p", "no:terminal", "-p", "no:cacheprovider")
USAGE_ERROR = 2
INTERRUPTED = 130
_EPILOG = "exit codes: 0 conformant, 1 not, 2 usage, 3 trouble in the kit or the adapter, 4 the plug is unusable"


def add_command(commands: Any) -> None:
    """Adds `check` with its four kinds."""
    parser = commands.add_parser("check", help="judge a client, a receiver or a server", epilog=_EPILOG)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="client|receiver|server|matrix")
    client = kinds.add_parser("client", help="judge a client", epilog=_EPILOG)
    client.add_argument("plug", metavar="PLUG", help="py:module:factory, cmd:ARGV or jsonl:ARGV")
    client.add_argument("--smoke", action="store_true", help="run three cases and say what was understood")
    client.add_argument(
        "--patience", metavar="FACTOR", type=kit_options.patience, help="give calls so many times as long"
    )
    client.add_argument(
        "--jobs", metavar="N", type=kit_options.jobs, help=f"cases at the same time (default: {kit_options.JOBS})"
    )
    client.add_argument(
        "--keep", metavar="VARIABLE", action="append", default=[], help="an environment variable that it may see"
    )
    client.add_argument("--url", help="a mock that already runs (default: one of its own)")
    receiver = kinds.add_parser("receiver", help="judge a callback receiver", epilog=_EPILOG)
    receiver.add_argument(
        "plug", metavar="PLUG", help="url:http://…, wsgi:module:app@/path, asgi:module:app@/path or cmd:ARGV"
    )
    receiver.add_argument("--ready", metavar="PATH", help="a path that it answers once it is ready")
    receiver.add_argument("--state", metavar="PROBE", help="where its state of a task can be read")
    receiver.add_argument("--fault", metavar="HOOK", help="what takes its store away and gives it back")
    receiver.add_argument("--url", help="a mock that already runs (default: one of its own)")
    server = kinds.add_parser("server", help="judge a server", epilog=_EPILOG)
    server.add_argument("url", metavar="URL", help="its address, such as http://127.0.0.1:8026")
    _add_live_flags(server)
    server.add_argument("--key", help="an API key for it, where it does not take any")
    for each in (client, receiver, server):
        _add_common(each)
    matrix = kinds.add_parser("matrix", help="put several results beside each other")
    matrix.add_argument("results", nargs="+", type=Path, metavar="RESULTS.JSON")
    matrix.add_argument("--report", required=True, type=Path, metavar="DIR", help="where matrix.html goes")
    parser.set_defaults(run=run)


def _add_live_flags(server: argparse.ArgumentParser) -> None:
    """Those of a run against the real service, unless a package of the user hides the kit; then `check` says so itself."""
    with suppress(ImportError):
        from contract_tests.live.command import add_flags

        add_flags(server)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", choices=kit_options.LEVELS, help="what has to hold for exit code 0 (default: must)")
    parser.add_argument("--baseline", metavar="FILE", help="declared failures, in YAML")
    parser.add_argument("--report", metavar="DIR", help="write results.json, pages, JUnit and a summary there")
    parser.add_argument("--name", help="what the subject is called in the report (default: the plug)")
    parser.add_argument("-k", metavar="EXPRESSION", dest="expression", help="only these cases, as pytest's -k")
    parser.add_argument("-n", metavar="N", dest="workers", help="in so many processes (needs pytest-xdist)")


def run(chosen: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Runs the suite with pytest, by its absolute path, and gives the exit code of the verdict."""
    kit_options.kit()
    if chosen.kind == "matrix":
        return _matrix(chosen)
    if chosen.workers and importlib.util.find_spec("xdist") is None:
        raise StartupError("-n needs pytest-xdist: pip install pytest-xdist")
    if chosen.kind == "server" and (code := _ask(chosen, environment)) is not None:
        return code
    if chosen.kind == "client" and chosen.smoke:
        return _smoke(chosen)
    return _judge(arguments(chosen))


def _smoke(chosen: argparse.Namespace) -> int:
    from contract_tests.client.smoke import smoke

    for name, flag in {
        "level": "--level",
        "baseline": "--baseline",
        "report": "--report",
        "expression": "-k",
        "workers": "-n",
    }.items():
        if vars(chosen)[name] is not None:
            raise StartupError(f"{flag} is not for --smoke, which plays three cases")
    patience = 1.0 if chosen.patience is None else chosen.patience
    return smoke(chosen.plug, folder=Path.cwd(), url=chosen.url, patience=patience, keep=chosen.keep, out=sys.stdout)


def _ask(chosen: argparse.Namespace, environment: Mapping[str, str]) -> int | None:
    """The exit code of a live run; None when the server is to be judged. Raises StartupError for the real service."""
    from contract_tests.live import command
    from contract_tests.live.address import Refused, refuse_without_live

    if chosen.live:
        return command.run(chosen.url, chosen, environment, sys.stdin, sys.stdout, sys.stderr)
    given = [name for name in ("yes", "budget", "facts", "ledger", "probe") if vars(chosen)[name] not in (None, False)]
    if given:
        raise StartupError(f"--{given[0]} is for --live")
    try:
        refuse_without_live(chosen.url)
    except Refused as refused:
        raise StartupError(str(refused)) from None
    return None


def arguments(chosen: argparse.Namespace) -> list[str]:
    """What pytest is called with."""
    folder = Path(kit_options.kit().__file__ or "").parent
    given = vars(chosen)
    options = {"client": "plug", "receiver": "plug"}
    result = [str(folder / f"test_{chosen.kind}.py"), *_QUIET, "-c", str(folder / "check.ini"), f"--rootdir={folder}"]
    if chosen.kind in options:
        result += [f"--minimax-{chosen.kind}={chosen.plug}"]
    else:
        result += ["--minimax-suite=server"]
    named = {
        "url": "url",
        "key": "key",
        "level": "level",
        "baseline": "baseline",
        "report": "report",
        "name": "name",
        "patience": "patience",
        "jobs": "jobs",
    }
    named |= {name: f"receiver-{name}" for name in ("ready", "state", "fault")}
    result += [f"--minimax-{option}={given[name]}" for name, option in named.items() if given.get(name) is not None]
    result += [f"--minimax-keep={name}" for name in given.get("keep") or ()]
    expression = chosen.expression
    if expression and chosen.kind == "server":  # SV-AUTH-001 is called test_sv_auth_001_…
        expression = expression.replace("-", "_")
    result += ["-k", expression] if expression else []
    result += ["-p", "xdist", "-n", chosen.workers] if chosen.workers else []
    return result


def _judge(given: Sequence[str]) -> int:
    import pytest

    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = [word for name in _PLUGINS for word in ("-p", name)]
    ending = _Ending()
    # What cancels a job in CI has to end the subjects too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    code = int(pytest.main([*plugins, *given], plugins=[ending]))
    if ending.of_the_kit:
        return code
    if code == pytest.ExitCode.INTERRUPTED:
        print("minimax-mock: interrupted", file=sys.stderr)
        return INTERRUPTED
    # What pytest itself does not take, such as a wrong -k, is a wrong argument here too.
    return code if code == pytest.ExitCode.INTERNAL_ERROR else USAGE_ERROR


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class _Ending:
    """Tells whether the kit had the last word, so that the exit code is its own and not pytest's."""

    of_the_kit = False

    def pytest_unconfigure(self, config: Any) -> None:
        """Called at the end, whatever happened."""
        kit = config.pluginmanager.get_plugin("minimax-kit")
        self.of_the_kit = kit is not None and kit.had_last_word


def _matrix(chosen: argparse.Namespace) -> int:
    from contract_tests.report import ReportError, write_matrix

    try:
        written = write_matrix(chosen.results, chosen.report)
    except ReportError as error:
        raise StartupError(str(error)) from None
    print(written[0])
    return 0
