"""A served mock is killed in the middle of everything: what it had acknowledged is there when it starts again."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from urllib3.exceptions import HTTPError

from contract_tests.api import MINIMAL, Api
from mock_server.receiver import CallbackReceiver
from tests.callbacks.receiver import wait_until
from tests.command_line.test_serve import run, serving
from tests.over_http.uploading import content, upload

CLIENTS = 6
ROUNDS = 4


@dataclass
class Acknowledged:
    """What the clients of one account were told."""

    tasks: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    uploads: dict[int, bytes] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)


def work(url: str, key: str, known: Acknowledged, receiver: str | None, enough: Callable[[], None]) -> None:
    """Calls until nobody answers any more, and writes down what was acknowledged."""
    api = Api(url, key)
    order = MINIMAL | ({"callback_url": receiver} if receiver is not None else {})
    try:
        while True:
            reply = api.create(order)
            assert reply.code == 0, reply.content
            known.tasks.append(str(reply.json["task_id"]))
            enough()
            if len(known.tasks) % 5 == 1:
                answer = api.query(known.tasks[0]).json
                if answer["status"] == "Success":
                    known.ended.add(known.tasks[0])
                text = f"{key} {len(known.tasks)}".encode()
                known.uploads[int(upload(api, text).json["file"]["file_id"])] = text
                oldest = next(iter(known.uploads))
                if (
                    len(known.uploads) > 3
                    and api.send("POST", "/v1/files/delete", body=b'{"file_id": %d}' % oldest).code == 0
                ):
                    known.deleted.add(oldest)
                    del known.uploads[oldest]
    except HTTPError:  # the mock was killed
        return


def check(api: Api, known: Acknowledged) -> None:
    """Everything that was acknowledged is there, and nothing that was deleted."""
    held = {each["task_id"] for each in tasks_of(api)}
    assert set(known.tasks) <= held
    for task in known.ended:
        assert api.query(task).json["status"] == "Success"
    for number, text in known.uploads.items():
        assert content(api, number).content == text
    for number in known.deleted:
        assert content(api, number).content != b""
        assert api.retrieve(str(number)).code == 2013


def tasks_of(api: Api) -> list[dict[str, str]]:
    """Every task of the account, as the control API tells."""
    reply = Api(api.url, None).send("GET", "/__mock/tasks", query={"account": str(api.key)})
    found: list[dict[str, str]] = reply.json["tasks"]
    return found


def kill_in_the_middle(
    process: subprocess.Popen[str], url: str, known: dict[str, Acknowledged], receiver: str | None, creates: int
) -> None:
    """Lets every client work, and kills the mock once so many creates were acknowledged in all."""
    lock, left = threading.Lock(), [creates]

    def enough() -> None:
        with lock:
            left[0] -= 1
            if left[0] == 0:
                process.send_signal(signal.SIGKILL)

    threads = [threading.Thread(target=work, args=(url, key, each, receiver, enough)) for key, each in known.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert process.wait(10) == -signal.SIGKILL


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    """Several kills of the same file, each at another moment, under concurrent clients."""
    flags = ("--state", str(tmp_path / "state.db"), "--task-seconds", "0.2")
    known = {f"client-{number}": Acknowledged() for number in range(CLIENTS)}
    moments = random.Random(7)
    for _ in range(ROUNDS):
        with serving(*flags) as (process, ready):
            for key, each in known.items():
                check(Api(str(ready["url"]), key), each)
            kill_in_the_middle(process, str(ready["url"]), known, None, moments.randrange(20, 120))
    with serving(*flags) as (_, ready):
        for key, each in known.items():
            check(Api(str(ready["url"]), key), each)
        together = [task for each in known.values() for task in each.tasks]
        assert len(together) >= 20 * ROUNDS
        for each in known.values():
            assert len(set(each.tasks)) == len(each.tasks)


def test_every_push_comes_at_least_once(tmp_path: Path) -> None:
    """Of every acknowledged task the receiver hears both messages, whatever was under way at the kills."""
    flags = ("--state", str(tmp_path / "state.db"), "--task-seconds", "0.3")
    known = {f"client-{number}": Acknowledged() for number in range(CLIENTS)}
    with CallbackReceiver() as receiver:
        for creates in (40, 70):
            with serving(*flags) as (process, ready):
                kill_in_the_middle(process, str(ready["url"]), known, receiver.url, creates)
        with serving(*flags):
            for each in known.values():
                for task in each.tasks:
                    wait_until(lambda task=task: told(receiver, task) == {"processing", "success"}, 20)  # type: ignore[misc]
        # Each at most once for every time that the mock was started.
        for each in known.values():
            for task in each.tasks:
                assert len(receiver.updates_for(task)) <= 2 * 3


def told(receiver: CallbackReceiver, task: str) -> set[str]:
    """What the receiver has heard of a task."""
    return {str(each["status"]) for each in receiver.updates_for(task)}


def test_retries_are_not_forgotten_by_a_kill(tmp_path: Path) -> None:
    """A receiver that refuses before the kill is told after it."""
    flags = (
        "--state",
        str(tmp_path / "state.db"),
        "--task-seconds",
        "0",
        "--callback-retries",
        "10",
        "--time-scale",
        "5",
    )
    with CallbackReceiver() as receiver:
        receiver.status(503, only="update")
        with serving(*flags) as (process, ready):
            task = Api(str(ready["url"]), "k").create(MINIMAL | {"callback_url": receiver.url}).json["task_id"]
            wait_until(lambda: len(receiver.updates_for(task)) >= 3)
            process.kill()
            process.wait(10)
        receiver.behave()
        receiver.clear()
        with serving(*flags):
            wait_until(lambda: told(receiver, task) == {"processing", "success"}, 30)


@pytest.mark.parametrize("command", ["serve", "exec"])
def test_a_file_that_another_mock_has_is_one_line_and_2(tmp_path: Path, command: str) -> None:
    """It names the file; the first mock goes on."""
    state = str(tmp_path / "state.db")
    more = [] if command == "serve" else ["--", "true"]
    with serving("--state", state) as (_, ready):
        second = run(command, "--port", "0", "--state", state, *more)
        assert (second.returncode, second.stdout) == (2, "")
        assert second.stderr == f"minimax-mock: --state: {state}: another mock, or another program, has it open\n"
        assert Api(str(ready["url"]), "k").create(MINIMAL).code == 0


def test_another_seed_and_a_wrong_file_are_one_line_and_2(tmp_path: Path) -> None:
    """Also when the name of the file comes from the environment."""
    state = str(tmp_path / "state.db")
    with serving("--state", state, "--seed", "1"):
        pass
    other = run("serve", "--port", "0", "--seed", "2", MINIMAX_MOCK_STATE=state)
    assert (other.returncode, other.stderr) == (
        2,
        f"minimax-mock: --seed: the state in {state} has the seed 1; leave --seed out to go on with it, or take another file\n",
    )
    (tmp_path / "text").write_text("this is no database" * 100)
    wrong = run("serve", "--port", "0", "--state", str(tmp_path / "text"))
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "it is no SQLite database" in wrong.stderr


def test_a_clean_stop_leaves_one_file(tmp_path: Path) -> None:
    """SIGTERM puts everything into it and ends with 0."""
    state = tmp_path / "state.db"
    with serving("--state", str(state)) as (process, ready):
        task = Api(str(ready["url"]), "k").create(MINIMAL).json["task_id"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["state.db"]
    with serving("--state", str(state)) as (_, ready):
        assert Api(str(ready["url"]), "k").query(task).code == 0
