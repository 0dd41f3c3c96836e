"""Callbacks under pressure: resets in the middle, forgotten accounts, long URLs, a CA that goes away, odd answers."""

from __future__ import annotations

import secrets
import socket
import threading
from pathlib import Path

import trustme

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from tests.callbacks.receiver import Received, Receiver, echo, reply, wait_until


def test_values_and_ids_are_fresh_after_a_reset() -> None:
    """A receiver that replays an old value must not pass, and no record is lost, whatever is reset."""
    with MockServer(Settings(port=0, seed=1)) as mock, Receiver() as receiver:
        api = Api(mock.url, "k-1")
        for _ in range(3):
            assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 0
            api.send("POST", "/__mock/reset", query={"account": "k-1"})
        values = {received.json["challenge"] for received in receiver.received if "challenge" in received.json}
    assert len(values) == 3


def test_a_reset_during_the_challenge_leaves_a_whole_task() -> None:
    """The create that is answered with a task_id has a task, on the account that the key has now."""
    with MockServer(Settings(port=0, task_seconds=0.1, balance=0.28)) as mock:

        def reset_then_echo(connection: socket.socket, received: Received) -> None:
            if "challenge" in received.json:
                Api(mock.url, None).send("POST", "/__mock/reset", query={"account": "k-1"})
            echo(connection, received)

        with Receiver(reset_then_echo) as receiver:
            api = Api(mock.url, "k-1")
            task_id = api.create(MINIMAL | {"callback_url": receiver.url}).json["task_id"]
            assert api.query(task_id).code == 0
            assert api.create(MINIMAL).code == 1008
            receiver.wait_for(3)


def test_a_reset_during_a_delivery_leaves_no_record() -> None:
    """What is answered after the reset is not written down into the new, empty account."""
    release, begun = threading.Event(), threading.Event()

    def slow(connection: socket.socket, received: Received) -> None:
        if "challenge" not in received.json:
            begun.set()
            release.wait(10)
        echo(connection, received)

    with MockServer(Settings(port=0, task_seconds=0, callback_timeout=10)) as mock, Receiver(slow) as receiver:
        api = Api(mock.url, "k-1")
        api.create(MINIMAL | {"callback_url": receiver.url})
        assert begun.wait(10)
        api.send("POST", "/__mock/reset", query={"account": "k-1"})
        release.set()
        other = Api(mock.url, "k-2")
        other.create(MINIMAL | {"callback_url": receiver.url})
        receiver.wait_for(5)
        wait_until(lambda: len(api.send("GET", "/__mock/callbacks").json["callbacks"]) == 3)
        entries = api.send("GET", "/__mock/callbacks").json["callbacks"]
        assert {entry["account"] for entry in entries} == {"…2"}


def test_forgotten_accounts_and_tasks_are_told_nothing_and_kept_nowhere() -> None:
    """With room for one account, or one task, the watches of the others go with them."""
    with MockServer(Settings(port=0, max_accounts=1, progress="polls:3")) as mock, Receiver() as receiver:
        for _ in range(30):
            Api(mock.url, secrets.token_hex(8)).create(MINIMAL | {"callback_url": receiver.url})
        wait_until(lambda: len(watched(mock)) == 1)
    with MockServer(Settings(port=0, max_tasks=1, progress="polls:3")) as mock, Receiver() as receiver:
        api = Api(mock.url, "k-1")
        for _ in range(300):
            api.create(MINIMAL | {"callback_url": receiver.url})
        wait_until(lambda: len(watched(mock)[0]) < 100)


def watched(mock: MockServer) -> list[list[int]]:
    """The tasks that are watched, for each account."""
    updates = mock.service.callbacks._updates
    assert updates is not None
    return [list(watches) for watches in list(updates._watches.values())]


def test_long_urls_fill_neither_record_nor_journal_nor_header() -> None:
    """A URL over the limit is refused, and only its beginning is kept."""
    with MockServer(Settings(port=0)) as mock:
        api = Api(mock.url, "k-1")
        for url in ("http://127.0.0.1/" + "x" * 2_000_000, "http://" + ".".join(["abcdefgh"] * 900) + "/"):
            answer = api.create(MINIMAL | {"callback_url": url})
            assert answer.code == 2013
            assert len(answer.headers["X-Mock-Violations"]) <= 4096
        assert len(api.send("GET", "/__mock/callbacks").content) < 20_000
        assert len(api.send("GET", "/__mock/requests").content) < 60_000


def test_an_answer_cannot_break_the_log_line(caplog: object) -> None:
    """Line separators and control characters in what a receiver or a client sends are escaped."""
    import logging

    import pytest

    assert isinstance(caplog, pytest.LogCaptureFixture)
    caplog.set_level(logging.INFO, "mock_server.requests")
    odd = "text/\u2028\u0085x\u009b31m".encode().decode("latin-1")
    with MockServer(Settings(port=0)) as mock, Receiver(reply("{}", content_type=odd)) as receiver:
        api = Api(mock.url, "k-1")
        assert api.create(MINIMAL | {"callback_url": receiver.url}).code == 2013
        assert api.create(MINIMAL | {"model": "a\u2028b\u009b31m"}).code == 2013
    lines = [record.getMessage() for record in caplog.records if record.name == "mock_server.requests"]
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert r"a\u2028b" in lines[1]


def test_the_ca_is_read_once_and_trusted_alone(tmp_path: Path) -> None:
    """A file that is removed after the start changes nothing, and no other CA counts beside it."""
    ca = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca))
    mock = MockServer(Settings(port=0, callback_ca=str(ca)))
    ca.unlink()
    with mock, Receiver() as receiver:
        assert Api(mock.url, "k-1").create(MINIMAL | {"callback_url": receiver.url}).code == 0
    trust = mock.service.callbacks._trust
    assert trust is not None
    assert trust.cert_store_stats()["x509_ca"] == 1
