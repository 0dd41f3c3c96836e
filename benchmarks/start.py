"""From the start of the process to the first valid answer to a create, for which the port is asked every 5 ms.

Python finds the bytecode of the mock, as it does where a package was installed: the first round has written it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.contestants import PRISM, field
from benchmarks.row import FLOOR, MOCK, Limit, Row
from benchmarks.subject import running


def measure(rounds: int) -> list[Row]:
    """One start of everybody in each round; the first round, which reads the disk, does not count."""
    subjects = field()
    values: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for subject in subjects:
                with running(subject, Path(folder)) as server:
                    if number > 0:
                        values[server.name].append(server.seconds_to_first_answer)
    return [
        Row(
            "process start to first valid create", "s", values, FLOOR, subject=MOCK,
            limits=[Limit(MOCK, PRISM, at_most=0.25, words="a quarter")],
        )
    ]  # fmt: skip
