"""The vendor's clients fail and pass where docs/vendor-clients.md says so, in the cases that it says most about."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client.case import client_cases
from contract_tests.client.panel import ClientPanel
from tests.documents import ROOT

PAGE = (ROOT / "docs" / "vendor-clients.md").read_text()
MCP = "py:examples.adapters.minimax_mcp_client:make"
MMX = Path(sys.prefix) / "node" / "node_modules" / "mmx-cli" / "dist" / "mmx.mjs"
# The checks that are not met, by case; none for one that passes.
Broken = Mapping[str, set[str]]
PATIENCE = 2.0  # the time of an error is not the point, and Node starts slowly on a busy machine
OF_MCP: Broken = {
    "CL-AUTH-006": set(),
    "CL-AUTH-009": {"stays"},
    "CL-ERR-014": {"code-2038"},
    "CL-ERR-102": {"error"},
    "CL-POLL-006": set(),
    "CL-POLL-013": {"succeeds", "queries", "slows-down"},
    "CL-REQ-009": {"label"},
}
OF_MMX: Broken = {
    "CL-DL-004": {"succeeds"},
    "CL-POLL-006": {"kind", "stops-there"},
    "CL-ERR-002": {"not-sensitive", "kind", "retryable"},
    "CL-ERR-018": {"kind", "never-polls"},
    "CL-AUTH-006": {"kind"},
    "CL-REQ-009": {"success"},  # the label is right; no file arrives, as in CL-DL-004
}


def broken_checks(plug: str, cases: Broken, *, jobs: int, keep: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """What is broken in the records of these cases, of which `jobs` are played at the same time."""
    chosen = [case for name in cases for case in client_cases() if case.id == name]
    with ClientPanel(plug, jobs=jobs, folder=ROOT, url=None, patience=PATIENCE, keep=keep) as panel:
        panel.announce(chosen)
        return {case.id: _broken(panel.judge(case)) for case in chosen}


def _broken(record: Mapping[str, Any]) -> set[str]:
    assert record["outcome"] in ("PASS", "NON-STRICT", "FAIL"), record["reason"]
    return {check["id"] for check in record["checks"] if check["outcome"] == "broken"}


def plug_of_the_page(program: str) -> str:
    """The plug as the page has it."""
    command = next(
        line
        for line in PAGE.replace("\\\n", "").splitlines()
        if line.startswith(f"minimax-mock check client '{program}")
    )
    return shlex.split(command)[3]


def test_minimax_mcp() -> None:
    """The Python client, through its adapter."""
    assert broken_checks(MCP, OF_MCP, jobs=1) == OF_MCP


def test_mmx_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    """The JavaScript client, through the command line of the page."""
    assert MMX.exists(), "mmx-cli is missing: run `make test`, which installs it"
    monkeypatch.setenv("MMX", str(MMX))
    assert broken_checks(plug_of_the_page("cmd:sh examples/adapters/mmx.sh"), OF_MMX, jobs=3, keep=("MMX",)) == OF_MMX


@pytest.mark.parametrize("cases", [OF_MCP, OF_MMX])
def test_the_page_names_every_case_that_is_broken_here(cases: Broken) -> None:
    """What this file proves is what the page says."""
    named = set(re.findall(r"CL-[A-Z]+-\d+", PAGE))
    assert {case for case, checks in cases.items() if checks} <= named


def test_the_page_has_the_versions_that_are_run() -> None:
    """Another version may well do better."""
    project, package = (ROOT / name for name in ("pyproject.toml", "tests/strangers/package.json"))
    for text, pattern in (
        (project.read_text(), r"(minimax-mcp)==([\d.]+)"),
        (package.read_text(), r'"(mmx-cli)": "([\d.]+)"'),
    ):
        found = re.search(pattern, text)
        assert found is not None
        assert f"{found[1]} {found[2]}" in PAGE
