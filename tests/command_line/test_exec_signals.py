"""`minimax-mock exec` passes signals on, and leaves nothing behind."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
import urllib3

from contract_tests.api import MINIMAL, Api
from tests.command_line.execute import EXEC, run, started, told
from tests.command_line.test_serve import environment

WAIT_FOR_SIGNAL = (
    "import signal, sys\n"
    "for number in map(int, sys.argv[1:]):\n"
    "    signal.signal(number, lambda number, _: sys.exit(40 + number))\n"
    "print('ready', flush=True)\n"
    "while True: signal.pause()"
)


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM],
)
def test_a_signal_is_passed_on(number: signal.Signals) -> None:
    """The command gets it, and its exit code counts."""
    with started(WAIT_FOR_SIGNAL, str(int(number))) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 40 + number
    assert errors == (
        f"minimax-mock: the command ended with {40 + number}; seed 5 repeats its random choices (--seed 5)\n"
    )


def test_a_signal_that_kills_the_command_ends_exec() -> None:
    """Without a handler the command dies of it, and exec says so in its exit code."""
    with started(WAIT_FOR_SIGNAL) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 128 + signal.SIGTERM


def test_a_signal_reaches_what_the_command_waits_for() -> None:
    """A shell that waits for a program hears it, since the program hears it too."""
    shell = "import os, sys; os.execvp('sh', ['sh', '-c', 'trap \"exit 7\" TERM; \"$@\"; exit 8', *sys.argv])"
    with started(shell, sys.executable, "-c", WAIT_FOR_SIGNAL) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 7


def test_a_signal_that_came_while_exec_was_stopped_is_passed_on() -> None:
    """What a stopped job is sent reaches the command; no thread of the server swallows the signal."""
    source = (
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])\n"
        "print('ready', flush=True)\n"
        "while signal.sigwait([signal.SIGHUP]): print('told', flush=True)"
    )
    with started(source) as process:
        assert process.stdout is not None
        for _ in range(6):  # which thread would swallow it is a matter of luck
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGCONT)
            assert select.select([process.stdout], [], [], 30)[0], "the signal was lost"
            assert process.stdout.readline() == "told\n"


def test_the_command_starts_with_the_callers_signals() -> None:
    """What it ignores and blocks is what it would without exec."""
    tell = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]
    without = subprocess.run(tell, capture_output=True, text=True, check=True)
    # Signals 1 to 28: the C library has some of its own above, which it ignores in what it spawns.
    ends = [[line[-7:] for line in output.splitlines()] for output in (run(tell).stdout, without.stdout)]
    assert ends[0] == ends[1]
    assert len(ends[0]) == 2


def test_a_signal_that_is_ignored_stays_so() -> None:
    """Under nohup the command ignores SIGHUP as well, as if exec were not there."""
    tell = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    done = subprocess.run(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *EXEC, "--", sys.executable, "-c", tell],
        capture_output=True, text=True, timeout=30, env=environment(), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "True\n")


def test_a_parent_that_ignores_its_children_changes_nothing() -> None:
    """Where SIGCHLD is ignored from the start, the exit code is known all the same."""
    done = subprocess.run(
        ["bash", "-c", 'trap "" CHLD; exec "$@"', "sh", *EXEC, "--", "sh", "-c", "exit 3"],
        capture_output=True, text=True, timeout=30, env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("name", "ignored", "code", "output"),
    [
        ("SIGTERM", False, 128 + signal.SIGTERM, ""),
        ("SIGHUP", True, 0, "started\n"),
        ("SIGTSTP", False, 0, "started\n"),
    ],
)
def test_a_signal_before_the_command_starts(name: str, ignored: bool, code: int, output: str) -> None:
    """While the mock is still starting, what ends exec ends it without the command; anything else is no matter."""
    source = (
        "import os, signal, sys; from mock_server import MockServer; from mock_server.cli import main\n"
        f"if {ignored}: signal.signal(signal.{name}, signal.SIG_IGN)\n"
        "start = MockServer.start\n"
        f"MockServer.start = lambda self: os.kill(os.getpid(), signal.{name}) or start(self)\n"
        "sys.exit(main(['exec', '--', 'echo', 'started']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=False,
        start_new_session=True,  # where nobody could continue it after a SIGTSTP
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (code, output, "")


def test_a_signal_in_the_moment_of_the_start_is_passed_on() -> None:
    """One that comes after the last look and before there is a child is kept for it."""
    source = (
        "import os, signal, sys; from mock_server.cli.child import Child, Signals\n"
        "signals = Signals()\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "with Child(['sleep', '600'], os.environ, signals) as child: sys.exit(child.wait())"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, timeout=30, check=False)
    assert done.returncode == 128 + signal.SIGTERM


# ---- nothing left behind


def test_what_the_command_left_is_ended() -> None:
    """A program that it left in the background is gone, even from the table of processes; its exit code stays."""
    begin = time.monotonic()
    done = run(["sh", "-c", "sleep 600 & echo $!; exit 5"])  # ends when sleep has closed its stdout
    assert time.monotonic() - begin < 20
    assert done.returncode == 5
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_what_ignores_its_end_is_killed() -> None:
    """What is still there a second after SIGTERM gets SIGKILL, and exec waits for neither longer than that."""
    source = (
        "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen(['sleep', '600']); print('ready', flush=True); input()"
    )
    with started(source) as process:
        begin = time.monotonic()
        process.communicate("\n", timeout=30)
    assert process.returncode == 0
    assert 1 <= time.monotonic() - begin < 20


def test_the_port_is_free_again() -> None:
    """Nobody listens once exec has ended."""
    url = urllib3.util.parse_url(told()["MINIMAX_MOCK_URL"])
    with socket.create_server((str(url.host), int(url.port or 0))):
        pass


def test_two_at_once_do_not_meet() -> None:
    """Each command has a mock of its own."""
    tell = "import os; print('ready', flush=True); print(os.environ['MINIMAX_MOCK_URL'], flush=True); input()"
    with ExitStack() as stack:
        processes = [stack.enter_context(started(tell)) for _ in range(2)]
        urls = {process.stdout.readline().strip() for process in processes if process.stdout is not None}
        assert len(urls) == 2
        assert {Api(url, "k-1").create(MINIMAL).code for url in urls} == {0}
        for process in processes:
            process.communicate("\n", timeout=30)
            assert process.returncode == 0
