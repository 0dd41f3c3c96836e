"""Each room of the house imports only from rooms below it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mock_server

PACKAGE = Path(mock_server.__file__).parent
# From the top. Rooms of one line stand beside each other and do not know each other.
FLOORS = [
    {"cli", "pytest_plugin"}, {"kit_options"}, {"fixture_files"}, {"serving"}, {"web"}, {"control"}, {"operations"}, {"callbacks"}, {"world"}, {"comparison"}, {"contract"},
    {"clock"}, {"settings"}, {"setting_values"}, {"resources"}, {"errors", "receiver", "secret_names"},
]  # fmt: skip
DEPTH = {room: depth for depth, floor in enumerate(FLOORS) for room in floor}
# The front door, which leads to every room, and the way to the command line.
DOORS = {PACKAGE / "__init__.py", PACKAGE / "__main__.py"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path not in DOORS and "_data" not in path.parts)


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _id(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def _is_module(dotted: str) -> bool:
    path = PACKAGE.joinpath(*dotted.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").is_file()


def _imported(source: str) -> Iterator[tuple[int, str]]:
    """Every module of ours that a source imports, wherever in it: (line, dotted name below mock_server)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [
                name if name.startswith("mock_server.") and _is_module(name) else str(node.module) for name in inner
            ]
        else:
            continue
        for name in names:
            if name.startswith("mock_server."):
                yield node.lineno, name.removeprefix("mock_server.")


def _reaching_up(room: str, source: str) -> list[str]:
    found = []
    for line, name in _imported(source):
        other = name.split(".")[0]
        if other != room and DEPTH[other] <= DEPTH[room]:
            found.append(f"line {line}: {room} imports {name}")
    return found


def test_every_room_has_its_floor() -> None:
    """No module or package stands outside the order, and none of the order is missing."""
    assert {_room(path) for path in MODULES} == set(DEPTH)


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_module_imports_only_from_rooms_below(path: Path) -> None:
    """No import leads up or to a neighbour, not even inside a function or for types only."""
    assert _reaching_up(_room(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [path for path in MODULES if _room(path) != "web"], ids=_id)
def test_web_framework_stays_in_its_room(path: Path) -> None:
    """Flask and Werkzeug are imported in web and nowhere else."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not {name.split(".")[0] for name in names} & {"flask", "werkzeug"}, f"line {node.lineno}"


@pytest.mark.parametrize(
    ("room", "source", "wrong"),
    [
        ("contract", "from mock_server.world.task import Plan", True),
        ("contract", "from mock_server import world", True),
        ("contract", "import mock_server.world.task", True),
        ("world", "def f():\n    from mock_server.operations import create", True),
        ("world", "if TYPE_CHECKING:\n    from mock_server.web.app import create_app", True),
        ("errors", "from mock_server import settings", True),
        ("settings", "from mock_server.resources import folder", False),
        ("cli", "import mock_server.pytest_plugin", True),
        ("cli", "from mock_server import __version__, settings", False),
        ("world", "from mock_server.world.ids import IdSource\nimport json", False),
        ("operations", "from mock_server.contract.contract import Contract", False),
    ],
)
def test_check_finds_what_it_looks_for(room: str, source: str, wrong: bool) -> None:
    """The check sees every way to write an import, and has nothing against those that lead down."""
    assert bool(_reaching_up(room, source)) == wrong
