"""`minimax-mock serve` as a user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import __version__

COMMAND = [sys.executable, "-m", "mock_server"]


def environment(**more: str) -> dict[str, str]:
    """The environment without any variable of the mock."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MINIMAX")} | more


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, env=environment(**variables), check=False
    )


@contextmanager
def serving(*flags: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, object]]]:
    """A served mock and its ready line; it is ended if the test did not."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(**variables),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ready_line_and_clean_stop(number: signal.Signals) -> None:
    """One JSON line when ready; a signal ends it with 0 within two seconds, even with an open connection."""
    with serving() as (process, ready):
        assert (ready["event"], ready["pid"], ready["version"]) == ("ready", process.pid, __version__)
        assert isinstance(ready["seed"], int)
        url = str(ready["url"])
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
            assert Api(url, "k-1").create(MINIMAL).code == 0
            begin = time.monotonic()
            process.send_signal(number)
            output, errors = process.communicate(timeout=10)
            assert time.monotonic() - begin < 2
    assert process.returncode == 0
    assert output == ""
    assert "Traceback" not in errors


def test_log_line_shows_everything_but_the_key() -> None:
    """Method, path, code, milliseconds, the key's last four characters, and why a call was refused."""
    with serving() as (process, ready):
        api = Api(str(ready["url"]), "sk-very-secret-9876")
        api.create(MINIMAL)
        api.create(MINIMAL | {"resolution": "768p"})
        api.send("GET", "/v1/x%0Ay")
        process.send_signal(signal.SIGTERM)
        lines = process.communicate(timeout=10)[1].splitlines()
    assert len(lines) == 4
    assert lines[3].endswith(" stopped")
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d POST /v1/video_generation 200 code=0 [\d.]+ ms key=…9876 id=[0-9a-f]{16}", lines[0]
    )
    assert "code=2013" in lines[1]
    assert (
        'resolution-for-model at /resolution: given "768p", allowed 768P, 1080P; did you mean 768P? Use a resolution'
        in lines[1]
    )
    assert r"/v1/x\ny 404 code=-" in lines[2]
    assert "secret" not in "".join(lines)


def test_log_as_json() -> None:
    """--log-format json gives one object a line."""
    with serving("--log-format", "json") as (process, ready):
        Api(str(ready["url"]), "sk-very-secret-9876").create({})
        process.send_signal(signal.SIGTERM)
        line, _stopped = process.communicate(timeout=10)[1].splitlines()
    facts = json.loads(line)
    assert (facts["method"], facts["path"], facts["code"], facts["key"]) == (
        "POST", "/v1/video_generation", 2013, "…9876",
    )  # fmt: skip
    assert facts["reason"][0].startswith("body at /model: ")


def test_port_in_use_is_one_line_and_exit_2() -> None:
    """The line names the address and the reason."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        done.stderr
        == f"minimax-mock: cannot listen on 127.0.0.1:{port}: Address already in use (--port 0 takes a free port)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["serve", "--port", "70000"], {}, "--port: '70000' is not a whole number from 0 to 65535"),
        (["serve", "--rpm", "0"], {}, "--rpm: '0' is not a whole number from 1"),
        (["serve", "--progress", "polls"], {}, "--progress: 'polls' is not time, or polls:N"),
        (["serve", "--log-format", "xml"], {}, "--log-format: 'xml' is not one of text, json"),
        (["serve"], {"MINIMAX_MOCK_BALANCE": "much"}, "MINIMAX_MOCK_BALANCE: 'much' is not a number"),
        (["serve"], {"MINIMAX_MOCK_NO_MOCK_HEADERS": "maybe"}, "MINIMAX_MOCK_NO_MOCK_HEADERS: 'maybe' is not one of"),
        (["serve", "--host", "no.such.host.invalid"], {}, "cannot listen on no.such.host.invalid"),
        (["serve", "--prot", "1"], {}, "--prot"),
        (["server"], {}, "server"),
        ([], {}, "COMMAND"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(arguments: list[str], variables: dict[str, str], words: str) -> None:
    """The line names the flag or variable and what is allowed; no usage text, no traceback."""
    done = run(*arguments, **variables)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("minimax-mock: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_flags_win_over_the_environment() -> None:
    """A variable is heard, and a flag is heard more."""
    with serving("--seed", "5", MINIMAX_MOCK_SEED="4", MINIMAX_MOCK_API_KEYS="good-key") as (_, ready):
        assert ready["seed"] == 5
        assert Api(str(ready["url"]), "other").create(MINIMAL).code == 2049


def test_a_seed_repeats_a_run() -> None:
    """Two servers with one seed draw the same random headers for the same account."""
    drawn = []
    for _ in range(2):
        with serving("--seed", "11") as (_, ready):
            drawn.append(Api(str(ready["url"]), "k-1").create(MINIMAL).headers["alb_request_id"])
    assert drawn[0] == drawn[1]


def test_codes_names_every_way() -> None:
    """Each code of the table with its evidence and the ways to get it."""
    done = run("codes")
    assert done.returncode == 0
    for words in (
        "1002  Too many requests",
        "key mock-1002",
        "more creates than --rpm",
        "2061",
        "evidence    observed",
    ):
        assert words in done.stdout


def test_settings_names_every_flag() -> None:
    """The table has flag, variable, default and meaning."""
    done = run("settings")
    assert done.returncode == 0
    assert re.search(r"--task-seconds SECONDS\s+MINIMAX_MOCK_TASK_SECONDS\s+2\s+how long", done.stdout)
    help_text = run("serve", "--help").stdout
    for flag in re.findall(r"^(--[a-z-]+)", done.stdout, re.MULTILINE):
        assert flag in help_text


def test_output_into_a_closed_pipe_is_no_traceback() -> None:
    """`minimax-mock codes | head -1` ends quietly."""
    command = f"'{sys.executable}' -m mock_server codes | head -1"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=60, env=environment(), check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("0  ")
