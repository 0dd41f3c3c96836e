"""Writes the files of a report into its folder, over those of an earlier one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from contract_tests.report.errors import ReportError
from contract_tests.report.pages import CASES_FOLDER, GENERATOR
from contract_tests.report.results_file import CASE_ID

_HEAD = 2_000  # bytes of a page in which its generator is named


def write_files(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Writes every text under its name, each file at once or not at all, and takes away pages of cases that are no more.

    Raises ReportError when the folder cannot be written.
    """
    try:
        written = [_write(folder / name, text.encode()) for name, text in texts.items()]
        for page in _stale((folder / CASES_FOLDER).glob("*.html"), set(written)):
            page.unlink()
    except OSError as error:
        raise ReportError(f"report folder {folder}: cannot be written: {_words(error)}") from None
    return written


def append(path: Path, text: str) -> None:
    """Adds a text to a file. Raises ReportError when that is impossible."""
    try:
        with path.open("ab") as file:
            file.write(text.encode())
    except OSError as error:
        raise ReportError(f"GITHUB_STEP_SUMMARY {path}: cannot be written: {_words(error)}") from None


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _stale(pages: Iterable[Path], written: set[Path]) -> list[Path]:
    """Pages that an earlier report left. What somebody else put there has no such name, or does not name this generator."""
    named = [page for page in sorted(pages) if page not in written and re.fullmatch(CASE_ID, page.stem)]
    return [page for page in named if page.is_file() and GENERATOR.encode() in page.read_bytes()[:_HEAD]]


def _words(error: OSError) -> str:
    return f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}"
