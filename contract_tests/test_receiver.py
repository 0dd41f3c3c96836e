"""Judges a callback receiver: `--minimax-receiver PLUG`. Each case of the catalogue is one test, named by its id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.plugs.documents import UnusablePlug
from contract_tests.receiver.case import ReceiverCase, cases
from contract_tests.receiver.mock import MockRefused
from contract_tests.receiver.session import ReceiverSession
from contract_tests.suite import kit_of
from contract_tests.verdict import UNUSABLE


@pytest.fixture(scope="session")
def receiver_session(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReceiverSession]:
    """The receiver, started where the kit can do that, with a mock of its own or the one of `--minimax-url`."""
    options, kit = pytestconfig.option, kit_of(pytestconfig)
    assert kit is not None
    session = ReceiverSession(
        options.minimax_receiver, ready=options.minimax_receiver_ready, state=options.minimax_receiver_state,
        fault=options.minimax_receiver_fault, url=options.minimax_url, key=options.minimax_key,
        folder=tmp_path_factory.mktemp("receiver"),
    )  # fmt: skip
    try:
        session.__enter__()
    except (UnusablePlug, MockRefused) as error:
        kit.leave(str(error), UNUSABLE)
    try:
        yield session
    finally:
        session.__exit__(None, None, None)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_receiver(case: ReceiverCase, receiver_session: ReceiverSession, request: pytest.FixtureRequest) -> None:
    """What the case obliges the receiver to: in its answers, in what it does, and in what it remembers."""
    kit = kit_of(request.config)
    assert kit is not None
    record = receiver_session.judge(case)
    kit.level = receiver_session.level
    kit.settle(request.node, record, receiver_session.secrets)
