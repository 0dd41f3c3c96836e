"""The reference client as the kit calls it."""

from __future__ import annotations

import ast
import hashlib
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from contract_tests.plugs.documents import KINDS
from examples.reference_client import make
from mock_server import MockServer, Settings
from tests.documents import ROOT
from tests.kit.reference.desk import IMAGES, LINK, Desk


def call(desk: Desk, op: str, **more: Any) -> dict[str, Any]:
    """A call document, and the result document of the client."""
    given = {"model": "MiniMax-Hailuo-02", "image_url": LINK, "prompt": "a cat"}
    document = {
        "protocol": 1, "id": "c-1", "op": op, "base_url": desk.account.url, "api_key": desk.key, "input": given,
        "poll_ms": 20, "deadline_ms": 30000, "connect_ms": 5000, "read_ms": 10000, "retries": 2,
        "workdir": str(desk.path.parent), "out_file": str(desk.path),
    }  # fmt: skip
    return make()(document | more)


@pytest.fixture
def quick(tmp_path: Path) -> Any:
    """An account on a mock whose tasks take no time."""
    with MockServer(Settings(port=0, task_seconds=0)) as server:
        yield Desk(server, tmp_path)


def test_generate(quick: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The result has the ids and the hash of what was saved; the task was told at once."""
    result = call(quick, "generate")
    (task,) = quick.account.tasks
    assert result == {
        "protocol": 1, "id": "c-1", "outcome": "success", "task_id": task["task_id"], "file_id": task["file_id"],
        "out_file": str(quick.path), "sha256": hashlib.sha256(quick.path.read_bytes()).hexdigest(),
    }  # fmt: skip
    assert capsys.readouterr() == ("", f"task {task['task_id']}\n")


def test_every_operation(quick: Desk) -> None:
    """Each ends well with what the one before it gave."""
    created = call(quick, "create", input={"image_file": str(IMAGES / "good.png"), "extra": {"x": 1}})
    assert created == {"protocol": 1, "id": "c-1", "outcome": "success", "task_id": quick.account.tasks[0]["task_id"]}
    waited = call(quick, "wait", task_id=created["task_id"])
    loaded = call(quick, "download", file_id=waited["file_id"])
    assert loaded["sha256"] == waited["sha256"]
    assert "task_id" not in loaded
    assert call(quick, "generate_with_callback")["outcome"] == "success"
    assert len(quick.account.tasks) == 2


def test_an_error(quick: Desk) -> None:
    """Every member is there, and the kind is one of the kit's."""
    quick.account.rule({"code": 1027}, {"operation": "query"})
    error = call(quick, "generate")["error"]
    trace = error.pop("trace_id")
    assert trace
    assert error == {
        "kind": "sensitive", "code": 1027, "message": "output new_sensitive", "retryable": False, "ambiguous": False,
        "task_id": quick.account.tasks[0]["task_id"],
    }  # fmt: skip
    assert error["kind"] in KINDS


@pytest.mark.parametrize("more", [{"input": {"prompt": "a cat"}}, {"api_key": ""}, {"base_url": "nowhere"}])
def test_a_mistake_of_the_caller_is_one_of_usage(quick: Desk, more: dict[str, Any]) -> None:
    """Not an exception that escapes."""
    result = call(quick, "generate", **more)
    assert (result["outcome"], result["error"]["kind"], result["error"]["code"]) == ("error", "usage", None)
    assert quick.account.requests == []


def test_what_the_kit_does_not_say_is_as_the_client_has_it(quick: Desk) -> None:
    """A call without times is a call."""
    document = {"protocol": 1, "id": "c-2", "op": "create", "base_url": quick.account.url, "api_key": quick.key}
    assert make()(document | {"input": {"image_url": LINK}})["outcome"] == "success"


def test_an_unknown_operation_is_not_offered(quick: Desk) -> None:
    """It is refused as the kit asks for it."""
    with pytest.raises(NotImplementedError):
        call(quick, "dance")


def test_the_task_is_told_before_it_is_asked_about(quick: Desk) -> None:
    """A program that is killed right after the create has left its id."""
    quick.account.rule({"delay": 30}, {"operation": "query"})
    lines: list[str] = []
    told = threading.Event()

    class Stream:
        def write(self, text: str) -> None:
            lines.append(text)

        def flush(self) -> None:
            told.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", Stream())
        result = call(quick, "generate", read_ms=1000, deadline_ms=1500)
    assert told.is_set()
    assert lines == [f"task {result['error']['task_id']}\n"]


def test_a_copy_needs_urllib3_alone() -> None:
    """Besides what comes with Python."""
    found = set()
    for path in (ROOT / "examples" / "reference_client").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(str(node.module).split(".")[0])
    assert found - sys.stdlib_module_names == {"urllib3"}
