"""TLS with a throw-away certificate: made at start, trusted by nobody who was not told, gone at stop."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cheroot.errors import FatalSSLAlert
from cheroot.makefile import MakeFile
from cheroot.ssl import Adapter

from mock_server.errors import StartupError

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class ThrowAwayCertificate:
    """A CA of our own and a certificate of it for the local names and those asked for. `ca_file` is what clients trust.

    Raises StartupError for a name that no certificate can carry.
    """

    def __init__(self, names: Sequence[str]) -> None:
        import trustme  # only for --tls: it loads a whole library of cryptography

        authority = trustme.CA(organization_name="minimax-mock throw-away CA")
        try:
            certificate = authority.issue_cert(*LOCAL_NAMES, *names)
        except ValueError as error:
            raise StartupError(f"--tls-name: {' '.join(str(error).split())}") from None
        self._folder = tempfile.TemporaryDirectory(prefix="minimax-mock-")
        self.ca_file = str(Path(self._folder.name) / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(self.context)

    def remove(self) -> None:
        """Deletes the files."""
        self._folder.cleanup()


class TlsAdapter(Adapter):  # type: ignore[misc]
    """Lets cheroot speak TLS. The handshake is left to the thread that serves the connection.

    cheroot's own adapter shakes hands in the thread that accepts connections, where one silent client holds up all others.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def bind(self, sock: Any) -> Any:
        """Leaves the listening socket as it is."""
        return sock

    def wrap(self, sock: Any) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """The connection as one that will speak TLS, and what the application is told of it."""
        try:
            wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError as error:  # the client has gone already
            raise FatalSSLAlert(*error.args) from None
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        """What the application is told of the connection."""
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, sock: Any, mode: str = "r", bufsize: int = -1) -> Any:
        """A file to read from or write to the connection."""
        return MakeFile(sock, mode, bufsize)
