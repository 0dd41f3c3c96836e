"""A local mock of the MiniMax (Hailuo) video API: `MockServer`, `Settings`, `create_app` and `fixtures`.

The names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_server.fixture_files.collection import fixtures
    from mock_server.fixture_files.fixture import Fixture
    from mock_server.serving.server import MockServer
    from mock_server.settings import Settings
    from mock_server.web.app import create_app

__all__ = ["Fixture", "MockServer", "Settings", "__version__", "create_app", "fixtures"]
__version__ = "0.1.0"

_HOMES = {
    "Fixture": "mock_server.fixture_files.fixture",
    "MockServer": "mock_server.serving.server",
    "Settings": "mock_server.settings",
    "create_app": "mock_server.web.app",
    "fixtures": "mock_server.fixture_files.collection",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
