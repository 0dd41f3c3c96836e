"""What the pytest plugin costs: a run that does not use it, a run that does, and one test with an account of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.client import milliseconds
from benchmarks.row import Row
from benchmarks.subject import ROOT

TESTS = 300
EMPTY = "def test_{n}():\n    pass\n\n\n"
ISOLATED = "def test_{n}(minimax_mock):\n    pass\n\n\n"
WITHOUT, INSTALLED, USED = "without the plugin", "installed, not used", "used by one test"
EMPTY_TEST, ISOLATED_TEST = "empty test", "test with `minimax_mock`"
_PLUGIN = "mock_server.pytest_plugin"
# Writes when each test ended, so that what one test costs is not hidden in the start of the run.
_CONFTEST = """
import os, time
ends = []
def pytest_runtest_logfinish():
    ends.append(time.perf_counter())
def pytest_sessionfinish():
    with open(os.environ["ENDS"], "w") as file:
        file.write(str((ends[-1] - ends[0]) * 1000 / max(1, len(ends) - 1)))
"""


def measure(rounds: int) -> list[Row]:
    """Whole runs of pytest with one test, and what each test of a longer run takes after its first."""
    start: dict[str, list[float]] = {WITHOUT: [], INSTALLED: [], USED: []}
    each: dict[str, list[float]] = {EMPTY_TEST: [], ISOLATED_TEST: []}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        (folder / "conftest.py").write_text(_CONFTEST)
        one, one_isolated = _file(folder, EMPTY, 1), _file(folder, ISOLATED, 1)
        many, many_isolated = _file(folder, EMPTY, TESTS), _file(folder, ISOLATED, TESTS)
        for tests in (one, one_isolated):  # from the disk
            _run(tests)
        for _ in range(rounds):
            start[WITHOUT].append(milliseconds(lambda: _run(one, plugin=False)))
            start[INSTALLED].append(milliseconds(lambda: _run(one)))
            start[USED].append(milliseconds(lambda: _run(one_isolated)))
            each[EMPTY_TEST].append(_run(many))
            each[ISOLATED_TEST].append(_run(many_isolated))
    return [
        Row("pytest, one test, whole run", "ms", start, WITHOUT),
        Row("each test after the first", "ms", each, EMPTY_TEST),
    ]


def _file(folder: Path, kind: str, count: int) -> Path:
    path = folder / f"test_{'isolated' if kind == ISOLATED else 'empty'}_{count}.py"
    path.write_text("".join(kind.format(n=n) for n in range(count)))
    return path


def _run(tests: Path, *, plugin: bool = True) -> float:
    """A run in a new interpreter with this one plugin and no other; the milliseconds of each test after the first."""
    ends = tests.with_suffix(".ends")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)]
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "ENDS": str(ends),
        "PYTEST_ADDOPTS": f"-p {_PLUGIN}" if plugin else "",
    }  # fmt: skip
    subprocess.run(command, check=True, cwd=tests.parent, env=environment, stdout=subprocess.DEVNULL)
    return float(ends.read_text())
