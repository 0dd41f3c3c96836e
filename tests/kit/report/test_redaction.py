"""Nothing secret is in any file of a report, however it was spelt and wherever it stood."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from contract_tests.report import redacted, write_matrix, write_report
from tests.kit.report import sample

KEY = 'sk/päss+w0rd=&"x\\y-LongEnough-9876ab'
PLAIN = "team-key-of-somebody-5550zz"
SPELT = [
    KEY, quote(KEY, safe=""), quote(KEY), quote_plus(KEY), re.sub("%..", lambda found: found[0].lower(), quote(KEY, safe="")), json.dumps(KEY), json.dumps(KEY, ensure_ascii=False),
    *(base64.b64encode(f"{before}{KEY}{after}".encode()).decode() for before in ("", "u", "us", "user:") for after in ("", ":", "::")),
    base64.urlsafe_b64encode(KEY.encode()).decode(), f"Bearer {KEY}", f"  {KEY}\n", repr(KEY),
]  # fmt: skip
TELLING = ("LongEnough", "w0rd", base64.b64encode(KEY.encode()).decode()[8:24], base64.b64encode(b"u" + KEY.encode()).decode()[8:24],
           base64.b64encode(b"us" + KEY.encode()).decode()[8:24])  # fmt: skip


def texts(value: Any) -> Iterator[str]:
    """Every text in JSON data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def planted(value: Any, secret: str, path: str = "") -> Any:
    """The data with a secret at the end of every text that a client, a server or a check could have written."""
    if isinstance(value, dict):
        fixed = {"id", "outcome", "level", "started", "suite", "required", "expires", "end", "format", "workdir"}
        changed = {name: each if name in fixed else planted(each, secret, name) for name, each in value.items()}
        return changed | ({secret: secret} if path == "result" else {})
    if isinstance(value, list):
        return [planted(each, secret, path) for each in value]
    return f"{value} {secret}" if isinstance(value, str) else value


def cleaned(text: str, **more: Any) -> str:
    """A text after it stood in somebody's output."""
    case = sample.case(calls=[{**sample.case()["calls"][0], "stdout": text}])
    return str(redacted(sample.results("x", "y", [case]), **more)["cases"][0]["calls"][0]["stdout"])


@pytest.mark.parametrize("spelt", SPELT)
def test_a_key_reaches_no_file_no_output_and_no_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spelt: str
) -> None:
    """The key is that of a call document, and stands in every text of the results in one of its spellings."""
    results = planted(sample.results("x", "y", [sample.case(), sample.case("CL-REQ-009", "NON-STRICT")]), spelt)
    for case in results["cases"]:
        case["calls"][0]["call"]["api_key"] = KEY
    summary = tmp_path / "summary"
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    written = write_report(results, tmp_path / "report", environment=environment)
    everything = capsys.readouterr().out + "".join(path.read_text("utf-8") for path in [*written, summary])
    assert [part for part in TELLING if part.lower() in everything.lower()] == []
    assert "…ab" in everything


@pytest.mark.parametrize("encoded", [base64.b64encode, base64.urlsafe_b64encode])
def test_both_alphabets_of_base64(encoded: Callable[[bytes], bytes]) -> None:
    """Of a key whose base64 form has letters that differ between them."""
    key = "ÿþÿþ?>?>ÿþÿþ-tail-of-it"
    spelt = encoded(key.encode()).decode()
    assert ("/" in spelt) is (encoded is base64.b64encode)
    assert cleaned(f"saw {spelt}", secrets=[key]).startswith("saw …it")


def test_long_texts_are_cut() -> None:
    """Also in results.json, with a note of how much is missing."""
    text = cleaned("word " * 10_000)
    assert len(text) <= 20_000
    assert text.endswith("(30,048 more characters)")


def test_keys_can_be_named(tmp_path: Path) -> None:
    """By the caller, and by the environment; no call document has them."""
    results = planted(sample.results("x", "y", [sample.case()]), f"{KEY} {PLAIN}")
    written = write_report(results, tmp_path, environment={"MINIMAX_API_KEY": PLAIN}, secrets=[KEY])
    everything = "".join(path.read_text("utf-8") for path in written)
    assert "LongEnough" not in everything
    assert "somebody" not in everything


def test_the_sample_key_is_in_no_report(together: Path) -> None:
    """Nor are the signature of the link and the folder of the run."""
    files = [path for path in together.rglob("*") if path.is_file()]
    assert len(files) > 40
    for path in files:
        text = path.read_text("utf-8")
        for secret in ("sk-sample", "4f1c9e77d2ab", "c2lnbmF0dXJl", "LTAI5t", sample.WORKDIR):
            assert secret not in text, path.name


def test_a_foreign_file_is_redacted_when_it_is_merged(tmp_path: Path) -> None:
    """It need not have been written by us."""
    foreign = tmp_path / "foreign.json"
    foreign.write_text(json.dumps(sample.vendor()), encoding="utf-8")
    for path in write_matrix([foreign], tmp_path / "matrix"):
        assert "sk-sample" not in path.read_text("utf-8")


