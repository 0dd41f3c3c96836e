"""Who may send next: so many messages are under way at the same time, and a receiver that never answers takes few of them.

An eighth of all places is for receivers (a host with its port) that have none. Of the others a receiver may take one
more only while it has fewer than a sixteenth of those that are still free. So some stay free although receivers are dead:
forty that die at the same moment, each with many messages, leave five for the next. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from mock_server.callbacks.address import CallbackRefused, parse_receiver

# Messages under way at the same time: in all, where so many files may be open, and to one URL.
AT_ONCE = 1024
AT_ONCE_TO_ONE = 32
# A place is a connection; half of the files that the process may open are left to others.
_SHARE_OF_FILES = 2
_FEWEST = 64
_SHARE_OF_FREE = 16
_SHARE_FOR_FIRST = 8
# Receivers that are looked at when a place is free that the one who gave it back does not need.
_LOOKED_AT = 8


@dataclass(slots=True, eq=False)
class Host:
    """A host with its port: how many places it has, and its lines in which somebody waits, the next first."""

    name: str
    taken: int = 0
    waiting: deque[Line] = field(default_factory=deque)
    lines: int = 0


@dataclass(slots=True, eq=False)
class Line:
    """Those who want to send to one URL, in order."""

    url: str
    host: Host
    taken: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Places:
    """Gives out places and takes them back."""

    def __init__(self, count: int | None = None) -> None:
        self._free = _as_many_as_files_allow() if count is None else count
        self._for_first = self._free // _SHARE_FOR_FIRST
        self._lines: dict[str, Line] = {}
        self._hosts: dict[str, Host] = {}
        # Hosts for which somebody waits, the next first.
        self._waiting: OrderedDict[Host, None] = OrderedDict()

    @property
    def free(self) -> int:
        """How many nobody has."""
        return self._free

    async def take(self, url: str) -> Line:
        """Waits for a place to send to this URL; gives what `give_back` wants."""
        line = self._lines.get(url) or self._new_line(url)
        if not line.waiting and self._may_send(line):
            self._begin(line)
            return line
        turn = asyncio.get_running_loop().create_future()
        if not line.waiting:
            self._waiting.setdefault(line.host)
            line.host.waiting.append(line)
        line.waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn had come
                self.give_back(line)
            raise
        return line

    def give_back(self, line: Line) -> None:
        """The place is free again: for the same receiver, or first for the next one when it is the only one."""
        self._free += 1
        line.taken -= 1
        line.host.taken -= 1
        if self._free == 1:
            _ = self._next_of_any() or self._next_of(line.host)
        else:
            _ = self._next_of(line.host) or self._next_of_any()
        self._forget_if_idle(line)

    def _new_line(self, url: str) -> Line:
        try:
            receiver = parse_receiver(url)
            name = f"{receiver.host}:{receiver.port}"
        except CallbackRefused:  # nothing will be sent there
            name = ""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name)
        host.lines += 1
        line = self._lines[url] = Line(url, host)
        return line

    def _may_send(self, line: Line) -> bool:
        allowed = max(1, (self._free - self._for_first) // _SHARE_OF_FREE)
        return self._free > 0 and line.taken < AT_ONCE_TO_ONE and line.host.taken < allowed

    def _begin(self, line: Line) -> None:
        self._free -= 1
        line.taken += 1
        line.host.taken += 1

    def _next_of_any(self) -> bool:
        """Whether the next host could be given a place; of many that may not have one only some are looked at."""
        for _ in range(_LOOKED_AT):
            host = next(iter(self._waiting), None)
            if host is None:
                return False
            self._waiting.move_to_end(host)
            if self._next_of(host):
                return True
        return False

    def _next_of(self, host: Host) -> bool:
        """Whether somebody who waits for this host could be given a place. Its lines take turns."""
        for _ in range(len(host.waiting)):
            line = host.waiting[0]
            while line.waiting and line.waiting[0].done():  # cancelled meanwhile
                line.waiting.popleft()
            if line.waiting and self._may_send(line):
                self._begin(line)
                line.waiting.popleft().set_result(None)
                self._step_on(host, line)
                return True
            self._step_on(host, line)
        return False

    def _step_on(self, host: Host, line: Line) -> None:
        """The line has had its turn; it goes to the end, or away when nobody waits in it any more."""
        host.waiting.popleft()
        if line.waiting:
            host.waiting.append(line)
        else:
            self._forget_if_idle(line)
            if not host.waiting:
                del self._waiting[host]

    def _forget_if_idle(self, line: Line) -> None:
        if line.taken or line.waiting or self._lines.get(line.url) is not line:
            return
        del self._lines[line.url]
        line.host.lines -= 1
        if not line.host.lines:
            del self._hosts[line.host.name]


def _as_many_as_files_allow() -> int:
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return AT_ONCE
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return AT_ONCE if files == resource.RLIM_INFINITY else max(_FEWEST, min(AT_ONCE, files // _SHARE_OF_FILES))
