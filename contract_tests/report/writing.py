"""Makes the whole report of one run, or the matrix of several."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contract_tests.report.folder import append, write_files
from contract_tests.report.github import workflow_commands
from contract_tests.report.junit import junit_text
from contract_tests.report.matrix import matrix
from contract_tests.report.pages import pages
from contract_tests.report.redaction import redacted
from contract_tests.report.results_file import checked, read_results, results_text
from contract_tests.report.summary import summary_text


def write_report(
    results: Mapping[str, Any],
    folder: Path,
    *,
    environment: Mapping[str, str],
    others: Sequence[Path] = (),
    secrets: Sequence[str] = (),
) -> list[Path]:
    """Writes results.json, matrix.html, cases/, junit.xml and summary.md; gives the paths back, in that order.

    The results are redacted first: of the `secrets`, of the keys in their call documents and of the MINIMAX_API_KEY of the
    environment. `others` are results.json files of other runs, which become more columns of the matrix. If the
    environment has GITHUB_STEP_SUMMARY the summary is appended there; under GITHUB_ACTIONS=true annotations are written to
    standard output. Raises ReportError.
    """
    named = [environment["MINIMAX_API_KEY"]] if environment.get("MINIMAX_API_KEY") else []
    own = checked(redacted(results, [*secrets, *named]), "results")
    merged = [own, *map(read_results, others)]
    summary = summary_text(own)
    machine = {"junit.xml": junit_text(own), "summary.md": summary}
    texts = {"results.json": results_text(own), **pages(matrix(merged)), **machine}
    written = write_files(folder, texts)
    if environment.get("GITHUB_STEP_SUMMARY"):
        append(Path(environment["GITHUB_STEP_SUMMARY"]), summary)
    if environment.get("GITHUB_ACTIONS") == "true":
        sys.stdout.write("".join(f"{line}\n" for line in workflow_commands(own)))
    return written


def write_matrix(results_files: Sequence[Path], folder: Path) -> list[Path]:
    """Writes matrix.html and cases/ of some results.json files: clients, receivers or versions side by side, in that order.

    Raises ReportError, which names the file and the member that is wrong.
    """
    return write_files(folder, pages(matrix([read_results(path) for path in results_files])))
