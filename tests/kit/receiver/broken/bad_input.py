"""Receivers that break where input is bad, or take what they should refuse."""
# ruff: noqa: D102 - the class says what is broken, its methods are where

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any

from examples.reference_receiver import Refused
from tests.kit.receiver.broken.base import OK, Reference


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
