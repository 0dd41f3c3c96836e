"""`jsonl:`, a child that answers line by line, and what is no answer."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator

import pytest

from contract_tests.plugs.child import Output
from contract_tests.plugs.documents import Stop
from contract_tests.plugs.lines import Lines
from contract_tests.plugs.plug import Plug, open_plug
from tests.kit.plugs.calls import STRANGERS, TALKER, arrival, call, ends


@pytest.fixture(scope="module")
def plug() -> Iterator[Plug]:
    """A client that does what the prompt says. Tests may kill it; it is started again."""
    with open_plug(TALKER, folder=STRANGERS, grace=0.1) as opened:
        yield opened


def test_result_comes_back(plug: Plug) -> None:
    """One document there, one back."""
    made = plug.call(call())
    assert (made.outcome, made.level, made.result["task_id"], made.trouble) == ("success", 1, "42", "")


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("cut", 'a line looks like a result document and is no JSON: {"protocol": 1, "id": "c-'),
        ("repr", "a line looks like a result document and is no JSON: {'protocol': 1"),
        ("other id", 'a result document has the id "c-x", the call has "c-'),
        ("no protocol", 'a result document in a line needs "protocol": 1'),
        ("wrong", '/error/kind is "ratelimit"; allowed: auth, balance'),
        ("leave", "the client ended with exit code 0 in place of an answer"),
    ],
)
def test_what_is_no_answer_is_trouble(plug: Plug, do: str, words: str) -> None:
    """It is told at once, long before the deadline, and the next call is answered by a new child."""
    made = plug.call(call(do))
    assert words in made.trouble
    assert (made.level, made.outcome) == (0, "error")
    assert made.seconds < 10
    assert plug.call(call()).outcome == "success"


def test_other_lines_are_output(plug: Plug) -> None:
    """Log lines, also such that look like JSON, are kept, and the answer is found after them."""
    made = plug.call(call("chatty"))
    assert (made.outcome, made.trouble) == ("success", "")
    assert made.stdout == 'starting\n{"level": "info"}\n{not json}\n'


def test_answer_to_an_earlier_call_is_not_taken(plug: Plug) -> None:
    """It is output of the call in which it came, whether the child repeats itself or is late."""
    first, second = plug.call(call("twice")), plug.call(call("late"))
    assert (first.result["task_id"], second.result["task_id"]) == ("42", "42")
    assert second.trouble == ""
    assert '"43"' in first.stdout + second.stdout
    assert '"late"' in second.stdout


def test_endless_lines_are_output(plug: Plug) -> None:
    """A line of 50 MB is no answer and does not fill our memory; the one after it is found."""
    made = plug.call(call("wordy"))
    assert (made.outcome, made.trouble) == ("success", "")
    assert 900_000 < len(made.stdout) < 1_100_000
    assert "bytes are left out here" in made.stdout


def test_result_of_no_sensible_length_is_output() -> None:
    """What is kept until a line ends is bounded."""
    out = Output()
    lines = Lines(out)
    lines.expect("c")
    good = {"protocol": 1, "id": "c", "outcome": "success"}
    long = json.dumps(good | {"note": "x" * 9_000_000}).encode()
    for start in range(0, len(long), 1_000_000):
        lines.hear(long[start : start + 1_000_000])
    lines.hear(b"\n")
    assert lines.answer is None
    lines.hear(json.dumps(good).encode() + b"\n")
    assert lines.answer is not None
    assert "bytes are left out here" in out.take()


def test_answer_before_the_end_counts() -> None:
    """Though the child has ended by the time that it is read."""
    with open_plug(TALKER, folder=STRANGERS) as plug:
        assert plug.call(call("last words")).outcome == "success"


def test_call_over_its_time_is_killed(plug: Plug) -> None:
    """What it said until then is kept, and the next call gets a new child."""
    made = plug.call(call("deaf", deadline_ms=200))
    assert (made.outcome, made.level, made.trouble) == ("killed", 0, "")
    assert made.stderr == "so far\n"
    assert 0.3 <= made.seconds < 5
    assert plug.call(call()).outcome == "success"


def test_grandchildren_end_with_a_call_over_its_time(plug: Plug) -> None:
    """What an earlier call left running ends with the group, though it does not listen to requests."""
    pid = plug.call(call("grandchild")).result["pid"]
    assert plug.call(call("hang", deadline_ms=100)).outcome == "killed"
    assert ends(pid)


def test_stop_sends_the_signal(plug: Plug) -> None:
    """At its moment: the client ends by it, and how long that took is told."""
    with arrival() as (port, moment):
        made = plug.call(call(f"hang {port}"), stop=Stop(moment, signal.SIGINT))
    assert (made.outcome, made.exit_code, made.trouble) == ("stopped", -signal.SIGINT, "")
    assert "KeyboardInterrupt" in made.stderr
    assert made.after_stop is not None
    assert 0 <= made.after_stop < 5


def test_stop_that_does_not_come_changes_nothing(plug: Plug) -> None:
    """A signal is for its call; when that is over, the next one is left alone."""
    moment = threading.Event()
    assert plug.call(call(), stop=Stop(moment, signal.SIGKILL)).outcome == "success"
    moment.set()
    made = plug.call(call("memory"))
    assert (made.outcome, made.after_stop) == ("success", None)


def test_stop_that_is_not_heard_is_a_kill(plug: Plug) -> None:
    """A client that goes on after the signal runs into its limit."""
    with arrival() as (port, moment):
        made = plug.call(call(f"deaf {port}", deadline_ms=500), stop=Stop(moment, signal.SIGTERM))
    assert (made.outcome, made.exit_code, made.level) == ("killed", -signal.SIGKILL, 0)
    assert made.after_stop is not None


def test_python_client_that_is_interrupted_can_say_what_is_lost() -> None:
    """Ctrl-C in a client of `py:`: its exception is the result, and the child ends."""
    with open_plug("py:python_clients:make", folder=STRANGERS) as plug, arrival() as (port, moment):
        made = plug.call(call(f"interrupt {port}"), stop=Stop(moment, signal.SIGINT))
        assert (made.outcome, made.exit_code) == ("stopped", 130)
        assert made.error["message"] == "KeyboardInterrupt: task 42 goes on"
        assert plug.call(call()).outcome == "success"
