"""Words about what a receiver answers. `of` names the messages that are meant; without it all that were sent are."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from contract_tests.outcome import Finding, broken, met
from contract_tests.receiver.messages import Sent
from contract_tests.receiver.scene import Scene
from contract_tests.receiver.vocabulary import word
from contract_tests.wire.exchange import header

# What programs print when they break, in the languages in which receivers are written.
_INSIDES = re.compile(
    "|".join(
        (
            r"Traceback \(most recent call last\)", r'File "[^"]+", line \d+', r"\b[A-Z]\w*(?:Error|Exception)\b\s*[:(]",
            # Python
            r"line \d+ column \d+", r"\(char \d+\)", r"codec can't decode", r"object has no attribute", r"is not subscriptable",
            r"object is not (?:iterable|callable)", r"indices must be integers", r"maximum recursion depth",
            # JavaScript and Java
            r"\bat [\w.<>$ ]+\([^)\n]+:\d+(?::\d+)?\)", r"Unexpected (?:token|end of JSON|non-whitespace)",
            # Go, Ruby, PHP, Rust
            r"goroutine \d+ \[", r"invalid character .{1,8} looking for", r"json: cannot unmarshal", r"\.rb:\d+:in [`']",
            r"PHP (?:Fatal|Warning)", r"Stack trace:", r"panicked at",
        )
    )
)  # fmt: skip
_SHOWN = 160


def described(sent: Sent) -> str:
    """What came of a message, in a few words."""
    answer = sent.exchange.answer
    if answer is None:
        how = {"client": "no answer in time", "reset": "the connection was reset"}
        return how.get(sent.exchange.end, "no answer")
    text = answer.body[: 4 * _SHOWN].decode("utf-8", "replace")
    body = f" {text[:_SHOWN]!r}" if text else ", empty"
    return f"HTTP {answer.status}{body}" + ("" if answer.complete else ", cut off")


def _every(scene: Scene, argument: Any, expected: str, wrong: Callable[[Sent], str | None]) -> Finding:
    """Met when nothing is wrong with any of the messages; otherwise says what is wrong with the first, and how often."""
    messages = scene.of(argument.get("of"))
    found = [(each, reason) for each in messages if (reason := wrong(each)) is not None]
    if not found:
        counts = Counter(described(each) for each in messages)
        said = "; ".join(f"{times} × {what}" if times > 1 else what for what, times in counts.most_common(4))
        return met(expected, said)
    first, reason = found[0]
    share = f" ({len(found)} of {len(messages)})" if len(messages) > 1 else ""
    return broken(expected, f"{_what(first)}: {reason}{share}")


def _what(sent: Sent) -> str:
    request = sent.message.request
    body = request.body[:80].decode("utf-8", "backslashreplace")
    return f"{request.method} {body}{'…' if len(request.body) > len(body) else ''}"


def _status(sent: Sent) -> int:
    return sent.exchange.answer.status if sent.exchange.answer is not None else 0


def _wants(scene: Scene, argument: Any, expected: str, right: Callable[[int], bool]) -> Finding:
    return _every(scene, argument, expected, lambda sent: None if right(_status(sent)) else described(sent))


@word
def echoes(scene: Scene, argument: Any) -> Finding:
    """Every challenge comes back in a 2xx answer, as a JSON object with the same value."""
    return _every(
        scene, {"of": "challenge", **argument}, "HTTP 2xx and a JSON object with the same challenge", _no_echo
    )


def _no_echo(sent: Sent) -> str | None:
    answer = sent.exchange.answer
    if answer is None or not 200 <= answer.status < 300 or not answer.complete:
        return described(sent)
    body, value = answer.json, sent.message.data["challenge"]
    if not isinstance(body, dict):
        return f"{described(sent)}, which is no JSON object"
    if "challenge" not in body:
        return f"{described(sent)}, which has no member challenge"
    echo = body["challenge"]
    same = echo == value and isinstance(echo, bool) == isinstance(value, bool)
    return None if same else f"another challenge came back: {json.dumps(echo)[:_SHOWN]}"


@word
def echoes_or_refuses(scene: Scene, argument: Any) -> Finding:
    """Every challenge comes back with its type, or is refused with 4xx."""

    def wrong(sent: Sent) -> str | None:
        refused = 400 <= _status(sent) < 500
        return None if refused else _no_echo(sent)

    return _every(scene, {"of": "challenge", **argument}, "the same value with its type, or HTTP 4xx", wrong)


@word
def accepts(scene: Scene, argument: Any) -> Finding:
    """Every message is answered 2xx."""
    return _wants(scene, {"of": "update", **argument}, "HTTP 2xx", lambda status: 200 <= status < 300)


@word
def refuses(scene: Scene, argument: Any) -> Finding:
    """Every message is answered 4xx."""
    return _wants(scene, {"of": "sent", **argument}, "HTTP 4xx", lambda status: 400 <= status < 500)


@word
def refuses_or_hangs_up(scene: Scene, argument: Any) -> Finding:
    """Every message is answered 4xx, or the connection is closed without an answer."""

    def right(status: int) -> bool:
        return status == 0 or 400 <= status < 500

    return _wants(scene, {"of": "sent", **argument}, "HTTP 4xx, or the connection closed", right)


@word
def answers(scene: Scene, argument: Any) -> Finding:
    """Every message is answered with one of these statuses."""
    wanted = argument["with"]
    expected = f"HTTP {' or '.join(str(each) for each in wanted)}"
    return _wants(scene, {"of": "sent", **argument}, expected, lambda status: status in wanted)


@word
def not_accepted(scene: Scene, argument: Any) -> Finding:
    """Every message is answered, and not with 2xx, so that it is sent again."""

    def right(status: int) -> bool:
        return status >= 300

    return _wants(scene, {"of": "update", **argument}, "an answer that is not 2xx", right)


@word
def no_server_error(scene: Scene, argument: Any) -> Finding:
    """Every message is answered, and not with 5xx."""
    return _wants(scene, argument, "an answer that is not 5xx", lambda status: 100 <= status < 500)


@word
def no_redirect(scene: Scene, argument: Any) -> Finding:
    """No answer is a redirect."""
    return _wants(scene, argument, "no redirect", lambda status: status > 0 and not 300 <= status < 400)


@word
def within(scene: Scene, argument: Any) -> Finding:
    """Every answer is complete within so many seconds."""
    limit = argument["seconds"]
    expected = f"a whole answer within {limit} s"
    slowest = 0.0
    for sent in scene.of(argument.get("of")):
        answer = sent.exchange.answer
        if answer is None:
            return broken(expected, f"{_what(sent)}: {described(sent)}")
        slowest = max(slowest, (answer.ended_ms - sent.exchange.at_ms) / 1000)
    said = f"the slowest took {slowest:.2f} s"
    return met(expected, said) if slowest <= limit else broken(expected, said)


@word
def says_json(scene: Scene, argument: Any) -> Finding:
    """The Content-Type of every answer is application/json, or application/…+json."""

    def wrong(sent: Sent) -> str | None:
        answer = sent.exchange.answer
        kinds = header(answer.headers, "Content-Type") if answer is not None else []
        media_type = (kinds or [""])[-1].partition(";")[0].strip().lower()
        right = media_type == "application/json" or re.fullmatch(r"application/\S+\+json", media_type)
        return None if right else f"its Content-Type is {media_type or 'missing'}"

    return _every(scene, {"of": "challenge", **argument}, "Content-Type: application/json", wrong)


@word
def shows_no_insides(scene: Scene, argument: Any) -> Finding:
    """No answer shows a stack trace, or the name or text of an exception."""

    def wrong(sent: Sent) -> str | None:
        text = sent.exchange.answer.body.decode("utf-8", "replace") if sent.exchange.answer is not None else ""
        found = _INSIDES.search(text)
        return f"HTTP {_status(sent)} shows {found[0]!r}" if found else None

    return _every(scene, {"of": "sent", **argument}, "no stack trace and no text of an exception", wrong)


@word
def record_answers(scene: Scene, argument: Any) -> Finding:
    """For the record alone: what the messages were answered."""
    return _every(scene, argument, "for the record", lambda _sent: None)
