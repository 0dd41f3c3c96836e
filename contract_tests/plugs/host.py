"""The child behind `py:`. Makes the client once and then answers call documents, one JSON line each.

Run as a script by its path, so that the user's own modules cannot hide ours and ours are not in theirs. It imports
little, because its start is paid for by every run. Besides result documents it writes lines of its own to the kit:
`unusable` (no client could be made), `trouble` (the client handed back no result document) and `contact` (a host).
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Runner
    from collections.abc import Callable
    from typing import Any

PROTOCOL = 1
CANNOT_OPEN = 4
BY_INTERRUPT = 130
_MESSAGE_LENGTH = 4000
_LOCAL_NAMES = ("", "localhost", "::", "::1", "0.0.0.0")


def plain(host: str) -> str:
    """The host in the one spelling in which it is compared and reported."""
    return host.strip("[]").partition("%")[0].rstrip(".").lower()


def is_local(host: str) -> bool:
    """Whether it is this machine, by its name, or a loopback address."""
    name = plain(host).removeprefix("::ffff:")
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        return True
    parts = name.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isdigit() for part in parts)


def is_nowhere(host: str) -> bool:
    """Whether it is a name that can never exist (RFC 6761)."""
    return plain(host) == "invalid" or plain(host).endswith(".invalid")


class Unopened(Exception):
    """No client could be made; the message is one line."""


class Wire:
    """Lines to the kit, whole ones from whichever thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.RLock()  # a signal can interrupt a writer in its own thread

    def write(self, document: dict[str, Any]) -> None:
        """Writes one document as a line."""
        rest = memoryview(json.dumps({"protocol": PROTOCOL} | document).encode() + b"\n")
        with self._lock:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]


