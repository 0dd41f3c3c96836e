"""Words about what the client said."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client.said import in_words
from contract_tests.client.vocabulary import look
from contract_tests.outcome import Seen
from contract_tests.plugs.documents import Invocation
from tests.kit.client.observed import (
    FILE_ID,
    TASK_ID,
    error,
    exchange,
    exit_code,
    invocation,
    observation,
    success,
    task,
)

_CREATED = exchange("create", 0, {"task_id": TASK_ID})
_FINISHED = exchange("query", 10, {"task_id": TASK_ID, "status": "Success", "file_id": FILE_ID})
_VIDEO = b"a video"
_DIGEST = hashlib.sha256(_VIDEO).hexdigest()


def _seen(word: str, argument: Any, *invocations: Invocation, **changes: Any) -> Seen:
    usual: dict[str, Any] = {"exchanges": [_CREATED, _FINISHED], "tasks": [task()]}
    return look(observation(*invocations, **(usual | changes)), word, argument).seen


def _saved(folder: Path, content: bytes) -> dict[str, Any]:
    out_file = folder / "video.mp4"
    out_file.write_bytes(content)
    return {"folder": folder, "out_file": out_file, "video": _DIGEST}


def test_success_is_proven_by_id_and_file(tmp_path: Path) -> None:
    """The right file and the right id are a success; another file, another digest or another id is none."""
    right = _saved(tmp_path, _VIDEO)
    assert _seen("succeeds", {}, success(result={"sha256": _DIGEST, "file_id": FILE_ID}), **right) is Seen.MET
    assert _seen("succeeds", {}, success(result={"sha256": "00"}), **right) is Seen.BROKEN
    assert _seen("succeeds", {}, success(result={"file_id": "1"}), **right) is Seen.BROKEN
    assert _seen("succeeds", {}, success(result={"task_id": "1"}), **right) is Seen.BROKEN
    assert _seen("succeeds", {}, error(), **right) is Seen.BROKEN
    assert _seen("succeeds", {}, success(), **_saved(tmp_path, b"another")) is Seen.BROKEN


def test_success_without_a_file_is_none() -> None:
    """Who says that it succeeded and saved nothing has not; of a create no file is expected, but the id."""
    assert _seen("succeeds", {}, success(), video=_DIGEST) is Seen.BROKEN
    create = {"op": "create", "input": {}}
    assert _seen("succeeds", {}, success(call=create), video=_DIGEST) is Seen.MET
    assert _seen("succeeds", {}, success(call=create, result={"task_id": None}), video=_DIGEST) is Seen.BROKEN


def test_success_at_level_0(tmp_path: Path) -> None:
    """An exit code alone proves nothing: the file does, or the id on the output."""
    assert _seen("succeeds", {}, exit_code(0)) is Seen.UNSEEN
    assert _seen("succeeds", {}, exit_code(0, stdout=f"task {TASK_ID}")) is Seen.MET
    assert _seen("succeeds", {}, exit_code(0), video=_DIGEST) is Seen.BROKEN
    assert _seen("succeeds", {}, exit_code(0), **_saved(tmp_path, _VIDEO)) is Seen.MET


def test_success_with_what_a_case_names(tmp_path: Path) -> None:
    """A case can name the id, with places filled in, and the file that the other host serves."""
    places = {"${number}": "123"}
    assert _seen("succeeds", {"task_id": "${number}"}, success(result={"task_id": "123"}), places=places) is Seen.MET
    assert _seen("succeeds", {"task_id": "${number}"}, success(), places=places) is Seen.BROKEN
    served = _saved(tmp_path, _VIDEO) | {"video": "of the mock", "served": {"/v": _DIGEST}}
    assert _seen("succeeds", {"served": "/v"}, success(), **served) is Seen.MET
    assert _seen("succeeds", {}, success(), **served) is Seen.BROKEN


@pytest.mark.parametrize(
    ("made", "any_error", "typed"),
    [
        (error("server"), Seen.MET, Seen.MET),
        (error("unclassified"), Seen.MET, Seen.BROKEN),
        (exit_code(1), Seen.MET, Seen.MET),
        (exit_code(-11), Seen.BROKEN, Seen.BROKEN),
        (exit_code(0), Seen.BROKEN, Seen.BROKEN),
        (invocation(outcome="killed"), Seen.BROKEN, Seen.BROKEN),
    ],
)
def test_errors(made: Invocation, any_error: Seen, typed: Seen) -> None:
    """An exception that escaped is an error without a kind of its own; a crash and a kill are none at all."""
    assert _seen("fails", "any", made) is any_error
    assert _seen("fails", "typed", made) is typed


@pytest.mark.parametrize(
    ("word", "argument", "met", "broken"),
    [
        ("kind", ["auth", "server"], error("server"), error("network")),
        ("kind", "server", error("server"), success()),
        ("not_kind", "sensitive", error("server"), error("sensitive")),
        ("code", 1002, error(code=1002), error(code=1000)),
        ("says", ["nothing", "REVIEWING"], error(message="still reviewing"), error(message="still there")),
        ("short", 10, error(message="x" * 10), error(message="x" * 11)),
        ("retryable", True, error(retryable=True), error()),
        ("ambiguous", True, error(ambiguous=True), error(ambiguous=False)),
        ("carries", "task_id", error(task_id=TASK_ID), error(task_id="1")),
        ("carries", "task_id", error(message=f"task {TASK_ID} hangs"), error()),
        ("carries", "file_id", error(file_id=FILE_ID), error(task_id=TASK_ID)),
        ("within", 2, success(seconds=1.9), success(seconds=2.1)),
        ("within", 2, error(), invocation(outcome="killed", seconds=1)),
        ("ends", {}, error("unclassified"), exit_code(-9)),
        ("handled", {}, success(), error("unclassified")),
        ("not_success", {}, error(), success()),
    ],
)
def test_words_about_errors(word: str, argument: Any, met: Invocation, broken: Invocation) -> None:
    """Each word is met by what it asks for and broken by something near it."""
    assert _seen(word, argument, met) is Seen.MET
    assert _seen(word, argument, broken) is Seen.BROKEN


@pytest.mark.parametrize("word", ["kind", "retryable", "ambiguous", "code", "says"])
def test_an_exit_code_tells_little(word: str) -> None:
    """What only a result document can tell is unseen without one; never met."""
    argument = {"kind": "auth", "code": 1002, "says": "limit"}.get(word, True)
    assert _seen(word, argument, exit_code(1)) is Seen.UNSEEN
    assert _seen(word, argument, exit_code(0)) is Seen.BROKEN


def test_a_client_that_asks_the_proxy_for_this_machine_is_told_so() -> None:
    """Otherwise every case of a client that does not honour NO_PROXY would fail for a reason that nobody sees."""
    made = exit_code(6, proxied=("127.0.0.1", "nobody.invalid"))
    assert in_words(made).endswith("; it asked the proxy of its environment for 127.0.0.1, which NO_PROXY excepts")
    assert "proxy" not in in_words(exit_code(6, proxied=("nobody.invalid",)))


def test_patience_stretches_limits() -> None:
    """A user who gives the client more time gives it to every limit."""
    assert _seen("within", 2, success(seconds=5), patience=3.0) is Seen.MET


def test_a_slow_resolver_is_not_the_client() -> None:
    """Where the machine takes long to say that a name does not exist, it is not seen how long the client takes."""
    slow = {"places": {"${slow-resolver}": "yes"}}
    argument = {"seconds": 2, "resolving": True}
    assert _seen("within", argument, error(), **slow) is Seen.MET
    assert _seen("within", argument, invocation(outcome="killed", seconds=9), **slow) is Seen.UNSEEN
    assert _seen("within", argument, invocation(outcome="killed", seconds=9)) is Seen.BROKEN
    assert _seen("within", 2, invocation(outcome="killed", seconds=9), **slow) is Seen.BROKEN


def test_an_id_that_was_left_behind(tmp_path: Path) -> None:
    """After a kill the id counts wherever it stands: on the output, or in a file."""
    stopped = invocation(outcome="stopped", level=0)
    assert _seen("keeps", "task_id", stopped, folder=tmp_path) is Seen.BROKEN
    assert _seen("keeps", "task_id", invocation(outcome="stopped", stderr=TASK_ID), folder=tmp_path) is Seen.MET
    (tmp_path / "state.json").write_text(f'["{TASK_ID}"]')
    assert _seen("keeps", "task_id", stopped, folder=tmp_path) is Seen.MET


def _parallel(tmp_path: Path, ids: list[str], contents: list[bytes]) -> dict[str, Any]:
    """Two calls at once with the prompts 1 and 2, whose tasks are 11 and 12, and what came of them."""
    calls = [{"input": {"prompt": str(n)}, "out_file": str(tmp_path / f"{n}.mp4")} for n in (1, 2)]
    for call, content in zip(calls, contents, strict=True):
        Path(str(call["out_file"])).write_bytes(content)
    results = [{"outcome": "success", "task_id": each} for each in ids]
    made = invocation(call={"op": "parallel", "calls": calls}, result={"outcome": "success", "results": results})
    videos = {f"1{n}": hashlib.sha256(b"%d" % n).hexdigest() for n in (1, 2)}
    tasks = [task("11", prompt="1"), task("12", prompt="2")]
    return {"invocation": made, "tasks": tasks, "videos": videos, "exchanges": []}


@pytest.mark.parametrize(
    ("ids", "contents", "seen"),
    [
        (["11", "12"], [b"1", b"2"], Seen.MET),
        (["12", "11"], [b"1", b"2"], Seen.BROKEN),
        (["11", "11"], [b"1", b"2"], Seen.BROKEN),
        (["11", "99"], [b"1", b"2"], Seen.BROKEN),
        (["11", "12"], [b"2", b"1"], Seen.BROKEN),
    ],
)
def test_each_caller_gets_its_own(tmp_path: Path, ids: list[str], contents: list[bytes], seen: Seen) -> None:
    """Of calls at the same time each has the task and the file of its own order."""
    given = _parallel(tmp_path, ids, contents)
    assert _seen("each_its_own", 2, given.pop("invocation"), **given) is seen
