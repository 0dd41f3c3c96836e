"""Two servers that differ on purpose, and what `minimax-mock facts diff` says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.live.differences import KINDS, differences, told
from mock_server import MockServer
from mock_server.cli import main
from tests.kit.live.stage import KEY, Stage, mock, rule

AUTH_TEXT = "login fail: Please carry the API secret key in the 'Authorization' field of the request header"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Facts of the mock as it is."""
    with mock() as server:
        return facts_of(server, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Facts of a server that restricts its keys and differs in a status, codes, a type, a member, texts and headers."""
    with mock(api_keys=(KEY,), no_mock_headers=True) as server:
        rule(server, {"operation": "retrieve"}, {"http": {"status": 404}})
        rule(server, {"operation": "create", "model": "I2V-01"}, {"code": 1026})
        rule(
            server,
            {"operation": "create", "prompt": "^a cat$"},
            {"change": {"/base_resp/status_msg": "no callback 42"}},
        )
        rule(server, {"operation": "query"}, {
            "as_number": ["/task_id"], "remove": ["/video_width"], "change": {"/request_id": "176843862716480"},
            "http": {"status": 200, "headers": {"X-Ratelimit": "5"}},
        })  # fmt: skip
        yield facts_of(server, tmp_path_factory.mktemp("other"))


def facts_of(server: MockServer, folder: Path) -> Path:
    """The file that a run leaves."""
    stage = Stage(server.url, folder, server.url)
    assert stage.run() == 0
    return stage.facts_path


def read(path: Path) -> dict[str, Any]:
    """What a file says."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


QUERIES = ("SV-Q-001-none", "SV-Q-001-unknown", "SV-Q-001-documented", "SV-Q-001-letters")
RETRIEVES = ("SV-F-001-none", "SV-F-001-unknown", "SV-F-001-letters")
EXPECTED = {
    *(("status", probe, "", 200, 404) for probe in RETRIEVES),
    ("code", "SV-AUTH-003-create", "", 2013, 2049),
    ("code", "SV-AUTH-003-query", "", 2013, 2049),
    ("code", "SV-REQ-003-none", "", 2013, 1026),
    ("keys", "SV-AUTH-003-create", "/task_id", "string", "absent"),
    *(
        ("keys", "SV-AUTH-003-query", f"/{name}", kind, "absent")
        for name, kind in (("task_id", "string"), ("status", "string"), ("file_id", "string"), ("video_width", "integer"),
                           ("video_height", "integer"))
    ),
    *(("keys", probe, "/task_id", "string", "integer") for probe in ("SV-Q-001-unknown", "SV-Q-001-documented")),
    *(("keys", probe, "/video_width", "integer", "absent") for probe in QUERIES),
    *(("keys", probe, "/request_id", "absent", "string") for probe in QUERIES),
    ("text", "SV-AUTH-003-create", "", "invalid params, unsupported model: no-such-model", "invalid api key"),
    ("text", "SV-AUTH-003-query", "", "invalid params, invalid task_id", "invalid api key"),
    ("text", "SV-REQ-003-none", "", "invalid params, binding: expr_path=first_frame_image, cause=missing required parameter",
     "input new_sensitive"),
    ("text", "SV-CB-001-unreachable", "", "invalid params, fail to check callback url", "no callback 42"),
    *(("headers", probe, "x-ratelimit", "absent", "sent") for probe in QUERIES),
    ("ambiguity", "SV-REQ-003-none", "", None,
     "the text names none of: first_frame_image, image; something else may have been refused"),
}  # fmt: skip


def test_exactly_what_differs_is_named(plain: Path, other: Path) -> None:
    """Nothing is missed, nothing is made up; that the mock's own headers are gone is told for every probe."""
    a, b = read(plain), read(other)
    found = {(each.kind, each.probe, each.place, each.a, each.b) for each in differences(a, b)}
    ids = [probe["id"] for probe in a["probes"]]
    ours = {("headers", name, "x-mock-request-id", "sent", "absent") for name in ids}
    ours |= {("headers", name, "x-mock-violations", "sent", "absent") for name in ids}
    assert found - ours == EXPECTED
    assert ours <= found


def test_the_most_important_comes_first(plain: Path, other: Path) -> None:
    """Status, code, types, then words and headers."""
    kinds = [each.kind for each in differences(read(plain), read(other))]
    assert kinds == sorted(kinds, key=KINDS.index)
    assert list(dict.fromkeys(kinds)) == ["status", "code", "keys", "text", "headers", "ambiguity"]


def test_two_mocks_do_not_differ(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ports, times, identifiers, seeds and accounts are no differences."""
    with mock(seed=7) as server:
        again = facts_of(server, tmp_path)
    capsys.readouterr()
    assert main(["facts", "diff", str(plain), str(again)]) == 0
    assert capsys.readouterr().out.endswith("\n\nno differences in any of 50 probes\n")


def test_differences_for_people(plain: Path, other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is the same for several probes stands once, with both values."""
    assert main(["facts", "diff", str(plain), str(other)]) == 1
    output = capsys.readouterr().out
    assert output.startswith("A  127.0.0.1, 20")
    assert "\n\nstatus  SV-F-001-none, SV-F-001-unknown, SV-F-001-letters\n    A  200\n    B  404\n\n" in output
    assert "\nkeys  /task_id  SV-Q-001-unknown, SV-Q-001-documented\n    A  string\n    B  integer\n" in output
    assert "\nheaders  x-mock-request-id  SV-AUTH-001-create, " in output
    assert " and 45 more\n    A  sent\n    B  absent\n" in output
    assert output.endswith(f"\n{len(EXPECTED) + 100} differences in 50 of 50 probes\n")


def test_differences_for_programs(plain: Path, other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, one by one."""
    assert main(["facts", "diff", "--json", str(plain), str(other)]) == 1
    data = json.loads(capsys.readouterr().out)["differences"]
    assert len(data) == len(EXPECTED) + 100
    assert data[0] == {"kind": "status", "probe": "SV-F-001-none", "place": "", "a": 200, "b": 404}


def probe(answer: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """A probe with that answer."""
    return {
        "id": "SV-Q-001-none", "case": "SV-Q-001", "title": "", "cost": "free", "answer": answer,
        "request": {"method": "GET", "path": "/v1", "auth": "key"}, "trouble": None, "ambiguity": None,
    } | more  # fmt: skip


ANSWER: dict[str, Any] = {
    "status": 200, "code": None, "text": "", "keys": {}, "content_type": None, "headers": [], "known_headers": [],
}  # fmt: skip


def facts(*probes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A file with these probes."""
    kit = {"name": "minimax-mock", "version": "0.1.0", "probes": 1}
    return {
        "format": 1, "kit": kit, "date": "2026-11-22T16:00:00Z", "host": "h", "complete": True, "stopped": None,
        "probes": list(probes), "left_out": [],
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (facts(probe(ANSWER)), facts(), [("probe", "", "sent", "absent")]),
        (facts(), facts(probe(ANSWER)), [("probe", "", "absent", "sent")]),
        (facts(probe(ANSWER)), facts(probe(None, trouble="reset")), [("answer", "", "answered", "no answer: reset")]),
        (
            facts(probe(None, trouble="a")),
            facts(probe(None, trouble="b")),
            [("answer", "", "no answer: a", "no answer: b")],
        ),
        (
            facts(probe(ANSWER)),
            facts(probe(ANSWER | {"content_type": "text/html"})),
            [("content_type", "", None, "text/html")],
        ),
        (facts(probe(ANSWER)), facts(probe(ANSWER | {"states": ["Fail"]})), [("states", "", None, ["Fail"])]),
        (facts(probe(ANSWER)), facts(probe(ANSWER), host="other", date="2027-01-01T00:00:00Z"), []),
        (
            facts(probe(ANSWER)),
            facts(probe(ANSWER, request={"method": "GET"})),
            [("request", "", {"method": "GET", "path": "/v1", "auth": "key"}, {"method": "GET"})],
        ),
    ],
)
def test_kinds_of_differences(a: dict[str, Any], b: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    """Probes that were not sent, or not answered, and requests that are not the same."""
    assert [(each.kind, each.place, each.a, each.b) for each in differences(a, b)] == expected
    assert list(told(differences(a, b), a, b))[-1].startswith(f"\n{len(expected) or 'no'} difference")


def test_a_run_that_was_stopped_is_named() -> None:
    """Its missing probes are no surprise then."""
    stopped = facts(complete=False, stopped="interrupted")
    assert next(told([], stopped, stopped)) == "A  h, 2026-11-22, 0 probes, incomplete: interrupted"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "No such file or directory"),
        ("{", "is not JSON in UTF-8"),
        ("\udcff", "is not JSON in UTF-8"),
        ("[" * 100_000, "is not JSON in UTF-8"),
        ("[]", "/: [] is not of type 'object'"),
        ("{}", "format 'None' is not one that is known here; allowed: 1"),
        (json.dumps(facts() | {"format": 2}), "format '2' is not one that is known here; allowed: 1"),
        (json.dumps(facts() | {"probes": {}}), "/probes: {} is not of type 'array'"),
        (json.dumps(facts(probe({"status": 200}))), "/probes/0/answer: "),
        (json.dumps(facts(probe(ANSWER), probe(ANSWER))), "a probe stands in it twice"),
    ],
)
def test_files_that_cannot_be_used(
    content: str | None, fault: str, tmp_path: Path, plain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that names the file, and exit code 2, whichever of the two it is."""
    path = tmp_path / "facts.json"
    if content is not None:
        path.write_text(content, errors="surrogateescape")
    for order in ([str(path), str(plain)], [str(plain), str(path)]):
        assert main(["facts", "diff", *order]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"minimax-mock: {path}: ")
        assert fault in error
        assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["facts"], ["facts", "diff", "a"], ["facts", "merge", "a", "b"]])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
