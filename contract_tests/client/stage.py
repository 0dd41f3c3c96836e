"""The stage of one case: an own listener, key and folder, and whatever else the case needs around the mock."""

from __future__ import annotations

import functools
import json
import random
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from contract_tests.client.case import ClientCase
from contract_tests.client.mock import Mock
from contract_tests.client.observation import Mark, Observation
from contract_tests.client.pictures import picture
from contract_tests.plugs.documents import PROTOCOL, Invocation, Stop
from contract_tests.plugs.sink import UNPROXIED
from contract_tests.wire.elsewhere import Elsewhere, closed_port_url
from contract_tests.wire.exchange import Exchange
from contract_tests.wire.manners import Manners
from contract_tests.wire.tap import Switchboard

_PLACE = re.compile(r"\$\{([a-z_:-]+)\}")
# What every call has unless the case says otherwise. Milliseconds; polls are quick, since the mock's tasks are.
USUAL: Mapping[str, Any] = {"poll_ms": 100, "deadline_ms": 8000, "connect_ms": 1000, "read_ms": 2000, "retries": 2}
# A create with a callback takes as long as its challenge may.
CALLED_BACK: Mapping[str, Any] = {"read_ms": 5000}
USUAL_INPUT: Mapping[str, Any] = {"model": "MiniMax-Hailuo-02", "image_url": "https://example.com/cat.jpg"}
# Unless a case plans otherwise, the second query sees the end.
_PLAN = {"match": {"operation": "create"}, "then": {"task": {"polls": 2}}}
_DEAD_NAME = f"http://nobody.{UNPROXIED}"
_RESOLVE_SECONDS = 1.0
VIDEO_BYTES = 50_000
# In characters, not in bytes.
LONGEST_PROMPT = 2000


