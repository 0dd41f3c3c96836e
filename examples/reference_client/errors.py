"""The one exception of the client, which says what went wrong, what it was about, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(eq=False)
class VideoError(Exception):
    """A call that came to nothing.

    `kind` is one of auth, balance, rate_limited, quota, sensitive, invalid_params, server, network, timeout, protocol,
    task_failed, download, usage, unknown; `code` the service's own, where there was one. `ambiguous`: a task may have
    been made, and paid, although its answer was lost. `retryable`: the same step can be asked for again later; it is
    never set where that could be paid for twice. An error with a `task_id` is about a task that exists: ask for that one
    again, with `wait` or `finish`, instead of making another. `trace_id` is what the vendor's support asks for.
    """

    kind: str
    message: str
    code: int | None = None
    retryable: bool = False
    ambiguous: bool = False
    task_id: str | None = None
    file_id: str | None = None
    trace_id: str | None = None
    # Seconds that the service asked to be left alone for.
    retry_after: float | None = None

    def __str__(self) -> str:
        known = {"code": self.code, "task": self.task_id, "file": self.file_id, "trace": self.trace_id}
        about = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
        return f"{self.kind}: {self.message}" + (f" ({about})" if about else "")


@contextmanager
def about(*, task_id: str | None = None, file_id: str | None = None) -> Iterator[None]:
    """Writes onto every error which task and file it is about, so that what was paid for is never lost."""
    try:
        yield
    except VideoError as error:
        error.task_id = task_id or error.task_id
        error.file_id = file_id or error.file_id
        raise
