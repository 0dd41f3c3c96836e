"""What is there again after a stop and a start with the same file."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract_tests.api import MINIMAL
from mock_server import MockServer, Settings, create_app
from mock_server.callbacks.kept import OUTBOXES
from mock_server.errors import StartupError
from mock_server.receiver import CallbackReceiver
from mock_server.world.kept import UPLOADS, UploadRow
from mock_server.world.sqlite_file import SqliteFile
from mock_server.world.store_sqlite import SqliteStore
from tests.callbacks.receiver import wait_until
from tests.over_http.controlling import User
from tests.over_http.uploading import upload

KEY = "state-user"
Start = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The file of the state, which is not there yet."""
    return str(tmp_path / "state.db")


@pytest.fixture
def start(file: str) -> Start:
    """Starts a mock on the file; its account is the same each time."""

    @contextmanager
    def started(**settings: Any) -> Iterator[User]:
        chosen: dict[str, Any] = {"port": 0, "state": file, "clock": "manual"} | settings
        with MockServer(Settings(**chosen)) as mock:
            yield User(mock, KEY)

    return started


def ended(user: User, task_id: str) -> Any:
    """The file number of a task that has succeeded."""
    return user.api.query(task_id).json["file_id"]


def test_tasks_go_on_where_they_were(start: Start) -> None:
    """Each with its id, its prompt and its time; the clock stands where it stood."""
    with start(task_seconds=10) as user:
        first = user.task("one \u00e4 \U0001f431")
        user.control("POST", "clock/advance", {"seconds": 5})
        second = user.task("two")
        now = user.control("GET", "clock").json["accounts"][0]["now"]
        before = user.control("GET", "tasks").json["tasks"]
    with start(task_seconds=99) as user:
        assert user.control("GET", "clock").json["accounts"][0]["now"] == now
        assert user.control("GET", "tasks").json["tasks"] == before
        user.control("POST", "clock/advance", {"seconds": 5})
        assert (user.status(first), user.status(second)) == ("Success", "Processing")
        assert int(user.task()) > int(second)


def test_events_on_tasks_are_kept(start: Start) -> None:
    """Queries that were counted, and ends by hand."""
    with start(progress="polls:4") as user:
        polled, failed = user.task(), user.task()
        for _ in range(2):
            user.status(polled)
        user.control("POST", f"tasks/{failed}/fail", {"code": 1027})
    with start(progress="polls:4") as user:
        assert (user.status(polled), user.status(polled)) == ("Processing", "Success")
        assert user.api.query(failed).json["base_resp"]["status_code"] == 1027


def test_files_are_kept_and_deleted_ones_stay_deleted(start: Start) -> None:
    """Links that were handed out lead to the same file, since their secret is kept too."""
    with start(task_seconds=1, seed=5) as user:
        kept, deleted = user.task(), user.task()
        user.control("POST", "clock/advance", {"seconds": 1})
        gone = int(ended(user, deleted))
        link = user.api.retrieve(ended(user, kept)).json["file"]["download_url"].removeprefix(user.api.url)
        content = user.api.send("GET", link).content
        assert user.api.send("POST", "/v1/files/delete", body=f'{{"file_id": {gone}}}'.encode()).code == 0
    with start(task_seconds=1) as user:
        assert user.api.send("GET", link).content == content
        assert user.api.retrieve(str(gone)).code == 2013
        assert user.status(deleted) == "Success"


def test_uploads_are_kept_with_their_content(start: Start) -> None:
    """Byte by byte, within the bound of the new start, the oldest going first; a deleted one stays deleted."""
    content = bytes(range(256)) * 200
    with start() as user:
        numbers = [upload(user.api, content=content + bytes([each])).json["file"]["file_id"] for each in range(4)]
        assert user.api.send("POST", "/v1/files/delete", body=f'{{"file_id": {numbers[1]}}}'.encode()).code == 0
    with start(upload_bytes=120_000) as user:
        listed = [each["file_id"] for each in user.api.send("GET", "/v1/files/list").json["files"]]
        assert listed == numbers[2:]
        found = user.api.send("GET", "/v1/files/retrieve_content", query={"file_id": str(numbers[3])}).content
        assert found == content + b"\x03"
        assert upload(user.api, content=content).json["file"]["file_id"] > numbers[3]


