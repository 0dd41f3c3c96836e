"""Broken receivers: each is the reference receiver with one fault from real life, and says which cases must catch it.

`catches` of a class are the cases that come to FAIL or NON-STRICT for it when everything can be seen; no other case does.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, ClassVar

from examples.reference_receiver import Receiver, Refused

PATH, SECRET = "/callback", "9f2c71d05e"
OK = {"status": "success"}
WORDS = {"success": "success", "failed": "failed", "fail": "failed"}
# What depends on a challenge that is echoed, and on an update that is taken.
ECHO = frozenset(
    {f"RC-CHAL-{number:03}" for number in range(1, 17) if number != 7}
    | {f"RC-BAD-{number:03}" for number in range(1, 11) if number != 6}
    | {"RC-UPD-011", "RC-UPD-015", "RC-UPD-018", "RC-UPD-022", "RC-SEC-003", "RC-SEC-005"}
)
CREATE = frozenset(
    {"RC-CHAL-015", "RC-UPD-009", "RC-UPD-010", "RC-E2E-001", "RC-E2E-002", "RC-E2E-003", "RC-E2E-004"}
)
# All that is judged, and can be seen of a receiver that never acts.
REFUSES_ALL = (
    ECHO
    | CREATE
    | {f"RC-UPD-{number:03}" for number in range(1, 23) if number != 6}
    | {"RC-SEC-002", "RC-E2E-001", "RC-E2E-002", "RC-E2E-003", "RC-E2E-004"}
)


class Reference(Receiver):
    """The reference receiver, with a secret part in its path."""

    catches: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def app(cls) -> Reference:
        """As the kit serves it."""
        base_url, key = os.environ["MINIMAX_BASE_URL"], os.environ["MINIMAX_API_KEY"]
        return cls(Path("receiver-data"), base_url, key, f"{PATH}/{SECRET}")


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Waits for something that another thread does; gives whether it happened."""
    end = time.monotonic() + seconds
    while not (happened := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return happened


# Challenges


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

    catches = frozenset({"RC-CHAL-004", "RC-UPD-019"})
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


# Updates


class NoIdempotency(Reference):
    """Every success is acted upon, whatever was done before."""

    catches = frozenset({"RC-UPD-005", "RC-UPD-006", "RC-E2E-003"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = super().take(message)
        if "challenge" not in message and str(message.get("status")).lower() == "success":
            told: set[str] = self.__dict__.setdefault("told", set())
            if (task_id := self.task_id(message)) in told:
                threading.Thread(target=self.again, args=(task_id,), daemon=True).start()
            told.add(task_id)
        return answer

    def again(self, task_id: str) -> None:
        """What was done for the task, once more."""
        if wait_until(lambda: (self.task(task_id) or {}).get("status") == "success"):
            self.fetch(task_id, (self.task(task_id) or {})["file_id"])


class RacyIdempotency(Reference):
    """Looks whether a message is new before it remembers it, and does both without a lock."""

    catches = frozenset({"RC-UPD-006"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        seen: set[Any] = self.__dict__.setdefault("seen", set())
        if "challenge" in message or str(message.get("status")).lower() != "success":
            return super().take(message)
        if (task_id := self.task_id(message)) not in seen:
            time.sleep(0.05)
            self.remember(task_id)
            seen.add(task_id)
            threading.Thread(target=self.at_once, args=(task_id,)).start()
        return OK

    def at_once(self, task_id: str) -> None:
        """What a worker does, without its care that no other does the same; workers themselves are kept out."""
        with self.changed:
            self.due.pop(task_id, None)
        wait_until(lambda: task_id not in self.working)
        self.pauses.setdefault(task_id, 0.5)
        with suppress(Exception):
            self.settle(task_id)


class LastStatusWins(Reference):
    """What came last is what counts, also after the end."""

    catches = frozenset({"RC-UPD-007", "RC-UPD-008"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message:
            word = WORDS.get(str(message.get("status")).lower(), "open")
            with closing(self.store()) as store:
                store.execute(
                    "UPDATE tasks SET status = ? WHERE task_id = ? AND status != 'open'", (word, self.task_id(message))
                )
            if self.task(self.task_id(message)) is not None and word == "open":
                return OK
        return super().take(message)


class AnswersAfterDownload(Reference):
    """The answer waits until everything is done."""

    catches = frozenset({"RC-UPD-004"})

    def note(self, task_id: str) -> None:
        super().note(task_id)
        wait_until(lambda: task_id not in self.working and self.pauses.get(task_id, 9.0) > 0.5)


class WantsProcessingFirst(Reference):
    """A state machine that knows no way from nothing to success."""

    catches = frozenset(
        {f"RC-UPD-{number:03}" for number in (2, 3, 4, 5, 6, 8, 9, 12, 13, 14, 16, 20)} | {"RC-SEC-001"}
    )

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        ended = str(message.get("status")).lower() in WORDS
        if "challenge" not in message and ended and self.task(self.task_id(message)) is None:
            return OK
        return super().take(message)


class KnowsOnlySuccess(Reference):
    """Failures are waited for until they become successes."""

    catches = frozenset({"RC-UPD-003", "RC-UPD-008", "RC-UPD-013", "RC-UPD-017", "RC-UPD-019"})

    def end(self, task_id: str, **values: Any) -> None:
        if values["status"] == "success":
            super().end(task_id, **values)


class DropsReason(Reference):
    """A failure is a failure; why is not kept."""

    catches = frozenset({"RC-UPD-003", "RC-UPD-017"})

    def end(self, task_id: str, **values: Any) -> None:
        super().end(task_id, **{**values, "message": ""} if values["status"] == "failed" else values)


class DropsCode(Reference):
    """The text is kept, the code is not."""

    catches = frozenset({"RC-UPD-017"})

    def end(self, task_id: str, **values: Any) -> None:
        super().end(task_id, **{**values, "code": -1} if values["status"] == "failed" else values)


class KnowsOneSpelling(Reference):
    """A status that is not spelt as in the document is ignored."""

    catches = frozenset({"RC-UPD-013"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message and message.get("status") not in ("processing", "success", "failed"):
            return OK
        return super().take(message)


class RefusesUnknownStatus(Reference):
    """A status that is not in the document is an error."""

    catches = frozenset({"RC-UPD-012", "RC-UPD-013"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message and message.get("status") not in ("processing", "success", "failed"):
            raise Refused("422 Unprocessable Content", "unknown status")
        return super().take(message)


class UnknownStatusIsFailure(Reference):
    """Whatever is neither processing nor success has failed."""

    catches = frozenset({"RC-UPD-012"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = super().take(message)
        known = ("processing", "success", "failed", "fail")
        if "challenge" not in message and str(message.get("status")).lower() not in known:
            self.end(self.task_id(message), status="failed", code=0, message=str(message.get("status")))
        return answer


class UnknownTaskBreaks(Reference):
    """A task that cannot be found is an error of the server."""

    catches = frozenset({"RC-UPD-011", "RC-UPD-016"})

    def note(self, task_id: str) -> None:
        found = self.call("/v1/query/video_generation", task_id=task_id)
        if found["base_resp"]["status_code"] == 2013:
            raise LookupError(task_id)
        super().note(task_id)


class NeedsFileId(Reference):
    """`message["file_id"]` of every success, whether it is there or not."""

    catches = frozenset({"RC-UPD-015"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("status") == "success" and "challenge" not in message:
            int(message["file_id"])
        return super().take(message)


class FloatIds(Reference):
    """Numbers of JSON are floating-point numbers, as in JavaScript."""

    catches = frozenset({"RC-UPD-016"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if type(message.get("task_id")) is int:
            message["task_id"] = int(float(message["task_id"]))
        return super().take(message)


class CrossTalk(Reference):
    """The task that a message is about waits in an attribute that all requests share."""

    catches = frozenset({"RC-UPD-019"})
    current = ""

    def note(self, task_id: str) -> None:
        self.current = task_id
        time.sleep(0.02)
        super().note(self.current)


class LyingAnswer(Reference):
    """2xx whatever happens, so that the sender is not bothered."""

    catches = frozenset({"RC-UPD-020"})

    def note(self, task_id: str) -> None:
        with suppress(Exception):
            super().note(task_id)


class ForgetsAtRestart(Reference):
    """What is known lives as long as the process."""

    catches = frozenset({"RC-UPD-021"})

    def __init__(self, folder: Path, *settings: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        super().__init__(folder, *settings)


class NeedsContentLength(Reference):
    """A body without its length is none."""

    catches = frozenset({"RC-UPD-022"})

    def read(self, environ: dict[str, Any]) -> bytes:
        return super().read(environ) if environ.get("CONTENT_LENGTH") else b""


# Bad input


class TellsExceptions(Reference):
    """The text of the exception is the answer."""

    catches = frozenset({"RC-BAD-010"})

    def parse(self, body: bytes) -> dict[str, Any]:
        try:
            json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused("400 Bad Request", str(error)) from error
        return super().parse(body)


class BadInputBreaks(Reference):
    """Nobody has thought of input that cannot be read."""

    catches = frozenset({"RC-BAD-001", "RC-BAD-003", "RC-BAD-004", "RC-BAD-008"})

    def parse(self, body: bytes) -> dict[str, Any]:
        json.loads(body)
        return super().parse(body)


class NoObjectBreaks(Reference):
    """`message.get` of whatever JSON there is."""

    catches = frozenset({"RC-BAD-002", "RC-BAD-008"})

    def parse(self, body: bytes) -> dict[str, Any]:
        with suppress(ValueError):
            json.loads(body).get("challenge")
        return super().parse(body)


class EmptyIsFine(Reference):
    """An empty body is an empty message, and an empty message is fine."""

    catches = frozenset({"RC-BAD-003"})

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        if environ["REQUEST_METHOD"] == "POST" and environ.get("CONTENT_LENGTH") == "0":
            return "200 OK", [], OK
        return super().respond(environ)


class ReadsLatin1(Reference):
    """Bytes are text somehow."""

    catches = frozenset({"RC-BAD-004"})

    def parse(self, body: bytes) -> dict[str, Any]:
        try:
            body.decode()
        except UnicodeDecodeError:
            return super().parse(body.decode("latin-1").encode())
        return super().parse(body)


class TakesEveryMethod(Reference):
    """A route for all methods."""

    catches = frozenset({"RC-BAD-005"})

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        if environ["REQUEST_METHOD"] == "PUT":
            environ = {**environ, "REQUEST_METHOD": "POST"}
        return super().respond(environ)


class ReadsEverything(Reference):
    """The body is read into memory, however long it is."""

    catches = frozenset({"RC-BAD-007"})

    def read(self, environ: dict[str, Any]) -> bytes:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return bytes(environ["wsgi.input"].read(length)) if length else super().read(environ)


class DeepJsonKills(Reference):
    """The recursion ends the process."""

    catches = frozenset({"RC-BAD-008", "RC-BAD-010"})

    def parse(self, body: bytes) -> dict[str, Any]:
        try:
            json.loads(body)
        except RecursionError:
            sys.stderr.flush()
            os._exit(134)
        except ValueError:
            pass
        return super().parse(body)


# Trust


class TrustsPush(Reference):
    """What a message says is the truth; nobody is asked."""

    catches = frozenset({"RC-SEC-001", "RC-E2E-004"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message:
            said: dict[str, Any] = self.__dict__.setdefault("said", {})
            word = {"success": "Success", "failed": "Fail"}.get(WORDS.get(str(message.get("status")).lower(), ""), "")
            said.setdefault(self.task_id(message), {}).update(
                {**message, "status": word, "base_resp": message.get("base_resp") or {"status_code": 0, "status_msg": ""}}
            )
        return super().take(message)

    def call(self, path: str, **query: str) -> dict[str, Any]:
        if "task_id" in query:
            told: dict[str, Any] = self.__dict__.get("said", {}).get(query["task_id"], {})
            return told or {"status": "", "base_resp": {"status_code": 0}}
        return super().call(path, **query)


class FollowsLinks(Reference):
    """A link in the message is fetched at once, to have the video sooner."""

    catches = frozenset({"RC-SEC-002"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = super().take(message)
        if "video_url" in message:
            with suppress(OSError, ValueError):
                urllib.request.urlopen(message["video_url"], timeout=1).close()
        return answer


class KeepsRawMessages(Reference):
    """Every message is written to a file that is named by its task."""

    catches = frozenset({"RC-SEC-003"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message:
            with suppress(OSError, ValueError):
                raw = self.folder / "raw"
                raw.mkdir(exist_ok=True)
                (raw / f"{message.get('task_id')}.json").write_text(json.dumps(message))
        return super().take(message)


class NamesFilesByFileId(Reference):
    """The video is announced under a name that is made of the file id in the message."""

    catches = frozenset({"RC-SEC-003"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message and message.get("file_id"):
            with suppress(OSError, ValueError):
                (self.folder / "videos" / f"{message['file_id']}.todo").write_text("")
        return super().take(message)


class SecretNotCompared(Reference):
    """Every path that begins right is taken."""

    catches = frozenset({"RC-SEC-005"})

    def respond(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Any]:
        if environ["PATH_INFO"].startswith(f"{PATH}/"):
            environ = {**environ, "PATH_INFO": self.path}
        return super().respond(environ)


# The whole way


class NeverPolls(Reference):
    """Who is not told does not ask."""

    catches = frozenset({"RC-E2E-004"})

    def finish(self, task_id: str) -> None:
        super().finish(task_id)
        with self.changed:
            if self.due.get(task_id, 0.0) > time.monotonic() + 0.1:
                del self.due[task_id]


class KeepsLinkInsteadOfVideo(Reference):
    """What is stored is not the video but the link to it, which ends after hours."""

    catches = frozenset({"RC-E2E-003"})

    def fetch(self, task_id: str, file_id: str) -> str:
        digest = super().fetch(task_id, file_id)
        return digest[::-1]


def says_nothing(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Not even broken: 200 and nothing to everything."""
    start_response("200 OK", [("Content-Length", "0")])
    return []


def always_breaks(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """500 to everything."""
    start_response("500 Internal Server Error", [("Content-Length", "0")])
    return []


def all_broken() -> list[type[Reference]]:
    """Every broken receiver, in the order of this file."""
    return [each for each in Reference.__subclasses__() if each.__module__ == __name__]