class Guard:
    """The audit hook: tells the kit of every host outside this machine, and lets nobody through to one."""

    _NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
    _ADDRESSES = ("socket.connect", "socket.sendto", "socket.sendmsg")
    # What another process does is beyond this hook.
    _PROCESSES = ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.system", "os.spawn")

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._own = plain(os.uname().nodename)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises OSError for a host that is foreign, and for a name that cannot exist."""
        if event in self._NAMES:
            self._judge(arguments[0], name=True)
        elif event in self._ADDRESSES:
            self._judge_address(event, *arguments[:2])
        elif event in self._PROCESSES:
            self._wire.write({"contact": ""})

    def _judge_address(self, event: str, connection: Any, address: Any) -> None:
        import socket

        # Connecting a datagram socket sends nothing; it is how programs find out their own address.
        asks_itself = event == "socket.connect" and connection.type & 0xF == socket.SOCK_DGRAM
        if isinstance(address, tuple) and address and not asks_itself:
            self._judge(address[0], name=False)

    def _judge(self, host: Any, *, name: bool) -> None:
        text = host.decode("utf-8", "replace") if isinstance(host, (bytes, bytearray)) else host
        if not isinstance(text, str) or is_local(text) or plain(text) == self._own:
            return
        import socket

        if is_nowhere(text):  # as a resolver says it, without asking one
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known: none exists under .invalid")
        self._wire.write({"contact": plain(text)})
        words = f"the contract kit lets no client out to {text}"
        raise socket.gaierror(socket.EAI_FAIL, words) if name else ConnectionRefusedError(words)


class Host:
    """Calls the client, one call at a time, except for those of `parallel`."""

    def __init__(self) -> None:
        self._client: Callable[[dict[str, Any]], Any] | None = None
        self._runner: Runner | None = None

    def open(self, target: str, folder: str) -> None:
        """Makes the client from `module:factory`. Raises Unopened."""
        module, _, name = target.partition(":")
        factory: Any = _imported(module, folder)
        for part in name.split("."):
            if not hasattr(factory, part):
                raise Unopened(f"the module {module} has no {name}{_guess(part, factory)}")
            factory = getattr(factory, part)
        if not callable(factory):
            raise Unopened(
                f"{target} is no callable, but of type {type(factory).__name__}; name a function without parameters"
            )
        try:
            client = self._settled(factory())
        except BaseException as error:
            _show(error)
            raise Unopened(f"{target}() failed: {_in_words(error)}") from error
        if not callable(client):
            raise Unopened(f"{target}() gave a {type(client).__name__}; it has to give a callable(call) -> result")
        self._client = client

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """The result document, or a line of trouble, for one call."""
        calls = call.get("calls")
        if call.get("op") != "parallel" or not isinstance(calls, list):
            return self._finished(call, *self._tried(call))
        results = self._side_by_side(calls)
        for each in results:
            if "trouble" in each:
                return each | {"id": call["id"]}
        worst = next((each for word in ("unsupported", "error") for each in results if each.get("outcome") == word), {})
        whole = {"id": call["id"], "outcome": worst.get("outcome", "success"), "results": results}
        return whole | ({"error": worst["error"]} if "error" in worst else {})

    def _side_by_side(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ended: list[tuple[Any, BaseException | None]] = [(None, None)] * len(calls)

        def run(place: int) -> None:
            ended[place] = self._begun(calls[place])

        threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # What is still to be awaited is awaited together, in the one loop.
        waiting = [place for place, (value, _) in enumerate(ended) if hasattr(type(value), "__await__")]
        for place, pair in zip(waiting, self._awaited([ended[place][0] for place in waiting]), strict=True):
            ended[place] = pair
        return [self._finished(call, *pair) for call, pair in zip(calls, ended, strict=True)]

    def _tried(self, call: dict[str, Any]) -> tuple[Any, BaseException | None]:
        value, error = self._begun(call)
        return self._awaited([value])[0] if hasattr(type(value), "__await__") else (value, error)

    def _begun(self, call: dict[str, Any]) -> tuple[Any, BaseException | None]:
        """What the client handed back, which may be an awaitable, or what it raised."""
        assert self._client is not None
        try:
            return self._client(call), None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also SystemExit: a library that exits has not answered
            return None, error

    def _settled(self, value: Any) -> Any:
        if not hasattr(type(value), "__await__"):
            return value
        value, error = self._awaited([value])[0]
        if error is not None:
            raise error
        return value

    def _awaited(self, values: list[Any]) -> list[tuple[Any, BaseException | None]]:
        if not values:
            return []
        import asyncio

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*values, return_exceptions=True)

        # One loop for the life of the client, because its sessions belong to the loop that they were made in.
        self._runner = self._runner or asyncio.Runner()
        ended = self._runner.run(all_of_them())
        return [(None, each) if isinstance(each, BaseException) else (each, None) for each in ended]

    def _finished(self, call: dict[str, Any], result: Any, error: BaseException | None) -> dict[str, Any]:
        name = call.get("id")
        if isinstance(error, NotImplementedError):
            return {"protocol": PROTOCOL, "id": name, "outcome": "unsupported"}
        if error is not None:
            _show(error)
            return escaped(name, error)
        if not isinstance(result, dict):
            kind = type(result).__name__
            return {"id": name, "trouble": f"the client handed back a {kind}; a result document, a dict, is needed"}
        try:
            json.dumps(result)
        except (TypeError, ValueError, RecursionError) as wrong:
            return {"id": name, "trouble": f"the result document cannot be written as JSON: {wrong}"}
        return {"protocol": PROTOCOL, "id": name} | result


def escaped(name: Any, error: BaseException) -> dict[str, Any]:
    """The result document for an exception that the client let through."""
    detail = {"kind": "unclassified", "code": None, "message": _in_words(error)[:_MESSAGE_LENGTH]}
    return {"protocol": PROTOCOL, "id": name, "outcome": "error", "error": detail}


def _imported(module: str, folder: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module}.".startswith(f"{error.name}."):
            raise Unopened(f"there is no module {module} in {folder} or among the installed packages") from error
        raise Unopened(f"the module {module} cannot be imported: {_in_words(error)}") from error
    except BaseException as error:
        _show(error)
        raise Unopened(f"the module {module} cannot be imported: {_in_words(error)}") from error


def _guess(name: str, owner: Any) -> str:
    import difflib

    near = difflib.get_close_matches(name, [each for each in dir(owner) if not each.startswith("_")], n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _in_words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be had)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _show(error: BaseException) -> None:
    sys.__excepthook__(type(error), error, error.__traceback__)


def _own_streams() -> tuple[int, int]:
    """The descriptors for calls and answers. Whatever the client prints goes to stderr, and its input is empty."""
    calls, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return calls, answers


def main(target: str, folder: str) -> int:
    """Answers calls until there are no more; gives the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, if the kit runs in the background of a shell
    calls, answers = _own_streams()
    wire, host = Wire(answers), Host()
    sys.argv = [target]
    sys.path.insert(0, folder)
    sys.addaudithook(Guard(wire))
    try:
        host.open(target, folder)
    except Unopened as error:
        wire.write({"unusable": str(error)})
        return CANNOT_OPEN
    name = None
    try:
        with open(calls, "rb") as lines:  # noqa: PTH123 - a descriptor
            for line in lines:
                call = json.loads(line)
                name = call["id"]
                wire.write(host.answer(call))
                name = None
    except KeyboardInterrupt as error:
        if name is not None:
            wire.write(escaped(name, error))
        return BY_INTERRUPT
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
