"""What is looked at in every case: requests and answers by the contract, and no contact with other hosts."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from contract_tests.client.observation import Observation
from contract_tests.outcome import Checked, Level, broken, met
from contract_tests.wire.exchange import Exchange
from mock_server import resources

_ANSWERS = {"create": "VideoGenerationResp", "query": "QueryVideoGenerationResp", "retrieve": "FileRetrieveResp"}


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    text = (resources.folder("openapi") / "video_generation.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader both ways
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def requests_as_documented(observation: Observation) -> Iterator[Checked]:
    """That every create body is one that the contract allows; nothing when there was none."""
    expected = "requests that the contract allows"
    found = [each for each in observation.of("create") if each.complete]
    if not found:
        return
    finding = met(expected)
    for each in found:
        if wrong := _wrong_request(each):
            finding = broken(expected, wrong)
            break
    yield Checked("wire-request-valid", Level.MUST, finding)


def _wrong_request(exchange: Exchange) -> str:
    body = exchange.json
    if not isinstance(body, dict):
        return f"the body of create was no JSON object: {exchange.body[:80]!r}"
    error = next(iter(_validator("VideoGenerationReq").iter_errors(body)), None)
    return f"{error.json_path[1:].lstrip('.') or 'the body'}: {error.message[:200]}" if error is not None else ""


def no_foreign_host(observation: Observation) -> Iterator[Checked]:
    """A contact with another host; nothing when there was none, since not every plug would show it."""
    foreign = sorted({host for each in observation.invocations for host in each.foreign_hosts})
    if foreign:
        finding = broken("no other host contacted", f"it contacted {', '.join(foreign)}")
        yield Checked("no-foreign-host", Level.MUST, finding)


def wrong_answer(observation: Observation) -> str:
    """What is wrong with an answer of the mock that was meant to be right; empty when nothing is."""
    for each in observation.exchanges:
        schema = _ANSWERS.get(each.operation)
        if schema is None or each.answer is None or not each.answer.complete or each.end == "client":
            continue
        if 400 <= each.answer.status < 500:
            continue  # what was sent is no request of HTTP that the mock takes
        if each.answer.status != 200:
            return f"the mock answered {each.operation} with HTTP {each.answer.status}"
        error = next(iter(_validator(schema).iter_errors(_body(each))), None)
        if error is not None:
            return f"the mock's answer to {each.operation} breaks the contract: {error.message[:200]}"
    return ""


def _body(exchange: Exchange) -> Any:
    return exchange.answer.json if exchange.answer is not None else None