class Stage:
    """Everything around one case; a context manager that leaves nothing behind but its folder."""

    def __init__(self, case: ClientCase, mock: Mock, switchboard: Switchboard, folder: Path, patience: float) -> None:
        self._case, self._mock, self._switchboard = case, mock, switchboard
        self._patience = patience
        self.folder = folder
        self.key = f"sk-contract-{secrets.token_hex(12)}"
        self._other_key = f"sk-contract-{secrets.token_hex(12)}"
        # Two folders deep, so that what leads out of the inner one by ../../ is still found.
        self.out_file = folder / "room" / "work" / "video.mp4"
        self.places: dict[str, str] = {}
        self._before: dict[str, bytes] = {}
        self._served: dict[str, str] = {}
        self._video: str | None = None
        self._prepared = 0
        self._marks: list[Mark] = []
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._ending.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.close()

    def _open(self) -> None:
        stage = self._case.stage
        self.out_file.parent.mkdir(parents=True)
        endpoint = stage.get("endpoint", "relay")
        prefix = f"/tenant-{secrets.token_hex(3)}" if endpoint == "prefix" else ""
        mock_url = self._mock.url
        if "manner" in stage:
            mock_url = self._ending.enter_context(Manners(mock_url, stage["manner"])).url
        self._tap = self._switchboard.open_tap(mock_url, prefix=prefix, tls=endpoint == "tls")
        self._ending.callback(self._tap.close)
        self._elsewhere = self._ending.enter_context(Elsewhere()) if "elsewhere" in stage else None
        if self._elsewhere is not None:
            self._elsewhere.start_clock(self._tap.began)
        if endpoint == "dead-name" and not _told_soon(_DEAD_NAME):
            self.places["slow-resolver"] = "yes"
        elsewhere_than_tap = {"closed": closed_port_url(), "dead-name": _DEAD_NAME, "slash": f"{self._tap.url}/"}
        base_url = elsewhere_than_tap.get(endpoint, self._tap.url)
        nonce = secrets.token_hex(6)
        self.places |= {
            "api": self._tap.url, "base_url": base_url, "nonce": nonce, "prefix": prefix, "key": self.key,
            "other_key": self._other_key, "prompt": f"a cat waves, {nonce}",
            "fresh_file": str(self.out_file.with_name("fresh.mp4")),
            "number": str(secrets.randbelow(9 * 10**14) + 10**14), "long": "no JSON, " * 3500,
            "longest-prompt": nonce.ljust(LONGEST_PROMPT, "ü"), "too-long-prompt": nonce.ljust(LONGEST_PROMPT + 1, "ü"),
            "megabyte": "much " * 200_000,
        }  # fmt: skip
        if self._elsewhere is not None:
            self.places["elsewhere"] = self._elsewhere.url
        if "generate_with_callback" in self._case.ops:
            self._mock.wake_callbacks(f"{closed_port_url()}/")
        self._lay_out(stage)
        # What the kit makes itself follows the plan, and is spared everything else.
        if "prepared" in stage:
            self._add([rule for rule in self._rules(()) if "task" in rule["then"]])
            self._prepare(stage["prepared"])
        self._set_rules(())

    def _set_rules(self, own: Sequence[Mapping[str, Any]]) -> None:
        """The rules of a call and behind them those of the case are the only ones now, and begin to count anew."""
        for key in self._keys():
            self._mock.without_rules(key)
        self._add(self._rules(own))

    def _rules(self, own: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        rules = [*own, *self._case.rules]
        return rules if any("task" in rule["then"] for rule in rules) else [*rules, _PLAN]

    def _add(self, rules: Sequence[Mapping[str, Any]]) -> None:
        for rule in rules:
            for key in self._keys():
                self._mock.rule(key, self._filled(rule))

    def _keys(self) -> list[str]:
        """The keys that the case uses."""
        return [self.key, self._other_key] if "other_key" in json.dumps(list(self._case.calls)) else [self.key]

    def _lay_out(self, stage: Mapping[str, Any]) -> None:
        """Files that lie there before the call, and what the other host serves."""
        for name in stage.get("images", ()):
            file_name, content = picture(name)
            path = self.folder / file_name
            path.write_bytes(content)
            self._before[file_name] = self._before[name] = content
            self.places[f"image:{name}"] = str(path)
        if "existing" in stage:
            self._before["out_file"] = stage["existing"].encode()
        if self._elsewhere is not None:
            content = b"\0\0\0\x18ftypmp42" + random.Random(self.places["nonce"]).randbytes(VIDEO_BYTES)
            for path, answer in stage["elsewhere"].items():
                filled = self._filled(answer)
                body = filled.pop("body", None)
                self._elsewhere.serve(path, content if body is None else body.encode(), **filled)
                if body is None and filled.get("status", 200) == 200:
                    self._served[path] = self._elsewhere.sha256(path)
            if stage.get("video") == "elsewhere":
                (self._video,) = self._served.values()

    def _prepare(self, what: str) -> None:
        task_id = self._mock.make_task(self.key)
        self.places["task_id"] = task_id
        self._prepared = 1
        if what == "file":
            self.places["file_id"] = self._mock.finished_file(self.key, task_id)

    def call(self, op: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The call document of the next call, which begins now. Each has a file of its own."""
        self._marks.append(Mark((time.monotonic() - self._tap.began) * 1000, len(self._tasks())))
        if len(self._marks) > 1:
            self.out_file = self.out_file.with_name(f"video-{len(self._marks)}.mp4")
        if "out_file" in self._before:
            self.out_file.write_bytes(self._before["out_file"])
        changes = dict(changes)
        own = changes.pop("rules", ())
        if any("rules" in each for each in self._case.calls):
            self._set_rules(own)
        changes = self._filled(changes)
        given = {**USUAL_INPUT, "prompt": self.places["prompt"], **changes.get("input", {})}
        usual = {**USUAL, **(CALLED_BACK if op == "generate_with_callback" else {})}
        document = {
            "protocol": PROTOCOL, "id": f"c-{secrets.token_hex(6)}", "op": op, "base_url": self.places["base_url"],
            "api_key": self.key, **usual, "workdir": str(self.out_file.parent), "out_file": str(self.out_file), **changes,
            "input": {name: value for name, value in given.items() if value is not None},
        }  # fmt: skip
        document = {name: value for name, value in document.items() if value is not None}
        document |= {name: self.places[name] for name in ("task_id", "file_id") if name in self.places}
        document["deadline_ms"] = round(document["deadline_ms"] * self._patience)
        if op == "parallel":
            how_many, same = document.pop("how_many"), document.pop("same_input", False)
            document["calls"] = [self._one_of_many(document, number, same) for number in range(how_many)]
        return document

    def _one_of_many(self, document: Mapping[str, Any], number: int, same: bool) -> dict[str, Any]:
        one = dict(document)
        out_file = self.out_file.with_name(f"{number}.mp4")
        one |= {"id": f"{document['id']}-{number}", "op": "generate", "out_file": str(out_file)}
        if not same:
            one["input"] = {**document["input"], "prompt": f"{document['input']['prompt']} {number}"}
        return one

    def stop(self) -> Stop | None:
        """When and how the case ends the client, if it does."""
        wanted = self._case.stage.get("stop")
        if wanted is None:
            return None
        moment = self._tap.when(lambda exchange: exchange.operation == wanted["after"])
        return Stop(moment, signal.Signals[wanted["signal"]])

    def observe(self, invocations: list[Invocation]) -> Observation:
        """What is known now that the client is done."""
        if "linger_ms" in self._case.stage:
            threading.Event().wait(self._case.stage["linger_ms"] / 1000)
        callbacks = self._mock.callbacks(self.key)
        exchanges = self._tap.exchanges()
        tasks = self._tasks()
        videos = self._videos(tasks, invocations)
        seen: list[Exchange] = self._elsewhere.exchanges() if self._elsewhere is not None else []
        return Observation(
            invocations=invocations, exchanges=exchanges, elsewhere=seen, tasks=tasks, keys=[self.key, self._other_key],
            folder=self.folder, out_file=self.out_file,
            places={f"${{{name}}}": value for name, value in self.places.items()},
            video=videos[str(tasks[-1]["task_id"])] if self._video is None and tasks else self._video,
            callbacks=callbacks, refused_handshakes=self._tap.refused_handshakes, sent_before=self._before,
            prepared=self._prepared, videos=videos, marks=self._marks, patience=self._patience, served=self._served,
        )  # fmt: skip

    def _tasks(self) -> list[dict[str, Any]]:
        """The tasks of this case, oldest first."""
        tasks = [{**task, "key": key} for key in (self.key, self._other_key) for task in self._mock.tasks(key)]
        return sorted(tasks, key=lambda task: float(task["created_at"]))

    def _videos(self, tasks: list[dict[str, Any]], invocations: Sequence[Invocation]) -> dict[str, str | None]:
        """The file that a right client has, or would have, of each task. What nobody saved need not be known exactly."""
        if self._video is not None or self._case.stage.get("video") == "none":
            return {str(task["task_id"]): self._video for task in tasks}
        calls = [call for each in invocations for call in (each.call, *each.call.get("calls", ()))]
        if not any(Path(call["out_file"]).exists() for call in calls):
            return {str(task["task_id"]): "of the mock" for task in tasks}
        for key in (self.key, self._other_key):
            self._mock.without_rules(key)
        return {str(task["task_id"]): self._mock.video(task["key"], task["task_id"]) for task in tasks}

    def _filled(self, data: Any) -> Any:
        """The data with every `${place}` replaced."""
        if isinstance(data, str):
            return _PLACE.sub(lambda found: self.places[found[1]], data)
        if isinstance(data, Mapping):
            return {name: self._filled(value) for name, value in data.items()}
        return [self._filled(value) for value in data] if isinstance(data, list) else data


@functools.cache
def _told_soon(url: str) -> bool:
    """Whether this machine takes less than a second to say that a name does not exist."""
    asking = threading.Thread(target=_resolve, args=(urlsplit(url).hostname,), daemon=True)
    asking.start()
    asking.join(_RESOLVE_SECONDS)
    return not asking.is_alive()


def _resolve(name: str) -> None:
    with suppress(OSError):
        socket.getaddrinfo(name, 80)
