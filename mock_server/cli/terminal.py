"""The terminal that a command was started at: which process group has it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress


class Terminal:
    """The terminal of this session, if there is one. Make it after the child, which would inherit what is ignored here."""

    def __init__(self) -> None:
        self._given = False
        self._file: int | None = None
        with suppress(OSError):
            self._file = os.open("/dev/tty", os.O_RDWR)
            # Without this we would be stopped where we take it back, and where we write while another group has it.
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)

    def give_to(self, group: int) -> bool:
        """Hands it to a process group; whether that could be done, which is where our own group has it, or the other."""
        if self._file is None:
            return False
        with suppress(OSError):
            if os.tcgetpgrp(self._file) in (os.getpgrp(), group):
                os.tcsetpgrp(self._file, group)
                self._given = True
                return True
        return False

    def take_back(self) -> bool:
        """Takes it back for our own group; whether it had been given."""
        given, self._given = self._given, False
        if self._file is not None and given:
            with suppress(OSError):
                os.tcsetpgrp(self._file, os.getpgrp())
        return given

    def close(self) -> None:
        """Forgets it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