def test_rules_go_on_with_their_counts(start: Start) -> None:
    """Those of the account, those of the server, and the scenario in force."""
    with start() as user:
        mine = user.rule({"code": 1002}, {"operation": "create"}, times=3)["id"]
        user.rule({"code": 1039}, {"operation": "query", "account": KEY})
        user.rule({"code": 1027}, {"operation": "retrieve"}, everybody=True)
        user.control("POST", "scenario", {"name": "rate-limited"}, everybody=True)
        user.control("POST", "scenario", {"name": "internal-errors"})
        assert user.codes(2) == [1002, 1002]
        before = user.control("GET", "rules").json["rules"]
    with start() as user:
        assert user.control("GET", "rules").json["rules"] == before
        assert user.create().code == 1002
        assert user.control("GET", f"rules/{mine}", everybody=True).json["acted"] == 3
        assert user.api.query("1").code == 1039
        assert user.api.retrieve("1").code == 1027
        assert user.rule({"code": 1002}, {"operation": "create"})["id"] not in {each["id"] for each in before}


def test_money_and_limits_are_kept(start: Start) -> None:
    """Balance and ledger, also of tasks that are gone; rpm that was set by hand."""
    with start(balance=10, max_tasks=3, task_seconds=1) as user:
        for prompt in ("a", "mock:fail", "b", "c", "mock:fail", "d"):
            user.task(prompt)
        user.control("POST", "clock/advance", {"seconds": 1})
        user.control("PATCH", f"accounts/{KEY}", {"rpm": 50}, everybody=True)
        before = user.control("GET", "accounts", everybody=True).json["accounts"]
    with start(balance=10, max_tasks=3, task_seconds=1) as user:
        assert user.control("GET", "accounts", everybody=True).json["accounts"] == before
        user.control("PATCH", f"accounts/{KEY}", {"balance": 1.5}, everybody=True)
    with start(balance=10) as user:
        assert user.control("GET", "accounts", everybody=True).json["accounts"][0]["balance_usd"] == 1.5


def test_money_of_a_task_that_queries_ended_stays_given_back(start: Start) -> None:
    """No clock brings such an end, so that it has to be told from the queries; nor is the money given back twice."""
    with start(balance=10, progress="polls:1") as user:
        failed = user.task("mock:fail")
        user.task("mock:fail")  # which nobody asks for: it goes on holding its price back
        assert user.status(failed) == "Fail"
        before = user.control("GET", "accounts", everybody=True).json["accounts"]
        assert before[0]["balance_usd"] < 10
    with start(balance=10, progress="polls:1") as user:
        assert user.control("GET", "accounts", everybody=True).json["accounts"] == before
        assert user.status(failed) == "Fail"
        assert user.control("GET", "accounts", everybody=True).json["accounts"] == before


def test_the_rate_window_is_that_of_the_last_minute(start: Start) -> None:
    """Creates that were accepted before the restart count."""
    with start(rpm=3) as user:
        assert user.codes(2) == [0, 0]
    with start(rpm=3) as user:
        assert user.codes(2) == [0, 1002]


@pytest.mark.parametrize("restarts", [False, True])
def test_creates_without_a_limit_never_count_against_one(start: Start, restarts: bool) -> None:
    """Those made while rpm was off do not count once it is on, with and without restarts in between."""
    with ExitStack() as running:
        user = running.enter_context(start())

        def restart(**settings: Any) -> User:
            if restarts:
                running.pop_all().close()
            again: User = running.enter_context(start(**settings)) if restarts else user
            return again

        def limit(rpm: int | None) -> None:
            user.control("PATCH", f"accounts/{KEY}", {"rpm": rpm}, everybody=True)

        assert user.codes(2) == [0, 0]
        limit(2)
        user = restart()
        assert user.codes(1) == [0]
        user = restart()
        assert user.codes(2) == [0, 1002]
        limit(None)
        user = restart()
        assert user.codes(1) == [0]
        limit(1)
        user = restart()
        assert user.codes(2) == [0, 1002]


def test_a_limit_of_the_next_start_counts_from_there(start: Start) -> None:
    """What was created under a start without --rpm does not count; what follows does, over restarts."""
    with start() as user:
        assert user.codes(3) == [0, 0, 0]
    with start(rpm=2) as user:
        assert user.codes(1) == [0]
    with start(rpm=2) as user:
        assert user.codes(2) == [0, 1002]


def test_a_reset_is_kept(start: Start) -> None:
    """Of one account, and of all with another seed; how often it was opened is not forgotten."""
    with start(seed=1) as user:
        gone = user.task()
        User(user.mock, "other").task()
        user.control("POST", "reset")
    with start(seed=1) as user:
        assert user.api.query(gone).code == 2013
        assert [each.key for each in user.mock.service.world.existing()] == ["other", KEY]
        assert user.mock.service.world.account(KEY).opened_before == 1
        user.control("PUT", "seed", {"seed": 9}, everybody=True)
    with start(seed=1) as user:  # the seed that the file was begun with
        assert user.mock.service.world.seed == 9
        assert user.mock.service.world.existing() == []


