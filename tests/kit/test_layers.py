"""The kit uses the mock as anybody can, and its own rooms only from above."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import contract_tests

PACKAGE = Path(contract_tests.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# What users of the mock may import; REAL_HOSTS stands where pytest's option is refused for them.
PUBLIC = {"mock_server", "mock_server.receiver", "mock_server.pytest_plugin"}
NAMES = {"MockServer", "Settings", "__version__", "resources", "CallbackReceiver", "REAL_HOSTS"}
# From the bottom. Rooms of one line may know each other.
FLOORS = (
    {"outcome", "catalogue", "schemas", "verdict", "api", "vocabulary", "hidden_keys"},
    {"wire", "plugs", "server_cases", "baseline"},
    {"client", "receiver", "live", "server_records", "report"},
    {"suite"},
    {"conftest", "test_client", "test_receiver", "test_server"},
)
DEPTH = {room: depth for depth, floor in enumerate(FLOORS) for room in floor}


def imported(path: Path) -> list[tuple[str, str]]:
    """Every (module, name) that a module imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [(alias.name, "") for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return found + [
        (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def room_of(path: Path) -> str:
    """The first part of a module's place below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_uses_the_public_face_of_the_mock(path: Path) -> None:
    """Nothing from the inside of `mock_server`, so that the kit judges what users see."""
    ours = [(module, name) for module, name in imported(path) if module.split(".")[0] == "mock_server"]
    assert [(module, name) for module, name in ours if module not in PUBLIC or name not in NAMES] == []


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.name != "__init__.py" or path.parent != PACKAGE],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_imports_lead_down(path: Path) -> None:
    """A room knows those below it, and those beside it on its floor."""
    here = DEPTH[room_of(path)]
    rooms = {module.split(".")[1] for module, _ in imported(path) if module.startswith("contract_tests.")}
    assert {room for room in rooms if DEPTH[room] > here} == set()
