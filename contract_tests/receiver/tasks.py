"""The tasks of a case: real ones of the mock, and some that nobody has ever made."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from contract_tests.receiver.mock import Mock, MockRefused

_WORDS = {"success": "success", "failed": "failed", "open": "processing"}


@dataclass(slots=True)
class Task:
    """A task. `end` is success, failed or open; `code` and `text` are what the query API says of a failure.

    `pushed` says that the mock itself tells the receiver about it.
    """

    task_id: str
    end: str = "open"
    file_id: str = ""
    code: int = 0
    text: str = "success"
    pushed: bool = False

    @property
    def word(self) -> str:
        """The status that an update tells."""
        return _WORDS[self.end]


class NoTask(Exception):
    """The create of a task was refused, so there is none."""


class Tasks:
    """The tasks of a case by name; one name may stand for many."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock
        self._named: dict[str, list[Task]] = {}

    def group(self, name: str) -> list[Task]:
        """All tasks of a name. Raises NoTask."""
        if not self._named[name]:
            raise NoTask(name)
        return self._named[name]

    def one(self, name: str) -> Task:
        """The only task of a name. Raises NoTask."""
        (task,) = self.group(name)
        return task

    def make(self, name: str, *, end: str, code: int = 0, count: int = 1) -> None:
        """Makes tasks at the mock and brings them to their end: success, failed, open, or mixed.

        Invented ones do not exist at the mock, though their ids look right.
        """
        self._named[name] = [self._made(end, code, number) for number in range(count)]

    def created(self, name: str, task_id: str) -> None:
        """Notes a task that the mock has made and tells the receiver about; an empty id when it was refused."""
        self._named[name] = [Task(task_id, pushed=True)] if task_id else []

    def finish(self, task: Task, *, end: str, code: int) -> None:
        """Ends a task at the mock, unless it has ended already."""
        shown = self._mock.task(task.task_id)
        if shown["status"] not in ("Success", "Fail"):
            shown = self._mock.end(task.task_id, code=code if end == "failed" else None)
        task.end, task.file_id, task.code = end, str(shown["file_id"]), int(shown["code"])
        if end == "failed":
            task.text = str(self._mock.query(task.task_id)["base_resp"]["status_msg"])
        if task.pushed:
            self._mock.wait_for_update(task.task_id, task.word)

    def _made(self, end: str, code: int, number: int) -> Task:
        if end == "invented":
            return Task(_digits(), "success", _digits())
        answer = self._mock.create()
        if not answer.get("task_id"):
            raise MockRefused(f"a create was refused: {answer.get('base_resp')}")
        task = Task(str(answer["task_id"]))
        if end == "mixed":
            end = "failed" if number % 3 == 2 else "success"
        if end != "open":
            self.finish(task, end=end, code=code)
        return task


def _digits() -> str:
    """An id like those of the service, of 15 digits."""
    return str(secrets.randbelow(9 * 10**14) + 10**14)
