"""Words about what the client keeps: pictures it encodes, files it writes, memory it takes, keys it hides."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Any

from contract_tests.client.observation import Observation
from contract_tests.client.vocabulary import word
from contract_tests.hidden_keys import spellings
from contract_tests.outcome import Finding, broken, met
from contract_tests.wire.exchange import header

_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,(.*)", re.DOTALL)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@word
def image(observation: Observation, argument: Any) -> Finding:
    """The picture of create is a data URL: of `type`, in strict base64 (`strict`), with the bytes of the `file` given."""
    expected = _picture_wish(argument)
    bodies = [each.json for each in observation.of("create")]
    if not bodies:
        return broken(expected, "there was no create")
    text = bodies[0].get("first_frame_image") if isinstance(bodies[0], dict) else None
    found = _DATA_URL.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return broken(expected, f"first_frame_image begins with {str(text)[:40]!r}")
    media_type, encoded = found.groups()
    if "type" in argument and media_type != argument["type"]:
        return broken(expected, f"it is labelled {media_type}")
    if argument.get("strict") and _BASE64.fullmatch(encoded) is None:
        return broken(expected, "it has other characters, line breaks or lacks padding")
    if "file" in argument:
        try:
            sent = base64.b64decode(encoded)
        except (binascii.Error, ValueError):
            return broken(expected, "it is no base64")
        if sent != observation.sent_before[argument["file"]]:
            return broken(expected, f"other bytes were sent ({len(sent)})")
    return met(expected)


def _picture_wish(argument: Any) -> str:
    parts = [f"labelled {argument['type']}"] if "type" in argument else []
    parts += ["in standard base64 with padding and without line breaks"] if argument.get("strict") else []
    parts += ["with the bytes of the file"] if "file" in argument else []
    return f"a data URL {', '.join(parts)}"


@word
def hides_key(observation: Observation, _: Any) -> Finding:
    """The key is in no address, body, output, error or file."""
    expected = "the key in no address, body, output, error text or file"
    places = {
        "the output": observation.output,
        "the result document": " ".join(str(each.result) for each in observation.invocations),
        "an address": " ".join(each.target for each in observation.exchanges),
        "a body": " ".join(each.body[:1_000_000].decode("utf-8", "replace") for each in observation.exchanges),
    }
    for path in observation.left_behind():
        places[f"the file {path}"] = (observation.folder / path).read_bytes()[:1_000_000].decode("utf-8", "replace")
    for key in observation.keys:
        forms = {key} | {spelt for spelt, _ in spellings(key)} if key.strip() else set()
        for place, text in places.items():
            if any(form in text for form in forms):
                return broken(expected, f"it is in {place}")
    return met(expected)


@word
def no_file(observation: Observation, _: Any) -> Finding:
    """Nothing stands under the name of the video."""
    expected = "no file under the final name"
    if not observation.out_file.exists():
        return met(expected)
    return broken(expected, f"there is one of {observation.out_file.stat().st_size} bytes")


@word
def whole_or_none(observation: Observation, _: Any) -> Finding:
    """Under the name of the video there is the right file or what was there before, never a part."""
    expected = "the whole file, what was there before, or none"
    before = observation.sent_before.get("out_file")
    saved = observation.saved()
    if saved is None or saved == observation.video:
        return met(expected)
    if before is not None and observation.out_file.read_bytes() == before:
        return met(expected)
    return broken(expected, f"there is something else of {observation.out_file.stat().st_size} bytes")


@word
def keeps_old_file(observation: Observation, _: Any) -> Finding:
    """What stood under the name of the video before the call still stands there, byte for byte."""
    expected = "the file that was there before"
    if not observation.out_file.exists():
        return broken(expected, "it is gone")
    right = observation.out_file.read_bytes() == observation.sent_before["out_file"]
    return (
        met(expected)
        if right
        else broken(expected, f"there is something else of {observation.out_file.stat().st_size} bytes")
    )


@word
def stays_inside(observation: Observation, _: Any) -> Finding:
    """No file is written outside the working folder of the call."""
    expected = "no file outside the folder that it was given"
    inside = observation.out_file.parent.relative_to(observation.folder)
    known = {Path(name) for name in observation.sent_before if name != "out_file"}
    stray = [each for each in observation.left_behind() if not each.is_relative_to(inside) and each not in known]
    return met(expected) if not stray else broken(expected, f"it wrote {', '.join(str(each) for each in stray[:3])}")


@word
def record(observation: Observation, argument: Any) -> Finding:
    """For the record alone: `argument` names what is written down."""
    from contract_tests.client.said import in_words

    texts = {
        "outcome": lambda: in_words(observation.last),
        "user_agent": lambda: (
            ", ".join(sorted({value for each in observation.exchanges for value in each.values("User-Agent")}))
            or "none"
        ),
        "requests": lambda: ", ".join(each.operation for each in observation.exchanges) or "none",
        "trace_id": lambda: _trace_id(observation),
        "sent": lambda: str([each.json for each in observation.of("create")])[:500],
    }
    return met(f"for the record: {argument}", texts[argument]())


def _trace_id(observation: Observation) -> str:
    """Whether the Trace-Id of the last answer reaches the caller."""
    answers = [each.answer for each in observation.exchanges if each.answer is not None]
    found = header(answers[-1].headers, "Trace-Id") if answers else []
    if not found:
        return "no answer with a Trace-Id came"
    said = f"{observation.output} {observation.last.result}"
    return "it reaches the caller" if found[0] in said else "it is lost"
