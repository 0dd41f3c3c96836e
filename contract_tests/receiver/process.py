"""A receiver that the kit starts: a child process of its own group, in an environment that holds nothing of the user's."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

# What a program needs to be found and to run at all; keys, proxies and settings of the user are not among it.
KEPT = (
    "PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "JAVA_HOME", "NODE_PATH", "GOROOT",
    "GOPATH", "LD_LIBRARY_PATH",
)  # fmt: skip
# Whoever wants to leave this machine finds nobody here.
_NOWHERE = "http://127.0.0.1:9"
_STOP_SECONDS = 2.0


def scrubbed_environment(folder: Path) -> dict[str, str]:
    """The environment of a contained child: its home and temporary files below `folder`, no way to other machines."""
    home, temporary = folder / "home", folder / "tmp"
    for each in (home, temporary):
        each.mkdir(parents=True, exist_ok=True)
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    local = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost,::1")
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, **proxies, **local, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


class Child:
    """A running child process with everything that it starts. Raises OSError when there is no such program."""

    def __init__(self, argv: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own program
                argv, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Ends the whole group: asks first, and kills what is left after two seconds."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def peak_memory(self) -> int | None:
        """The most memory that the processes of the group have taken so far, in bytes; None where it cannot be told."""
        found = [peak for pid in self._group() if (peak := _peak(pid)) is not None]
        return sum(found) if found else None

    def _group(self) -> list[int]:
        pids = [int(each.name) for each in Path("/proc").glob("[0-9]*")]
        own = []
        for pid in pids:
            with suppress(OSError):
                if os.getpgid(pid) == self._process.pid:
                    own.append(pid)
        return own

    def _signal(self, number: signal.Signals) -> None:
        with suppress(OSError):  # the group is gone
            os.killpg(self._process.pid, number)


def _peak(pid: int) -> int | None:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