def test_what_had_to_go_does_not_come_back(start: Start) -> None:
    """Of too many tasks the oldest, of too many accounts the one unused for longest."""
    with start(max_tasks=2, max_accounts=2) as user:
        tasks = [user.task() for _ in range(4)]
        for key in ("b", "c"):
            User(user.mock, key).task()
    with start(max_tasks=2, max_accounts=2) as user:
        assert [each.key for each in user.mock.service.world.existing()] == ["b", "c"]
        assert user.api.query(tasks[-1]).code == 2013
    with start(max_accounts=1) as user:
        assert len(user.mock.service.world.existing()) == 1


def test_random_choices_do_not_repeat(start: Start) -> None:
    """With the same seed identifiers go on, and those of requests are others."""
    seen: list[str] = []
    for _ in range(3):
        with start(seed=3) as user:
            reply = user.create()
            seen += [reply.headers["X-Mock-Request-Id"], reply.json["task_id"]]
    assert len(set(seen)) == 6


def test_another_seed_is_refused(start: Start) -> None:
    """The line says how to go on."""
    with start(seed=3):
        pass
    with (
        pytest.raises(StartupError, match="has the seed 3; leave --seed out to go on with it, or take another file"),
        start(seed=4),
    ):
        pass
    with start(seed=3):
        pass


def test_a_scenario_of_this_start_wins_over_the_one_of_the_last(start: Start) -> None:
    """With the same flag as before, what was chosen meanwhile stays."""
    with start(scenario="rate-limited") as user:
        user.control("DELETE", "scenario", everybody=True)
    with start(scenario="rate-limited") as user:
        assert user.mock.service.world.rules.current.scenario is None
    with start(scenario="internal-errors") as user:
        scenario = user.mock.service.world.rules.current.scenario
        assert scenario is not None
        assert scenario.name == "internal-errors"


def test_a_scenario_that_is_gone_is_named(start: Start, tmp_path: Path) -> None:
    """Its file has to be given again."""
    own = tmp_path / "own.yaml"
    own.write_text("title: t\nwhy: w\nclient: c\nrules: [{then: {code: 1002}}]\n")
    with start(scenario_file=(str(own),)) as user:
        user.control("POST", "scenario", {"name": "own"})
    with pytest.raises(StartupError, match=r"the scenario 'own' was in force .* name its --scenario-file"), start():
        pass
    with start(scenario_file=(str(own),)) as user:
        assert user.create().code == 1002


def test_time_never_goes_back(start: Start) -> None:
    """A scaled clock is ahead of the time of day, and stays so; a manual one goes on from there."""
    with start(clock="real", time_scale=100_000, task_seconds=1000) as user:
        task = user.task()
        wait_until(lambda: user.status(task) == "Success")
        far = user.control("GET", "clock").json["accounts"][0]["now"]
    with start(clock="real") as user:
        assert user.control("GET", "clock").json["accounts"][0]["now"] >= far
    with start(clock="manual") as user:
        assert user.control("GET", "clock").json["accounts"][0]["now"] >= far


def test_pushes_that_wait_are_sent_after_the_restart(start: Start) -> None:
    """What was told is not told again; what was to come still comes, with its number."""
    with CallbackReceiver() as receiver:
        with start(task_seconds=10) as user:
            task = user.task(callback_url=receiver.url)
            user.control("POST", "clock/advance", {"seconds": 5})
            assert [each["status"] for each in receiver.updates] == ["processing"]
        with start() as user:
            happened = user.control("POST", "clock/advance", {"seconds": 5}).json["happened"]
            assert [each["status"] for each in happened if each["kind"] == "callback"] == ["success"]
            assert [each["status"] for each in receiver.updates_for(task)] == ["processing", "success"]
            listed = user.control("GET", "callbacks").json
            assert [each["kind"] for each in listed["callbacks"]] == ["challenge", "update", "update"]
        with start() as user:
            user.control("POST", "clock/advance", {"seconds": 50})
            assert len(receiver.updates) == 2
            assert user.control("GET", "callbacks").json == listed


