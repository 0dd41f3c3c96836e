"""How a run of pytest becomes one of the kit."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.suite import LONGEST_NAME, _try_plug, shortened


def test_a_long_plug_gives_a_name_that_the_report_takes() -> None:
    """A command line with many flags is longer than that; the report of the whole run must not be lost for it."""
    plug = f"cmd:client {'--flag ' * 40}"
    assert (len(shortened(plug)), shortened(plug)[-1]) == (LONGEST_NAME, "…")
    assert shortened("py:client:make") == "py:client:make"


def test_a_plug_is_tried_with_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that needs a variable to be made at all has it already then."""
    (tmp_path / "needy.py").write_text(
        "import os\n\n\ndef make():\n    os.environ['NEEDY']\n    return answer\n\n\n"
        "def answer(call):\n    raise NotImplementedError\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEEDY", "yes")
    _try_plug("py:needy:make", ["NEEDY"])
    with pytest.raises(pytest.exit.Exception, match="NEEDY"):
        _try_plug("py:needy:make", [])
