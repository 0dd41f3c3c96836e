"""The receiver under judgement: one that runs already, or one that the kit starts."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import urllib3

from contract_tests.plugs.documents import UnusablePlug
from contract_tests.receiver.probes import FaultHook, StateProbe, filled
from contract_tests.receiver.process import Child, Place

READY_SECONDS = 20.0
_PORTS_TRIED = 3
_LOOK_SECONDS = 0.02
_HOST = "127.0.0.1"
# The part of a path that only the sender knows stands in braces: /callback/{s3cret}.
_SECRET = re.compile(r"\{([^{}]+)\}")


class ReceiverPlug:
    """A receiver. `start` lets it run where the kit can do that; `url` is where callbacks go to.

    `secret` is the part of the path that only the sender knows, None when the user marked none. `state` and `fault` are
    what the user gave to see and do more.
    """

    restarts = False

    def __init__(self, label: str, path: str, *, ready: str | None = None) -> None:
        self.label = label
        found = _SECRET.search(path)
        self.secret = found[1] if found else None
        self.path = _SECRET.sub(lambda part: part[1], path)
        self.state: StateProbe | None = None
        self.fault: FaultHook | None = None
        self.host, self.port = _HOST, 0
        self._ready = ready

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def url(self) -> str:
        """Where callbacks go to."""
        return self.origin + self.path

    @property
    def places(self) -> dict[str, str]:
        """What may stand in braces in the texts of probes and commands."""
        return {"port": str(self.port), "origin": self.origin}

    def start(self, *, base_url: str, api_key: str) -> Self:  # noqa: ARG002 - some have nothing to start
        """Makes sure that it answers; base_url and api_key lead it to the mock. Raises UnusablePlug."""
        return self

    def stop(self) -> None:
        """Ends it, where the kit started it."""

    def restart(self) -> None:
        """Starts it again after a stop, at the same address."""

    @property
    def exit_code(self) -> int | None:
        """The exit code with which it ended by itself; None while it runs, and where that cannot be told."""
        return None

    def wait_for_end(self, seconds: float) -> None:
        """Waits until it has ended by itself, at most so long."""

    def revive(self) -> None:
        """Starts it again when it has ended by itself or was stopped."""

    def close(self) -> None:
        """Ends it for good."""
        self.stop()

    def forget_peak(self) -> bool:
        """Lets `peak_memory` tell of what comes now. False where that cannot be done."""
        return False

    def peak_memory(self) -> int | None:
        """The most memory that it took, in bytes; None where that cannot be told."""
        return None

    def output(self) -> str:
        """What it printed so far."""
        return ""

    def _is_ready(self) -> bool:
        with suppress(OSError, urllib3.exceptions.HTTPError):
            if self._ready is None:
                socket.create_connection((self.host, self.port), timeout=1).close()
                return True
            address = self._ready if self._ready.startswith("http") else self.origin + self._ready
            return urllib3.request("GET", address, timeout=1, retries=False).status < 400
        return False


class RunningReceiver(ReceiverPlug):
    """One that runs already: `url:`."""

    def __init__(self, label: str, address: str, *, ready: str | None) -> None:
        parts = urlsplit(address)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        super().__init__(label, path, ready=ready)
        if parts.scheme != "http":
            raise UnusablePlug(
                f"{label}: only http:// can be judged; give the address behind the proxy that speaks TLS"
            )
        try:
            self.host, self.port = parts.hostname or "", parts.port or 80
        except ValueError:
            raise UnusablePlug(f"{label}: the port is no number from 1 to 65535") from None
        _refuse_public(label, self.host)

    def start(self, *, base_url: str, api_key: str) -> Self:  # noqa: ARG002
        """Makes sure that somebody listens there."""
        end = time.monotonic() + (READY_SECONDS if self._ready is not None else 2.0)
        while not self._is_ready():
            if time.monotonic() > end:
                raise UnusablePlug(f"{self.label}: nobody listens at {self.origin}")
            threading.Event().wait(_LOOK_SECONDS)
        return self


class StartedReceiver(ReceiverPlug):
    """One that the kit starts, in a contained child process on a free port: `wsgi:`, `asgi:`, `cmd:`."""

    restarts = True

    def __init__(
        self, label: str, argv: Sequence[str], path: str, *, ready: str | None, folder: Path, at: Path
    ) -> None:
        super().__init__(label, path, ready=ready)
        self._argv, self._folder, self._at = argv, folder, at
        self._log = folder / "receiver.log"
        self._child: Child | None = None
        self._place: Place | None = None
        self._lead: Mapping[str, str] = {}

    @property
    def places(self) -> dict[str, str]:
        """What may stand in braces in the texts of probes and commands."""
        return {**super().places, **self._lead, "folder": str(self._folder)}

    def start(self, *, base_url: str, api_key: str) -> Self:
        """Starts it on a free port and waits until it is ready."""
        self._lead = {"base_url": base_url, "api_key": api_key}
        for attempts_left in reversed(range(_PORTS_TRIED)):
            self.port = _free_port()
            try:
                self.restart()
                break
            except UnusablePlug:  # somebody else may have taken the port meanwhile
                if not attempts_left or "in use" not in self.output():
                    raise
        return self

    def restart(self) -> None:
        """Starts it and waits until it is ready."""
        argv = [filled(word, self.places) for word in self._argv]
        if self._place is None:
            self._place = Place()
        try:
            self._child = Child(
                argv,
                environment=self._place.environment(self._way()),
                mark=self._place.mark,
                folder=self._at,
                log=self._log,
            )
        except OSError as error:
            raise UnusablePlug(f"{self.label}: {argv[0]}: {error.strerror}") from None
        try:
            self._await_ready(self._child)
        except UnusablePlug:
            self.stop()
            raise

    def _await_ready(self, child: Child) -> None:
        end = time.monotonic() + READY_SECONDS
        while not self._is_ready() or child.exit_code is not None:
            if child.exit_code is not None:
                last = (self.output().strip().splitlines() or ["it printed nothing"])[-1]
                raise UnusablePlug(f"{self.label}: it ended with {child.exit_code} before it listened: {last[:300]}")
            if time.monotonic() > end:
                where = self._ready or f"port {self.port}"
                raise UnusablePlug(f"{self.label}: not ready at {where} within {READY_SECONDS:g} s")
            threading.Event().wait(_LOOK_SECONDS)

    def stop(self) -> None:
        """Ends it and everything that it started."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    @property
    def exit_code(self) -> int | None:
        """The exit code with which it ended by itself; None while it runs, and where that cannot be told."""
        return self._child.exit_code if self._child is not None else None

    def wait_for_end(self, seconds: float) -> None:
        """Waits until it has ended by itself, at most so long."""
        if self._child is not None:
            self._child.wait(seconds)

    def revive(self) -> None:
        """Starts it again when it has ended by itself or was stopped."""
        if self._child is None or self.exit_code is not None:
            self.stop()
            self.restart()

    def close(self) -> None:
        """Ends it for good, and takes its home away."""
        self.stop()
        if self._place is not None:
            self._place.remove()
            self._place = None

    def forget_peak(self) -> bool:
        """Lets `peak_memory` tell of what comes now. False where that cannot be done."""
        return self._child is not None and self._child.forget_peak()

    def peak_memory(self) -> int | None:
        """The most memory that it took, in bytes; None where that cannot be told."""
        return self._child.peak_memory() if self._child is not None else None

    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def _way(self) -> dict[str, str]:
        """The variables that lead to the mock, to its port and to its folder."""
        places = self.places
        mock = dict.fromkeys(("MM_CONTRACT_BASE_URL", "MINIMAX_BASE_URL", "MINIMAX_API_HOST"), places["base_url"])
        return mock | {
            "MINIMAX_API_KEY": places["api_key"], "PORT": places["port"], "MM_CONTRACT_FOLDER": places["folder"],
            "MM_CONTRACT_SOURCES": str(Path.cwd()),
        }  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _refuse_public(label: str, host: str) -> None:
    """Only this machine and private networks are sent the kit's odd messages."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise UnusablePlug(f"{label}: the host {host!r} cannot be found") from None
    for address in found:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        if not parsed.is_private or parsed.is_link_local or parsed.is_unspecified:
            raise UnusablePlug(
                f"{label}: {host} is {address}, which is no address of this machine or a private network"
            )
