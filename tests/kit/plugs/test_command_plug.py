"""`cmd:`, a command line that is run for every call."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.plugs.documents import Stop
from contract_tests.plugs.plug import Plug, open_plug
from tests.kit.plugs.calls import COMMAND, STRANGERS, arrival, call, children, ends


@pytest.fixture(scope="module")
def plug() -> Iterator[Plug]:
    """A client that does what the prompt says."""
    with open_plug(COMMAND, folder=STRANGERS, grace=0.1) as opened:
        yield opened


@pytest.mark.parametrize(
    ("code", "outcome"), [(0, "success"), (1, "error"), (127, "unsupported"), (130, "error")]
)  # fmt: skip
def test_exit_code_alone_is_level_0(plug: Plug, code: int, outcome: str) -> None:
    """Without a result document only the exit code counts."""
    made = plug.call(call(f"exit {code}"))
    assert (made.outcome, made.level, made.exit_code, made.result) == (outcome, 0, code, {})
    assert (made.stdout, made.trouble) == ("only an exit code\n", "")


@pytest.mark.parametrize("do", ["succeed", "print"])
def test_result_document_is_level_1(plug: Plug, do: str) -> None:
    """From the result file, or from a line of stdout."""
    made = plug.call(call(do))
    assert (made.outcome, made.level, made.exit_code, made.result["task_id"]) == ("success", 1, 0, "42")


def test_id_and_protocol_of_the_document_are_filled_in(tmp_path: Path) -> None:
    """A shell script need not read the call file to say what came of its only call."""
    script = """printf '{"outcome": "success", "task_id": "42"}' >"$MM_CONTRACT_RESULT_FILE" """
    with open_plug(f"cmd:sh -c {shlex.quote(script)}", folder=tmp_path) as opened:
        made = opened.call(call(op="generate"))
    assert (made.trouble, made.level, made.result["task_id"]) == ("", 1, "42")


def test_outcome_of_the_document_counts(plug: Plug) -> None:
    """An error that the document tells is one, though the exit code is 0."""
    made = plug.call(call("fail"))
    assert (made.outcome, made.exit_code, made.error["kind"]) == ("error", 0, "auth")


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("broken file", "the result file is no JSON"),
        ("other id", 'the result document has the id "c-x"'),
        ("wrong", "/error/kind is"),
    ],
)
def test_broken_document_is_trouble(plug: Plug, do: str, words: str) -> None:
    """A document that was meant to be one and is not: the adapter is at fault."""
    made = plug.call(call(do))
    assert words in made.trouble
    assert plug.call(call()).trouble == ""


def test_signal_is_an_error(plug: Plug) -> None:
    """A crash is an error; its signal is the exit code, as a negative number."""
    made = plug.call(call("crash"))
    assert (made.outcome, made.exit_code, made.level) == ("error", -signal.SIGSEGV, 0)


def test_memory_is_that_of_the_command(plug: Plug) -> None:
    """Not that of the kit, however large it is itself, and with the peak of what the command did."""
    own = b"x" * 150_000_000
    small, large = plug.call(call()).peak_memory, plug.call(call("memory")).peak_memory
    assert small is not None
    assert large is not None
    assert small < 60_000_000 < len(own)
    assert 100_000_000 < large < 150_000_000


def test_call_over_its_time_is_killed() -> None:
    """What it said until then is kept; that it does not end on request does not help it."""
    with open_plug("cmd:sh -c 'trap \"\" TERM; echo so far; sleep 1000; sleep 1000'", grace=0.2) as deaf:
        made = deaf.call(call(op="generate", deadline_ms=500))
    assert (made.outcome, made.level, made.exit_code) == ("killed", 0, -signal.SIGKILL)
    assert made.stdout == "so far\n"
    assert 0.7 <= made.seconds < 5


def test_call_over_its_time_may_end_by_itself() -> None:
    """It is asked first, so that it can say where it was."""
    with open_plug("cmd:sh -c 'trap \"echo task 42; exit 3\" TERM; sleep 1000 & wait'", grace=0.2) as polite:
        made = polite.call(call(op="generate", deadline_ms=500))
    assert (made.outcome, made.exit_code, made.stdout) == ("killed", 3, "task 42\n")


@pytest.mark.parametrize("do", ["grandchild", "stray"])
def test_what_was_started_ends_with_the_call(plug: Plug, do: str) -> None:
    """A grandchild that keeps the streams open holds up nobody, and is gone even if it left the group."""
    made = plug.call(call(do))
    assert (made.outcome, made.trouble) == ("success", "")
    assert made.seconds < 5
    assert ends(made.result["pid"])


def test_grandchildren_end_at_the_deadline(tmp_path: Path) -> None:
    """The group is killed as a whole."""
    pid_file = tmp_path / "pid"
    with open_plug(f"cmd:sh -c 'sleep 1000 & echo $! > {pid_file}; wait'", grace=0.0) as shell:
        assert shell.call(call(op="generate", deadline_ms=300)).outcome == "killed"
    assert ends(int(pid_file.read_text(encoding="ascii")))


def test_flood_is_read_and_cut(plug: Plug) -> None:
    """50 MB do not block the command; the beginning and the end are kept."""
    made = plug.call(call("flood"))
    assert made.outcome == "success"
    assert made.stderr.startswith("first\nyyy")
    assert made.stderr.endswith("yyy\nlast\n")
    assert 900_000 < len(made.stderr) < 1_100_000


def test_document_is_found_after_a_flood(tmp_path: Path) -> None:
    """The end of stdout is kept, and a result document is there."""
    script = tmp_path / "client"
    script.write_text(
        "#!/bin/sh\nhead -c 5000000 /dev/zero | tr '\\0' 'x'\n"
        """printf '\\n{"protocol": 1, "id": "%s", "outcome": "success"}\\n' "$1"\n""", encoding="utf-8",
    )  # fmt: skip
    script.chmod(0o755)
    with open_plug("cmd:./client c-flood", folder=tmp_path) as plug:
        assert plug.call(call(op="generate", id="c-flood")).level == 1


def test_no_zombies_are_left(plug: Plug) -> None:
    """Every child is reaped."""
    before = children()
    for do in ("succeed", "exit 1", "crash", "stray"):
        plug.call(call(do))
    assert children() <= before


def test_stop_sends_the_signal_to_the_group(plug: Plug) -> None:
    """At its moment; the command ends in its own way, and nobody else takes the signal."""
    with arrival() as (port, moment):
        made = plug.call(call(f"hang {port}"), stop=Stop(moment, signal.SIGINT))
    assert (made.outcome, made.exit_code, made.trouble) == ("stopped", -signal.SIGINT, "")
    assert "KeyboardInterrupt" in made.stderr
    assert made.after_stop is not None
    assert made.after_stop < 5


def test_stop_by_kill(plug: Plug) -> None:
    """As after a power cut."""
    with arrival() as (port, moment):
        made = plug.call(call(f"hang {port}"), stop=Stop(moment, signal.SIGKILL))
    assert (made.outcome, made.exit_code) == ("stopped", -signal.SIGKILL)


def test_without_op_only_generate_is_offered(tmp_path: Path) -> None:
    """Other operations are refused without the command being run, and no invented one is tried."""
    runs = tmp_path / "runs"
    with open_plug(f"cmd:sh -c 'echo x >> {runs}'") as plug:
        assert plug.call(call()).outcome == "unsupported"
        assert not runs.exists()
        assert plug.call(call(op="generate")).outcome == "success"
        assert runs.read_text(encoding="ascii") == "x\n"


def test_calls_at_the_same_time_need_the_call_file() -> None:
    """`parallel` has no words on a command line."""
    echo = f"{shlex.quote(sys.executable)} -c 'import sys; sys.exit(127)'"
    with open_plug(f"cmd:{echo} {{op}}") as plug:
        made = plug.call(call(op="parallel", calls=[]))
        assert (made.outcome, made.exit_code) == ("unsupported", None)
    with open_plug(f"cmd:{echo} {{call_file}}") as plug:
        made = plug.call(call(op="parallel", calls=[]))
        assert (made.outcome, made.exit_code) == ("unsupported", 127)


def test_what_the_command_line_has_no_place_for_is_told(plug: Plug) -> None:
    """A case about a duration cannot be judged where the client never heard of one."""
    document = call("exit 0")
    document["input"] |= {"duration": 6, "resolution": None}
    assert plug.call(document).untold == ("duration",)


def test_program_that_cannot_be_run_is_trouble(tmp_path: Path) -> None:
    """A script without the line that names its interpreter, for one."""
    script = tmp_path / "client"
    script.write_bytes(b"\x00\x01")
    script.chmod(0o755)
    with open_plug("cmd:./client", folder=tmp_path) as plug:
        assert plug.call(call(op="generate")).trouble == "the program cannot be started: Exec format error"
