"""A command that runs in a process group of its own, gets our signals, and leaves nothing behind."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from mock_server.cli.terminal import Terminal

PASSED_ON = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM,
    signal.SIGTSTP,
)  # fmt: skip
BY_SIGNAL = 128
# What the command leaves running has so long to end before it is killed.
GRACE_SECONDS = 1.0
_POLL_SECONDS = 0.01
_TERMINAL_PAUSE = 0.1
# Python ignores these, and the command would inherit that.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_PR_SET_CHILD_SUBREAPER = 36


class Signals:
    """Those that are sent to this process: from now on they wait until `next` takes them.

    Make it before the threads that may not get them. A signal that is ignored, as under nohup, stays so, for the child too.
    """

    def __init__(self) -> None:
        passed_on = [number for number in PASSED_ON if signal.getsignal(number) != signal.SIG_IGN]
        # Were it ignored, as some parents leave it, the exit code of the child would be lost.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._numbers = {*passed_on, signal.SIGCHLD}
        # Blocked in every thread and taken by one: a handler can come too early or too late for a call that waits.
        self.mask_before = signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)

    def waiting(self) -> int | None:
        """One that has been sent to end this process, if there is one; it stays where it is."""
        sent = (signal.sigpending() & self._numbers) - {signal.SIGCHLD, signal.SIGTSTP}
        return min(sent, default=None)

    def next(self) -> int:
        """Waits for one; SIGCHLD says that a child has ended or was stopped."""
        return signal.sigwait(self._numbers)


class Child:
    """The command, started. As a context manager it ends what is left of its process group.

    At a terminal it is in the foreground as if we were not there: keys such as Ctrl-C reach it, and Ctrl-Z stops us both.
    Raises OSError when the command cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], signals: Signals) -> None:
        _inherit_orphans()
        self._signals = signals
        self._group = os.posix_spawnp(
            command[0],
            [*command],
            environment,
            setpgroup=0,
            setsigmask=signals.mask_before,
            setsigdef=_IGNORED_BY_PYTHON,
        )
        self._terminal = Terminal()
        # In a pipeline somebody else may need the terminal, as in `exec -- pytest | less`.
        if os.isatty(0) and os.isatty(1):
            self._give_terminal()

    def wait(self) -> int:
        """Waits until the command has ended; its exit code, which is 128 + n when signal n ended it."""
        while True:
            child, status = os.waitpid(self._group, os.WUNTRACED | os.WNOHANG)
            if child == 0:
                number = self._signals.next()
                if number != signal.SIGCHLD:
                    _send(self._group, number)
            elif os.WIFSTOPPED(status):
                self._stopped(os.WSTOPSIG(status))
            else:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else BY_SIGNAL - code

    def _stopped(self, number: int) -> None:
        """Job control stopped the child: it wants the terminal, or shall stop as we shall."""
        if number == signal.SIGSTOP:
            return  # whoever did that will continue it
        wants_terminal = number in (signal.SIGTTIN, signal.SIGTTOU)
        if wants_terminal and self._give_terminal():
            return
        was_given = self._terminal.take_back()
        _stop_with_our_group(number)
        # We were continued, unless nobody could do that: then we were not stopped at all.
        if (was_given or wants_terminal) and self._give_terminal():
            return
        if wants_terminal:
            threading.Event().wait(_TERMINAL_PAUSE)  # it will try again and be stopped again
        _send(self._group, signal.SIGCONT)

    def _give_terminal(self) -> bool:
        """Hands over the terminal, if it is ours, and continues the child, which may have been stopped for the lack of it."""
        return self._terminal.give_to(self._group) and _send(self._group, signal.SIGCONT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._terminal.take_back()
        self._terminal.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            _send(self._group, number)
            if self._group_ends():
                break

    def _group_ends(self) -> bool:
        end = time.monotonic() + GRACE_SECONDS
        while _send(self._group, 0):
            if time.monotonic() > end:
                return False
            with suppress(ChildProcessError):
                while os.waitpid(-self._group, os.WNOHANG) != (0, 0):
                    pass
            threading.Event().wait(_POLL_SECONDS)
        return True


def _inherit_orphans() -> None:
    """On Linux: what the command leaves becomes our child, so that we see it end where the first process does not look."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1))


def _send(group: int, number: int) -> bool:
    """Sends a signal to a process group; whether there was anybody to get it."""
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


def _stop_with_our_group(number: int) -> None:
    """Stops this process and those that were started with it, as the terminal would; returns when it is continued."""
    handler = signal.signal(number, signal.SIG_DFL)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.killpg(os.getpgrp(), number)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(number, handler)
