"""Starts one program and tells what it took: a small process between the kit and the command line of `cmd:`.

The kit cannot see the peak of memory of a program that it starts itself: the system counts the kit's own memory in, which
the program has for a moment before it replaces it. Run as a script; writes one line `exit code, bytes` or `errno` to a
descriptor.
"""

from __future__ import annotations

import os
import signal
import sys

_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGTSTP")
# Python itself ignores these two, and a program would inherit that.
_RESET = (*_IGNORED, "SIGPIPE", "SIGXFSZ")
_NOT_STARTED = 126


def main(descriptor: int, program: str, argv: list[str]) -> int:
    """Runs the program to its end. Signals to the group are for it alone."""
    os.set_inheritable(descriptor, False)
    for name in _IGNORED:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        _become(descriptor, program, argv)
    _, status, usage = os.wait4(pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    os.write(descriptor, f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss * unit}\n".encode())
    return 0


def _become(descriptor: int, program: str, argv: list[str]) -> None:
    try:
        for name in _RESET:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.execv(program, argv)  # noqa: S606 - the user's own words
    except OSError as error:
        os.write(descriptor, f"errno {error.errno}\n".encode())
    finally:
        os._exit(_NOT_STARTED)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
