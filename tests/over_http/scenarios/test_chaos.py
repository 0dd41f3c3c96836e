"""The profiles of chaos, each for a small run with one seed. `offline` stands with the other broken connections."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import urllib3

from contract_tests.api import Reply
from mock_server.receiver import CallbackReceiver
from tests.over_http.scenarios.stage import Stage, statuses

Fates = Counter[str]


def fate(call: Callable[[], Reply]) -> str:
    """What became of a call: ok, a code, an HTTP status, or broken."""
    try:
        reply = call()
    except urllib3.exceptions.ProtocolError:
        return "broken"
    if reply.status != 200:
        return f"HTTP {reply.status}"
    is_json = reply.headers["Content-Type"].startswith("application/json")
    return "ok" if not is_json or reply.code == 0 else str(reply.code)


def fates(call: Callable[[], Reply], times: int) -> Fates:
    """What became of so many calls, one after the other."""
    return Counter(fate(call) for _ in range(times))


def finished_before(stage: Stage, profile: str) -> tuple[str, str, str]:
    """task_id, file_id and link of a task that was made before the profile came into force."""
    stage.control("DELETE", "scenario")
    body = stage.finished()
    link = stage.api.retrieve(body["file_id"]).json["file"]["download_url"]
    stage.control("POST", "scenario", {"name": profile})
    return body["task_id"], body["file_id"], link


def share(found: Fates, kind: str) -> float:
    """The share of one kind."""
    return found[kind] / found.total()


def test_flaky(stage: Stage) -> None:
    """About one call in ten fails, each in a way that may be tried again; no create that failed has made a task."""
    task_id, file_id, link = finished_before(stage, "flaky")
    creates = fates(stage.create, 120)
    assert creates.keys() == {"ok", "1024", "HTTP 502"}
    assert len(stage.tasks()) == 1 + creates["ok"]
    others = [
        fates(lambda: stage.api.query(task_id), 120),
        fates(lambda: stage.api.retrieve(file_id), 120),
        fates(lambda: stage.download(link), 120),
    ]
    for found in others:
        assert found.keys() == {"ok", "broken", "HTTP 502"}
    for found in (creates, *others):
        assert 0.80 <= share(found, "ok") <= 0.97


def test_rate_limited(stage: Stage) -> None:
    """About half of the creates and a fifth of queries and retrieves are refused with 1002; the others are as usual."""
    task_id, file_id, _ = finished_before(stage, "rate-limited")
    found = fates(stage.create, 100)
    assert found.keys() == {"ok", "1002"}
    assert 0.35 <= share(found, "1002") <= 0.65
    for found in (fates(lambda: stage.api.query(task_id), 100), fates(lambda: stage.api.retrieve(file_id), 100)):
        assert found.keys() == {"ok", "1002"}
        assert 0.08 <= share(found, "1002") <= 0.35


def test_overloaded(stage: Stage) -> None:
    """Calls are turned away with 503, 2045 and 1041, answers take their time, and tasks take twenty seconds."""
    task_id, file_id, link = finished_before(stage, "overloaded")

    def timed(call: Callable[[], Reply]) -> tuple[str, float]:
        begin = time.monotonic()
        return fate(call), time.monotonic() - begin

    calls: dict[str, Callable[[], Reply]] = {
        "create": stage.create, "query": lambda: stage.api.query(task_id),
        "retrieve": lambda: stage.api.retrieve(file_id), "download": lambda: stage.download(link),
    }  # fmt: skip
    seen = {}
    with ThreadPoolExecutor(20) as pool:
        for name, call in calls.items():
            answers = list(pool.map(timed, [call] * 40))
            seen[name] = Counter(kind for kind, _ in answers)
            slowed = [seconds for kind, seconds in answers if kind in ("ok", "1041")]
            assert min(slowed) >= 0.1, name
            assert max(slowed) >= 0.3, name
    assert seen["create"].keys() == {"ok", "HTTP 503", "2045", "1041"}
    assert seen["query"].keys() == seen["retrieve"].keys() == {"ok", "1041"}
    assert seen["download"].keys() == {"ok"}
    turned_away = next(reply for reply in iter(stage.create, None) if reply is not None and reply.status == 503)
    assert turned_away.headers["Retry-After"] == "1"
    made = [task for task in stage.tasks() if task["task_id"] != task_id]
    assert len(made) >= seen["create"]["ok"]
    for seconds, status in ((9, "Preparing"), (5, "Queueing"), (5, "Processing"), (1, "Success")):
        stage.advance(seconds)
        assert {task["status"] for task in stage.tasks() if task["task_id"] != task_id} == {status}


def test_slow(stage: Stage, receiver: CallbackReceiver) -> None:
    """Answers and challenges take at least 0.2 real seconds each; updates are late on the clock of the account."""

    def seconds(call: Callable[[], object]) -> float:
        begin = time.monotonic()
        call()
        return time.monotonic() - begin

    task_id, file_id, link = finished_before(stage, "slow")
    calls: list[Callable[[], object]] = [
        stage.create, lambda: stage.api.query(task_id), lambda: stage.api.retrieve(file_id),
        lambda: stage.download(link),
    ]  # fmt: skip
    for call in calls:
        assert 0.2 <= seconds(call) < 3
    assert seconds(lambda: stage.accepted(callback_url=receiver.url)) >= 0.4
    begun = stage.tasks()[-1]["created_at"]
    stage.advance(1.5)
    assert receiver.updates == []
    stage.advance(20)
    assert sorted(statuses(receiver)) == ["processing", "success"]
    for each in stage.control("GET", "callbacks")["callbacks"]:
        if each["kind"] == "challenge":
            assert each["rule"]["delay_seconds"] >= 0.2
        else:
            due = begun + (0.6 if each["message"]["status"] == "processing" else 2.0)
            assert due + 1 <= each["sent_at"] <= due + 10


def test_callback_hell(stage: Stage, receiver: CallbackReceiver) -> None:
    """Of forty tasks some have a lost end, some a repeated one, some the wrong order; every query says success."""
    tasks = [stage.accepted(callback_url=receiver.url) for _ in range(40)]
    assert 40 < len(receiver.challenges) < 60
    stage.advance(2)
    early = len(receiver.updates)
    stage.advance(120)
    assert 0 < early < len(receiver.updates)
    assert all(rule["acted"] >= 4 for rule in stage.control("GET", "rules")["rules"])
    kinds = Counter[str]()
    for task_id in tasks:
        heard = [update["status"] for update in receiver.updates_for(task_id)]
        kinds["lost"] += "success" not in heard
        kinds["repeated"] += heard.count("success") == 3
        kinds["held back"] += heard[-2:] == ["processing", "processing"] and "success" in heard
        kinds["wrong order"] += heard[-1:] == ["processing"] and "success" in heard
        kinds["right"] += heard == ["processing", "success"]
    assert all(kinds[kind] >= 2 for kind in ("lost", "repeated", "held back", "wrong order", "right")), kinds
    assert {stage.status(task_id) for task_id in tasks} == {"Success"}
    receiver.status(500, only="update")
    for _ in range(10):
        stage.accepted(callback_url=receiver.url)
    stage.advance(180)
    often = Counter[str]()
    for each in stage.control("GET", "callbacks")["callbacks"]:
        if each["kind"] == "update":
            often[each["rule"]["id"]] = max(often[each["rule"]["id"]], each["number"])
    assert often == {f"callback-hell.{rule}": most for rule, most in ((2, 1), (3, 2), (4, 12), (5, 4))}
