"""The pytest plugin: options of the contract tests. It is loaded into every pytest run, so it imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that say which server the contract tests judge."""
    group = parser.getgroup("minimax", "contract tests of the MiniMax video API")
    group.addoption(
        "--minimax-url",
        metavar="URL",
        default=None,
        help="the server that contract_tests judge, such as http://127.0.0.1:8026 (default: a mock of their own)",
    )
