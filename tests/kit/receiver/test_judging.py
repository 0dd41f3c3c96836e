"""Receivers are judged as they deserve: the reference passes, broken ones are caught, and what is unseen is no pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.outcome import Level
from contract_tests.plugs.documents import UnusablePlug
from contract_tests.receiver.case import ReceiverCase, cases
from contract_tests.receiver.plug import open_receiver
from contract_tests.receiver.session import ReceiverSession
from mock_server import MockServer, Settings
from tests.kit.receiver.broken.silent import PASSES
from tests.kit.receiver.matrix import KINDS, outcomes, session_of

# A part of what `python -m tests.kit.receiver.matrix` does with all of them on all cases.
SAMPLE = (
    ("TruthyChallenge", "RC-CHAL-006"), ("SharedEcho", "RC-CHAL-012"), ("StrictContentType", "RC-CHAL-011"),
    ("RefusesUnknownMembers", "RC-CHAL-008"), ("NoIdempotency", "RC-UPD-005"), ("LastStatusWins", "RC-UPD-008"),
    ("UnknownStatusIsFailure", "RC-UPD-012"), ("FloatIds", "RC-UPD-016"), ("TellsExceptions", "RC-BAD-010"),
    ("TrustsPush", "RC-SEC-001"), ("FollowsLinks", "RC-SEC-002"), ("KeepsRawMessages", "RC-SEC-003"),
)  # fmt: skip
BY_ID = {case.id: case for case in cases()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReceiverSession]:
    """A session in which everything of the reference receiver can be seen."""
    with session_of("Reference", tmp_path_factory.mktemp("reference")) as session:
        yield session


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_the_reference_receiver_passes(case: ReceiverCase, reference: ReceiverSession) -> None:
    """Every MUST and every SHOULD, with all that can be seen."""
    record = reference.judge(case)
    assert record["outcome"] == ("INFO" if case.level is Level.INFO else "PASS"), record["reason"]


@pytest.mark.parametrize(("name", "case_id"), SAMPLE)
def test_a_broken_receiver_is_caught(name: str, case_id: str) -> None:
    """By a case that it declares, and not by one that it does not."""
    caught = BY_ID[case_id]
    missed = BY_ID["RC-CHAL-001"]
    assert case_id in KINDS[name].catches
    wanted = "FAIL" if caught.level is Level.MUST else "NON-STRICT"
    assert outcomes(name, [caught, missed]) == {case_id: wanted, missed.id: "PASS"}


@pytest.mark.parametrize("name", PASSES)
def test_a_receiver_that_does_nothing_passes_nothing(name: str) -> None:
    """Except what is truly right."""
    assert {case_id for case_id, outcome in outcomes(name).items() if outcome == "PASS"} == PASSES[name]


def test_the_record_of_a_case_tells_everything(reference: ReceiverSession) -> None:
    """What was sent, what came, what was asked of the mock, and what was looked at."""
    record = reference.judge(BY_ID["RC-UPD-002"])
    assert {each["id"]: each["outcome"] for each in record["checks"]} == {
        "accepts": "met", "ends": "met", "file-id-kept": "met",
    }  # fmt: skip
    hosts = [each["host"] for each in record["wire"]]
    assert hosts.count("receiver") == 1
    assert hosts.count("api") >= 3
    (sent,) = (each for each in record["wire"] if each["host"] == "receiver")
    assert (sent["request"]["method"], sent["answer"]["status"]) == ("POST", 200)
    assert (record["level"], record["calls"], record["baseline"]) == ("must", [], None)
    assert all(record[name] for name in ("title", "basis", "why", "server", "obligation", "seconds"))
    assert any(secret in str(reference.secrets) for secret in reference.secrets)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A mock by the clock on the wall and a receiver that asks it, both running by themselves: their addresses."""
    receiver = open_receiver("wsgi:examples.reference_receiver:make_app()@/callback", folder=tmp_path / "elsewhere")
    with MockServer(Settings(port=0)) as mock:
        try:
            yield receiver.start(base_url=mock.url, api_key="key-of-the-receiver").url, mock.url
        finally:
            receiver.close()


