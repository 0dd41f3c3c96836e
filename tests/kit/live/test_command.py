"""The flags of a live run, as a command would have them."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.live.command import add_flags, options, run
from contract_tests.live.options import KEY_VARIABLE
from mock_server import MockServer
from tests.kit.live.stage import KEY, journal

ENVIRONMENT = {KEY_VARIABLE: KEY}


class Terminal(io.StringIO):
    """Somebody is there to answer."""

    def isatty(self) -> bool:
        """A person."""
        return True


def chosen(*flags: str) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return parser.parse_args(["--live", *flags])


def refusal(url: str, *flags: str, environment: dict[str, str] | None = None) -> str:
    """The one line with which a run is refused."""
    stderr = io.StringIO()
    given = ENVIRONMENT if environment is None else environment
    assert run(url, chosen(*flags), given, io.StringIO(), io.StringIO(), stderr) == 2
    text = stderr.getvalue()
    assert text.startswith("minimax-mock: ")
    assert text.count("\n") == 1
    return text


def test_a_run(server: MockServer, tmp_path: Path) -> None:
    """From flags to facts."""
    stdout, path = io.StringIO(), tmp_path / "f.json"
    flags = chosen("--yes", "--facts", str(path), "--probe", "SV-Q-001-none,SV-F-001-none")
    assert run(server.url, flags, ENVIRONMENT, io.StringIO(), stdout, io.StringIO()) == 0
    assert path.exists()
    assert len(journal(server)) == 2
    assert stdout.getvalue().endswith(f"facts: {path} (2 probes)\n")


def test_a_person_confirms(server: MockServer, tmp_path: Path) -> None:
    """At a terminal the plan is read first."""
    flags = chosen("--facts", str(tmp_path / "f.json"), "--probe", "SV-Q-001-none")
    stdout = io.StringIO()
    assert run(server.url, flags, ENVIRONMENT, Terminal("yes\n"), stdout, io.StringIO()) == 0
    assert stdout.getvalue().index("highest possible cost: 0.00 USD") < stdout.getvalue().index("Type yes")
    assert run(server.url, flags, ENVIRONMENT, Terminal("no\n"), io.StringIO(), io.StringIO()) == 2
    assert run(server.url, flags, ENVIRONMENT, Terminal(""), io.StringIO(), io.StringIO()) == 2
    assert len(journal(server)) == 1


def test_nobody_confirms(server: MockServer, tmp_path: Path) -> None:
    """In a pipeline, without --yes."""
    assert "add --yes" in refusal(server.url, "--facts", str(tmp_path / "f.json"))
    assert journal(server) == []


def test_a_person_leaves(server: MockServer, tmp_path: Path) -> None:
    """Control-C at the question."""

    class Leaving(Terminal):
        def readline(self, _size: int | None = -1) -> str:  # type: ignore[override]
            raise KeyboardInterrupt

    stderr = io.StringIO()
    flags = chosen("--facts", str(tmp_path / "f.json"))
    assert run(server.url, flags, ENVIRONMENT, Leaving(), io.StringIO(), stderr) == 130
    assert stderr.getvalue() == "minimax-mock: interrupted; nothing was sent\n"
    assert journal(server) == []


@pytest.mark.parametrize("error", [BrokenPipeError(), UnicodeEncodeError("ascii", "…", 0, 1, "no such letter")])
def test_an_output_that_fails_ends_no_run(error: Exception, server: MockServer, tmp_path: Path) -> None:
    """What was asked is written down all the same."""

    class Failing(io.StringIO):
        def write(self, text: str) -> int:
            if text.startswith("SV-"):
                raise error
            return len(text)

    flags = chosen("--yes", "--facts", str(tmp_path / "f.json"), "--probe", "SV-Q-001")
    assert run(server.url, flags, ENVIRONMENT, io.StringIO(), Failing(), io.StringIO()) == 0
    assert len(journal(server)) == 4


@pytest.mark.parametrize("budget", ["0", "-1", "nan", "inf", "1e9", "ten", "", "0,10"])
def test_budgets_that_are_none(budget: str) -> None:
    """Named with what is allowed."""
    assert "expected US dollars, more than 0 and at most 1000, such as 0.10" in refusal(
        "http://127.0.0.1:1", f"--budget={budget}"
    )


@pytest.mark.parametrize(("budget", "milli"), [("0.10", 100), ("1", 1000), ("0.0999", 99), ("1e1", 10_000)])
def test_budgets(budget: str, milli: int) -> None:
    """In thousandths, never more than was given."""
    assert options(chosen("--budget", budget)).budget == milli


@pytest.mark.parametrize(
    ("url", "flags", "environment", "fault"),
    [
        ("http://api.minimax.io", ["--yes"], None, "in clear"),
        ("https://api.minimax.io", ["--yes"], {}, "MINIMAX_API_KEY is not set"),
        ("http://127.0.0.1:1", ["--yes", "--probe", "SV-NO"], None, "no probe begins so"),
        ("http://127.0.0.1:1", ["--yes", "--probe", "SV-LIFE"], None, "nothing is left to send"),
        ("http://127.0.0.1:1", ["--yes", "--budget", "0.05"], None, "may cost 0.10 USD more"),
    ],
)
def test_refusals(url: str, flags: list[str], environment: dict[str, str] | None, fault: str, tmp_path: Path) -> None:
    """Each in one line, before anything is sent."""
    given = [*flags, "--facts", str(tmp_path / "f.json"), "--ledger", str(tmp_path / "l.jsonl")]
    assert fault in refusal(url, *given, environment=environment)


def test_the_flags_cost_no_time() -> None:
    """Every start of the command line has them, so what they start is imported later."""
    code = "import sys, contract_tests.live.command; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"yaml", "jsonschema", "urllib3", "pytest", "flask"} & set(done.stdout.split())
