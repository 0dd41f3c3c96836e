"""Ways to run a command under `minimax-mock exec`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.command_line.test_serve import COMMAND, environment

EXEC = [*COMMAND, "exec"]
TELL = "import json, os, sys; json.dump(dict(os.environ), sys.stdout)"


def run(
    command: Sequence[str | Path], *flags: str, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command under exec; returns when nobody has its stdout and stderr any more, which takes in what it left."""
    return subprocess.run(
        [*EXEC, *flags, "--", *command], capture_output=True, text=True, input=stdin, timeout=30,
        env=environment(**variables), check=False,
    )  # fmt: skip


def told(*flags: str, **variables: str) -> dict[str, str]:
    """The environment that a command finds under exec."""
    done = run([sys.executable, "-c", TELL], *flags, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    seen: dict[str, str] = json.loads(done.stdout)
    return seen


@contextmanager
def started(source: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python source under exec, once it has printed a line; both are ended if the test did not."""
    process = subprocess.Popen(
        [*EXEC, "--seed", "5", "--", sys.executable, "-c", source, *arguments], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)
