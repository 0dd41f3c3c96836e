"""Writes the fixtures to a folder, for people who do not work in Python."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mock_server import resources
from mock_server.errors import StartupError
from mock_server.fixture_files.fixture import KINDS
from mock_server.fixture_files.index import HEAD, MAKER, NAME, SCHEMA_NAME, as_text, index_of, unfinished_index
from mock_server.fixture_files.reading import all_fixtures

# The index while it is written.
_PART = f"{NAME}.part"
# What describes the files: name in the folder, and where it stands here.
_DESCRIPTIONS = (
    (SCHEMA_NAME, "openapi", "fixtures.schema.json"),
    ("wire.schema.json", "openapi", "wire.schema.json"),
    ("wire/README.md", "fixtures", "wire/README.md"),
)
_README = """\
# Test data for the MiniMax video API

Written by `minimax-mock fixtures`; writing again gives the same bytes. `index.json` has one row for each file, and
`index.schema.json` says what its members mean. Read the index, do not list folders.

| folder | files | what they are |
|---|---|---|
| `requests/<mode>/valid`, `…/invalid` | {requests} | raw bodies of `POST /v1/video_generation`, and the `code` that answers them |
| `callbacks/valid`, `…/invalid` | {callbacks} | raw bodies that a receiver may be sent, and the `status` that it should answer |
| `wire` | {wire} | whole exchanges: a request and the answer to it, each with its evidence |
| `images` | {images} | pictures that keep or break one rule each |

- Send the bytes as they are. Some requests are no JSON, though they are called so; do not read and write them again.
- A request's `code` is that of a mock which serves its `mode` alone: `minimax-mock serve --modes <mode>`.
- Where `callback` is true the body names a receiver that is not there; `--scenario challenge-skipped` lets it pass.
- `text` is what the mock says. Only one whose `text_evidence` is `observed` was seen at the real service.
- `evidence` is `documented` (official documentation), `observed` (a real answer) or `assumed` (a choice of the mock).
- A challenge has to come back: `means` is then `challenge`, and the answer a JSON object with the same value.
"""


def write_folder(folder: Path, *, force: bool = False) -> int:
    """Writes every fixture, the index, its schema and a README; gives the number of fixtures.

    What an earlier index names and is no more goes. Raises StartupError, in one line, for a folder that holds
    something else (unless `force`, which leaves that alone) or cannot be written.
    """
    try:
        before = _files_before(folder, force=force)
        fixtures = all_fixtures()
        index = as_text(index_of(fixtures))
        texts = {
            "README.md": _README.format_map(Counter(fixture.kind for fixture in fixtures)),
        } | {name: (resources.folder(top) / source).read_text(encoding="utf-8") for name, top, source in _DESCRIPTIONS}
        names = {fixture.file for fixture in fixtures}
        _refuse_to_leave(folder, [*names, *texts, NAME, _PART])
        folder.mkdir(parents=True, exist_ok=True)
        # First an index that says whose folder this is, so that a call which is interrupted can be made again.
        _put_index(folder, as_text(unfinished_index(before | names)))
        for name in before - names:
            (folder / name).unlink(missing_ok=True)
        for fixture in fixtures:
            _write(folder / fixture.file, fixture.data)
        for name, text in texts.items():
            _write(folder / name, text.encode())
        _put_index(folder, index)
    except OSError as error:
        raise StartupError(f"{error.filename or folder}: {error.strerror}") from None
    return len(fixtures)


def _refuse_to_leave(folder: Path, names: Iterable[str]) -> None:
    """Raises StartupError where a link in the folder leads out of it."""
    home = folder.resolve()
    for name in names:
        if not (target := (folder / name).resolve()).is_relative_to(home):
            raise StartupError(f"{folder / name}: a link leads out of the folder, to {target}")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _put_index(folder: Path, text: str) -> None:
    """Puts an index in the place of the one before, whole or not at all."""
    (folder / _PART).write_bytes(text.encode())
    (folder / _PART).replace(folder / NAME)


def _files_before(folder: Path, *, force: bool) -> set[str]:
    """The files that an earlier call has written. Raises StartupError where somebody else has written something."""
    if folder.exists() and not folder.is_dir():
        raise StartupError(f"{folder}: this is a file; name a folder")
    if not folder.exists() or {path.name for path in folder.iterdir()} <= {_PART}:
        return set()
    index = _index(folder / NAME)
    if index is None and not force:
        raise StartupError(f"{folder}: the folder holds something else; name an empty or new one, or add --force")
    rows = index["fixtures"] if index is not None else []
    return {row["file"] for row in rows if _is_below(folder, row["file"])}


def _index(path: Path) -> dict[str, Any] | None:
    """The index of an earlier call; None for any other file, or none."""
    raw = b""
    try:
        raw = path.read_bytes()
        index = json.loads(raw)
    except (FileNotFoundError, ValueError, RecursionError):
        return {"fixtures": []} if raw.decode("utf-8", "replace").startswith(HEAD) else None  # cut off
    ours = isinstance(index, dict) and index.get("made_by") == MAKER and isinstance(index.get("fixtures"), list)
    return index if ours and all(isinstance(row, dict) and "file" in row for row in index["fixtures"]) else None


def _is_below(folder: Path, name: Any) -> bool:
    """Whether a name of an index leads to a file of a fixture, and not out of the folder."""
    if not isinstance(name, str) or name.partition("/")[0] not in KINDS:
        return False
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve()) and not (folder / name).is_dir()
    except ValueError:  # no name of a file, such as one with a NUL in it
        return False
