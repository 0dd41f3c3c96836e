"""What the mock sends is what was recorded or documented."""

from __future__ import annotations

import pytest

from tests.wire.comparing import differences
from tests.wire.goldens import Golden, goldens
from tests.wire.stage import Stage


@pytest.mark.parametrize("golden", goldens(), ids=str)
def test_golden_holds(golden: Golden, stage: Stage) -> None:
    """Status, headers, keys in their order, JSON types and every literal are those of the golden; the rest matches."""
    found = differences(golden, stage.play(golden))
    assert not found, "\n".join(found)
