"""What stands around one case: listener, key, folder, files, rules, and the marks between its calls."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import urllib3

from contract_tests.client.case import ClientCase
from contract_tests.client.mock import Mock
from contract_tests.client.stage import Stage
from contract_tests.outcome import Level
from contract_tests.wire.tap import Switchboard
from mock_server import MockServer, Settings
from tests.kit.client.observed import invocation

Opening = Callable[..., Stage]
_EMPTY = ClientCase(
    id="CL-X-001", title="", level=Level.MUST, basis=(), server="", obligation="", why="", ops=("generate",), calls=({},),
    stage={}, rules=(), checks=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """A mock, spoken to through its control API."""
    with MockServer(Settings(port=0)) as server:
        mock = Mock(server.url)
        yield mock
        mock.close()


@pytest.fixture
def open_stage(mock: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    """Opens the stage of a case with these members, and closes it after the test."""
    with ExitStack() as ending:
        switchboard = ending.enter_context(Switchboard())

        def opened(*, patience: float = 1.0, **members: Any) -> Stage:
            case = dataclasses.replace(_EMPTY, **members)
            folder = tmp_path_factory.mktemp("case")
            return ending.enter_context(Stage(case, mock, switchboard, folder, patience))

        yield opened


def _ask(call: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    """What the API answers to a request that the client of this call makes."""
    headers = {"Authorization": f"Bearer {call['api_key']}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    return urllib3.request(method, call["base_url"] + path, body=sent, headers=headers, retries=False, timeout=5).json()


def _create(call: dict[str, Any]) -> Any:
    body = {"model": call["input"]["model"], "first_frame_image": call["input"]["image_url"]}
    return _ask(call, "POST", "/v1/video_generation", body)


def test_a_call_has_what_clients_need(open_stage: Opening) -> None:
    """Every call is usual but for its changes; null leaves a member out, also at the top; patience gives more time."""
    stage = open_stage(calls=({}, {}), patience=2.0)
    first = stage.call("generate", {})
    changes = {"poll_ms": None, "deadline_ms": 1000, "input": {"prompt": None, "duration": 6}}
    second = stage.call("generate", changes)
    assert {"model", "image_url", "prompt"} == set(first["input"])
    assert first["deadline_ms"] == 16_000
    assert second["deadline_ms"] == 2000
    assert "poll_ms" not in second
    assert {"model", "image_url", "duration"} == set(second["input"])
    assert first["out_file"] != second["out_file"]
    assert first["id"] != second["id"]


def test_places_are_filled_in(open_stage: Opening) -> None:
    """What the catalogue writes as a place stands in calls as what it is in this run."""
    stage = open_stage(stage={"elsewhere": {"/v.mp4": {}}}, calls=({},))
    call = stage.call("generate", {"input": {"prompt": "${nonce} ${api}", "image_url": "${elsewhere}/v.mp4"}})
    assert call["input"]["prompt"] == f"{stage.places['nonce']} {stage.places['api']}"
    assert call["input"]["image_url"].startswith("http://localhost:")


def test_parallel_calls_differ(open_stage: Opening) -> None:
    """Each of many calls has its own id, prompt and file; with the same input only id and file."""
    calls = open_stage(ops=("parallel",)).call("parallel", {"how_many": 3})["calls"]
    assert len({each["id"] for each in calls}) == len({each["out_file"] for each in calls}) == 3
    assert len({each["input"]["prompt"] for each in calls}) == 3
    same = open_stage(ops=("parallel",)).call("parallel", {"how_many": 3, "same_input": True})["calls"]
    assert len({each["input"]["prompt"] for each in same}) == 1


def test_what_belongs_to_which_call(open_stage: Opening) -> None:
    """Requests and tasks are told apart by the call during which they came."""
    stage = open_stage(calls=({}, {}))
    ids = []
    for _ in range(2):
        call = stage.call("generate", {})
        ids.append(_create(call)["task_id"])
    seen = stage.observe([invocation(call=call), invocation(call=call)])
    for number in (1, 2):
        alone = seen.during(number)
        assert alone.task_ids == [ids[number - 1]]
        assert [task["task_id"] for task in alone.tasks] == [ids[number - 1]]
    assert len(seen.exchanges) == 2


def test_a_prepared_task_is_spared_the_rules(open_stage: Opening) -> None:
    """What the kit makes itself is no business of the rules, and no create of the client; its id is in the call."""
    rules = ({"match": {"operation": "create"}, "then": {"code": 1008}},)
    stage = open_stage(stage={"prepared": "task"}, rules=rules, ops=("wait",))
    call = stage.call("wait", {})
    assert _ask(call, "GET", f"/v1/query/video_generation?task_id={call['task_id']}")["status"]
    assert _create(call)["base_resp"]["status_code"] == 1008
    seen = stage.observe([invocation(call=call)])
    assert seen.prepared == len(seen.tasks) == 1


def test_a_prepared_file(open_stage: Opening) -> None:
    """A finished task's file can be retrieved by the id in the call."""
    call = open_stage(stage={"prepared": "file"}, ops=("download",)).call("download", {})
    assert _ask(call, "GET", f"/v1/files/retrieve?file_id={call['file_id']}")["file"]["download_url"]


def test_what_stands_there_before(open_stage: Opening) -> None:
    """A file that is to exist stands under the name of every call."""
    stage = open_stage(stage={"existing": "old"}, calls=({}, {}))
    for _ in range(2):
        assert Path(stage.call("generate", {})["out_file"]).read_text() == "old"


def test_the_right_file_is_known(open_stage: Opening) -> None:
    """The digest of the file of each task is known once something was saved; that of the other host by its path."""
    stage = open_stage(stage={"elsewhere": {"/v.mp4": {}, "/no": {"status": 403}, "/page": {"body": "x"}}})
    call = stage.call("generate", {})
    task_id = _create(call)["task_id"]
    Path(call["out_file"]).write_bytes(b"something")
    seen = stage.observe([invocation(call=call)])
    assert set(seen.served) == {"/v.mp4"}
    assert len(str(seen.videos[task_id])) == 64
    assert seen.video == seen.videos[task_id]


def test_stages_do_not_meet(open_stage: Opening) -> None:
    """Each case has its own key, and rules of one say nothing to another."""
    first = open_stage(rules=({"match": {"operation": "create"}, "then": {"code": 1008}},)).call("generate", {})
    second = open_stage().call("generate", {})
    assert _create(first)["base_resp"]["status_code"] == 1008
    assert _create(second)["base_resp"]["status_code"] == 0
