"""What the pytest plugin costs: a run that does not use it, a run that does, and one test with an account of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.client import milliseconds
from benchmarks.row import Row

TESTS = 200
EMPTY = "def test_{n}():\n    pass\n\n\n"
ISOLATED = "def test_{n}(minimax_mock):\n    pass\n\n\n"
WITHOUT, INSTALLED, USED = "without the plugin", "installed, not used", "used by one test"
EMPTY_TEST, ISOLATED_TEST = "empty test", "test with `minimax_mock`"
_PLUGIN = "mock_server.pytest_plugin"


def measure(rounds: int) -> list[Row]:
    """Whole runs of pytest; the cost of a test is what 200 more of its kind add to a run, divided by 200."""
    start: dict[str, list[float]] = {WITHOUT: [], INSTALLED: [], USED: []}
    each: dict[str, list[float]] = {EMPTY_TEST: [], ISOLATED_TEST: []}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        files = {
            (kind, count): _file(folder, kind, count) for kind in (EMPTY, ISOLATED) for count in (1, 1 + TESTS)
        }  # fmt: skip
        for number in range(-1, rounds):
            without = _run(files[EMPTY, 1], plugin=False)
            installed = _run(files[EMPTY, 1])
            used = _run(files[ISOLATED, 1])
            empty, isolated = (_run(files[kind, 1 + TESTS]) for kind in (EMPTY, ISOLATED))
            if number >= 0:
                for values, value in zip(start.values(), (without, installed, used), strict=True):
                    values.append(value)
                each[EMPTY_TEST].append((empty - installed) / TESTS)
                each[ISOLATED_TEST].append((isolated - used) / TESTS)
    return [Row("pytest, one empty test, whole run", "ms", start, WITHOUT), Row("each test", "ms", each, EMPTY_TEST)]


def _file(folder: Path, kind: str, count: int) -> Path:
    path = folder / f"test_{'isolated' if kind == ISOLATED else 'empty'}_{count}.py"
    path.write_text("".join(kind.format(n=n) for n in range(count)))
    return path


def _run(tests: Path, *, plugin: bool = True) -> float:
    """Milliseconds of a run in a new interpreter with this one plugin and no other."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": f"-p {_PLUGIN}" if plugin else ""}
    return milliseconds(
        lambda: subprocess.run(command, check=True, cwd=tests.parent, env=environment, stdout=subprocess.DEVNULL)
    )
