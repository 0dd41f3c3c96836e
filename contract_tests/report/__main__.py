"""`python -m contract_tests.report FOLDER RESULTS.json…`: one matrix of the results of several runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from contract_tests.report import ReportError, write_matrix


def main(arguments: Sequence[str]) -> int:
    """Writes the matrix and names its page; 2 with one line when that is impossible."""
    folder, *files = map(Path, arguments or [""])
    try:
        if not files:
            raise ReportError("usage: python -m contract_tests.report FOLDER RESULTS.json…")
        matrix_page, *_ = write_matrix(files, folder)
    except ReportError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{matrix_page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
