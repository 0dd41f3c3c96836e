"""A contract that is broken stops the start with one line that names the file; nothing breaks later."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mock_server.contract.contract import Contract
from mock_server.errors import ContractError
from mock_server.resources import folder

DOCUMENT, RULES, CODES, PRICES = "video_generation.yaml", "rules.yaml", "status_codes.yaml", "prices.yaml"


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (DOCUMENT, "maxLength: 2000", "maxLength: '2000'", "maxLength"),
        (DOCUMENT, "    TaskStatus:\n      type: string", "    TaskStatus:\n      type: strng", "/TaskStatus/type"),
        (DOCUMENT, "pattern: '^[Hh]", "pattern: '^([Hh]", "no regular expression"),
        (DOCUMENT, "x-rule: prompt\n", "x-rule: [prompt]\n", "x-rule"),
        (RULES, "  content-type:\n    by: server", "  content-type: 1\n  other:\n    by: server", "mapping"),
        (RULES, "by: schema", "by: shcema", "`by` is one of"),
        (RULES, "evidence: documented\n    text", "evidence: rumoured\n    text", "evidence"),
        (DOCUMENT, "formats: [JPEG", "fromats: [JPEG", "formats"),
        (DOCUMENT, "'5:2']", "'5-2']", "not complete"),
        (DOCUMENT, "  720P: {width", "  721P: {width", "no size for 720P"),
        (DOCUMENT, "x-video-sizes:", "x-video-size:", "x-video-sizes"),
        (
            DOCUMENT,
            "        prompt_optimizer:\n",
            "        mood: {type: string}\n        prompt_optimizer:\n",
            "needs an x-rule",
        ),
        (RULES, "rules:\n", "? [a]\n: 1\nrules:\n", "no plain value"),
        (RULES, "rules:\n", "ruels:\n", "a mapping under 'rules'"),
        (CODES, "codes:", "code:", "'codes'"),
        (CODES, "code: 1008", "code: '1008'", "row 6"),
        (CODES, "code: 1008", "code: [1008]", "row 6"),
        (CODES, "text: insufficient balance", "text:", "row 6"),
        (PRICES, "otherwise:", "other:", "otherwise"),
        (PRICES, "0.28, 10", "cheap, 10", "not complete"),
    ],
)
def test_a_broken_contract_stops_the_start(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    """One change in one file, and one line that says where."""
    copy = tmp_path / "openapi"
    shutil.copytree(folder("openapi"), copy)
    text = (copy / name).read_text()
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1))
    with pytest.raises(ContractError) as caught:
        Contract(copy)
    message = str(caught.value)
    assert str(copy) in message
    assert words in message
    assert "\n" not in message


def test_every_server_rule_is_used_and_every_used_rule_is_listed() -> None:
    """The rules that Python judges are those that the document lists as judged by the server."""
    package = Path(folder("openapi")).parent / "mock_server"
    named = {
        rule
        for path in package.rglob("*.py")
        for rule in re.findall(r"""broken\(\s*"([a-z0-9_-]+)\"""", path.read_text())
    }
    contract = Contract(folder("openapi"))
    assert named == {rule.id for rule in contract.rules.values() if rule.by == "server"}
