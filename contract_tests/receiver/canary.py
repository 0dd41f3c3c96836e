"""A listener whose address stands in messages, to see who follows it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Canary:
    """A listener that nobody has a reason to contact. `contacts` counts who did all the same."""

    def __init__(self) -> None:
        self.contacts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/video.mp4"
        threading.Thread(target=self._listen, name="contract-canary", daemon=True).start()

    def close(self) -> None:
        """Stops listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.contacts += 1
                connection.close()
