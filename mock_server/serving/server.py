"""The mock as an object: a server in threads of this process, for tests and for the command line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mock_server.callbacks.address import Resolver
from mock_server.clock import Clock
from mock_server.errors import StartupError
from mock_server.operations.service import Service, build_service
from mock_server.serving.exposure import refuse_exposed_control
from mock_server.serving.mock_account import MockAccount
from mock_server.serving.tls import ThrowAwayCertificate
from mock_server.serving.wsgi_server import WsgiServer
from mock_server.settings import Settings
from mock_server.web.app import create_app


class MockServer:
    """A running mock: `with MockServer() as mock: mock.url`.

    Without settings it listens on a free port of 127.0.0.1. `new_clock` makes the clock of each account, `resolver`
    finds the addresses of callback receivers. Raises StartupError when it cannot start.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        new_clock: Callable[[], Clock] | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self.settings = settings if settings is not None else Settings(port=0)
        refuse_exposed_control(self.settings)
        self.service: Service = build_service(self.settings, new_clock=new_clock, resolver=resolver)
        self._certificate = ThrowAwayCertificate(self.settings.tls_name or ()) if self.settings.tls else None
        self._server = WsgiServer(
            create_app(service=self.service), self.settings.host, self.settings.port, threads=self.settings.threads,
            tls=self._certificate.context if self._certificate else None,
            keep_alive=not self.settings.no_keep_alive,
        )  # fmt: skip
        self.service.pauses.stand = self._server
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Binds the address and serves in the background; returns when requests will be answered."""
        if self._thread is not None:
            raise StartupError("the mock is already running")
        self.service.store.open()
        try:
            self._server.listen()
            self.service.start()
        except BaseException:
            self.service.stop()
            self._server.stop()
            self.service.store.close()  # for the next mock, or the next try
            raise
        self._thread = threading.Thread(target=self._server.serve, name="minimax-mock", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stops serving and waits until the threads have ended. Does nothing when it is not running."""
        # First, so that a create which waits for its challenge is answered before the server goes.
        self.service.stop()
        if self._thread is not None:
            self._server.stop()
            self._thread.join()
            self._thread = None
        self.service.store.close()
        if self._certificate is not None:
            self._certificate.remove()

    @property
    def url(self) -> str:
        """The origin, without `/v1`."""
        return self._server.origin

    @property
    def ca_file(self) -> str | None:
        """The certificate that clients trust to speak TLS with this mock; None without `tls`. It is gone after a stop."""
        return self._certificate.ca_file if self._certificate else None

    def account(self, key: str) -> MockAccount:
        """What belongs to one API key: rules, time, journal."""
        return MockAccount(self.service, key, self.url)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
