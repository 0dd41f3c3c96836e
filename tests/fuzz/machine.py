"""A state machine of hypothesis: accounts live side by side, and after every step the mock is what the model says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mock_server import MockServer, Settings
from mock_server.receiver import CallbackReceiver
from tests.fuzz.model import LINK_SECONDS, ORDER, START, TASK_SECONDS, AccountModel, RuleModel, TaskModel
from tests.fuzz.target import Reply
from tests.fuzz.twin import Recorded

CREATE = "/v1/video_generation"
PUBLIC = "https://mock.example"
KEYS = ("one-account", "another-account", "a-third-account")
IMAGE = "https://example.com/a.png"
# Valid bodies of every mode, with their list prices in thousandths of a dollar.
BODIES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"model": "MiniMax-Hailuo-2.3", "first_frame_image": IMAGE}, 280),
    ({"model": "MiniMax-Hailuo-2.3", "first_frame_image": IMAGE, "resolution": "1080P"}, 490),
    ({"model": "MiniMax-Hailuo-2.3", "prompt": "a dog", "duration": 10}, 560),
    ({"model": "MiniMax-Hailuo-02", "first_frame_image": IMAGE, "last_frame_image": IMAGE}, 280),
    ({"model": "S2V-01", "prompt": "a dog", "subject_reference": [{"type": "character", "image": [IMAGE]}]}, 280),
)
WRONG: tuple[Any, ...] = (
    {}, [], {"model": "none", "prompt": "a dog"}, {"model": "MiniMax-Hailuo-2.3", "first_frame_image": 7},
    {"model": "MiniMax-Hailuo-2.3", "first_frame_image": "data:image/png;base64,AAAA"}, {"model": "MiniMax-Hailuo-2.3", "prompt": "x" * 2001},
)  # fmt: skip
# Nobody listens there.
NOBODY = "http://127.0.0.1:1/callback"
keys = st.sampled_from(KEYS)
codes = st.sampled_from((1002, 1026, 1027, 2013))
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nretrieval\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n%b\r\n--b--\r\n'
)


class MockMachine(RuleBasedStateMachine):
    """Plays with one mock, and at the end asks a second one with the same seed all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.receiver = CallbackReceiver().start()
        # Where the mock keeps what it holds; by default nowhere.
        self.state_file: str | None = None
        self.accounts: dict[str, AccountModel] = {}
        # Every task and file that was ever acknowledged, with its owner: nobody else may find it.
        self.owners: dict[tuple[str, str], str] = {}
        self.links: list[tuple[str, str, str, int]] = []
        self.world_now = START
        self.turn = 0

    @initialize(seed=st.integers(0, 2**53))
    def begin(self, seed: int) -> None:
        """Starts a mock with a manual clock."""

        def make() -> MockServer:
            settings = Settings(
                port=0, seed=seed, state=self.state_file, clock="manual", callback_timeout=60, threads=4,
                task_seconds=TASK_SECONDS, link_seconds=LINK_SECONDS, public_url=PUBLIC,
                modes=("image-to-video", "text-to-video", "first-last-frame", "subject-reference"), upload_bytes=1_000_000,
            )  # fmt: skip
            return MockServer(settings)

        self.asked = Recorded(make)
        # A subset of the rules is played each time, often without the plainest one.
        for key in KEYS[:2]:
            self._create(key, BODIES[0][0], price=BODIES[0][1])

    def teardown(self) -> None:
        """The same seed and the same calls give the same answers, byte for byte."""
        try:
            if hasattr(self, "asked"):
                for key in self.accounts:
                    self._check_account(key)
                self.asked.close()
                self.check_twin()
        finally:
            self.receiver.stop()

    def check_twin(self) -> None:
        """Raises AssertionError where a second mock answers anything else."""
        differences = self.asked.differences()
        assert not differences, differences[0]

    # Creates

    @rule(key=keys, valid=st.sampled_from(BODIES), fails=st.sampled_from((None, None, None, 1026, 1027)))
    def create(self, key: str, valid: tuple[dict[str, Any], int], fails: int | None) -> None:
        """A valid create, whose prompt may want the task to fail."""
        body = dict(valid[0])
        if fails is not None:
            body["prompt"] = f"a dog mock:fail:{fails}"
        self._create(key, body, price=valid[1], fail_code=fails)

    @rule(key=keys, body=st.sampled_from(WRONG))
    def create_wrongly(self, key: str, body: Any) -> None:
        """A create that breaks the contract."""
        self._create(key, body, fault=2013)

    @rule(key=keys, code=codes, way=st.sampled_from(("prompt", "parameter", "header", "image")))
    def create_and_force(self, key: str, code: int, way: str) -> None:
        """A create that forces its own answer."""
        body, price = dict(BODIES[0][0]), BODIES[0][1]
        if way == "image":
            self._create(key, body | {"first_frame_image": f"{PUBLIC}/__mock/gallery/ratio-too-wide.png"}, fault=2013)
            return
        if way == "prompt":
            body["prompt"] = f"mock:{code}"
        query = {"__code": str(code)} if way == "parameter" else {}
        self._create(key, body, price=price, forced=code, prefer=code if way == "header" else None, query=query)

    @rule(key=keys, heard=st.booleans())
    def create_with_callback(self, key: str, heard: bool) -> None:
        """A create with a receiver that echoes its challenge, or at whose address nobody listens."""
        body = BODIES[0][0] | {"callback_url": self.receiver.url if heard else NOBODY}
        self._create(key, body, price=BODIES[0][1], proven=heard)

    @rule(code=codes, operation=st.sampled_from(("create", "query")))
    def call_with_the_key_of_a_code(self, code: int, operation: str) -> None:
        """A key that names a code is answered that code, always."""
        key = f"mock-{code}"
        if operation == "create":
            reply = self.asked.call("POST", CREATE, key=key, body=BODIES[0][0])
        else:
            reply = self.asked.call("GET", "/v1/query/video_generation", key=key, task_id="1")
        self._account(key).asked += 1
        assert reply.code == code

    def _create(
        self, key: str, body: Any, *, price: int = 0, forced: int | None = None, fault: int | None = None, proven: bool = True,
        fail_code: int | None = None, prefer: int | None = None, query: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        account = self._account(key)
        expected = account.create(forced, fault, price, proven=proven)
        wish = None if prefer is None else f"code={prefer}"
        reply = self.asked.call("POST", CREATE, key=key, body=body, prefer=wish, query=query)
        assert reply.code == expected, (reply.content, expected)
        if expected:
            assert not reply.json.get("task_id")
            return
        task_id = reply.json["task_id"]
        assert len(task_id) == 15 and task_id.isdigit()
        assert ("task", task_id) not in self.owners or self.owners["task", task_id] == key
        assert task_id not in account.tasks
        self.owners["task", task_id] = key
        receiver = isinstance(body, dict) and "callback_url" in body
        account.accept(TaskModel(task_id, account.now, price, fail_code, receiver=receiver))

    # Tasks and files

    @precondition(lambda self: self._tasks())
    @rule(data=st.data(), asker=keys)
    def query(self, data: st.DataObject, asker: str) -> None:
        """A query: of an own task what its timeline says, of somebody else's that there is none."""
        owner, task = self._some_task(data)
        account = self._account(asker)
        account.asked += 1
        expected = account.ruled("query")
        reply = self.asked.call("GET", "/v1/query/video_generation", key=asker, task_id=task.id)
        if expected is not None:
            assert reply.code == expected
        elif asker != owner:
            if task.id not in account.tasks:
                assert reply.code == 2013 and reply.json["status"] == ""
        else:
            self._check_state(task, account, reply)

    def _check_state(self, task: TaskModel, account: AccountModel, reply: Reply) -> None:
        status, code = task.state(account.now)
        assert (reply.json["status"], reply.code) == (status, code), (reply.content, task, account.now)
        assert ORDER.index(status) >= ORDER.index(task.last_seen)
        task.last_seen = status
        assert bool(reply.json["file_id"]) == (status == "Success")
        if status == "Success":
            file_id = reply.json["file_id"]
            assert len(file_id) == 15 and file_id.isdigit()
            assert task.file_id in ("", file_id)
            task.file_id = file_id
            assert [each.id for each in account.tasks.values() if each.file_id == file_id] == [task.id]

    @precondition(lambda self: self.accounts)
    @rule(data=st.data(), asker=keys)
    def retrieve_and_download(self, data: st.DataObject, asker: str) -> None:
        """A file: for its owner a link that works, for others nothing."""
        file_id, owner = self._some_file(data)
        account = self._account(asker)
        account.asked += 1
        reply = self.asked.call("GET", "/v1/files/retrieve", key=asker, file_id=file_id)
        mine = file_id in account.files() or file_id in account.uploads
        assert reply.code == (0 if mine else 2013), (reply.content, asker, owner)
        if mine:
            file = reply.json["file"]
            assert file["file_id"] == int(file_id)
            self.links.append((asker, file_id, file["download_url"], account.now + LINK_SECONDS))

    @precondition(lambda self: self.links)
    @rule(data=st.data())
    def follow_a_link(self, data: st.DataObject) -> None:
        """A link works until it expires, or until its file is gone; nobody needs a key for it."""
        key, file_id, link, expires = data.draw(st.sampled_from(self.links[-5:]))
        account = self.accounts.get(key)
        reply = self.asked.call("GET", link)
        if (account.now if account else self.world_now) >= expires:
            assert reply.status == 403
            return
        if account:
            account.asked += 1
        there = account is not None and (file_id in account.files() or file_id in account.uploads)
        if there and account is not None:
            assert reply.status == 200 and reply.content
            assert file_id not in account.uploads or reply.content == account.uploads[file_id]
        elif account is None or not any(task.state(account.now)[0] == "Success" for task in account.tasks.values()):
            assert reply.status == 404

    @rule(key=keys, content=st.binary(min_size=1, max_size=50))
    def upload(self, key: str, content: bytes) -> None:
        """A file is uploaded."""
        account = self._account(key)
        account.asked += 1
        content = content.hex().encode()
        reply = self.asked.call(
            "POST", "/v1/files/upload", key=key, raw=FORM % content, kind="multipart/form-data; boundary=b"
        )
        assert reply.code == 0, reply.content
        file_id = str(reply.json["file"]["file_id"])
        assert len(file_id) == 15 and file_id not in account.uploads and file_id not in account.files()
        account.uploads[file_id] = content

    @rule(key=keys)
    def list_files(self, key: str) -> None:
        """The list has every file of the account and no other."""
        account = self._account(key)
        account.asked += 1
        reply = self.asked.call("GET", "/v1/files/list", key=key)
        assert reply.code == 0
        listed = [str(file["file_id"]) for file in reply.json["files"]]
        assert len(set(listed)) == len(listed)
        assert set(listed) >= set(account.files()) | set(account.uploads)
        finished = [
            task for task in account.tasks.values() if task.state(account.now)[0] == "Success" and not task.deleted
        ]
        assert len(listed) == len(finished) + len(account.uploads)

    @precondition(lambda self: self.accounts)
    @rule(data=st.data(), asker=keys)
    def delete(self, data: st.DataObject, asker: str) -> None:
        """A file is deleted by its owner and by nobody else."""
        file_id, _ = self._some_file(data)
        account = self._account(asker)
        account.asked += 1
        mine = file_id in account.files() or file_id in account.uploads
        purpose = "retrieval" if file_id in account.uploads else "video_generation"
        reply = self.asked.call(
            "POST", "/v1/files/delete", key=asker, body={"file_id": int(file_id), "purpose": purpose}
        )
        assert reply.code == (0 if mine else 2013), reply.content
        if mine and account.uploads.pop(file_id, None) is None:
            account.files()[file_id].deleted = True

    @precondition(lambda self: self._tasks())
    @rule(data=st.data(), code=st.sampled_from((None, 0, 1026, 1027)))
    def end_by_hand(self, data: st.DataObject, code: int | None) -> None:
        """A running task ends at once; one that has ended stays as it is."""
        key, task = self._some_task(data)
        account = self.accounts[key]
        account.settle()
        ended = task.state(account.now)[0] in ("Success", "Fail")
        if code is None:
            reply = self.asked.call("POST", f"/__mock/tasks/{task.id}/finish", account=key)
        else:
            reply = self.asked.call("POST", f"/__mock/tasks/{task.id}/fail", body={"code": code}, account=key)
        assert reply.status == (409 if ended else 200), reply.content
        if not ended:
            task.by_hand = (account.now, "Success" if code is None else "Fail", code or 0)

    # Time, money, rules

    @rule(key=st.sampled_from((*KEYS, None)), seconds=st.sampled_from((0, 1, 2, 3, 7, 10, 59, 60, 100)))
    def advance(self, key: str | None, seconds: int) -> None:
        """The clock of one account goes on, or every clock."""
        reply = self.asked.call(
            "POST", "/__mock/clock/advance", body={"seconds": seconds}, query={"account": key} if key else {}
        )
        assert reply.status == 200, reply.content
        if key is None:
            self.world_now += seconds
        for account in [self._account(key)] if key is not None else self.accounts.values():
            account.now += seconds
            account.settle()

    @rule(key=keys, balance=st.sampled_from((None, 0, 0.28, 0.5, 1, 5)))
    def set_balance(self, key: str, balance: float | None) -> None:
        """So much money is there from now on."""
        account = self._account(key)
        account.settle()
        account.balance = None if balance is None else round(balance * 1000)
        assert self.asked.call("PATCH", f"/__mock/accounts/{key}", body={"balance": balance}).status == 200

    @rule(key=keys, rpm=st.sampled_from((None, 1, 2, 5)))
    def set_rpm(self, key: str, rpm: int | None) -> None:
        """So many creates a minute from now on."""
        account = self._account(key)
        account.rpm = rpm
        account.window = account.window if rpm is not None else []
        assert self.asked.call("PATCH", f"/__mock/accounts/{key}", body={"rpm": rpm}).status == 200

    @rule(key=keys, operation=st.sampled_from(("create", "query", "task")), code=codes, times=st.integers(1, 3))
    def add_rule(self, key: str, operation: str, code: int, times: int) -> None:
        """The next calls of an operation are refused, or the next tasks fail."""
        data: Any = {"then": {"code": code}, "match": {"operation": operation}, "times": times}
        if operation == "task":
            data = {"then": {"task": {"end": "Fail", "code": code}}, "times": times}
        reply = self.asked.call("POST", "/__mock/rules", body=data, account=key)
        assert reply.status == 201, reply.content
        self._account(key).rules.append(RuleModel(reply.json["id"], operation, code, times))

    @precondition(lambda self: any(account.rules for account in self.accounts.values()))
    @rule(data=st.data())
    def remove_rule(self, data: st.DataObject) -> None:
        """A rule is taken away, and told how often it acted."""
        account, found = data.draw(
            st.sampled_from([(account, each) for account in self.accounts.values() for each in account.rules])
        )
        reply = self.asked.call("DELETE", f"/__mock/rules/{found.id}")
        assert reply.status == 200
        assert reply.json["acted"] == reply.json["times"] - found.left
        account.rules.remove(found)

    @rule(key=keys, use=st.booleans())
    def change_scenario(self, key: str, use: bool) -> None:
        """A scenario comes into force, or out of it."""
        self._account(key).scenario = use
        if use:
            assert (
                self.asked.call("POST", "/__mock/scenario", body={"name": "balance-empty"}, account=key).status == 200
            )
        else:
            assert self.asked.call("DELETE", "/__mock/scenario", account=key).json == {"name": None}

    # Ends and beginnings

    @precondition(lambda self: self._tasks() >= 3)
    @rule(key=st.sampled_from((*KEYS, None)))
    def reset(self, key: str | None) -> None:
        """One account is forgotten, or all."""
        reply = self.asked.call("POST", "/__mock/reset", query={"account": key} if key else {})
        gone = [key] if key in self.accounts else [] if key is not None else list(self.accounts)
        assert reply.json == {"accounts": len(gone)}
        for each in gone:
            del self.accounts[each or ""]
        if key is None:
            self.world_now = START

    @precondition(lambda self: self._tasks() >= 2)
    @rule()
    def stop_and_start(self) -> None:
        """Stopped and started again, the mock still knows everything."""
        self.restart()

    def restart(self) -> None:
        """The same mock goes on."""
        self.asked.restart()

    # What always holds

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        """Money, ledger, journal and tasks of one account after another."""
        if self.accounts:
            self.turn += 1
            self._check_account(list(self.accounts)[self.turn % len(self.accounts)])

    def _check_account(self, key: str) -> None:
        account = self.accounts[key]
        account.settle()
        shown = self.asked.call("GET", f"/__mock/accounts/{key}").json
        assert shown["balance_usd"] == (None if account.balance is None else account.balance / 1000), (shown, account)
        ledger = shown["ledger"]
        assert (ledger["creates"], ledger["failed"]) == (account.creates, account.failed)
        assert round(ledger["list_price_usd"] * 1000) == account.spent
        assert round(ledger["charged_usd"] * 1000) == account.charged()
        assert (shown["now"], shown["rpm"]) == (account.now, account.rpm)
        assert shown["scenario"] == ("balance-empty" if account.scenario else None)
        assert self.asked.call("GET", "/__mock/requests", account=key, limit="0").json["total"] == account.asked
        listed = self.asked.call("GET", "/__mock/tasks", account=key).json["tasks"]
        assert [(each["task_id"], each["status"], each["code"]) for each in listed] == [
            (task.id, *task.state(account.now)) for task in account.tasks.values()
        ]

    @invariant()
    def the_mock_itself_is_well(self) -> None:
        """No fault of its own, whatever was asked."""
        if hasattr(self, "asked"):
            assert self.asked.mock.service.own_faults.mark() == 0

    @invariant()
    def receivers_hear_in_order(self) -> None:
        """What is told about one task never runs backwards."""
        heard: dict[str, list[str]] = {}
        for update in self.receiver.updates:
            heard.setdefault(update["task_id"], []).append(update["status"])
        for told in heard.values():
            assert told in (
                [],
                ["processing"],
                ["success"],
                ["failed"],
                ["processing", "success"],
                ["processing", "failed"],
            ), told

    def _account(self, key: str) -> AccountModel:
        """The account of a key, which every call with it opens."""
        return self.accounts.setdefault(key, AccountModel())

    def _tasks(self) -> int:
        return sum(len(account.tasks) for account in self.accounts.values())

    def _some_task(self, data: st.DataObject) -> tuple[str, TaskModel]:
        tasks = [(key, task) for key, account in self.accounts.items() for task in account.tasks.values()]
        return data.draw(st.sampled_from(tasks))

    def _some_file(self, data: st.DataObject) -> tuple[str, str | None]:
        files = [(file, key) for key, account in self.accounts.items() for file in (*account.files(), *account.uploads)]
        return data.draw(st.sampled_from(files)) if files else ("325104768000123", None)


class StateFileMachine(MockMachine):
    """The same with `--state FILE`: whatever was acknowledged outlives the mock."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.state_file = str(Path(self.folder.name) / "state.db")

    def restart(self) -> None:
        """Another mock on the same file knows everything but the journal, and the creates that were refused."""
        self.asked.go_on_anew()
        for account in self.accounts.values():
            account.asked = 0
            account.window = [task.created for task in account.tasks.values()] if account.rpm is not None else []

    def check_twin(self) -> None:
        """Random choices are others after each restart, so there is no twin."""

    def teardown(self) -> None:
        """Removes the file."""
        try:
            super().teardown()
        finally:
            self.folder.cleanup()
