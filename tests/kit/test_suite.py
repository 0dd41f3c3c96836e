"""How a run of pytest becomes one of the kit."""

from __future__ import annotations

from contract_tests.suite import LONGEST_NAME, shortened


def test_a_long_plug_gives_a_name_that_the_report_takes() -> None:
    """A command line with many flags is longer than that; the report of the whole run must not be lost for it."""
    plug = f"cmd:client {'--flag ' * 40}"
    assert (len(shortened(plug)), shortened(plug)[-1]) == (LONGEST_NAME, "…")
    assert shortened("py:client:make") == "py:client:make"
