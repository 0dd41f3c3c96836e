"""`minimax-mock check` and the same thing under pytest: exit codes, what is said, and what is written."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.catalogue import JSON_FILE, as_text, case_ids
from tests.documents import ROOT

REFERENCE = "py:examples.reference_client:make"
ALL_JPEG = "py:tests.kit.client.broken:labels_all_jpeg"  # breaks CL-REQ-009 and CL-REQ-010, which are SHOULD
TWICE = "py:tests.kit.client.broken:orders_twice"  # breaks CL-REQ-001, which is MUST
ADAPTERS = """
import os, shutil
from examples.reference_client.adapter import answer

said = []

def fickle():
    def call(document):
        said.append(document["op"])
        return answer(document) if said.count("generate") < 2 else {"outcome": "unsupported"}
    return call

def tidy():
    # Takes away more than its own folder, so that the kit cannot look at it.
    return lambda call: [answer(call), shutil.rmtree(call["workdir"] + "/../..", ignore_errors=True)][0]

def garbage():
    return lambda call: 42 if call["op"] in ("generate", "create") else {"outcome": "unsupported"}
"""


def kept(folder: Path) -> dict[str, str]:
    """An environment in which plugs of this repository are found, and nothing of the run around it."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("MINIMAX_", "PYTEST_", "GITHUB_"))
    }
    return plain | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}


def check(folder: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    """Runs the command in a folder: exit code, output, errors."""
    command = [sys.executable, "-m", "mock_server", "check", *words]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, env=kept(folder) | environment
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((REFERENCE, "-k", "CL-REQ-001 or CL-REQ-009"), 0, "2 PASS\nconformant at level must (exit 0)"),
        ((ALL_JPEG, "-k", "CL-REQ-009"), 0, "1 NON-STRICT\nconformant at level must (exit 0)"),
        ((ALL_JPEG, "-k", "CL-REQ-009", "--level", "should"), 1, "not conformant at level should (exit 1)"),
        ((TWICE, "-k", "CL-REQ-001"), 1, "FAIL CL-REQ-001"),
        ((REFERENCE, "-k", "CL-NOTHING"), 2, "minimax-mock: no case is asked for: look at -k"),
        ((REFERENCE, "-k", "and and"), 2, ""),
        ((REFERENCE, "--baseline", "nowhere.yaml"), 2, "minimax-mock: --baseline: nowhere.yaml: No such file"),
        (("py:nowhere:make",), 4, "minimax-mock: py:nowhere:make cannot be used: there is no module nowhere"),
        ((REFERENCE, "--url", "http://127.0.0.1:1"), 4, "minimax-mock: http://127.0.0.1:1: no mock answers there"),
        (("py:adapters:garbage", "-k", "CL-REQ-001"), 3, "ERROR CL-REQ-001"),
        (("py:adapters:fickle", "-k", "CL-POLL-004 or CL-POLL-016", "--jobs", "1"), 3, "which it did before"),
        (("py:adapters:tidy", "-k", "CL-DL-014", "--jobs", "1"), 3, "the kit failed: "),
        ((REFERENCE, "-k", "CL-NET-014"), 4, "nothing was proven"),
        ((REFERENCE, "--smoke", "--report", "x"), 2, "minimax-mock: --report is not for --smoke"),
    ],
)
def test_client(words: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    """The verdict is the exit code; a mistake is one line and no traceback."""
    (tmp_path / "adapters.py").write_text(ADAPTERS)
    ended, output, errors = check(tmp_path, "client", *words)
    assert (ended, said in output + errors) == (code, True), output + errors
    assert "Traceback" not in output + errors


def test_worker_that_dies_is_no_pass(tmp_path: Path) -> None:
    """The case that was under way when a process of the run ended was not judged, and that is an error."""
    killer = "import os, signal\ndef kills():\n    return lambda call: os.kill(os.getppid(), signal.SIGKILL)\n"
    (tmp_path / "adapters.py").write_text(
        killer.replace("lambda call:", "lambda call: {'outcome': 'unsupported'} if call['op'].startswith('frob') else")
    )
    ended, output, errors = check(tmp_path, "client", "py:adapters:kills", "-n", "1", "-k", "CL-REQ-001")
    assert (ended, "ERROR CL-REQ-001 not judged" in output) == (3, True), output + errors


def test_verdict_outlives_a_reader_that_goes_away(tmp_path: Path) -> None:
    """The exit code of `check … | head -n 1` under pipefail is that of the verdict."""
    command = [sys.executable, "-m", "mock_server", "check", "client", TWICE, "-k", "CL-REQ-001"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False, env=kept(tmp_path)
    )
    os.close(writing)
    assert done.returncode == 1, done.stderr


def test_failure_says_why(tmp_path: Path) -> None:
    """What was expected, what came and why it matters, in that order."""
    _, output, _ = check(tmp_path, "client", TWICE, "-k", "CL-REQ-001")
    assert re.search(r"FAIL CL-REQ-001 .+\n  expected: .+\n  actual:   there were 2\n(.+\n)*  why:      .+", output), (
        output
    )


@pytest.mark.parametrize(("plug", "code", "outcome"), [(TWICE, 0, "XFAIL"), (REFERENCE, 1, "STALE")])
def test_baseline(plug: str, code: int, outcome: str, tmp_path: Path) -> None:
    """A declared failure is expected; one that is not there any more is stale, and that is an error."""
    (tmp_path / "baseline.yaml").write_text("expected_failures:\n- case: CL-REQ-001\n  reason: known\n")
    ended, output, _ = check(tmp_path, "client", plug, "-k", "CL-REQ-001", "--baseline", "baseline.yaml")
    assert (ended, f"{outcome} CL-REQ-001" in output) == (code, True), output


def test_report_from_several_processes(tmp_path: Path) -> None:
    """With -n every case of every worker is in one report; keys are not; the summary goes to the CI's page."""
    ended, output, errors = check(
        tmp_path, "client", TWICE, "-n", "2", "-k", "CL-REQ-001 or CL-AUTH-001 or CL-AUTH-002", "--report", "report",
        "--name", "twice", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
    )  # fmt: skip
    assert ended == 1, output + errors
    results = json.loads((tmp_path / "report" / "results.json").read_text())
    assert [case["id"] for case in results["cases"]] == ["CL-AUTH-001", "CL-AUTH-002", "CL-REQ-001"]
    assert results["subject"] == {"plug": TWICE, "name": "twice", "level": 1}
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "results.json", "matrix.html", "cases", "junit.xml", "summary.md",
    }  # fmt: skip
    assert "CL-REQ-001" in (tmp_path / "summary").read_text()
    assert re.search(r"^::error", output, re.M)
    written = "".join(path.read_text() for path in (tmp_path / "report").rglob("*.*"))
    assert not re.search(r"sk-contract-[0-9a-f]{12}", written)


