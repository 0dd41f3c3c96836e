"""Several cases at the same time: most of the time of a case is spent waiting for time-outs."""

from __future__ import annotations

import queue
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contract_tests.client.case import ClientCase
from contract_tests.client.session import ClientSession


class ClientPanel:
    """So many sessions of one client, each with a process of its own, at one mock: a context manager.

    The arguments are those of ClientSession. Cases that were announced are begun in their order, as soon as a session is
    free; `judge` waits for one. Without an announcement a case is judged when it is asked for.
    """

    def __init__(
        self, plug: str, *, jobs: int, folder: Path, url: str | None, patience: float, keep: tuple[str, ...]
    ) -> None:
        self._plug, self._jobs = plug, jobs
        self._folder, self._url, self._patience, self._keep = folder, url, patience, keep
        self._free: queue.SimpleQueue[ClientSession] = queue.SimpleQueue()
        self._sessions: list[ClientSession] = []
        self._begun: dict[str, Future[dict[str, Any]]] = {}
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        try:
            first = self._open(self._url)
            for _ in range(self._jobs - 1):
                self._open(first.url)
        except BaseException:
            self._ending.close()
            raise
        self._threads = ThreadPoolExecutor(self._jobs, thread_name_prefix="minimax-case")
        self._ending.callback(lambda: self._threads.shutdown(cancel_futures=True))
        return self

    def _open(self, url: str | None) -> ClientSession:
        session = ClientSession(self._plug, folder=self._folder, url=url, patience=self._patience, keep=self._keep)
        self._ending.enter_context(session)
        self._sessions.append(session)
        self._free.put(session)
        return session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.close()

    def announce(self, cases: Iterable[ClientCase]) -> None:
        """Begins with these cases."""
        for case in cases:
            self._begun[case.id] = self._threads.submit(self._judge, case)

    def judge(self, case: ClientCase) -> dict[str, Any]:
        """The record of one case."""
        if case.id not in self._begun:
            self.announce([case])
        return self._begun.pop(case.id).result()

    @property
    def secrets(self) -> list[str]:
        """The keys that were used so far."""
        return [key for session in self._sessions for key in session.secrets]

    def _judge(self, case: ClientCase) -> dict[str, Any]:
        session = self._free.get()
        try:
            return session.judge(case)
        finally:
            self._free.put(session)
