"""An adapter that fails three times in a row is not called any more."""

from __future__ import annotations

import shutil
from pathlib import Path

from contract_tests.plugs.plug import open_plug
from tests.kit.plugs.calls import STRANGERS, TALKER, call


def test_three_failures_open_the_circuit(tmp_path: Path) -> None:
    """The fourth call is not made, and says what the last failure was."""
    runs = tmp_path / "runs"
    script = f'echo x >> {runs}; echo "{{}}" > {{result_file}}'
    with open_plug(f"cmd:sh -c '{script}'") as plug:
        failed = [plug.call(call(op="generate")) for _ in range(5)]
    assert len(runs.read_text(encoding="ascii")) == 2 * 3
    assert "'outcome' is a required property" in failed[2].trouble
    for made in failed[3:]:
        assert made.trouble == f"circuit open after three failures of the adapter: {failed[2].trouble}"
        assert made.outcome == "error"


def test_success_closes_it_again() -> None:
    """Only failures in a row count, and only those of the adapter."""
    with open_plug(TALKER, folder=STRANGERS) as plug:
        for do in ("cut", "cut", "succeed", "cut", "cut", "fail", "crash", "crash", "crash", "crash"):
            assert "circuit" not in plug.call(call(do)).trouble
        assert plug.call(call()).outcome == "success"


def test_client_that_cannot_be_started_again(tmp_path: Path) -> None:
    """A start that fails is a failure of the adapter too."""
    folder = Path(shutil.copytree(STRANGERS, tmp_path / "strangers"))
    with open_plug(TALKER, folder=folder) as plug:
        (folder / "talker.py").unlink()
        assert plug.call(call("crash")).trouble == ""
        failed = [plug.call(call()).trouble for _ in range(4)]
    assert failed[0].startswith("the client cannot be started: it ended with exit code 2 before its first answer")
    assert "talker.py" in failed[0]
    assert failed[3] == f"circuit open after three failures of the adapter: {failed[2]}"
