"""A client is judged case by case: what a right one comes to, and what strangers come to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.client.case import ClientCase, client_cases
from contract_tests.client.session import ClientSession

HERE = Path(__file__).resolve().parents[3]
CASES = {case.id: case for case in client_cases()}
# One of each kind of stage and operation, and quick ones.
SAMPLE = (
    "CL-REQ-001", "CL-AUTH-006", "CL-NET-001", "CL-NET-005", "CL-NET-008", "CL-NET-020", "CL-NET-028", "CL-POLL-002",
    "CL-POLL-012", "CL-POLL-019", "CL-POLL-020", "CL-DL-002", "CL-DL-004", "CL-DL-010", "CL-COST-002", "CL-COST-004", "CL-CB-003",
)  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> Iterator[ClientSession]:
    """The reference client, opened once."""
    with ClientSession("py:examples.reference_client:make", folder=HERE) as session:
        yield session


@pytest.mark.parametrize("name", SAMPLE)
def test_a_right_client_passes(reference: ClientSession, name: str) -> None:
    """The reference client passes what binds; what binds nobody is written down."""
    record = reference.judge(CASES[name])
    wanted = "INFO" if CASES[name].level == "info" else "PASS"
    assert record["outcome"] == wanted, record["reason"]
    assert record["calls"]
    assert record["checks"]


def test_a_program_that_only_generates() -> None:
    """Of a command line without {op} nothing else is asked; what it claims by exit code 0 is no pass."""
    with ClientSession("cmd:true", folder=HERE) as session:
        outcomes = [session.judge(CASES[name])["outcome"] for name in ("CL-POLL-019", "CL-CB-003", "CL-DL-004")]
    assert outcomes == ["N/A", "N/A", "FAIL"]


def test_what_a_client_does_not_offer(tmp_path: Path) -> None:
    """An operation that is answered with unsupported is not asked for again; a request besides is a mistake of the adapter."""
    (tmp_path / "strange.py").write_text(
        "import urllib.request\n"
        "def make():\n"
        "    def answer(call):\n"
        "        if call['op'] == 'generate':\n"
        "            urllib.request.urlopen(urllib.request.Request(call['base_url'] + '/v1/video_generation', data=b'{}'))\n"
        "        raise NotImplementedError\n"
        "    return answer\n"
    )
    with ClientSession("py:strange:make", folder=tmp_path) as session:
        waiting, creating = session.judge(CASES["CL-POLL-019"]), session.judge(CASES["CL-POLL-004"])
    assert waiting["outcome"] == "N/A"
    assert waiting["reason"] == "the client does not offer wait"
    assert creating["outcome"] == "ERROR"
    assert "it sent a request" in creating["reason"]


def test_a_stage_that_cannot_be_set(reference: ClientSession) -> None:
    """A rule that the mock refuses is a fault of the kit, with the mock's own words."""
    wrong: ClientCase = CASES["CL-POLL-004"]
    broken = ClientCase(
        **{name: getattr(wrong, name) for name in ClientCase.__slots__} | {"rules": ({"then": {"kode": 1}},)}
    )
    record = reference.judge(broken)
    assert record["outcome"] == "ERROR"
    assert "kode" in record["reason"]