def test_retries_go_on_where_they_were(start: Start) -> None:
    """The number of the attempt and the rule that acted are kept."""
    with CallbackReceiver() as receiver:
        receiver.status(503, only="update")
        with start(task_seconds=1) as user:
            rule = user.rule({"retries": 3, "change": {"/extra": 1}}, {"operation": "push", "status": "success"})
            task = user.task(callback_url=receiver.url)
            user.control("POST", "clock/advance", {"seconds": 2})
        receiver.behave()
        with start(task_seconds=1) as user:
            user.control("POST", "clock/advance", {"seconds": 60})
            told = [
                each
                for each in user.control("GET", "callbacks", task_id=task).json["callbacks"]
                if each["kind"] == "update"
            ]
            numbers = [each["number"] for each in told if each["message"]["status"] == "success"]
            assert numbers == [1, 2, 3]
            assert told[-1]["delivered"]
            assert told[-1]["rule"]["id"] == rule["id"]
            assert receiver.updates[-1]["extra"] == 1


def test_a_push_under_way_while_the_next_fell_due_is_sent_again(start: Start) -> None:
    """It was not answered, so nobody knows whether it came; the one behind it comes after it."""
    with CallbackReceiver() as receiver:
        receiver.late(30, only="update")
        with start(task_seconds=1, callback_timeout=30) as user:
            task = user.task(callback_url=receiver.url)
            assert user.control("POST", "clock/advance", {"seconds": 5, "deadline": 0.3}).status == 200
            assert user.control("GET", "callbacks", task_id=task).json["callbacks"] == []
        receiver.behave()
        with start(task_seconds=1) as user:
            user.control("POST", "clock/advance", {"seconds": 1})
            told = user.control("GET", "callbacks", task_id=task).json["callbacks"]
            assert [(each["message"]["status"], each["delivered"]) for each in told] == [
                ("processing", True),
                ("success", True),
            ]


def test_of_whom_everything_was_told_nothing_waits_in_the_file(start: Start) -> None:
    """Nor of a receiver that did not prove itself, of a task that had to go, or of an account that was reset."""
    with CallbackReceiver() as receiver, start(task_seconds=1, max_tasks=2) as user:
        store = user.mock.service.store

        def waiting() -> int:
            return len(list(store.things(OUTBOXES)))

        user.task(callback_url=receiver.url)
        assert waiting() == 1
        user.control("POST", "clock/advance", {"seconds": 5})
        wait_until(lambda: waiting() == 0)
        receiver.status(503, only="challenge")
        rule = user.rule({"after_answer": True}, {"operation": "challenge"})
        user.task(callback_url=receiver.url)
        wait_until(lambda: waiting() == 0)
        user.control("DELETE", f"rules/{rule['id']}")
        receiver.behave()
        for _ in range(3):
            user.task(callback_url=receiver.url)
        user.control("POST", "clock/advance", {"seconds": 5})
        wait_until(lambda: waiting() == 0)
        user.task(callback_url=receiver.url)
        user.control("POST", "reset")
        wait_until(lambda: waiting() == 0)


def test_a_late_challenge_is_made_again(start: Start) -> None:
    """A receiver that had not proven itself is told nothing before it has."""
    with CallbackReceiver() as receiver:
        receiver.late(30, only="challenge")
        with start(task_seconds=1) as user:
            user.rule({"after_answer": True}, {"operation": "challenge"})
            task = user.task(callback_url=receiver.url)
        receiver.behave()
        with start(task_seconds=1) as user:
            user.control("POST", "clock/advance", {"seconds": 5})
            assert [each["status"] for each in receiver.updates_for(task)] == ["processing", "success"]
            kinds = [each["kind"] for each in user.control("GET", "callbacks").json["callbacks"]]
            assert kinds[-2:] == ["update", "update"]


def test_the_record_of_deliveries_is_kept_within_its_bound(start: Start) -> None:
    """With the number of those that had to go."""
    with CallbackReceiver() as receiver, start(task_seconds=0, journal_max=5) as user:
        for _ in range(3):
            user.task(callback_url=receiver.url)
        user.control("POST", "clock/advance", {"seconds": 1})
        before = user.control("GET", "callbacks").json
        assert (before["total"], before["dropped"]) == (5, 4)
    with start(journal_max=5) as user:
        assert user.control("GET", "callbacks").json == before
        user.control("POST", "reset")
    with start(journal_max=5) as user:
        assert user.control("GET", "callbacks").json == {"callbacks": [], "total": 0, "dropped": 0}


