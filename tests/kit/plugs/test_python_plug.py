"""`py:`, a Python client in a child of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.plugs.plug import Plug, open_plug
from tests.kit.plugs.calls import STRANGERS, call, ends


@pytest.fixture(scope="module")
def plug() -> Iterator[Plug]:
    """A client that does what the prompt says. Tests may kill it; it is started again."""
    with open_plug("py:python_clients:make", folder=STRANGERS) as opened:
        yield opened


@pytest.fixture(scope="module")
def loop() -> Iterator[Plug]:
    """The same with coroutines."""
    with open_plug("py:python_clients:make_async", folder=STRANGERS) as opened:
        yield opened


def test_result_comes_back(plug: Plug) -> None:
    """A result document is filled in with what names the call, and makes level 1."""
    document = call()
    made = plug.call(document)
    assert (made.outcome, made.level, made.trouble, made.exit_code) == ("success", 1, "", None)
    assert made.result == {"protocol": 1, "id": document["id"], "outcome": "success", "task_id": "42"}
    assert made.call == document
    assert plug.label == "py:python_clients:make"


def test_error_comes_back(plug: Plug) -> None:
    """So does an error."""
    made = plug.call(call("fail"))
    assert (made.outcome, made.error) == ("error", {"kind": "auth", "message": "wrong key"})


@pytest.mark.parametrize(
    ("do", "message"), [("raising", "ValueError: not today"), ("leaving", "SystemExit: gone")]
)  # fmt: skip
def test_exception_that_escapes_is_unclassified(plug: Plug, do: str, message: str) -> None:
    """Whatever escapes, an exit too, is an error of that kind with type and text, and the traceback is on stderr."""
    made = plug.call(call(do))
    assert (made.outcome, made.level, made.trouble) == ("error", 1, "")
    assert (made.error["kind"], made.error["message"]) == ("unclassified", message)
    assert f"in {do}" in made.stderr
    assert plug.call(call()).outcome == "success"


def test_what_is_not_implemented_is_unsupported(plug: Plug) -> None:
    """NotImplementedError means that the operation is not offered."""
    assert plug.call(call(op="wait", task_id="1")).outcome == "unsupported"


def test_prints_do_not_break_the_protocol(plug: Plug) -> None:
    """What the client prints, by whatever way, is in stderr, and it cannot read our calls from its stdin."""
    made = plug.call(call("printing"))
    assert (made.outcome, made.trouble, made.result["read"]) == ("success", "", "")
    assert {"by print", "by descriptor", "by child"} <= set(made.stderr.splitlines())


def test_calls_run_side_by_side(plug: Plug) -> None:
    """`parallel` calls the client in as many threads, each with its own answer in its place."""
    calls = [call("meet"), call("meet"), call("meet"), call("fail")]
    made = plug.call(call(op="parallel", calls=calls))
    assert [each["id"] for each in made.result["results"]] == [each["id"] for each in calls]
    assert [each["outcome"] for each in made.result["results"]] == ["success", "success", "success", "error"]
    assert (made.outcome, made.error["kind"]) == ("error", "auth")


def test_coroutines_are_awaited_in_one_loop(loop: Plug) -> None:
    """Sessions of an asynchronous client belong to a loop, so that it has to be the same for all calls."""
    first, second = loop.call(call()), loop.call(call())
    assert first.outcome == "success"
    assert first.result["loop"] == second.result["loop"]


def test_coroutines_run_side_by_side(loop: Plug) -> None:
    """`parallel` awaits them together."""
    made = loop.call(call(op="parallel", calls=[call("meet"), call("meet"), call("meet")]))
    assert (made.outcome, made.trouble) == ("success", "")


def test_coroutine_that_raises_is_unclassified(loop: Plug) -> None:
    """As any other exception."""
    assert loop.call(call("raising")).error["message"] == "ValueError: not today"
    assert loop.call(call(op="wait")).outcome == "unsupported"


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("nothing", "handed back a NoneType"),
        ("unwritable", "cannot be written as JSON"),
        ("wrong", '/error/kind is "ratelimit"; allowed: auth, balance'),
    ],
)
def test_what_is_no_result_is_trouble(plug: Plug, do: str, words: str) -> None:
    """The adapter is at fault, and the next call is answered by a new child."""
    made = plug.call(call(do))
    assert words in made.trouble
    assert made.level == 0
    assert plug.call(call()).outcome == "success"


def test_crash_is_an_error_without_result(plug: Plug) -> None:
    """A client that dies on a call is at fault itself: an error, with the output so far."""
    made = plug.call(call("crash"))
    assert (made.outcome, made.level, made.exit_code, made.trouble) == ("error", 0, -11, "")
    assert "task 42 was paid" in made.stderr
    assert plug.call(call()).outcome == "success"


def test_end_without_an_answer_is_trouble(plug: Plug) -> None:
    """Exit code 0 in the middle of a call is no success."""
    made = plug.call(call("leave"))
    assert (made.outcome, made.trouble) == ("error", "the client ended with exit code 0 in place of an answer")


@pytest.mark.parametrize(
    ("do", "host"), [("by_name", "example.com"), ("by_address", "192.0.2.7"), ("by_datagram", "192.0.2.8")]
)  # fmt: skip
def test_foreign_hosts_are_refused_and_told(plug: Plug, do: str, host: str) -> None:
    """By name, address or datagram: the contact fails, and the host is reported with its call and no other."""
    made = plug.call(call(do))
    assert made.foreign_hosts == (host,)
    assert made.error["kind"] == "network"
    assert "the contract kit lets no client out" in made.error["message"]
    assert plug.call(call()).foreign_hosts == ()


@pytest.mark.parametrize("do", ["loopback", "own_address"])
def test_this_machine_is_not_foreign(plug: Plug, do: str) -> None:
    """Nor is a datagram socket that is connected only to find out the own address."""
    made = plug.call(call(do))
    assert (made.outcome, made.foreign_hosts) == ("success", ())
    assert "contract kit" not in made.result.get("said", "")


def test_names_that_cannot_exist_are_not_foreign(plug: Plug) -> None:
    """They fail as a resolver would have them fail, without one being asked."""
    made = plug.call(call("nowhere"))
    assert made.foreign_hosts == ()
    assert made.error["message"] == "gaierror: [Errno -2] Name or service not known: none exists under .invalid"


def test_contact_at_the_start_goes_with_the_first_call() -> None:
    """What the factory tries is not lost."""
    with open_plug("py:python_clients:make_contact", folder=STRANGERS) as plug:
        assert [plug.call(call()).foreign_hosts for _ in range(2)] == [("example.com",), ()]


def test_memory_is_the_peak_of_the_call(plug: Plug) -> None:
    """100 MB that were needed for a moment are seen, and are forgotten with the next call."""
    before, during, after = (plug.call(call(do)).peak_memory for do in ("succeed", "memory", "succeed"))
    assert before is not None
    assert during is not None
    assert after is not None
    assert before < 60_000_000
    assert 100_000_000 < during < 200_000_000
    assert after < 60_000_000


def test_child_begins_with_little() -> None:
    """The start of the child is paid for by every run, and none of ours is in the way of the user's modules."""
    with open_plug("py:bare_client:make", folder=STRANGERS) as plug:
        imported = set(plug.call(call()).result["modules"])
    assert not imported & {"contract_tests", "mock_server", "pytest", "jsonschema", "asyncio", "socket", "typing"}


def test_what_was_started_ends_with_the_client() -> None:
    """Closing ends grandchildren, also one that left the process group."""
    with open_plug("py:python_clients:make", folder=STRANGERS) as plug:
        left = [plug.call(call(do)).result["pid"] for do in ("grandchild", "stray")]
        assert not any(ends(pid, 0) for pid in left)
    assert all(ends(pid) for pid in left)


def test_watched_until_it_starts_a_process(tmp_path: Path) -> None:
    """What another process contacts is not seen, so from then on nothing is known of other hosts."""
    (tmp_path / "starter.py").write_text(
        "import subprocess\n"
        "def make():\n"
        "    return lambda call: call['op'] == 'wait' and subprocess.run(['true']) and None or {'outcome': 'unsupported'}\n"
    )
    with open_plug("py:starter:make", folder=tmp_path) as opened:
        made = [opened.call(call(op=op, task_id="1")) for op in ("create", "wait", "create")]
    assert [each.watched for each in made] == [True, False, False]
    assert made[1].foreign_hosts == ()