def test_keys_of_parallel_calls_are_found() -> None:
    """They stand in documents inside the document."""
    call = sample.case()["calls"][0]
    call["call"] = {"op": "parallel", "calls": [{"api_key": PLAIN}]}
    clean = redacted(sample.results("x", "y", [sample.case(calls=[call], reason=f"saw {PLAIN}")]))
    assert not [text for text in texts(clean) if "somebody" in text]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Authorization: Bearer abcdefghijk", "Authorization: Bearer …jk"),
        ("authorization: bearer  abcdefghijk!", "authorization: bearer  …k!"),
        ("curl -H 'Authorization: Bearer abcdefghijk' x", "curl -H 'Authorization: Bearer …jk' x"),
        ("Bearer authentication failed", "Bearer authentication failed"),
        ("expected Authorization: Bearer <key>", "expected Authorization: Bearer <key>"),
        ('WWW-Authenticate: Bearer realm="x"', 'WWW-Authenticate: Bearer realm="x"'),
        ('{"api_key": "abcdefghijk", "a": 1}', '{"api_key": "…jk", "a": 1}'),
        (r"{\"api_key\": \"abcdefghijk\"}", r"{\"api_key\": \"…jk\"}"),
        ("MINIMAX_API_KEY=abcdefghijk next", "MINIMAX_API_KEY=…jk next"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0dXJl", "…Jl"),
        ("found sk-api-0123456789abcdefgh", "found …gh"),
        ("http://h/f.mp4?Expires=17&OSSAccessKeyId=LTAI5tabc&Signature=abc%2Bdefg%3D", "http://h/f.mp4?Expires=17&OSSAccessKeyId=…bc&Signature=…3D"),
        (r"http://h/f?a=1\u0026Signature=abcdefghi", r"http://h/f?a=1\u0026Signature=…hi"),
        ("http://h/f?X-Amz-Credential=abcdefghi&X-Amz-Signature=abcdefghi", "http://h/f?X-Amz-Credential=…hi&X-Amz-Signature=…hi"),
        ("task_id=306792606023824&file_id=7", "task_id=306792606023824&file_id=7"),
        (f"data:image/png;base64,{'A' * 1234}", "data:image/png;base64,… (1,234 characters)"),
        (f'"data:image/jpeg;base64,{"AB+/" * 50}==","b":1', '"data:image/jpeg;base64,… (202 characters)","b":1'),
        (f"data:image/png;base64,{'A' * 76}\n{'B' * 76}\n", "data:image/png;base64,… (153 characters)\n"),
        ("data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="),
        ("x" * 2001, f"{'x' * 24}… (2,001 characters)"),
        ("9f86d081884c7d65" * 4, "9f86d081884c7d65" * 4),
    ],
)  # fmt: skip
def test_what_gives_itself_away(given: str, kept: str) -> None:
    """Keys, signatures and long base64 are known by where they stand; what only looks alike stays."""
    assert cleaned(given) == kept
    assert cleaned(kept) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/home/ann/project/client.py", "~/project/client.py"),
        ("/Users/ann/client.py:17", "~/client.py:17"),
        (r"C:\Users\ann\client.py", r"~\client.py"),
        (r"C:\\Users\\ann\\client.py", r"~\\client.py"),
        ("/opt/me/.config/x", "~/.config/x"),
        ("at /opt/me", "at ~"),
        ("/opt/mercury/x", "/opt/mercury/x"),
        ("/scratch/pytest-of-ann/pytest-3/x/out.mp4", "<temp>/out.mp4"),
        ("in /scratch: full", "in <temp>/: full"),
        (f"saved {sample.WORKDIR}/video.mp4", "saved <workdir>/video.mp4"),
        ("GET http://127.0.0.1:1/home/ann/x", "GET http://127.0.0.1:1/home/ann/x"),
        ("file:///home/ann/x", "file://~/x"),
    ],
)
def test_folders_of_the_machine(given: str, kept: str) -> None:
    """Home becomes ~, the folder of the run <workdir>, and of a temporary file only its name stays."""
    assert cleaned(given, home="/opt/me", temporary="/scratch") == kept
    assert cleaned(kept, home="/opt/me", temporary="/scratch") == kept


def test_header_lines_keep_their_shape() -> None:
    """A reader sees the scheme and the blanks, for those may be what is wrong."""
    pairs = [["Authorization", "Bearer  abcdefghijk"], ["authorization", "abcdefghijk"], ["Authorization", "Bearer"], ["X-Api-Key", "abc"],
             ["Cookie", "session=abcdefghijk"], ["Host", "h"]]  # fmt: skip
    case = sample.case(wire=[sample.create(1.0, {})])
    case["wire"][0]["request"]["headers"] = pairs
    clean = redacted(sample.results("x", "y", [case]))
    assert clean["cases"][0]["wire"][0]["request"]["headers"] == [
        ["Authorization", "Bearer  …jk"], ["authorization", "…jk"], ["Authorization", "Bearer"], ["X-Api-Key", "…"], ["Cookie", "…jk"], ["Host", "h"],
    ]  # fmt: skip


def test_a_second_pass_changes_nothing() -> None:
    """So that a report can be made of results that were redacted before."""
    few = sample.results("x", "y", sample.vendor()["cases"][:2])
    results = planted(few, f"{KEY} {'q ' * 11_000} {'data:a/b;base64,' + 'A' * 99}")
    results["cases"][0]["calls"][0]["result"]["many"] = {
        str(number): [number] * 3_000 if number < 2 else 0 for number in range(2_000)
    }
    once = redacted(results, [KEY])
    assert redacted(once, [KEY]) == once
    assert redacted(once) == once


def test_short_keys_are_no_words() -> None:
    """A key of three letters is masked in its place, and does not tear up every text."""
    call = sample.case()["calls"][0]
    call["call"]["api_key"] = "sad"
    clean = redacted(sample.results("x", "y", [sample.case(calls=[call], reason="a sad end")]))
    assert clean["cases"][0]["calls"][0]["call"]["api_key"] == "…"
    assert clean["cases"][0]["reason"] == "a sad end"


def test_the_results_that_were_given_stay_as_they_are() -> None:
    """The redacted ones are others."""
    results = sample.vendor()
    redacted(results)
    assert results == sample.vendor()
