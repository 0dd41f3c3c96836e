"""What a foreign client sees of the machine, and whom it cannot reach."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from contract_tests.plugs.plug import Plug, UnusablePlug, open_plug
from contract_tests.plugs.surroundings import Home
from tests.kit.plugs.calls import COMMAND, STRANGERS, TALKER, call

PYTHON = "py:python_clients:make"
SCHEMES = pytest.mark.parametrize("text", [PYTHON, TALKER, COMMAND], ids=["py", "jsonl", "cmd"])
HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def users_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment with a home, secrets and proxies of its own."""
    for name in ("SECRET_TOKEN", "MINIMAX_API_KEY", "HTTPS_PROXY", "http_proxy", "NO_PROXY", "VIRTUAL_ENV", "KEPT"):
        monkeypatch.setenv(name, "the-users-own")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LC_TIME", "C")
    return tmp_path


@SCHEMES
def test_environment_is_scrubbed(text: str, users_machine: Path) -> None:
    """Hardly anything is handed on; homes are fresh and short-lived, and proxies lead to the sink."""
    with open_plug(text, folder=STRANGERS, keep=["KEPT"]) as plug:
        made = plug.call(call("environment"))
        seen = made.result["environment"]
        proxy = seen["HTTP_PROXY"]
    assert {"SECRET_TOKEN", "VIRTUAL_ENV"}.isdisjoint(seen)
    assert (seen["PATH"], seen["LC_TIME"], seen["KEPT"]) == (os.environ["PATH"], "C", "the-users-own")
    assert seen.get("MINIMAX_API_KEY") == ("a-key" if text.startswith("cmd:") else None)
    homes = {Path(seen[name]) for name in HOMES}
    assert all(home.is_relative_to(tempfile.gettempdir()) and not home.is_relative_to(users_machine) for home in homes)
    assert not any(home.exists() for home in homes)
    assert list(users_machine.iterdir()) == []
    assert {seen[name] for name in PROXIES} == {proxy}
    assert proxy.startswith("http://127.0.0.1:")
    assert seen["NO_PROXY"] == seen["no_proxy"] == "127.0.0.1,localhost,::1,direct.invalid"
    assert (seen["NODE_USE_ENV_PROXY"], seen["PYTHONDONTWRITEBYTECODE"]) == ("1", "1")
    assert made.result["folder"] == str(STRANGERS)


def test_each_run_of_a_command_has_a_home_of_its_own() -> None:
    """What an earlier call wrote there does not bear on the next one."""
    with open_plug(COMMAND, folder=STRANGERS) as plug:
        first, second = (plug.call(call("environment")).result["files"] for _ in range(2))
    assert "left-behind" in first
    assert first == second


def test_home_that_forbids_removal_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of modules are such folders; what links out of the home lead to stays as it is."""
    # For root nothing is forbidden: the first attempt is made to fail.
    remove, forbidden = shutil.rmtree, [True]

    def attempt(path: Path, **options: Any) -> None:
        if not forbidden or not forbidden.pop():
            remove(path, **options)

    monkeypatch.setattr(shutil, "rmtree", attempt)
    home, outside = Home(), tmp_path / "outside"
    outside.mkdir(mode=0o750)
    (home.path / "home" / "cache" / "module").mkdir()
    (home.path / "home" / "link").symlink_to(outside)
    (home.path / "home" / "cache").chmod(0o500)
    home.remove()
    assert not home.path.exists()
    assert outside.stat().st_mode & 0o777 == 0o750


def test_what_the_kit_sets_cannot_be_kept() -> None:
    """A user's proxy would lead around the sink."""
    with pytest.raises(UnusablePlug, match="HTTPS_PROXY cannot be kept: the kit itself sets it"):
        open_plug(TALKER, folder=STRANGERS, keep=["HTTPS_PROXY"])


@SCHEMES
def test_foreign_hosts_are_seen_at_the_proxy(text: str) -> None:
    """A client that asks for a foreign page gets 502, and the host is reported with that call."""
    with open_plug(text, folder=STRANGERS) as plug:
        made = plug.call(call("by_proxy"))
        assert (made.foreign_hosts, made.proxied) == (("tracker.example",), ())
        assert (made.watched, plug.watched) == (True, True)
        assert (made.error["kind"], made.error["message"]) == ("server", "502")
        assert plug.call(call()).foreign_hosts == ()


def test_whether_a_client_honours_proxies_is_learned() -> None:
    """Silence proves nothing until a first request came through the proxy; a name that cannot exist is not foreign."""
    with open_plug(TALKER, folder=STRANGERS) as plug:
        assert not plug.call(call()).watched
        made = plug.call(call("probe"))
        assert (made.watched, made.foreign_hosts, made.proxied) == (True, (), ("probe.minimax-mock.invalid",))
        assert plug.call(call()).watched


def test_contact_at_the_start_goes_with_the_first_call() -> None:
    """A client that calls home before it is asked anything."""
    with open_plug(f"{TALKER} nosy", folder=STRANGERS) as plug:
        assert [plug.call(call()).foreign_hosts for _ in range(2)] == [("tracker.example",), ()]


def test_python_clients_are_always_watched() -> None:
    """By the audit hook."""
    with open_plug(PYTHON, folder=STRANGERS) as plug:
        assert plug.call(call()).watched


@pytest.mark.parametrize("url", ["http://tracker.example:8080/x?y=z", "https://tracker.example/"])
def test_curl_is_seen(url: str) -> None:
    """A real program, with and without TLS."""
    with open_plug(f"cmd:curl -sS --max-time 10 {url}") as plug:
        assert plug.call(call(op="generate")).foreign_hosts == ("tracker.example",)


def test_curl_reaches_loopback_without_the_proxy() -> None:
    """And a name that is excepted is left to the resolver."""
    with open_plug("cmd:curl -sS --max-time 10 {base_url}") as plug:
        for url in ("http://127.0.0.1:9/", "http://api.direct.invalid/"):
            made = plug.call(call(op="generate", base_url=url))
            assert (made.outcome, made.proxied, made.watched) == ("error", (), False)


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@SCHEMES
def test_nothing_is_left(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No open file, no thread, no folder, however the calls went."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files, threads = _open_files(), set(threading.enumerate())
    with open_plug(text, folder=STRANGERS, grace=0.0) as plug:
        for do in ("succeed", "crash", "stray", "wrong", "succeed"):
            plug.call(call(do))
        plug.call(call("hang", deadline_ms=100))
        assert list(tmp_path.iterdir())
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)  # that of a child ends with it, a moment later
    assert set(threading.enumerate()) <= threads
    assert _open_files() <= files
    assert list(tmp_path.iterdir()) == []


def test_closing_twice_is_harmless() -> None:
    """As is closing after the client has ended."""
    plug: Plug = open_plug(TALKER, folder=STRANGERS)
    plug.call(call("crash"))
    plug.close()
    plug.close()
