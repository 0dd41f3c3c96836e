"""Receivers that answer challenges wrongly, too late, or only for some."""
# ruff: noqa: D102 - the class says what is broken, its methods are where

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from http.cookies import SimpleCookie
from typing import Any

from examples.reference_receiver import Refused
from tests.kit.receiver.broken.base import CREATE, ECHO, OK, REFUSES_ALL, Reference


class TruthyChallenge(Reference):
    """`if message.get("challenge")`: an empty one is taken for an update."""

    catches = frozenset({"RC-CHAL-006"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("challenge") == "":
            del message["challenge"]
        return super().take(message)


class EchoAsText(Reference):
    """The bare value comes back, as text."""

    catches = ECHO | CREATE
    content_type = "text/plain"

    def encode(self, answer: Any) -> bytes:
        return str(answer["challenge"]).encode() if "challenge" in answer else super().encode(answer)


class LabelledAsText(Reference):
    """The right echo with the wrong Content-Type."""

    catches = frozenset({"RC-CHAL-010"}) | CREATE
    content_type = "text/html; charset=utf-8"


class EchoByFormatting(Reference):
    """The answer is made with a template instead of a JSON library."""

    catches = frozenset({"RC-CHAL-005"})

    def encode(self, answer: Any) -> bytes:
        if "challenge" in answer:
            return ('{"challenge": "%s"}' % answer["challenge"]).encode()  # noqa: UP031
        return super().encode(answer)


class CachedEcho(Reference):
    """A cache before the application answers the second challenge with the first answer."""

    catches = (ECHO | CREATE) - {"RC-CHAL-001"}
    cached: Any = None

    def echo(self, challenge: Any) -> dict[str, Any]:
        kept = self.folder / "cache.json"  # the cache survives restarts
        if not kept.exists():
            kept.write_text(json.dumps(super().echo(challenge)))
        answer: dict[str, Any] = json.loads(kept.read_text())
        return answer


class SharedEcho(Reference):
    """The value waits in an attribute that all requests share."""

    catches = frozenset({"RC-CHAL-004", "RC-CHAL-012"})
    current: Any = None

    def echo(self, challenge: Any) -> dict[str, Any]:
        self.current = challenge
        time.sleep(0.05)
        return super().echo(self.current)


class OneTimeValue(Reference):
    """A value that was seen before is refused, as a replay."""

    catches = frozenset({"RC-CHAL-015"})

    def echo(self, challenge: Any) -> dict[str, Any]:
        seen: set[Any] = self.__dict__.setdefault("seen", set())
        if challenge in seen:
            raise Refused("409 Conflict", "this challenge was answered before")
        seen.add(challenge)
        return super().echo(challenge)


class ProvenOnce(Reference):
    """Once an update has come the address counts as proven, and challenges are not answered any more."""

    catches = ECHO | CREATE

    def echo(self, challenge: Any) -> dict[str, Any]:
        with closing(self.store()) as store:
            proven = store.execute("SELECT 1 FROM tasks").fetchone()
        return OK if proven else super().echo(challenge)


class NullBreaks(Reference):
    """The value is stripped before anybody looks what it is."""

    catches = frozenset({"RC-CHAL-016"})

    def echo(self, challenge: Any) -> dict[str, Any]:
        return super().echo(challenge if challenge.strip() else "")


class StrictContentType(Reference):
    """The whole header is compared."""

    catches = frozenset({"RC-CHAL-011"})

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        if environ["REQUEST_METHOD"] == "POST" and environ.get("CONTENT_TYPE") != "application/json":
            raise Refused("415 Unsupported Media Type", "application/json is wanted")
        return super().respond(environ)


class RedirectsSlash(Reference):
    """A framework adds or takes the last slash by redirecting."""

    catches = frozenset({"RC-CHAL-014"})

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        if environ["PATH_INFO"] == f"{self.path}/":
            raise Refused("307 Temporary Redirect", "this way", ("Location", self.path))
        return super().respond(environ)


class WantsCsrfToken(Reference):
    """A framework protects every POST against forgery."""

    catches = REFUSES_ALL

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        token = SimpleCookie(environ.get("HTTP_COOKIE", "")).get("csrftoken")
        if environ["REQUEST_METHOD"] == "POST" and (token is None or environ.get("HTTP_X_CSRFTOKEN") != token.value):
            raise Refused("403 Forbidden", "CSRF verification failed. Request aborted.")
        return super().respond(environ)


class WantsLogin(Reference):
    """Everything is behind a login, the callback too."""

    catches = REFUSES_ALL

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        if "HTTP_AUTHORIZATION" not in environ and not environ["PATH_INFO"].startswith("/tasks/"):
            raise Refused("401 Unauthorized", "log in first", ("WWW-Authenticate", "Bearer"))
        return super().respond(environ)


class SlowStart(Reference):
    """The first request loads everything."""

    catches = frozenset({"RC-CHAL-003", "RC-E2E-001"})
    warm = False

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        if not self.warm:
            time.sleep(3.3)
            self.warm = True
        return super().respond(environ)


class SlowNowAndThen(Reference):
    """Every tenth challenge takes more than a second."""

    catches = frozenset({"RC-CHAL-002"})
    count = 0

    def echo(self, challenge: Any) -> dict[str, Any]:
        self.count += 1
        if self.count % 10 == 0:
            time.sleep(1.2)
        return super().echo(challenge)


class OneAfterTheOther(Reference):
    """A server that serves one connection at a time, body and all."""

    catches = frozenset({"RC-BAD-009"})
    turn = threading.Lock()

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        with self.turn:
            return super().respond(environ)


class SlowInLine(Reference):
    """Messages wait for each other, and each update takes a while."""

    catches = frozenset({"RC-CHAL-004"})
    turn = threading.Lock()

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        with self.turn:
            if "challenge" not in message:
                time.sleep(0.12)
            return super().take(message)


class TakesBoth(Reference):
    """A challenge that looks like an update is acted upon as well."""

    catches = frozenset({"RC-CHAL-009"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "task_id" in message:
            self.note(self.task_id(message))
        return super().take(message)


class RefusesUnknownMembers(Reference):
    """A strict schema for what comes from others."""

    catches = frozenset({"RC-CHAL-008", "RC-CHAL-009", "RC-UPD-014", "RC-SEC-002"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.keys() - {"task_id", "status", "file_id", "base_resp"} not in (set(), {"challenge"}) or (
            "challenge" in message and len(message) > 1
        ):
            raise Refused("422 Unprocessable Content", "unknown members")
        return super().take(message)
