"""A strict reader of our pages: what a forgiving browser would repair is an error here."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr", "area", "base", "embed", "source", "track"}
# The tags that our templates use. Anything else has come out of somebody's text.
OURS = {
    "html", "head", "meta", "link", "title", "style", "body", "header", "main", "footer", "nav", "section", "article", "div", "span",
    "h1", "h2", "h3", "h4", "p", "a", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "table", "thead", "tbody", "tr",
    "th", "td", "pre", "code", "b", "strong",
}  # fmt: skip


class Page(HTMLParser):
    """One parsed page. `mistakes` is empty for a well-formed page without scripts; `text` is all that a person can read."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.ids: list[str] = []
        self.links: list[str] = []
        self.mistakes: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self._texts: list[str] = []
        self.feed(source)
        self.close()
        self.mistakes += [f"<{tag}> is never closed" for tag in self._open]
        self.mistakes += [f"id {each!r} twice" for each in sorted(set(self.ids)) if self.ids.count(each) > 1]

    @property
    def text(self) -> str:
        """The text of the body, blanks folded."""
        return " ".join(" ".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the element, and whatever is wrong with it."""
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag not in OURS:
            self.mistakes.append(f"<{tag}> is not one of our elements")
        if len(attributes) != len(attrs):
            self.mistakes.append(f"<{tag}> has an attribute twice")
        self.mistakes += [f"<{tag} {name}> is a script" for name in attributes if name.startswith("on")]
        self.mistakes += [
            f"<{tag} {name}> loads something" for name in attributes if name in ("src", "srcset", "background")
        ]
        if attributes.get("id") is not None:
            self.ids.append(str(attributes["id"]))
        if attributes.get("href") is not None:
            self.links.append(str(attributes["href"]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closes the innermost element, which has to be this one."""
        if not self._open or self._open[-1] != tag:
            self.mistakes.append(f"</{tag}> at {self.getpos()} inside {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keeps what people read."""
        if "style" not in self._open:
            self._texts.append(data)


def mistakes(folder: Path) -> list[str]:
    """Whatever is wrong with the pages of a report: with each alone, and with the links between them."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = [f"{path.name}: {each}" for path, page in pages.items() for each in page.mistakes]
    for path, page in pages.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            reached = (path.parent / target).resolve() if target else path
            if link == "data:,":  # no icon; a browser would ask for one
                continue
            if reached not in pages:
                found.append(f"{path.name}: {link} leads to nothing")
            elif anchor and anchor not in pages[reached].ids:
                found.append(f"{path.name}: {link} has no target")
    return found
