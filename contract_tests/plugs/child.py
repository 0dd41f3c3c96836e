"""A contained process: in a group of its own, which ends as a whole, with output that is read without end and kept in part."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from contract_tests.plugs.documents import Stop
from contract_tests.plugs.strays import end_strays
from contract_tests.plugs.surroundings import MARK

KEPT_BYTES = 1_000_000
# Between the request to end and the end by force.
TERM_SECONDS = 0.3
# For output that is still on its way when the process has ended.
_REST_SECONDS = 0.5
_KILL_SECONDS = 5.0
_CHUNK = 65_536
# So much of the one stream is read before the other one gets its turn.
_AT_ONCE = 64


class Output:
    """What a stream said: its beginning and its end, when it is more than `limit` bytes."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Takes more."""
        self._size += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:  # now and then, not for every chunk
            del self._tail[: -self._half]

    def take(self) -> str:
        """What came since the last time."""
        tail = self._tail[-self._half :]
        left_out = self._size - len(self._head) - len(tail)
        between = f"\n[… {left_out} bytes are left out here]\n" if left_out else ""
        if left_out:
            text = self._head.decode("utf-8", "replace") + between + tail.decode("utf-8", "replace")
        else:
            text = (self._head + tail).decode("utf-8", "replace")
        self._head, self._tail, self._size = bytearray(), bytearray(), 0
        return text


class Child:
    """A process that was started. Whoever calls `pump` and its kin moves its bytes; only one thread may do that.

    `heard` gets what comes on stdout in place of `out`. `descriptors` are handed to the process, as they are. Raises OSError
    or ValueError when it cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        talks: bool = False,
        heard: Callable[[bytes], None] | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        self.out, self.err = Output(), Output()
        self.ended = False
        self._mark = environment.get(MARK, "")
        self._heard = heard or self.out.add
        self._pending = bytearray()
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603 - the user's own words
            list(argv), cwd=folder, env=dict(environment), start_new_session=True, bufsize=0, pass_fds=descriptors,
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ, self._hear_end)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._open = {self._process.stdout.fileno(): self._heard, self._process.stderr.fileno(): self.err.add}
        for stream in (self._process.stdout, self._process.stderr):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, self._read)
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)
        threading.Thread(target=self._await_end, name="contract-kit-child", daemon=True).start()

    @property
    def pid(self) -> int:
        """The number of the process and of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, the negative number of a signal that ended it."""
        return self._process.returncode

    def send(self, data: bytes) -> None:
        """Has the data written to its stdin as far as it reads them, while `pump` runs."""
        assert self._process.stdin is not None
        self._pending += data
        with suppress(KeyError, ValueError):
            self._selector.register(self._process.stdin, selectors.EVENT_WRITE, self._write)

    def pump(self, until: Callable[[], bool], limit: float) -> bool:
        """Moves bytes until something holds, or until `limit` on the monotonic clock; says whether it holds."""
        while not until():
            left = limit - time.monotonic()
            if left <= 0:
                return False
            self._turn(left)
        return True

    def look(self) -> None:
        """Takes in what has happened meanwhile, without waiting."""
        for _ in range(_AT_ONCE):
            if not self._turn(0):
                return

    def signal(self, number: int) -> bool:
        """Sends a signal to the whole group; says whether the process was still there."""
        with self._lock:
            return self._process.returncode is None and self._signal_group(number)

    def end(self) -> None:
        """Ends the whole group: on request, and shortly afterwards by force. What it still says is read."""
        self.signal(signal.SIGTERM)
        if not self.pump(lambda: self.ended, time.monotonic() + TERM_SECONDS):
            self.signal(signal.SIGKILL)
            self.pump(lambda: self.ended, time.monotonic() + _KILL_SECONDS)

    def rest(self) -> None:
        """Reads what is left after the end, and ends whoever left the group and keeps the streams open."""
        self.look()
        if self._open:
            end_strays(self._mark)
            self.pump(lambda: not self._open, time.monotonic() + _REST_SECONDS)

    def close(self, patience: float = 0.0) -> None:
        """Ends it and everything that it started. It has `patience` seconds to end by itself once its stdin is closed."""
        if self._process.stdin is not None:
            with suppress(KeyError):
                self._selector.unregister(self._process.stdin)
            self._process.stdin.close()
        if not self.pump(lambda: self.ended, time.monotonic() + patience):
            self.end()
        end_strays(self._mark)
        self._selector.close()
        for stream in (self._process.stdout, self._process.stderr, self._woken):
            assert stream is not None
            stream.close()

    def _await_end(self) -> None:
        if hasattr(os, "waitid"):
            # Until it is reaped its number is nobody else's, so that no other group can be hit.
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        with self._lock:
            self._signal_group(signal.SIGKILL)
            self._process.wait()
        self._waker.close()

    def _signal_group(self, number: int) -> bool:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _turn(self, seconds: float) -> int:
        ready = self._selector.select(seconds)
        for key, _ in ready:
            key.data(key.fileobj)
        return len(ready)

    def _hear_end(self, woken: socket.socket) -> None:
        self._selector.unregister(woken)
        self.ended = True

    def _read(self, stream: Any) -> None:
        descriptor = stream.fileno()
        if descriptor not in self._open:
            return
        # What it said on stderr before an answer has to be here before the answer is.
        assert self._process.stdout is not None
        if stream is self._process.stdout and self._process.stderr is not None:
            self._read(self._process.stderr)
        for _ in range(_AT_ONCE):
            try:
                data = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._selector.unregister(stream)
                del self._open[descriptor]
                return
            self._open[descriptor](data)

    def _write(self, stream: Any) -> None:
        try:
            written = os.write(stream.fileno(), self._pending[:_CHUNK])
            del self._pending[:written]
        except BlockingIOError:
            return
        except OSError:  # it has closed its stdin, or is gone
            self._pending.clear()
        if not self._pending:
            self._selector.unregister(stream)


class Stopping:
    """Sends the signal of a `Stop` to a child at its moment, while the context lasts and for `seconds` at most.

    `sent_at` is when that was, on the monotonic clock; None if it was not.
    """

    def __init__(self, child: Child, stop: Stop | None, seconds: float) -> None:
        self.sent_at: float | None = None
        self._child = child
        self._over = False
        self._lock = threading.Lock()
        self._waiting: threading.Thread | None = None
        if stop is not None:
            self._waiting = threading.Thread(target=self._wait, args=(stop, seconds), daemon=True)

    def __enter__(self) -> Stopping:
        if self._waiting is not None:
            self._waiting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._over = True

    def _wait(self, stop: Stop, seconds: float) -> None:
        if not stop.moment.wait(seconds):
            return
        with self._lock:
            if not self._over and self._child.signal(stop.signal):
                self.sent_at = time.monotonic()
