"""Finds the files that travel with the program: `openapi/` and `fixtures/`.

An installed package carries them under `mock_server/_data/`; in a checkout they lie beside the package.
"""

from __future__ import annotations

from pathlib import Path

from mock_server.errors import StartupError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `openapi` or `fixtures`. Raises StartupError when neither place has it."""
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise StartupError(
        f"the folder {name!r} of minimax-mock is missing; reinstall with: pip install --force-reinstall minimax-mock"
    )
