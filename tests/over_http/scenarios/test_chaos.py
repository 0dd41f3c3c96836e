"""The profiles of chaos, each for a small run with one seed. `offline` stands with the other broken connections."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import urllib3

from mock_server.receiver import CallbackReceiver
from tests.over_http.scenarios.stage import Stage, statuses


def fates(stage: Stage, operation: str) -> Counter[str]:
    """What became of the calls of an operation: as usual, or the fault or code of the rule that acted."""
    found: Counter[str] = Counter()
    for entry in stage.journal():
        if entry["operation"] == operation:
            then = entry["rule"]["then"] if entry["rule"] else {}
            fault = then.get("fault", then.get("code", "usual"))
            found[str(fault["name"] if isinstance(fault, dict) else fault)] += 1
    return found


def test_flaky(stage: Stage) -> None:
    """About one call in ten fails, each in a way that may be tried again; no create that failed has made a task."""
    made = [reply.json["task_id"] for reply in (stage.create() for _ in range(120)) if reply.status == 200 and reply.code == 0]  # fmt: skip
    assert [task["task_id"] for task in stage.tasks()] == made
    creates = fates(stage, "create")
    assert creates.keys() == {"usual", "1024", "bad-gateway"}
    assert 0.80 <= creates["usual"] / 120 <= 0.97
    stage.advance(2)
    for task_id in made:
        try:
            reply = stage.api.query(task_id)
        except urllib3.exceptions.ProtocolError:
            continue
        assert reply.status == 502 or reply.json["status"] == "Success"
    assert fates(stage, "query").keys() == {"usual", "reset", "bad-gateway"}


def test_rate_limited(stage: Stage) -> None:
    """About half of the creates and a fifth of the queries are refused with 1002; the others are as usual."""
    codes = Counter(stage.create().code for _ in range(100))
    assert codes.keys() == {0, 1002}
    assert 35 <= codes[1002] <= 65
    task_id = stage.tasks()[0]["task_id"]
    asked = Counter(stage.api.query(task_id).code for _ in range(100))
    assert asked.keys() == {0, 1002}
    assert 8 <= asked[1002] <= 35


def test_overloaded(stage: Stage) -> None:
    """503 with Retry-After, 2045 and 1041 among creates; each answer of the service itself takes its time, and tasks take 20 s."""

    def create(_: int) -> tuple[str, float, str | None]:
        begin = time.monotonic()
        reply = stage.create()
        seconds = time.monotonic() - begin
        return ("503" if reply.status == 503 else str(reply.code)), seconds, reply.headers.get("Retry-After")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(create, range(40)))
    assert {kind for kind, _, _ in answers} == {"0", "503", "2045", "1041"}
    assert {retry_after for kind, _, retry_after in answers if kind == "503"} == {"1"}
    taken = [seconds for kind, seconds, _ in answers if kind in ("0", "1041")]
    assert min(taken) >= 0.1
    assert max(taken) >= 0.3
    assert len(stage.tasks()) == len([kind for kind, _, _ in answers if kind == "0"])
    stage.advance(19)
    assert {task["status"] for task in stage.tasks()} == {"Processing"}
    stage.advance(1)
    assert {task["status"] for task in stage.tasks()} == {"Success"}


def test_slow(stage: Stage, receiver: CallbackReceiver) -> None:
    """Answers and challenges take at least 0.2 real seconds each; updates are late on the clock of the account."""
    begin = time.monotonic()
    task_id = stage.accepted(callback_url=receiver.url)
    assert time.monotonic() - begin >= 0.4
    stage.advance(1.5)
    assert receiver.updates == []
    stage.advance(20)
    assert sorted(statuses(receiver)) == ["processing", "success"]
    moments = [time.monotonic()]
    file_id = stage.api.query(task_id).json["file_id"]
    moments.append(time.monotonic())
    link = stage.api.retrieve(file_id).json["file"]["download_url"]
    moments.append(time.monotonic())
    assert stage.download(link).status == 200
    moments.append(time.monotonic())
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(moments))
    sent = [each["sent_at"] for each in stage.control("GET", "callbacks")["callbacks"] if each["kind"] == "update"]
    begun = stage.tasks()[0]["created_at"]
    assert all(begun + 0.6 + 1 <= moment <= begun + 2 + 10 for moment in sent)


def test_callback_hell(stage: Stage, receiver: CallbackReceiver) -> None:
    """Of forty tasks some have a lost end, some a repeated one, some the wrong order; every query says success."""
    tasks = [stage.accepted(callback_url=receiver.url) for _ in range(40)]
    assert 40 < len(receiver.challenges) < 80
    stage.advance(2)
    early = len(receiver.updates)
    stage.advance(120)
    assert 0 < early < len(receiver.updates)
    seen = {task_id: [update["status"] for update in receiver.updates_for(task_id)] for task_id in tasks}
    kinds = Counter[str]()
    for heard in seen.values():
        kinds["lost"] += "success" not in heard
        kinds["repeated"] += heard.count("success") > 1
        kinds["wrong order"] += heard[-1:] == ["processing"] and "success" in heard
        kinds["right"] += heard == ["processing", "success"]
    assert all(kinds[kind] >= 2 for kind in ("lost", "repeated", "wrong order", "right"))
    assert {stage.status(task_id) for task_id in tasks} == {"Success"}
