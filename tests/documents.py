"""Documents as tests read them: fenced blocks with what stands around them, headings, and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The address in the text, in whose place a test puts that of its own mock.
ADDRESS = "http://127.0.0.1:8026"
WILDCARD = "…"
_PART = re.compile(
    r"^<!-- (?P<kind>mock|not run):(?P<said>.*?) -->$|^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S
)
_FILE_NAME = re.compile(r"# ([\w./-]+\.\w+)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language and text, its line, the flags of the mock it is for, and why it is not run, if so."""

    language: str
    text: str
    line: int
    flags: str
    not_run: str | None

    @property
    def file_name(self) -> str | None:
        """The name of the file that it is, where its first line says one."""
        named = _FILE_NAME.match(self.text)
        return named[1] if named else None


def blocks_of(page: str) -> list[Block]:
    """The blocks of a page in their order."""
    found: list[Block] = []
    flags, not_run = "", None
    for part in _PART.finditer(page):
        if part["kind"] == "mock":
            flags = part["said"].strip()
        elif part["kind"] == "not run":
            not_run = part["said"].strip()
        else:
            line = page.count("\n", 0, part.start()) + 1
            found.append(Block(part["language"], part["text"], line, flags, not_run))
            not_run = None
    return found


def is_as_shown(shown: str, actual: str, *, json: bool) -> bool:
    """Whether an output is the one that a page shows. `…` stands for anything; in JSON blanks do not count."""
    if json:
        shown, actual = ("".join(text.split()) for text in (shown, actual))
    pattern = ".*".join(re.escape(piece) for piece in shown.strip().split(WILDCARD))
    return re.fullmatch(pattern, actual.strip(), re.S) is not None


def broken_links(path: Path) -> list[str]:
    """The relative links of a document that lead to no file, or to no heading of it."""
    found = []
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text()):
        name, _, heading = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (heading and heading not in anchors(target.read_text())):
            found.append(link)
    return found


def anchors(page: str) -> set[str]:
    """The names under which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.+)$", page, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
