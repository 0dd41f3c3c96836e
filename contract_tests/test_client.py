"""Judges a client: `--minimax-client PLUG`. Each case of the catalogue is one test, named by its id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.client.case import ClientCase, client_cases
from contract_tests.client.mock import MockRefused
from contract_tests.client.session import ClientSession
from contract_tests.plugs.plug import UnusablePlug
from contract_tests.suite import kit_of
from contract_tests.verdict import UNUSABLE


@pytest.fixture(scope="session")
def client_session(pytestconfig: pytest.Config) -> Iterator[ClientSession]:
    """The client, plugged in, with a mock of its own or the one of `--minimax-url`."""
    options = pytestconfig.option
    session = ClientSession(
        options.minimax_client, folder=Path.cwd(), url=options.minimax_url, patience=options.minimax_patience,
        keep=tuple(options.minimax_keep),
    )  # fmt: skip
    try:
        session.__enter__()
    except (UnusablePlug, MockRefused) as error:
        pytest.exit(f"minimax-mock: {error}", returncode=UNUSABLE)
    try:
        yield session
    finally:
        session.__exit__(None, None, None)


@pytest.mark.parametrize("case", client_cases(), ids=lambda case: case.id)
def test_client(case: ClientCase, client_session: ClientSession, request: pytest.FixtureRequest) -> None:
    """What the case obliges the client to, on the wire first and in words second."""
    kit = kit_of(request.config)
    assert kit is not None
    kit.settle(request.node, client_session.judge(case), client_session.secrets)