def test_a_receiver_and_a_mock_that_run_already(elsewhere: tuple[str, str], tmp_path: Path) -> None:
    """What the kit cannot do there is not observable, the rest is judged as ever."""
    receiver, mock = elsewhere
    wanted = {
        "RC-UPD-005": "PASS", "RC-SEC-001": "PASS", "RC-E2E-004": "PASS", "RC-UPD-010": "PASS", "RC-CHAL-015": "PASS",
        "RC-CHAL-003": "NOT-OBSERVABLE", "RC-E2E-001": "NOT-OBSERVABLE", "RC-SEC-003": "NOT-OBSERVABLE",
    }  # fmt: skip
    with ReceiverSession(
        f"url:{receiver}", state="/tasks/{task_id}", url=mock, key="key-of-the-receiver", folder=tmp_path
    ) as session:
        assert session.level == 2
        assert {name: session.judge(BY_ID[name])["outcome"] for name in wanted} == wanted


def test_without_the_mock_only_answers_are_seen(elsewhere: tuple[str, str], tmp_path: Path) -> None:
    """A receiver that asks another mock than the kit's shows its answers, and the hint says what to do."""
    with ReceiverSession(f"url:{elsewhere[0]}", folder=tmp_path) as session:
        assert session.level == 0
        assert session.judge(BY_ID["RC-CHAL-001"])["outcome"] == "PASS"
        record = session.judge(BY_ID["RC-UPD-005"])
    assert record["outcome"] == "NOT-OBSERVABLE"
    assert "MINIMAX_BASE_URL" in record["reason"]


def test_effects_alone_prove_idempotency_but_no_state(tmp_path: Path) -> None:
    """Level 1: what is asked of the mock can be counted, what is stored cannot be seen."""
    with ReceiverSession("wsgi:examples.reference_receiver:make_app()@/callback", folder=tmp_path) as session:
        assert session.level == 1
        found = {name: session.judge(BY_ID[name])["outcome"] for name in ("RC-UPD-005", "RC-UPD-007", "RC-SEC-005")}
    assert found == {"RC-UPD-005": "PASS", "RC-UPD-007": "NOT-OBSERVABLE", "RC-SEC-005": "N/A"}


def test_the_receiver_of_the_documentation(tmp_path: Path) -> None:
    """It echoes well, and shows its insides."""
    with ReceiverSession("asgi:examples.receiver_fastapi:app@/get_callback", folder=tmp_path) as session:
        names = ("RC-CHAL-001", "RC-CHAL-014", "RC-BAD-002", "RC-BAD-010")
        found = {name: session.judge(BY_ID[name])["outcome"] for name in names}
    assert found == {
        "RC-CHAL-001": "PASS", "RC-CHAL-014": "NON-STRICT", "RC-BAD-002": "NON-STRICT", "RC-BAD-010": "FAIL",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("plug", "more", "said"),
    [
        (
            "wsgi:tests.kit.receiver.broken.base:Reference.app()@/elsewhere",
            {},
            "is answered 404; which path takes callbacks",
        ),
        ("wsgi:examples.reference_receiver:make_app()@/callback", {"state": "/missing?{task_id}&/tasks"}, None),
        ("wsgi:tests.kit.receiver.broken.silent:always_breaks@/", {"state": "/tasks/{task_id}"}, "answered HTTP 500"),
        ("wsgi:examples.reference_receiver:make_app()@/callback", {"state": "tasks"}, "begin it with"),
    ],
)
def test_a_plug_that_shows_nothing_is_unusable(
    plug: str, more: dict[str, Any], said: str | None, tmp_path: Path
) -> None:
    """Found out before the first case, in one line."""
    if said is None:  # a probe that knows no task is no mistake: the receiver may have lost it
        with ReceiverSession(plug, folder=tmp_path, **more) as session:
            assert session.level == 2
        return
    with pytest.raises(UnusablePlug, match=said), ReceiverSession(plug, folder=tmp_path, **more):
        pass


def test_a_receiver_that_dies_is_at_fault_and_the_next_case_has_a_new_one(tmp_path: Path) -> None:
    """The kit is not to blame, and starts it again."""
    with session_of("DeepJsonKills", tmp_path) as session:
        died = session.judge(BY_ID["RC-BAD-008"])
        assert session.judge(BY_ID["RC-CHAL-001"])["outcome"] == "PASS"
    assert died["outcome"] == "NON-STRICT"
    assert {each["id"]: each["actual"] for each in died["checks"]}["goes-on"] == "it ended with 134"
