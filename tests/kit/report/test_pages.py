"""The pages for people: well-formed, whole in themselves, and telling what somebody with a failing client has to know."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from contract_tests.outcome import Outcome
from contract_tests.report import write_matrix, write_report
from contract_tests.report.meaning import MEANINGS
from contract_tests.report.shown import pretty_json, shown
from tests.kit.report import sample
from tests.kit.report.html_page import Page, mistakes

READABLE = 4.5  # WCAG 2.2, contrast (minimum)


def page(folder: Path, name: str) -> Page:
    """One page of a report."""
    return Page((folder / name).read_text(encoding="utf-8"))


def case_page(folder: Path, **members: Any) -> Page:
    """The page of a case with these members, made for one test."""
    case = sample.case(**members)
    write_report(sample.results("client", "py:x", [case]), folder, environment={})
    return page(folder, f"cases/{case['id']}.html")


# ---- form


def test_every_page_is_well_formed_and_every_link_arrives(alone: Path, together: Path) -> None:
    """All tags are closed, ids are unique, and links inside the report have their targets."""
    assert mistakes(alone) == []
    assert mistakes(together) == []


def test_nothing_comes_from_elsewhere(together: Path) -> None:
    """No script, no picture, no style sheet, and a policy that would refuse them."""
    for path in together.rglob("*.html"):
        found = page(together, str(path.relative_to(together)))
        assert not [link for link in found.links if "//" in link], path.name
        assert not re.search(r"url\(|@import|javascript:", found.source), path.name
        policy = next(
            attributes for _, attributes in found.elements if attributes.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_every_page_has_language_title_and_landmarks(together: Path) -> None:
    """And one h1, with headings below it that skip no level."""
    for path in together.rglob("*.html"):
        found = page(together, str(path.relative_to(together)))
        tags = [tag for tag, _ in found.elements]
        assert found.elements[0] == ("html", {"lang": "en"})
        assert re.search(r"<title>[^<]{5,}</title>", found.source)
        assert [tags.count(each) for each in ("main", "h1", "header", "footer")] == [1, 1, 1, 1]
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert all(deeper <= higher + 1 for higher, deeper in pairwise(levels)), path.name


def test_every_table_header_has_a_scope(together: Path) -> None:
    """So that a screen reader can say which case and which client a cell belongs to."""
    for path in together.rglob("*.html"):
        scopes = [
            attributes.get("scope")
            for tag, attributes in page(together, str(path.relative_to(together))).elements
            if tag == "th"
        ]
        assert set(scopes) <= {"col", "row"}, path.name


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_colours_can_be_read_in_light_and_dark(alone: Path) -> None:
    """Each outcome on its background, and text, quiet text and links on both backgrounds of the page."""
    source = page(alone, "matrix.html").source
    light, dark = (_colours(block) for block in re.findall(r":root \{(.*?)\}", source, re.DOTALL))
    assert light.keys() == dark.keys()
    for colours in (light, dark):
        pairs = [(meaning.style, f"{meaning.style}-back") for meaning in MEANINGS.values()]
        pairs += [(front, back) for front in ("text", "quiet", "link", "fail") for back in ("page", "raised")]
        for front, back in pairs:
            assert _contrast(colours[front], colours[back]) >= READABLE, (front, back)


def test_every_outcome_has_a_meaning_a_mark_and_colours(alone: Path) -> None:
    """Marks differ, so that colour is never needed."""
    assert set(MEANINGS) == set(Outcome)
    assert len({each.mark for each in MEANINGS.values()}) == len(Outcome)
    source = page(alone, "matrix.html").source
    assert [each.style for each in MEANINGS.values() if f".{each.style}" not in source] == []


# ---- matrix


def test_the_matrix_tells_outcomes_by_word_and_mark(together: Path) -> None:
    """Of every case and client, in one row, each leading to that client's part of the case's page."""
    source = (together / "matrix.html").read_text(encoding="utf-8")
    (row,) = re.findall(r'<tr id="CL-ERR-002">(.*?)</tr>', source, re.DOTALL)
    cells = re.findall(
        r'href="(cases/CL-ERR-002\.html#[\w-]+)"><span class="badge [\w-]+"><span class="word">(\w+)</span><span class="mark"[^>]*>(\w+)<',
        row,
    )
    assert cells == [("cases/CL-ERR-002.html#subject-A", "FAIL", "F"), ("cases/CL-ERR-002.html#subject-B", "PASS", "P")]


def test_the_matrix_has_legend_counts_and_sections(together: Path) -> None:
    """Counts are those of the cases, and a section is reached by its name."""
    found = page(together, "matrix.html")
    for meaning in MEANINGS.values():
        count = [
            sum(case["outcome"] == meaning.outcome for case in results["cases"])
            for results in (sample.vendor(), sample.reference())
        ]
        assert f"{meaning.outcome.value} {meaning.mark} {meaning.words} {count[0]} {count[1]}" in found.text
    assert {
        "#CL-REQ",
        "#CL-AUTH",
        "#CL-ERR",
        "#CL-NET",
        "#CL-POLL",
        "#CL-DL",
        "#CL-COST",
        "#CL-CB",
        "#only-attention",
    } <= set(found.links)
    assert "CL-POLL 6" in found.text


def test_the_matrix_tells_first_what_needs_attention(alone: Path) -> None:
    """With the reason, the worst first, and without what passed."""
    text = page(alone, "matrix.html").text
    part = text[text.index("What needs attention 9 cases") : text.index("Counts and legend Outcome")]
    assert (
        "CL-ERR-002 1002 is a rate limit kind: expected an error of kind rate_limited; an error of kind sensitive"
        in part
    )
    assert part.index("CL-POLL-006") < part.index("CL-NET-008") < part.index("CL-REQ-009")
    assert "CL-REQ-001" not in part


def test_what_needs_no_attention_can_be_left_out(together: Path) -> None:
    """The choice leads to the part whose calm rows and sections the style sheet then hides."""
    found = page(together, "matrix.html")
    calm = {
        str(attributes["id"]) for _, attributes in found.elements if "calm" in (attributes.get("class") or "").split()
    }
    assert {"CL-COST", "CL-CB", "CL-REQ-001", "CL-CB-001"} <= calm
    assert not {"CL-REQ", "CL-ERR", "CL-REQ-009", "CL-ERR-002", "CL-DL-005", "CL-NET-008"} & calm
    assert ".filtered:target .calm { display: none; }" in found.source
    assert "Only what needs attention (9)" in found.text


def test_clients_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """By a number; and a case that one of them has not is marked as such."""
    files = []
    for number in range(3):
        cases = (
            [sample.case("CL-ERR-002")] if number else [sample.case("CL-ERR-002"), sample.case("CL-ERR-003", "PASS")]
        )
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(sample.results("same", "py:x", cases)), encoding="utf-8")
    write_matrix(files, tmp_path / "matrix")
    found = page(tmp_path / "matrix", "matrix.html")
    assert mistakes(tmp_path / "matrix") == []
    assert "A same Not conformant" in found.text
    assert "B same (2) Not conformant" in found.text
    assert "C same (3) Not conformant" in found.text
    assert "PASS P : CL-ERR-003, same – –" in found.text
    assert "– not among this subject's cases 0 1 1" in found.text


def test_forty_subjects_have_letters(tmp_path: Path) -> None:
    """After Z comes AA."""
    files = [tmp_path / f"{number}.json" for number in range(28)]
    for file in files:
        file.write_text(json.dumps(sample.results(file.stem, "py:x", [sample.case()])), encoding="utf-8")
    write_matrix(files, tmp_path / "matrix")
    assert mistakes(tmp_path / "matrix") == []
    assert "AB 27" in page(tmp_path / "matrix", "matrix.html").text


def test_suites_of_several_kinds_go_together(tmp_path: Path) -> None:
    """A receiver beside a client: every section is there."""
    files = [tmp_path / "client.json", tmp_path / "receiver.json"]
    files[0].write_text(json.dumps(sample.vendor()), encoding="utf-8")
    receiver = sample.results(
        "receiver", "url:http://h", [sample.case() | {"id": "RC-CHAL-001", "calls": []}], suite="receiver"
    )
    files[1].write_text(json.dumps(receiver), encoding="utf-8")
    write_matrix(files, tmp_path / "matrix")
    assert mistakes(tmp_path / "matrix") == []
    assert page(tmp_path / "matrix", "matrix.html").text.count("Contract matrix: client and receiver") == 2
    assert "A correct receiver: " in page(tmp_path / "matrix", "cases/RC-CHAL-001.html").text


@pytest.mark.parametrize(
    ("outcomes", "required", "exit_code", "words"),
    [
        (["PASS"], "must", 0, "Conformant (required: must): nothing broken of 1 case"),
        (["PASS", "NON-STRICT"], "must", 0, "Conformant (required: must): 1 NON-STRICT of 2 cases"),
        (["PASS", "NON-STRICT"], "should", 1, "Not conformant (required: should): 1 NON-STRICT of 2 cases"),
        (
            ["FAIL", "ERROR"],
            "must",
            3,
            "Not conformant, and trouble in the kit or the adapter (required: must): 1 FAIL, 1 ERROR of 2 cases",
        ),
        (["ERROR"], "must", 3, "No verdict, trouble in the kit or the adapter (required: must): 1 ERROR of 1 case"),
        ([], "must", 4, "No verdict, the plug is unusable (required: must): nothing broken of 0 cases"),
    ],
)
def test_the_verdict(tmp_path: Path, outcomes: list[str], required: str, exit_code: int, words: str) -> None:
    """One sentence with what was required, also when there is nothing to show."""
    ids = ("CL-ERR-002", "CL-ERR-003")
    cases = [sample.case(case_id, outcome) for case_id, outcome in zip(ids, outcomes, strict=False)]
    results = sample.results("x", "y", cases, required=required) | {"exit": exit_code}
    write_report(results, tmp_path, environment={})
    assert words in page(tmp_path, "matrix.html").text
    assert words in (tmp_path / "summary.md").read_text(encoding="utf-8")


# ---- case pages


def test_a_failing_case_tells_everything(alone: Path) -> None:
    """What was sent, what came, what was expected and found, why it matters, and what to do; details follow."""
    text = page(alone, "cases/CL-ERR-002.html").text
    in_order = [
        "CL-ERR-002 1002 is a rate limit FAIL",
        "In this case the other side Answers every create with HTTP 200 and code 1002, rate limit.",
        "What to do A correct client: Reports an error of kind rate_limited that can be repeated later",
        "Why it matters Users who are told that their prompt is sensitive rewrite it",
        "MUST: a break fails the case. Basis: S:BaseResp.1002 , F1 .",
        "FAIL : something that must hold is broken. kind: expected an error of kind rate_limited; an error of kind sensitive",
        "Sent, and what came POST /v1/video_generation → 200, code 1002",
        "What the client reported error, kind sensitive, code 1002: “Content was flagged as sensitive”",
        "Expected an error of kind rate_limited Found an error of kind sensitive",
        "kind must broken an error of kind rate_limited an error of kind sensitive one-create must met",
        "→ request 12.1 ms #1 , exchange 1 POST /v1/video_generation 3 headers Host : 127.0.0.1:41234 Authorization : Bearer …76",
        '{ "model": "MiniMax-Hailuo-2.3", "prompt": "a cat on a roof",',
        "← answer to 14.0 ms #1 , exchange 1 200 code 1002",
        'Result document, what the client said { "protocol": 1, "id": "c-002", "outcome": "error", "error": { "kind": "sensitive"',
        "Standard error Error: content flagged config: <workdir>/config.yaml Authorization: Bearer …76",
    ]
    places = [text.find(each) for each in in_order]
    assert places == sorted(places), in_order[places.index(-1)] if -1 in places else places
    assert -1 not in places


def test_a_passing_case_does_not_tell_what_to_do(together: Path) -> None:
    """It tells what is right."""
    text = page(together, "cases/CL-REQ-001.html").text
    assert "What to do" not in text
    assert "What is right A correct client: Sends exactly one" in text


def test_a_case_page_has_each_subjects_part(together: Path) -> None:
    """With their own outcome; and the way to the neighbours and to the next case that needs attention."""
    found = page(together, "cases/CL-ERR-002.html")
    assert "A vendor-cli 1.0.6 FAIL : something" in found.text
    assert "B reference client PASS : all that" in found.text
    assert found.links[1:5] == [
        "#content",
        "../matrix.html#CL-ERR-002",
        "CL-ERR-001.html",
        "CL-ERR-003.html",
    ]
    assert "Next that needs attention: CL-ERR-003" in found.text
    assert "Next that needs attention: CL-REQ-009" in page(together, "cases/CL-REQ-001.html").text
    assert "Next that needs attention" not in page(together, "cases/CL-CB-004.html").text


def test_a_case_that_was_not_run_has_a_page(alone: Path) -> None:
    """Without checks, wire or calls."""
    text = page(alone, "cases/CL-CB-001.html").text
    assert (
        "N/A : the subject does not offer what the case is about. the client does not offer generate_with_callback"
        in text
    )
    assert "On the wire" not in text


def test_a_baseline_is_told(alone: Path) -> None:
    """With its reason and its end."""
    assert (
        "The baseline expects a failure here: known, issue 17 (until 2027-01-01)"
        in page(alone, "cases/CL-POLL-013.html").text
    )


def test_the_log_is_in_the_order_of_moments(tmp_path: Path) -> None:
    """Answers of overlapping connections come where they came; a request without an answer says so."""
    slow = sample.create(1.0, {"task_id": "slow"})
    slow["answer"] |= {"at_ms": 30.0, "ended_ms": 41.5, "complete": False}
    quick = sample.create(5.0, {"task_id": "quick"}, connection=2)
    lost = sample.create(9.0, {}, connection=3) | {"answer": None, "end": "reset", "host": "other-host"}
    text = case_page(tmp_path, wire=[slow, quick, lost]).text
    told = re.findall(r"(→ request|← answer to) ([\d.]+ ms|never) ((?:other-host )?#\d) , exchange (\d)", text)
    assert told == [
        ("→ request", "1.0 ms", "#1", "1"), ("→ request", "5.0 ms", "#2", "2"), ("← answer to", "6.9 ms", "#2", "2"),
        ("→ request", "9.0 ms", "other-host #3", "3"), ("← answer to", "never", "other-host #3", "3"), ("← answer to", "30.0 ms", "#1", "1"),
    ]  # fmt: skip
    assert "no answer then the connection was reset" in text
    assert "cut off before its end; its end came at 41.5 ms" in text
    assert "→ 200, cut off" in text


def test_a_flood_is_cut_on_the_page(tmp_path: Path) -> None:
    """Its beginning and its end stay, and the page says how much is missing; results.json has all."""
    wire = [sample.create(float(number), {"base_resp": {"status_code": number % 7}}) for number in range(1_000)]
    found = case_page(tmp_path, wire=wire)
    assert "900 exchanges in the middle are left out here; they are in results.json." in found.text
    assert re.findall(r"exchange (\d+)", found.text)[-1] == "1000"
    assert "more in the log below" in found.text
    assert len(json.loads((tmp_path / "results.json").read_bytes())["cases"][0]["wire"]) == 1_000
    assert len(found.source) < 400_000


def test_equal_neighbours_are_told_once(alone: Path) -> None:
    """Thirty-eight polls of a failed task are one line."""
    assert '→ 200, code 0, status "Fail" (38 times)' in page(alone, "cases/CL-POLL-006.html").text


def test_a_client_at_level_0(tmp_path: Path) -> None:
    """Without a result document, the exit code is what it said."""
    call = sample.case()["calls"][0] | {"result": {}, "level": 0, "outcome": "success", "exit_code": 0}
    text = case_page(tmp_path, calls=[call]).text
    assert "What the client reported success, exit code 0" in text
    assert "No result document: only exit code and output were seen." in text


def test_broken_checks_come_first(tmp_path: Path) -> None:
    """Then what could not be seen, then what was met."""
    checks = [
        {"id": f"check-{outcome}", "level": "must", "outcome": outcome, "expected": "e", "actual": "a"}
        for outcome in ("met", "unseen", "broken")
    ]
    text = case_page(tmp_path, checks=checks).text
    assert re.findall("check-(met|unseen|broken)", text) == ["broken", "unseen", "met"]


def test_a_long_body_is_folded_and_cut(tmp_path: Path) -> None:
    """Its size is told; results.json has more of it."""
    exchange = sample.create(1.0, {"text": "word " * 3_700})
    text = case_page(tmp_path, wire=[exchange]).text
    assert f"body, {exchange['answer']['size']:,} bytes" in text
    assert "more characters)" in text


def test_long_output_keeps_its_end(tmp_path: Path) -> None:
    """What a program said last tells most."""
    call = sample.case()["calls"][0] | {"stdout": "line\n" * 3_000 + "the last words"}
    text = case_page(tmp_path, calls=[call]).text
    assert "9,014 characters before this)" in text
    assert "the last words" in text


# ---- bodies


@pytest.mark.parametrize(
    ("given", "laid_out"),
    [
        ('{"a":1,"a":2}', '{\n  "a": 1,\n  "a": 2\n}'),
        ('[1.0,1e400,9007199254740993]', "[\n  1.0,\n  1e400,\n  9007199254740993\n]"),
        (r'{"a":"\u003cx,{\""}', '{\n  "a": "\\u003cx,{\\""\n}'),
        ('{"a":[],"b":{},"c":[{}]}', '{\n  "a": [],\n  "b": {},\n  "c": [\n    {}\n  ]\n}'),
        (' "text" ', '"text"'),
        ("[NaN]", None), ("[1]x", None), ("{", None), ("", None), ("<html>", None), ("[" * 3_000 + "]" * 3_000, None), ("1" * 5_000, "1" * 5_000),
    ],
)  # fmt: skip
def test_json_is_laid_out_as_it_was_sent(given: str, laid_out: str | None) -> None:
    """Token for token: doubled members, escapes and digits are what a reader may be looking for."""
    assert pretty_json(given) == laid_out


# ---- hostile text

EVIL = "</pre></td><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} \x1b[31m\x00\x07\ud800\u202egpj.exe\u200b\u2028&lt;'\"`"


def hostile() -> dict[str, Any]:
    """Results in which everything that a stranger writes is hostile."""
    results = sample.results("x", "y", sample.vendor()["cases"][14:24])
    results["subject"] |= {"name": EVIL, "plug": EVIL}
    for case in results["cases"]:
        case["reason"] = EVIL
        for check in case["checks"]:
            check |= {"expected": EVIL, "actual": EVIL}
        for call in case["calls"]:
            call |= {
                "stdout": EVIL,
                "stderr": EVIL * 5,
                "result": {"error": {"kind": EVIL, "message": EVIL}, EVIL: [EVIL, float("nan"), 10**5000]},
            }
        for exchange in case["wire"]:
            exchange["host"] = EVIL
            exchange["request"] |= {"method": EVIL, "target": f"//[{EVIL}", "body": EVIL * 9, "headers": [[EVIL, EVIL]]}
            if exchange["answer"]:
                exchange["answer"] |= {
                    "body": json.dumps({"base_resp": {"status_code": EVIL}, EVIL: "x y " * 60_000}),
                    "headers": [[EVIL, EVIL]],
                }
    return results


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """No element of a page is a stranger's, and what acts unseen is shown."""
    write_report(hostile(), tmp_path, environment={})
    assert mistakes(tmp_path) == []
    for path in tmp_path.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", source), path.name
        assert "␛[31m␀␇\ufffd[U+202E]gpj.exe[U+200B]" in source, path.name
        assert "{{ 7*7 }}" in source, path.name
        assert len(source) < 300_000, path.name


def test_deep_documents_end_somewhere(tmp_path: Path) -> None:
    """However deep a client nests, a report is made."""
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    call = sample.case()["calls"][0] | {"result": {"deep": deep, "wide": list(range(5_000))}}
    text = case_page(tmp_path, calls=[call]).text
    assert "(nested deeper)" in text
    assert "4,001 more elements" in (tmp_path / "results.json").read_text(encoding="utf-8")


def test_what_is_shown_of_a_control_character() -> None:
    """Line breaks and tabs act as they should; emoji and other languages stay what they are."""
    assert shown("a\tb\nc\r\x7f\x85\ufeff猫🐈é") == "a\tb\nc␍␡[U+0085][U+FEFF]猫🐈é"
    assert shown("\ud83d\ude00 \ude00") == "😀 \ufffd"
