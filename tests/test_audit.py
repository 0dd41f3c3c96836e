"""`make audit`: silent about nothing, and red only for a vulnerability."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.security.audit import audit, run_time_packages

FLASK = {"name": "flask", "version": "3.0.0", "vulns": []}
LEAKY = FLASK | {"vulns": [{"id": "PYSEC-1", "fix_versions": ["3.0.1"]}]}
UNKNOWN = {"name": "av", "skip_reason": "Dependency not found on PyPI and could not be audited: av (14)"}
OWN = {"name": "minimax-mock", "skip_reason": "not on PyPI"}


def pip_audit(folder: Path, **said: list[Any] | None) -> str:
    """A command in the place of pip-audit, that says this for each service, or fails for one of which nothing is known."""
    for service, packages in said.items():
        if packages is not None:
            (folder / service).write_text(json.dumps({"dependencies": packages}))
    command = folder / "pip-audit"
    command.write_text(
        f'#!/bin/sh\ncat "{folder}/$2" 2>/dev/null || {{ echo "ConnectionError: no such host" >&2; exit 1; }}\n'
    )
    command.chmod(0o755)
    return str(command)


@pytest.mark.parametrize(
    ("pypi", "osv", "words"),
    [
        ([FLASK, OWN], None, "0 known vulnerabilities in 1 packages (pypi)"),
        ([FLASK, UNKNOWN], None, "0 known vulnerabilities in 1 packages (pypi); 1 are unknown there: av"),
        ([LEAKY], None, "1 known vulnerabilities in 1 packages (pypi)"),
        ([UNKNOWN], [FLASK], "0 known vulnerabilities in 1 packages (osv)"),
        (None, [FLASK], "0 known vulnerabilities in 1 packages (osv)"),
    ],
)
def test_what_was_found(tmp_path: Path, pypi: Any, osv: Any, words: str) -> None:
    """The first service that knows anything is believed, and what it does not know is named."""
    assert audit(pip_audit(tmp_path, pypi=pypi, osv=osv)).in_words == words


def test_no_data_is_no_silence(tmp_path: Path) -> None:
    """A mirror that knows no package would look like a clean bill; that it was not asked is said, with the reason."""
    found = audit(pip_audit(tmp_path, pypi=[UNKNOWN, OWN], osv=None))
    assert found.vulnerable == []
    assert found.in_words.startswith(
        "not done, the data cannot be had here (pypi: it knows none of the 1 packages; osv: "
    )
    assert "no such host" in found.in_words
    assert "No such file" in audit(str(tmp_path / "missing")).in_words


def test_a_vulnerability_says_whom_it_concerns(tmp_path: Path) -> None:
    """Package, version, identifier, the release with the fix, and whether users have it."""
    other = LEAKY | {"name": "schemathesis"}
    found = audit(pip_audit(tmp_path, pypi=[LEAKY, other])).vulnerable
    assert found[0] == "flask 3.0.0, needed at run time: PYSEC-1 (fixed in 3.0.1)"
    assert found[1].startswith("schemathesis 3.0.0, for development only: ")


def test_run_time_packages_are_those_of_pip_install() -> None:
    """With what they bring themselves, and without the extras."""
    assert {"flask", "werkzeug", "aiohttp", "regex"} <= run_time_packages()
    assert not run_time_packages() & {"schemathesis", "mypy", "av"}
