"""Plugs: what they are made of, what is wrong with those that are not, and that nothing of them stays behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from contract_tests.plugs.documents import UnusablePlug
from contract_tests.receiver.plug import open_receiver
from contract_tests.receiver.probes import FaultHook, ProbeFailed, State, StateProbe
from contract_tests.receiver.subject import ReceiverPlug
from mock_server.receiver import CallbackReceiver
from tests.callbacks.receiver import wait_until

SHOWS_ENVIRONMENT = """
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path != "/none" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"status": "success", "env": dict(os.environ), "path": self.path}).encode())
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def shower(tmp_path: Path) -> Path:
    """A program that tells its environment over HTTP."""
    path = tmp_path / "shower.py"
    path.write_text(SHOWS_ENVIRONMENT)
    return path


def started(text: str, folder: Path, **more: str) -> ReceiverPlug:
    """A plug that was started with an address that nobody has."""
    return open_receiver(text, folder=folder, **more).start(base_url="http://127.0.0.1:1", api_key="key-of-the-kit")


def get(plug: ReceiverPlug, path: str = "/") -> urllib3.BaseHTTPResponse:
    """What a receiver answers to a GET."""
    return urllib3.request("GET", plug.origin + path, timeout=5, retries=False)


def is_running(pid: int) -> bool:
    """Whether a process is there, and not only the memory of it that its parent has not taken away."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://127.0.0.1:8000/", "is no receiver; write url:"),
        ("url:", "is no receiver"),
        ("url:https://127.0.0.1:8000/", "only http://"),
        ("url:http://127.0.0.1:99999/", "port is no number from 1 to 65535"),
        ("url:http://8.8.8.8/callback", "no address of this machine or a private network"),
        ("url:http://169.254.169.254/latest", "no address of this machine"),
        ("url:http://name.invalid/", "'name.invalid' cannot be found"),
        ("wsgi:module", "write wsgi:module:app@/path"),
        ("wsgi:module:app@path", "write wsgi:module:app@/path"),
        ("asgi:module:app", "write asgi:module:app@/path"),
        ("cmd:python server.py", "{port}"),
        ("cmd:python 'server.py {port}", "No closing quotation"),
    ],
)
def test_a_text_that_names_no_receiver_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    """Before anything is started, with what is wrong and what to write."""
    with pytest.raises(UnusablePlug) as wrong:
        open_receiver(text, folder=tmp_path)
    assert said in str(wrong.value)
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "path", "secret"),
    [
        ("url:http://127.0.0.1:8000/a/b?c=d", "/a/b?c=d", None),
        ("url:http://127.0.0.1:8000", "/", None),
        ("url:http://localhost:8000/callback/{s3cret}", "/callback/s3cret", "s3cret"),
        ("wsgi:module:make_app()@/callback/{s3cret}/", "/callback/s3cret/", "s3cret"),
        ("cmd:serve --port {port} @/get_callback", "/get_callback", None),
        ("cmd:serve --port={port}", "/", None),
    ],
)
def test_paths_and_secrets(text: str, path: str, secret: str | None, tmp_path: Path) -> None:
    """The path stands behind an @, and what only the sender knows in braces."""
    plug = open_receiver(text, folder=tmp_path)
    assert (plug.path, plug.secret) == (path, secret)


def test_a_command_gets_a_port_and_the_way_to_the_mock(
    shower: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of the user's environment, home or proxies."""
    monkeypatch.setenv("MY_SECRET", "x")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    plug = started(f"cmd:{sys.executable} {shower} {{port}} @/callback", tmp_path, ready="/")
    try:
        environment = json.loads(get(plug).data)["env"]
    finally:
        plug.close()
    for name in ("MM_CONTRACT_BASE_URL", "MINIMAX_BASE_URL", "MINIMAX_API_HOST"):
        assert environment[name] == "http://127.0.0.1:1"
    assert (environment["MINIMAX_API_KEY"], environment["PORT"]) == ("key-of-the-kit", str(plug.port))
    assert plug.url == f"http://127.0.0.1:{plug.port}/callback"
    assert "MY_SECRET" not in environment
    assert environment["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert environment["HOME"] != os.environ["HOME"]
    assert not Path(environment["HOME"]).exists()


def test_a_restart_keeps_the_address_and_a_stop_leaves_nothing(shower: Path, tmp_path: Path) -> None:
    """Also of children of the child."""
    script = tmp_path / "parent.sh"
    script.write_text(f"{sys.executable} {shower} $1 & echo $! > {tmp_path}/pid; wait\n")
    plug = started(f"cmd:sh {script} {{port}}", tmp_path)
    port = plug.port
    plug.stop()
    plug.restart()
    assert plug.port == port
    assert get(plug).status == 200
    listening = int((tmp_path / "pid").read_text())
    plug.close()
    wait_until(lambda: not is_running(listening))
    with pytest.raises(urllib3.exceptions.HTTPError):
        get(plug)


def test_nothing_stays_when_the_kit_itself_is_killed(shower: Path, tmp_path: Path) -> None:
    """As by a time limit of a continuous integration."""
    kit = (
        "import os, pathlib, sys; from contract_tests.receiver.plug import open_receiver\n"
        "plug = open_receiver(sys.argv[1], folder=pathlib.Path(sys.argv[2])).start(base_url='x', api_key='x')\n"
        "print(plug._child._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    text = f"cmd:{sys.executable} {shower} {{port}}"
    done = subprocess.run([sys.executable, "-c", kit, text, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    wait_until(lambda: not is_running(int(done.stdout)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cmd:no-such-program {port}", "No such file"),
        ("cmd:sh -c 'echo no database >&2; exit 7' {port}", "ended with 7 before it listened: no database"),
        ("wsgi:no_such_module:app@/", "there is no module 'no_such_module' here"),
        ("wsgi:tests.kit.receiver.broken.silent:nothing@/", "has no 'nothing'"),
    ],
)
def test_a_receiver_that_does_not_start_is_unusable(text: str, said: str, tmp_path: Path) -> None:
    """With the last line that it printed."""
    with pytest.raises(UnusablePlug) as wrong:
        started(text, tmp_path)
    assert said in str(wrong.value)


def test_asgi_without_uvicorn_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uvicorn is no dependency of the kit."""
    (tmp_path / "uvicorn.py").write_text("raise ModuleNotFoundError(name='uvicorn')")
    (tmp_path / "mine.py").write_text("app = None")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnusablePlug, match="pip install uvicorn"):
        started("asgi:mine:app@/", tmp_path / "place")


def test_nobody_at_the_address(tmp_path: Path) -> None:
    """A receiver that runs by itself has to run."""
    with CallbackReceiver() as receiver:
        url = receiver.url
        assert started(f"url:{url}", tmp_path).url == url
    with pytest.raises(UnusablePlug, match="nobody listens at"):
        started(f"url:{url}", tmp_path)


@pytest.mark.parametrize(
    ("document", "state"),
    [
        ({"status": "success", "file_id": "7"}, State("success", "7")),
        ({"status": "SUCCEEDED"}, State("success")),
        ({"status": "Fail", "code": 1027, "message": "m"}, State("failed", None, "m", 1027)),
        ({"status": "processing", "reason": ""}, State("open", reason="")),
        ({"status": None}, State("unknown")),
        ({}, State("unknown")),
        (None, State("unknown")),
        ({"status": "success", "sha256": "ABC"}, State("success", video="abc")),
    ],
)
def test_states(document: object, state: State) -> None:
    """Words of several kinds come to four."""
    assert State.of(document) == state


def test_a_state_names_a_file_instead_of_its_hash(tmp_path: Path) -> None:
    """The kit reads the file itself."""
    (tmp_path / "x.mp4").write_bytes(b"")
    state = State.of({"status": "success", "file": str(tmp_path / "x.mp4")})
    assert state.video == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def states_of(task_id: str) -> dict[str, str] | None:
    """A state probe in Python."""
    return {"status": "success", "file_id": task_id} if task_id != "0" else None


def test_the_three_kinds_of_state_probe(shower: Path, tmp_path: Path) -> None:
    """An address below the receiver, a function, and a command; each with a task that is not known."""
    plug = started(f"cmd:{sys.executable} {shower} {{port}}", tmp_path)
    try:
        assert StateProbe("/{task_id}").ask("7", plug.places).status == "success"
        assert StateProbe("/{task_id}").ask("none", plug.places).status == "unknown"
    finally:
        plug.stop()
    python = StateProbe(f"py:{__name__}:states_of")
    assert (python.ask("7", {}).file_id, python.ask("0", {}).status) == ("7", "unknown")
    command = StateProbe(
        'cmd:sh -c \'test {task_id} = 0 || echo "{{\\"status\\": \\"failed\\"}}"\''.replace("{{", "{").replace(
            "}}", "}"
        )
    )
    assert (command.ask("7", {}).status, command.ask("0", {}).status) == ("failed", "unknown")


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda: StateProbe("/tasks"), "lacks {task_id}"),
        (lambda: StateProbe("tasks/{task_id}"), "begin it with"),
        (lambda: StateProbe("cmd:echo no {task_id}").ask("7", {}), "'no 7.*no JSON"),
        (lambda: StateProbe("cmd:sh -c 'echo why >&2; exit 3' {task_id}").ask("7", {}), "sh ended with 3: why"),
        (lambda: StateProbe("py:no_such:thing").ask("7", {}), "raised ModuleNotFoundError"),
        (lambda: StateProbe("cmd:echo [1] {task_id}").ask("7", {}), "no JSON"),
        (lambda: StateProbe("cmd:echo '[1]' # {task_id}").ask("7", {}), "no JSON"),
        (lambda: State.of([1]), "not an object with a text `status`"),
        (lambda: FaultHook("cmd:stop-it"), "lacks {action}"),
        (lambda: FaultHook("cmd:sh -c 'exit 1' {action}").do("down", {}), "sh ended with 1"),
    ],
)
def test_a_probe_that_does_not_work_says_how(use: Callable[[], object], said: str) -> None:
    """The receiver is not blamed for it."""
    with pytest.raises(ProbeFailed, match=said):
        use()
