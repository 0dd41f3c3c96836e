"""Clients that do next to nothing are put before a few cases for real; every case is put to them in the nightly run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.client.case import client_cases
from contract_tests.client.session import ClientSession

_BODY = '{\\"model\\": \\"MiniMax-Hailuo-02\\", \\"first_frame_image\\": \\"https://example.com/cat.jpg\\"}'
_CURL = (
    "cmd:curl -s --fail {base_url}/v1/video_generation -H 'Content-Type: application/json' "
    f'-H "Authorization: Bearer {{api_key}}" -d "{_BODY}"'
)
# One of each kind: success, refusal or local error, an error that an exit code could be, a redirect, a code.
_SAMPLE = ("CL-REQ-001", "CL-REQ-006", "CL-AUTH-003", "CL-AUTH-009", "CL-ERR-005", "CL-ERR-109")


@pytest.fixture(scope="module", params=["cmd:true", "cmd:false", _CURL], ids=["exits-0", "always-errs", "curl"])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientSession]:
    """A session with a client that does nothing, that always errs, or that is curl on create alone."""
    with ClientSession(request.param, folder=tmp_path_factory.mktemp("project")) as opened:
        yield opened


@pytest.mark.parametrize("name", _SAMPLE)
def test_no_case_passes(session: ClientSession, name: str) -> None:
    """It fails, or cannot be seen; it never passes, and the kit is not at fault."""
    (case,) = (each for each in client_cases() if each.id == name)
    record = session.judge(case)
    assert record["outcome"] in ("FAIL", "NON-STRICT", "NOT-OBSERVABLE"), record["reason"]


def test_the_reference_client_is_not_among_them() -> None:
    """What the sample asks for can be had."""
    with ClientSession("py:examples.reference_client:make", folder=Path(__file__).parents[3]) as opened:
        outcomes = {case.id: opened.judge(case)["outcome"] for case in client_cases() if case.id in _SAMPLE}
    assert outcomes == dict.fromkeys(_SAMPLE, "PASS")
