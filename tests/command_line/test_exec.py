"""`minimax-mock exec` as a user starts it: exit codes, and what the command finds."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line.execute import EXEC, run, told
from tests.command_line.test_serve import environment

# ---- exit codes


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -9 $$", 137), ("no-such", 127)]
)
def test_it_ends_as_the_command_ended(script: str, code: int) -> None:
    """Its exit code, 128 and the number of the signal that killed it; a failure names the seed, a success says nothing."""
    done = run(["sh", "-c", f"{script} 2>/dev/null"], "--seed", "123")
    line = f"minimax-mock: the command ended with {code}; seed 123 repeats its random choices (--seed 123)\n"
    assert (done.returncode, done.stdout, done.stderr) == (code, "", line if code else "")


def test_a_failure_without_a_seed_names_the_one_that_was_drawn() -> None:
    """The line can be followed as it stands."""
    assert re.search(r" ended with 1; seed (\d+) repeats .* \(--seed \1\)\n", run(["false"]).stderr)


def test_a_command_that_is_not_there_is_127() -> None:
    """One line names it, as it would have to be typed."""
    done = run(["no such"])
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == "minimax-mock: command not found: 'no such'\n"


def test_a_command_that_cannot_be_executed_is_126(tmp_path: Path) -> None:
    """One line says why: no permission, or no interpreter."""
    script = tmp_path / "script"
    script.write_text("#!/no/interpreter\n")
    for mode, reason in ((0o644, "Permission denied"), (0o755, "the interpreter in its first line does not exist")):
        script.chmod(mode)
        done = run([script])
        assert (done.returncode, done.stderr) == (126, f"minimax-mock: cannot execute {script}: {reason}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "exec needs a command after --"),
        (["--"], "exec needs a command after --"),
        (["pytest", "-q"], "exec needs a command after --"),
        (["--rpm", "0", "--", "true"], "--rpm: '0' is not a whole number"),
        (["--prot", "1", "--", "true"], "--prot 1 (see minimax-mock exec --help)"),
        (["pytest", "--", "-q"], "unrecognized arguments: pytest"),
        (["--seed", "--", "true"], "--seed: expected one argument"),
        (["--api-keys", "mock-1002,mock-x", "--", "true"], "--api-keys: exec needs a key that asks for no code"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_2(arguments: list[str], words: str) -> None:
    """The line says what is wrong or missing."""
    done = subprocess.run(
        [*EXEC, *arguments], capture_output=True, text=True, timeout=30, env=environment(), check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("minimax-mock: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_needs_no_command() -> None:
    """It tells the usage and the variables, and that the port is a free one."""
    done = subprocess.run([*EXEC, "--help"], capture_output=True, text=True, timeout=30, check=True)
    for words in ("minimax-mock exec [flags] -- CMD", "MINIMAX_BASE_URL", "(default: a free one)", "--task-seconds"):
        assert words in done.stdout
    assert "MINIMAX_MOCK_PORT" not in done.stdout


def test_what_follows_belongs_to_the_command() -> None:
    """Flags and a second `--` after the first reach the command as they are."""
    done = run(["echo", "--seed", "6", "--", "--help"], "--seed", "5")
    assert (done.returncode, done.stdout) == (0, "--seed 6 -- --help\n")


def test_nobody_who_reads_stderr_changes_nothing() -> None:
    """The exit code is the command's even where the line about it cannot be written."""
    process = subprocess.Popen(
        [*EXEC, "--", "sh", "-c", "read x; exit 3"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    process.stderr.close()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=30) == 3


# ---- what the command finds


def test_the_command_finds_the_mock() -> None:
    """The three addresses are one origin on a free port, and the key is a new one."""
    seen = told(MINIMAX_MOCK_PORT="1", MINIMAX_MOCK_HOST="192.0.2.1")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d{4,5}", seen["MINIMAX_BASE_URL"])
    assert seen["MINIMAX_BASE_URL"] == seen["MINIMAX_API_HOST"] == seen["MINIMAX_MOCK_URL"]
    assert re.fullmatch(r"exec-[0-9a-f]{12}", seen["MINIMAX_API_KEY"])
    assert "MINIMAX_MOCK_CA" not in seen
    assert told()["MINIMAX_API_KEY"] != seen["MINIMAX_API_KEY"]


def test_a_real_key_never_reaches_the_command() -> None:
    """Neither by the usual variable nor by another one of the service; what is no key stays."""
    seen = told(
        MINIMAX_API_KEY="sk-real", MINIMAX_VIDEO_TOKEN="sk-real", MINIMAX_API_KEY_2="sk-real", MINIMAX_GROUP="g"
    )
    assert "sk-real" not in seen.values()
    assert seen["MINIMAX_VIDEO_TOKEN"] == seen["MINIMAX_API_KEY_2"] == seen["MINIMAX_API_KEY"]
    assert seen["MINIMAX_GROUP"] == "g"


@pytest.mark.parametrize("keys", ["k-1,k-2", "mock-1002,k-1"])
def test_the_first_valid_key_is_used(keys: str) -> None:
    """Of --api-keys the first one that asks for no code, from a flag or from the environment."""
    assert told("--api-keys", keys)["MINIMAX_API_KEY"] == "k-1"
    seen = told(MINIMAX_MOCK_API_KEYS=keys)
    assert (seen["MINIMAX_API_KEY"], seen["MINIMAX_MOCK_API_KEYS"]) == ("k-1", keys)


def test_the_flags_are_those_of_serve_and_the_mock_answers() -> None:
    """A create of the command is judged by the settings, and the log of it is silent."""
    source = (
        "import os; from contract_tests.api import MINIMAL, Api\n"
        "api = Api(os.environ['MINIMAX_BASE_URL'], os.environ['MINIMAX_API_KEY'])\n"
        "print(api.create(MINIMAL).code, api.create(MINIMAL).code)"
    )
    done = run([sys.executable, "-c", source], "--rpm", "1", "--api-keys", "k-1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 1002\n", "")


def test_a_port_that_is_asked_for_is_taken() -> None:
    """--port wins; when it cannot be had, the command is not started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(["echo", "started"], "--port", port)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert told("--port", port)["MINIMAX_MOCK_URL"] == f"http://127.0.0.1:{port}"


def test_tls_comes_with_its_ca() -> None:
    """The command can trust the certificate while it runs; afterwards the file is gone."""
    source = (
        "import os, urllib3; pool = urllib3.PoolManager(ca_certs=os.environ['MINIMAX_MOCK_CA'])\n"
        "print(pool.request('GET', os.environ['MINIMAX_BASE_URL'] + '/__mock/health').status)\n"
        "print(os.environ['MINIMAX_MOCK_CA'], os.environ['MINIMAX_BASE_URL'])"
    )
    done = run([sys.executable, "-c", source], "--tls", MINIMAX_MOCK_CA="/stale.pem")
    status, ca, url = done.stdout.split()
    assert (done.returncode, done.stderr, status) == (0, "", "200")
    assert url.startswith("https://127.0.0.1:")
    assert not Path(ca).exists()


def test_a_stale_ca_is_not_passed_on() -> None:
    """Without --tls there is nothing to trust."""
    assert "MINIMAX_MOCK_CA" not in told(MINIMAX_MOCK_CA="/stale.pem")


def test_warnings_still_go_to_stderr() -> None:
    """A variable that looks like a setting and is none is told of, in one line."""
    done = run(["echo", "out"], MINIMAX_MOCK_RPN="5")
    assert (done.returncode, done.stdout) == (0, "out\n")
    assert re.fullmatch(r"\d\d:\d\d:\d\d MINIMAX_MOCK_RPN is no setting and is ignored; .*\n", done.stderr)


def test_stdin_stdout_and_stderr_are_the_commands() -> None:
    """What goes in and comes out is untouched."""
    text = "first\nlast without an end" * 20_000
    done = run(["sh", "-c", "tee /dev/stderr"], stdin=text)
    assert (done.stdout, done.stderr) == (text, text)
