"""`python -m contract_tests.report FOLDER RESULTS.json…`: one matrix of the results of several runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from contract_tests.report import ReportError, write_matrix

_FEWEST = 2


def main(arguments: Sequence[str]) -> int:
    """Writes the matrix and names its page; 2 with one line when that is impossible."""
    if len(arguments) < _FEWEST:
        sys.stderr.write("usage: python -m contract_tests.report FOLDER RESULTS.json…\n")
        return 2
    folder, *files = map(Path, arguments)
    try:
        matrix_page, *_ = write_matrix(files, folder)
    except ReportError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{matrix_page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