def test_smoke(tmp_path: Path) -> None:
    """Three cases, and for each what was sent and how the answer of the client was read."""
    ended, output, errors = check(tmp_path, "client", REFERENCE, "--smoke")
    assert ended == 0, output + errors
    assert output.count("  understood:  ") == 3
    assert output.count("  verdict:     PASS") == 3
    assert output.endswith("The plug shows result documents (level 1).\n")


def test_command_that_does_nothing(tmp_path: Path) -> None:
    """It passes no case, and of the three of the smoke run two fail."""
    ended, output, _ = check(tmp_path, "client", "cmd:true", "--smoke")
    assert (ended, "verdict:     PASS" in output) == (1, False)


def test_receiver(tmp_path: Path) -> None:
    """The other suite, with the reference receiver and a hook that is not there."""
    words = (
        "wsgi:examples.reference_receiver:make_app()@/callback",
        "-k",
        "RC-CHAL-001 or RC-BAD-007",
        "--report",
        "r",
    )
    ended, output, errors = check(tmp_path, "receiver", *words)
    assert (ended, "2 PASS" in output, "report: r" in output) == (0, True, True), output + errors
    ended, output, errors = check(tmp_path, "receiver", "url:http://203.0.113.5/callback")
    assert (ended, output, len(errors.strip().splitlines())) == (4, "", 1), output + errors


def test_server(minimax_mock_url: str, tmp_path: Path) -> None:
    """A mock that runs passes; tests of one case make one record."""
    ended, output, errors = check(
        tmp_path, "server", minimax_mock_url, "-k", "SV-AUTH-001 or SV-HDR", "--report", "report"
    )
    assert (ended, "2 PASS" in output) == (0, True), output + errors
    cases = json.loads((tmp_path / "report" / "results.json").read_text())["cases"]
    assert [(case["id"], len(case["checks"])) for case in cases] == [("SV-AUTH-001", 3), ("SV-HDR-001", 1)]


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("http://127.0.0.1:1", 4, "minimax-mock: http://127.0.0.1:1: nobody answers there"),
        ("https://api.minimax.io", 2, "minimax-mock: api.minimax.io is the real service"),
    ],
)
def test_server_that_is_not_judged(url: str, code: int, said: str, tmp_path: Path) -> None:
    """Nobody there, or the real one."""
    ended, output, errors = check(tmp_path, "server", url)
    assert (ended, said in output + errors) == (code, True), output + errors


def test_under_pytest(tmp_path: Path) -> None:
    """The same through --pyargs: the test has the case's name, and the summary stands below."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--pyargs",
        "contract_tests",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
    ]
    done = subprocess.run(
        [*command, "-p", "no:hypothesispytest", f"--minimax-client={TWICE}", "-k", "CL-REQ-001 or CL-AUTH-001"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env=kept(tmp_path),
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_client.py::test_client[CL-REQ-001]" in done.stdout
    assert "1 FAIL, 1 PASS" in done.stdout


def test_package_of_the_user_with_that_name(tmp_path: Path) -> None:
    """It is named, and nothing passes."""
    (tmp_path / "contract_tests").mkdir()
    (tmp_path / "contract_tests" / "__init__.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "mock_server.pytest_plugin", f"--minimax-client={TWICE}"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env=kept(tmp_path) | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "a package of yours hides contract_tests of minimax-mock" in done.stderr


def test_catalogue_as_json_is_that_of_the_files() -> None:
    """Made anew by `python -m contract_tests.catalogue`."""
    assert JSON_FILE.read_text(encoding="utf-8") == as_text()


def test_catalogue_has_every_case() -> None:
    """As many as the documents say, and no id twice."""
    ids = {suite: case_ids(suite) for suite in ("client", "receiver", "server")}
    assert {suite: len(set(found)) for suite, found in ids.items()} == {"client": 151, "receiver": 57, "server": 24}
    assert all(len(set(found)) == len(found) for found in ids.values())
