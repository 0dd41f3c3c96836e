"""Judges a client: `--minimax-client PLUG`. Each case of the catalogue is one test, named by its id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.client.case import ClientCase, client_cases
from contract_tests.client.mock import MockRefused
from contract_tests.client.panel import ClientPanel
from contract_tests.plugs.plug import UnusablePlug
from contract_tests.suite import kit_of
from contract_tests.verdict import UNUSABLE


@pytest.fixture(scope="session")
def panel(request: pytest.FixtureRequest) -> Iterator[ClientPanel]:
    """The client, plugged in, with a mock of its own or the one of `--minimax-url`, and every case of this run under way."""
    options, kit = request.config.option, kit_of(request.config)
    assert kit is not None
    panel = ClientPanel(
        options.minimax_client, jobs=options.minimax_jobs, folder=Path.cwd(), url=options.minimax_url,
        patience=options.minimax_patience, keep=tuple(options.minimax_keep),
    )  # fmt: skip
    try:
        panel.__enter__()
    except (UnusablePlug, MockRefused) as error:
        kit.leave(str(error), UNUSABLE)
    try:
        if not options.maxfail:
            panel.announce(_chosen(request.session))
        yield panel
    finally:
        panel.__exit__(None, None, None)


def _chosen(session: pytest.Session) -> list[ClientCase]:
    """The cases of this run, or of this worker, in its order."""
    specs = (getattr(item, "callspec", None) for item in session.items)
    return [case for spec in specs if spec is not None and isinstance(case := spec.params.get("case"), ClientCase)]


@pytest.mark.parametrize("case", client_cases(), ids=lambda case: case.id)
def test_client(case: ClientCase, panel: ClientPanel, request: pytest.FixtureRequest) -> None:
    """What the case obliges the client to, on the wire first and in words second."""
    kit = kit_of(request.config)
    assert kit is not None
    kit.settle(request.node, panel.judge(case), panel.secrets)