def test_the_same_mock_stops_and_starts(start: Start, file: str) -> None:
    """While it is stopped another one can have the file; then it has to be made anew."""
    with CallbackReceiver() as receiver, start(task_seconds=1) as user:
        task = user.task(callback_url=receiver.url)
        user.mock.stop()
        user.mock.start()
        again = User(user.mock, KEY)
        assert again.status(task) == "Preparing"
        again.control("POST", "clock/advance", {"seconds": 1})
        assert [each["status"] for each in receiver.updates_for(task)] == ["processing", "success"]
        user.mock.stop()
        with MockServer(Settings(port=0, state=file)):
            pass
        with pytest.raises(StartupError, match="another mock has changed"):
            user.mock.start()


def test_an_upload_of_a_forgotten_account_goes_at_the_next_start(start: Start, file: str) -> None:
    """It came into the file just after its account had left it."""
    with start() as user:
        user.task()
    store = SqliteStore(file)
    store.put(UPLOADS, "forgotten", 1, UploadRow("a.mp3", "prompt_audio", 0.0, b"content"))
    store.close()
    with start() as user:
        user.task()
    store = SqliteStore(file)
    assert list(store.things(UPLOADS)) == []
    store.close()


def test_a_start_that_fails_lets_the_file_go(start: Start, file: str) -> None:
    """Its port was taken: another mock can have the file."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        mock = MockServer(Settings(port=taken.getsockname()[1], state=file, clock="manual"))
        with pytest.raises(StartupError, match="cannot listen"):
            mock.start()
        SqliteStore(file).close()
    threads = threading.active_count()
    with start() as user:
        user.task()
    assert threading.active_count() == threads


def test_an_application_under_another_server_keeps_too(file: str) -> None:
    """Without a server of ours; a second application on the same file is refused, as a second worker would be."""
    settings = Settings(state=file, clock="manual")
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {KEY}"}
    task = app.test_client().post("/v1/video_generation", json=MINIMAL, headers=headers).json["task_id"]  # type: ignore[index]
    with pytest.raises(StartupError, match="has it open"):
        create_app(settings)
    app.extensions["minimax_mock"].stop()
    app.extensions["minimax_mock"].store.close()
    other = create_app(settings)
    answer = other.test_client().get("/v1/query/video_generation", query_string={"task_id": task}, headers=headers)
    assert answer.json is not None
    assert answer.json["status"] == "Preparing"
    other.extensions["minimax_mock"].store.close()


def test_what_cannot_be_kept_is_a_fault_of_the_mock(start: Start) -> None:
    """Code 1000 with HTTP 500, in the journal and among the own faults; a call that changes nothing is answered."""
    with start() as user:
        task = user.task()
        store = user.mock.service.store
        store._file._connection.execute("PRAGMA max_page_count = 1")
        mark = user.mock.service.own_faults.mark()
        reply = user.create("x" * 2000)
        for _ in range(20):
            reply = user.create("x" * 2000) if reply.status == 200 else reply
        assert (reply.status, reply.code) == (500, 1000)
        control = user.control("POST", "rules", {"match": {"operation": "list"}, "then": {"code": 1002}})
        assert control.status == 500
        assert user.api.retrieve("1").code == 2013
        faults = user.mock.service.own_faults.since(mark, KEY)
        assert any("changes cannot be kept: --state: " in each and "full" in each for each in faults)
        store._file._connection.execute("PRAGMA max_page_count = 100000")
        assert user.create().code == 0
    with start() as user:
        assert user.status(task) == "Preparing"
        assert len(user.control("GET", "tasks").json["tasks"]) >= 3


def test_without_a_file_nothing_is_kept() -> None:
    """The default: memory."""
    with MockServer(Settings(port=0)) as mock:
        task = User(mock, KEY).task()
    with MockServer(Settings(port=0)) as mock:
        assert User(mock, KEY).api.query(task).code == 2013


def test_an_answer_waits_until_its_changes_are_kept(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create, and a control call, are acknowledged after the commit and not before; a call without changes does not wait."""
    may_write, answered = threading.Event(), threading.Event()
    written: list[bool] = []
    keep = SqliteFile.keep

    def slow(file: SqliteFile, batch: Any) -> None:
        may_write.wait(10)
        written.append(answered.is_set())
        keep(file, batch)

    def create(user: User) -> None:
        user.task()
        answered.set()

    with start() as user:
        user.task()
        monkeypatch.setattr(SqliteFile, "keep", slow)
        thread = threading.Thread(target=create, args=(user,))
        thread.start()
        wait_until(lambda: len(user.mock.service.world.account(KEY).tasks()) == 2)
        assert user.control("GET", "tasks").status == 200
        assert not answered.is_set()
        may_write.set()
        thread.join(10)
    assert answered.is_set()
    assert written[0] is False
