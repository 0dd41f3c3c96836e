"""A receiver that the kit starts: a contained child process that runs beside the cases, with its output in a file."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from contract_tests.plugs import memory
from contract_tests.plugs.strays import end_strays
from contract_tests.plugs.surroundings import Home, Surroundings

# What programs of several languages need to find their parts; keys and settings of the user are not among it.
KEPT = ("PYTHONPATH", "VIRTUAL_ENV", "NODE_PATH", "JAVA_HOME", "GOROOT", "GOPATH", "GEM_PATH", "LD_LIBRARY_PATH")
# Whoever wants to leave this machine finds nobody here.
NOWHERE = "http://127.0.0.1:9"
_STOP_SECONDS = 2.0
# Ends the group when the kit is gone without having done so: then the pipe is closed, and nothing was said.
_KEEPER = "import os, signal, sys\nif sys.stdin.read() != 'done': os.killpg(int(sys.argv[1]), signal.SIGKILL)"


class Place:
    """Where the child runs, also after a restart: its environment and home. `remove` takes both away."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        kept = [name for name in KEPT if name in os.environ]
        self._surroundings = Surroundings(NOWHERE, self.mark, keep=kept)
        self._home = Home()

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """Hardly anything of the user's, and `extra`."""
        return self._surroundings.of(self._home, {"PYTHONUNBUFFERED": "1", **extra})

    def remove(self) -> None:
        """Removes the home with everything in it."""
        self._home.remove()


class Child:
    """A running process with everything that it starts. Raises OSError when there is no such program."""

    def __init__(
        self, argv: Sequence[str], *, environment: Mapping[str, str], mark: str, folder: Path, log: Path
    ) -> None:
        self._mark = mark
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own program
                argv, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._keeper = subprocess.Popen(  # noqa: S603 - the kit's own
            [sys.executable, "-I", "-S", "-c", _KEEPER, str(self._process.pid)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, text=True,
        )  # fmt: skip

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process; None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> None:
        """Waits until the process has ended, at most so long."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def stop(self) -> None:
        """Ends everything: asks first, and kills what is left after two seconds."""
        self._signal(signal.SIGTERM)
        self.wait(_STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()
        end_strays(self._mark)
        with suppress(OSError):
            self._keeper.communicate("done")

    def forget_peak(self) -> bool:
        """Lets `peak_memory` tell of what comes now. False where that cannot be done."""
        return memory.begin(self._process.pid)

    def peak_memory(self) -> int | None:
        """The most memory that it took, in bytes; None where that cannot be told."""
        return memory.peak(self._process.pid)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(OSError):  # the group is gone
            os.killpg(self._process.pid, number)
