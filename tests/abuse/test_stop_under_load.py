"""A stop while clients keep asking: what was begun is answered, what comes later is refused, and the end is clean."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from contextlib import closing

import pytest

from contract_tests.api import MINIMAL, Api
from tests.command_line.test_serve import serving
from tests.over_http.faulty_server import until

CLIENTS = 8


class Asking(threading.Thread):
    """A client that creates tasks on one connection until the server goes away; it notes every answer that was not whole."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.answered = 0
        self.broken: list[str] = []
        self.was_told = False

    def run(self) -> None:
        """Asks until the server says that the connection ends, or is gone between two answers."""
        body = json.dumps(MINIMAL)
        headers = {"Authorization": "Bearer k", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)) as connection:
            self._ask(connection, body, headers)

    def _ask(self, connection: http.client.HTTPConnection, body: str, headers: dict[str, str]) -> None:
        while not self.was_told:
            try:
                connection.request("POST", "/v1/video_generation", body, headers)
                answer = connection.getresponse()
            except (ConnectionError, http.client.BadStatusLine):
                return  # closed before a byte of an answer, as any idle connection may be
            try:
                code = json.loads(answer.read())["base_resp"]["status_code"]
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.broken.append(repr(error))
                return
            if code != 0:
                self.broken.append(str(code))
            self.answered += 1
            self.was_told = answer.will_close


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_is_clean(number: signal.Signals) -> None:
    """Eight clients that never pause, and a signal: no broken answer, 0, no traceback, and nobody listens any more."""
    with serving() as (process, ready):
        port = int(str(ready["url"]).rpartition(":")[2])
        clients = [Asking(port) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        until(lambda: all(client.answered > 5 for client in clients), seconds=30)
        process.send_signal(number)
        for client in clients:
            client.join(timeout=20)
        _, errors = process.communicate(timeout=20)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    assert process.returncode == 0
    assert [client.broken for client in clients] == [[]] * CLIENTS
    assert "Traceback" not in errors


def test_a_request_under_way_is_answered_before_the_end() -> None:
    """An answer that a rule delays a little still comes after the signal, and says that the connection ends."""
    with serving() as (process, ready):
        api = Api(str(ready["url"]), "k")
        rule = json.dumps({"match": {"operation": "query"}, "then": {"delay": 0.4}}).encode()
        headers = {"Content-Type": "application/json"}
        assert api.send("POST", "/__mock/rules?account=k", headers=headers, body=rule).status < 300
        answers: list[tuple[int, bool]] = []

        def ask() -> None:
            reply = api.query("1")
            answers.append((reply.status, reply.headers.get("Connection") == "close"))

        asking = threading.Thread(target=ask)
        asking.start()
        threading.Event().wait(0.15)
        process.send_signal(signal.SIGTERM)
        asking.join(timeout=20)
        _, errors = process.communicate(timeout=20)
    assert answers == [(200, True)]
    assert process.returncode == 0
    assert "Traceback" not in errors
