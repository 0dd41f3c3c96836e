"""The pytest plugin: options of the contract tests. It is loaded into every pytest run, so it imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# Hosts of the real service. A create there costs money, so nothing in this version calls them.
REAL_HOSTS = ("minimax.io", "minimaxi.com", "minimax.chat", "minimaxi.chat", "minimax.cn")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that say which server the contract tests judge."""
    group = parser.getgroup("minimax", "contract tests of the MiniMax video API")
    group.addoption(
        "--minimax-url",
        metavar="URL",
        default=None,
        help="the server that contract_tests judge, such as http://127.0.0.1:8026 (default: a mock of their own)",
    )
    group.addoption(
        "--minimax-key",
        metavar="KEY",
        default=None,
        help="the API key for it, where it does not take any (default: a new one for each test)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuses an address that cannot be meant, before a single test runs."""
    url = config.getoption("--minimax-url")
    if url is not None and (fault := _why_not(url)) is not None:
        import pytest

        raise pytest.UsageError(f"--minimax-url {url!r}: {fault}")


def _why_not(url: str) -> str | None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https") or not host:
        return "expected an address such as http://127.0.0.1:8026"
    if any(host == real or host.endswith(f".{real}") for real in REAL_HOSTS):
        return "this is the real service, where a create costs money; it is never judged"
    return None
