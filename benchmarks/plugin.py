"""What the pytest plugin costs a run that does not use it.

Run `python benchmarks/plugin.py`. Each round starts new interpreters that import pytest and then the plugin, and times
that second import; beside it stands the time of an import that everybody knows, of the same round, as a measure of the
machine. The figures are medians in milliseconds, and the ratio of the two.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

ROUNDS = 15
_TIMED = "import time, pytest; start = time.perf_counter(); import {}; print((time.perf_counter() - start) * 1000)"


def milliseconds(module: str) -> float:
    """How long a module takes to import in a new interpreter that has pytest loaded."""
    done = subprocess.run([sys.executable, "-c", _TIMED.format(module)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Prints the medians."""
    rounds = [(milliseconds("mock_server.pytest_plugin"), milliseconds("unittest.mock")) for _ in range(ROUNDS)]
    plugin, known = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(mine / other for mine, other in rounds)
    print(f"plugin {plugin:.1f} ms, unittest.mock {known:.1f} ms, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
