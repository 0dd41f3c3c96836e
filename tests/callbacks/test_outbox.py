"""What is to be sent about one task, without anybody to send it."""

from __future__ import annotations

import pytest

from mock_server.callbacks.outbox import Message, Outbox
from mock_server.contract.contract import load_contract
from mock_server.world.task import Plan
from tests.world.make import task


def dropped(message: Message) -> None:
    """No rule drops anything here."""
    pytest.fail(f"dropped: {message}")


@pytest.mark.parametrize("late", [0.0, 5.0])
def test_the_end_never_overtakes_processing(late: float) -> None:
    """Queries may have ended a task before anybody looked; what is told of it keeps its order, however late that is."""
    polled = task(Plan(10.0, polls=1))
    polled.polls_seen, polled.last_poll = 1, 1001.0
    outbox = Outbox(load_contract(), lambda _occasion: None, retries=0)
    outbox.write(polled, 1001.0 + late, dropped)
    assert [outbox.take().body["status"] for _ in range(2)] == ["processing", "success"]
    assert outbox.complete
