"""`check client --smoke`: three cases, and what the kit understood of each, for people who write an adapter."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from contract_tests.client.case import client_cases
from contract_tests.client.mock import MockRefused
from contract_tests.client.session import ClientSession
from contract_tests.plugs.plug import UnusablePlug
from contract_tests.report.redaction import redacted
from contract_tests.verdict import UNUSABLE, exit_code

# A whole life, a refusal in HTTP 200, and an answer that gets lost.
CASES = ("CL-DL-004", "CL-ERR-002", "CL-NET-005")
_LEVELS = ("exit code, files and output", "result documents")
_MUCH = 160


def smoke(plug: str, *, folder: Path, url: str | None, patience: float, keep: Sequence[str], out: TextIO) -> int:
    """Plays three cases and prints what was sent, what came back and how it was read; gives the exit code."""
    chosen = [case for case in client_cases() if case.id in CASES]
    try:
        with ClientSession(plug, folder=folder, url=url, patience=patience, keep=tuple(keep)) as session:
            records = [dict(redacted(session.judge(case), session.secrets)) for case in chosen]
    except (UnusablePlug, MockRefused) as error:
        print(f"minimax-mock: {error}", file=sys.stderr)
        return UNUSABLE
    for record in records:
        for line in _told(record):
            print(line, file=out)
    level = max((call["level"] for record in records for call in record["calls"]), default=0)
    print(f"The plug shows {_LEVELS[level]} (level {level}).", file=out)
    return exit_code((record["outcome"] for record in records), "must")


def _told(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"{record['id']} {record['title']}: the server {record['server'][:1].lower()}{record['server'][1:]}"
    for call in record["calls"]:
        yield f"  asked for:   {call['call']['op']}"
        yield f"  it sent:     {', '.join(_sent(record)) or 'nothing'}"
        code = "" if call["exit_code"] is None else f", exit code {call['exit_code']}"
        yield f"  understood:  {call['outcome']}{code} after {call['seconds']} s"
        if call["result"]:
            yield f"  its result:  {json.dumps(call['result'], ensure_ascii=False)[:_MUCH]}"
        for name in ("stdout", "stderr"):
            if call[name].strip():
                yield f"  {name}:      {call[name].strip().splitlines()[-1][:_MUCH]}"
    yield f"  verdict:     {record['outcome']}{': ' + record['reason'] if record['reason'] else ''}"
    yield ""


def _sent(record: Mapping[str, Any]) -> Iterator[str]:
    for each in record["wire"]:
        status = each["answer"]["status"] if each["answer"] else "no answer"
        yield f"{each['request']['method']} {each['request']['target'].partition('?')[0]} ({status})"
