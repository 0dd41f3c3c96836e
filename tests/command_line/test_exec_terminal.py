"""`minimax-mock exec` at a terminal: keys reach the command, and job control works as if exec were not there."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.command_line.test_serve import COMMAND, environment

EXEC = [*COMMAND, "exec", "--"]
PYTHON = [sys.executable, "-c"]
# Makes the terminal at stdin the one of a new session, as a terminal window does.
LOG_IN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
CTRL_C, CTRL_Z = "\x03", "\x1a"


class Window:
    """A terminal window: what a person sees, and what they type."""

    def __init__(self, screen: int, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.seen = ""
        self._screen = screen

    def type(self, text: str) -> None:
        """Presses keys."""
        os.write(self._screen, text.encode())

    def wait_for(self, text: str) -> None:
        """Waits until a text has appeared since the last one that was waited for; fails the test when it does not."""
        end = time.monotonic() + 30
        while text not in self.seen:
            ready, _, _ = select.select([self._screen], [], [], max(end - time.monotonic(), 0))
            assert ready, f"no {text!r} in {self.seen!r}"
            try:
                self.seen += os.read(self._screen, 65_536).decode()
            except OSError:  # everybody has closed the terminal
                raise AssertionError(f"no {text!r} in {self.seen!r}, and nobody is there any more") from None
        self.seen = self.seen.partition(text)[2]


@contextmanager
def window(command: Sequence[str]) -> Iterator[Window]:
    """A command in a terminal of its own; closing the window ends it."""
    screen, line = pty.openpty()
    process = subprocess.Popen(
        [*PYTHON, LOG_IN, *command], stdin=line, stdout=line, stderr=line, start_new_session=True, env=environment()
    )
    os.close(line)
    try:
        yield Window(screen, process)
    finally:
        os.close(screen)
        try:
            process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()


def told_by_shell(script: str, *flags: str) -> list[str]:
    """A script for a shell; {asks} and the like in it are commands of this module under exec."""
    sources = {
        "asks": ASKS, "asks_in_front": ASKS_IN_FRONT, "asks_twice_in_front": ASKS_TWICE_IN_FRONT,
        "is_told_to_stop": IS_TOLD_TO_STOP, "waits": WAITS,
    }  # fmt: skip
    commands = {name: shlex.join([*EXEC, *PYTHON, source]) for name, source in sources.items()}
    return ["bash", *flags, "-c", script.format(**commands)]


FOREGROUND = (
    "import os, signal, sys, threading\n"
    "def in_front():\n"
    "    while os.tcgetpgrp(0) != os.getpgrp(): threading.Event().wait(0.01)\n"
)
ASKS = "import sys; print('ready', flush=True); print('got', input(), flush=True); sys.exit(4)"
ASKS_IN_FRONT = FOREGROUND + f"in_front(); {ASKS}"
ASKS_TWICE_IN_FRONT = FOREGROUND + (
    "in_front(); print('ready', flush=True)\n"
    "signal.signal(signal.SIGCONT, lambda *_: [in_front(), print('in front again', flush=True)])\n"
    "print('got', input(), flush=True); sys.exit(4)"
)
IS_TOLD_TO_STOP = (
    "import signal, sys\n"
    "signal.signal(signal.SIGTSTP, lambda *_: print('told', 'to stop', file=sys.stderr))\n"
    "print('ready', flush=True)\n"
    "while True: signal.pause()"
)
WAITS = "import signal; print('ready', flush=True); signal.pause()"
COUNT_INTERRUPTS = FOREGROUND + (
    "caught = []\n"
    "signal.signal(signal.SIGINT, lambda *_: caught.append(1))\n"
    "in_front(); print('ready', flush=True)\n"
    "input(); sys.exit(40 + len(caught))"
)


def test_ctrl_c_reaches_the_command_once() -> None:
    """The command has the terminal; exec is not interrupted, and ends with the command's code."""
    with window([*EXEC, *PYTHON, COUNT_INTERRUPTS]) as shown:
        shown.wait_for("ready")
        shown.type(CTRL_C)
        shown.wait_for("^C")
        shown.type("\n")
        shown.wait_for("the command ended with 41; seed ")
        assert shown.process.wait(timeout=30) == 41


