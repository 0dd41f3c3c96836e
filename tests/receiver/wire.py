"""Messages, and ways to send them to a receiver."""

from __future__ import annotations

import json
import socket
import threading
from urllib.parse import urlsplit

import urllib3

from mock_server.receiver import CallbackReceiver

CHALLENGE = {"challenge": "c-1"}
UPDATE = {"task_id": "7", "status": "processing"}
TAKEN = {"status": "success"}
POOL = urllib3.PoolManager(retries=False, timeout=10)


def post(receiver: CallbackReceiver, message: object) -> urllib3.BaseHTTPResponse:
    """Sends a message and gives the answer."""
    return POOL.request("POST", receiver.url, json=message, redirect=False)


def connect(receiver: CallbackReceiver) -> socket.socket:
    """A bare connection to the receiver."""
    parts = urlsplit(receiver.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def raw_request(message: object) -> bytes:
    """A message as it goes over the wire."""
    body = json.dumps(message).encode()
    return b"POST /get_callback HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def connection_threads() -> list[threading.Thread]:
    """The threads in which receivers serve their clients."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("minimax-callback-receiver-")]
