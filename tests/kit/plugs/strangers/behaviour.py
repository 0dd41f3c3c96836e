"""What the strangers do, each by its name. Needs nothing but Python, as a stranger's client would."""

# ruff: noqa: T201 - printing is how it speaks
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

_HELD: list[Any] = []
_MEETING = threading.Barrier(3)


def done(**members: Any) -> dict[str, Any]:
    """A result document without the members that name the call."""
    return {"outcome": "success", "task_id": "42"} | members


def failed(kind: str, message: object) -> dict[str, Any]:
    """A result document of an error."""
    return {"outcome": "error", "error": {"kind": kind, "message": str(message)}}


def hang(port: str = "") -> dict[str, Any]:
    """Never ends. Says so at a port of loopback first."""
    print("so far", file=sys.stderr, flush=True)
    if port:
        socket.create_connection(("127.0.0.1", int(port))).close()
    while True:  # a signal that comes just before a wait without an end would not be noticed
        threading.Event().wait(0.2)


def deaf(port: str = "") -> dict[str, Any]:
    """Never ends, not even on request."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return hang(port)


def environment() -> dict[str, Any]:
    """Tells what it sees of the machine, and leaves something in its home."""
    home = Path.home()
    (home / "left-behind").touch()
    return done(
        environment=dict(os.environ), folder=str(Path.cwd()), files=sorted(path.name for path in home.iterdir())
    )


def memory() -> dict[str, Any]:
    """Needs 100 MB for a moment."""
    return done(size=len(b"x" * 100_000_000))


def flood() -> dict[str, Any]:
    """Says 50 MB to stderr."""
    sys.stderr.write("first\n")
    for _ in range(50):
        sys.stderr.write("y" * 1_000_000)
    sys.stderr.write("\nlast\n")
    sys.stderr.flush()
    return done()


def grandchild(**options: Any) -> dict[str, Any]:
    """Leaves a process behind that holds our streams open and does not end on request."""
    ignoring = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", ignoring], stdout=subprocess.PIPE, **options)
    assert process.stdout is not None
    process.stdout.readline()
    _HELD.append(process)
    return done(pid=process.pid)


def stray() -> dict[str, Any]:
    """Leaves one behind that has left the group, too."""
    return grandchild(start_new_session=True)


def interrupt(port: str) -> dict[str, Any]:
    """Waits until it is interrupted, and says what is lost."""
    try:
        return hang(port)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("task 42 goes on") from None


def crash() -> dict[str, Any]:
    """Dies as after an access to memory that is not its own."""
    print("task 42 was paid", file=sys.stderr, flush=True)
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def leave() -> dict[str, Any]:
    """Ends as if all were well."""
    os._exit(0)


def by_name() -> dict[str, Any]:
    """Asks where a foreign host is."""
    return _attempt(lambda: socket.create_connection(("Example.COM", 80)))


def by_address() -> dict[str, Any]:
    """Connects to a foreign address."""
    return _attempt(lambda: socket.create_connection(("192.0.2.7", 80)))


def by_datagram() -> dict[str, Any]:
    """Sends a datagram to a foreign address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        return _attempt(lambda: sending.sendto(b"x", ("192.0.2.8", 53)))


def own_address() -> dict[str, Any]:
    """Finds out which address this machine has, without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        try:
            sending.connect(("192.0.2.9", 80))
        except OSError as error:
            return done(said=str(error))
    return done(said="")


def nowhere() -> dict[str, Any]:
    """Asks for a name that cannot exist."""
    return _attempt(lambda: socket.create_connection(("api.invalid", 80)))


def loopback() -> dict[str, Any]:
    """Speaks with itself."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, listening.getsockname()[1])).close()
    socket.getaddrinfo(socket.gethostname(), 80)
    return done()


def by_proxy() -> dict[str, Any]:
    """Asks for a foreign page in the way that the environment says."""
    return _fetch("http://tracker.example/hello")


def probe() -> dict[str, Any]:
    """Asks for a page that cannot exist in the same way."""
    return _fetch("http://probe.minimax-mock.invalid/v1")


def _fetch(url: str) -> dict[str, Any]:
    try:
        urllib.request.urlopen(url).close()
    except urllib.error.HTTPError as error:
        return failed("server", error.code)
    except OSError as error:
        return failed("network", error)
    return done()


def _attempt(contact: Any) -> dict[str, Any]:
    try:
        contact()
    except OSError as error:
        return failed("network", f"{type(error).__name__}: {error}")
    return done()


def printing() -> dict[str, Any]:
    """Says something in every way there is."""
    print("by print")
    os.write(1, b"by descriptor\n")
    subprocess.run(["echo", "by child"], check=True)
    return done(read=sys.stdin.read())


def meet() -> dict[str, Any]:
    """Succeeds when three are here at the same time."""
    _MEETING.wait(10)
    return done()


def raising() -> dict[str, Any]:
    """Lets an exception through."""
    raise ValueError("not today")


def leaving() -> dict[str, Any]:
    """Lets an exit through."""
    sys.exit("gone")


def nothing() -> Any:
    """Forgets to answer."""


def unwritable() -> dict[str, Any]:
    """Answers what no JSON can say."""
    return done(sha256=b"1")


def wrong() -> dict[str, Any]:
    """Answers what is no result document."""
    return {"outcome": "error", "error": {"kind": "ratelimit"}}


def act(do: str) -> dict[str, Any]:
    """Does what a prompt says: a name, and perhaps an argument after it."""
    name, *arguments = do.split()
    result: dict[str, Any] = _ALL[name](*arguments)
    return result


_ALL: dict[str, Any] = {
    name: thing
    for name, thing in list(globals().items())
    if callable(thing) and not name.startswith("_") and name not in ("Path", "Any", "done", "failed", "act")
} | {"succeed": done, "fail": lambda: failed("auth", "wrong key")}  # fmt: skip