def test_ctrl_z_does_not_hang_where_nobody_can_continue() -> None:
    """Without a shell the command goes on, as it would without exec."""
    with window([*EXEC, *PYTHON, ASKS_IN_FRONT]) as shown:
        shown.wait_for("ready")
        shown.type(CTRL_Z)
        shown.wait_for("^Z")
        shown.type("hello\n")
        shown.wait_for("got hello")
        assert shown.process.wait(timeout=30) == 4


@pytest.mark.parametrize("job", ["{asks_twice_in_front}", "(set +m; {asks_twice_in_front}; exit $?)"])
def test_ctrl_z_stops_both_and_fg_continues_both(job: str) -> None:
    """The shell sees exec stop, even behind another shell, and `fg` gives the command the terminal again."""
    script = job + '; echo stopped=$?; fg; echo "ended=$?"'
    with window(told_by_shell(script, "-m")) as shown:
        shown.wait_for("ready")
        shown.type(CTRL_Z)
        shown.wait_for("stopped=148")
        shown.wait_for("in front again")
        shown.type("hello\n")
        shown.wait_for("got hello")
        shown.wait_for("ended=4")
        assert shown.process.wait(timeout=30) == 0


def test_ctrl_z_reaches_a_command_in_a_pipeline() -> None:
    """The key goes to exec there, which passes it on."""
    with window(told_by_shell("{is_told_to_stop} | cat", "-m")) as shown:
        shown.wait_for("ready")
        shown.type(CTRL_Z)
        shown.wait_for("told to stop")


def test_a_command_that_somebody_else_stops_is_waited_for() -> None:
    """SIGSTOP is no matter of job control: who sent it will continue it, and exec goes on."""
    waits_for_stop = 'until grep -q "^State:.T" /proc/$$/status; do sleep 0.01; done; kill -CONT $$'
    with window([*EXEC, "sh", "-c", f"({waits_for_stop}) & kill -STOP $$; echo continued"]) as shown:
        shown.wait_for("continued")
        assert shown.process.wait(timeout=30) == 0


def test_a_command_in_the_background_stops_when_it_reads() -> None:
    """It does not take the terminal from the shell; after `fg` it reads."""
    with window(told_by_shell("{asks} & wait $!; echo stopped=$?; fg; echo ended=$?", "-m")) as shown:
        shown.wait_for("stopped=149")
        shown.type("hello\n")
        shown.wait_for("got hello")
        shown.wait_for("ended=4")
        assert shown.process.wait(timeout=30) == 0


def test_the_terminal_is_taken_back() -> None:
    """What follows in a script can read."""
    with window(told_by_shell("{asks_in_front}; read word; echo then $word")) as shown:
        shown.wait_for("ready")
        shown.type("hello\n")
        shown.wait_for("ended with 4")
        shown.type("more\n")
        shown.wait_for("then more")
        assert shown.process.wait(timeout=30) == 0


@pytest.mark.parametrize("flags", [[], ["-m"]], ids=["script", "job control"])
def test_a_command_in_a_pipeline_can_read(flags: list[str]) -> None:
    """It gets the terminal when it asks."""
    with window(told_by_shell("{asks} | sed 's/^/piped /'; echo ended=${{PIPESTATUS[0]}}", *flags)) as shown:
        shown.wait_for("piped ready")
        shown.type("hello\n")
        shown.wait_for("piped got hello")
        shown.wait_for("ended=4")
        assert shown.process.wait(timeout=30) == 0


@pytest.mark.parametrize("flags", [[], ["-m"]], ids=["script", "job control"])
def test_a_pager_behind_the_command_can_read(flags: list[str]) -> None:
    """The rest of a pipeline keeps the terminal while the command does not ask for it, and Ctrl-C ends both."""
    pager = "sh -c 'read line; echo pager $line; read word </dev/tty; echo read $word; cat'"
    with window(told_by_shell(f"{{waits}} | {pager}; echo ended=${{{{PIPESTATUS[0]}}}}", *flags)) as shown:
        shown.wait_for("pager ready")
        shown.type("hello\n")
        shown.wait_for("read hello")
        shown.type(CTRL_C)
        shown.wait_for("the command ended with 130; seed ")


def test_a_closed_window_ends_the_command() -> None:
    """The command is told by SIGHUP, and ends before exec does."""
    with window([*EXEC, *PYTHON, WAITS]) as shown:
        shown.wait_for("ready")
    assert shown.process.returncode == 128 + signal.SIGHUP
