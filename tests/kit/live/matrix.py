"""Live runs against every server that judges creates wrongly: `python -m tests.kit.live.matrix`.

Prints Markdown. The exit code is 1 when a server made a task, but for the one that a run cannot do anything about but stop.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import pytest

from tests.kit.live.stage import Stage, mock, tasks
from tests.kit.server.breaking import Breaking, Variant
from tests.kit.server.variants import VARIANTS

# Nothing is wrong there with a body that has nothing but its poison, since the mock fetches no picture.
STOPPED = ("not-challenged",)


def run_against(variant: Variant, folder: Path) -> tuple[int, int, int]:
    """Exit code, requests and tasks of a run."""
    with pytest.MonkeyPatch.context() as patch:
        variant.break_it(Breaking(patch))
        with mock() as server:
            stage = Stage(server.url, folder, server.url)
            return stage.run(), len(stage.sent), len(tasks(server))


def main() -> int:
    """Prints the table."""
    logging.disable(logging.CRITICAL)  # internal errors are what some of the variants are about
    sys.stdout.write("| server | exit code | requests | tasks |\n|---|---|---|---|\n")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, variant in VARIANTS.items():
            code, requests, made = run_against(variant, Path(folder))
            sys.stdout.write(f"| `{name}` | {code} | {requests} | {made} |\n")
            wrong += made > (name in STOPPED) or (made > 0 and code != 1)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
