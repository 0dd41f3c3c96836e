"""Receivers that believe whatever they are sent."""
# ruff: noqa: D102 - the class says what is broken, its methods are where

from __future__ import annotations

import json
import urllib.request
from contextlib import suppress
from typing import Any

from tests.kit.receiver.broken.base import PATH, WORDS, Reference


class TrustsPush(Reference):
    """What a message says is the truth; nobody is asked."""

    catches = frozenset({"RC-SEC-001", "RC-E2E-004"})

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if "challenge" not in message:
            said: dict[str, Any] = self.__dict__.setdefault("said", {})
            word = {"success": "Success", "failed": "Fail"}.get(WORDS.get(str(message.get("status")).lower(), ""), "")
            said.setdefault(self.task_id(message), {}).update(
                {
                    **message,
                    "status": word,
                    "base_resp": message.get("base_resp") or {"status_code": 0, "status_msg": ""},
                }
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
