"""Web pages: the readable text of an HTML file, with its headings, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

# Their content is not text for a reader.
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "nav", "footer", "aside"})
_SILENT |= {"form", "button", "select", "iframe", "object", "head"}
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"})
_VOID |= {"source", "track", "wbr"}
_BLOCK = frozenset({"p", "div", "section", "article", "main", "table", "tr", "ul", "ol", "dl"})
_BLOCK |= {"pre", "blockquote", "header", "figure", "figcaption", "dd", "dt", "hr", "body"}


@dataclass(frozen=True)
class Page:
    """A web page as text.

    Attributes:
        title: of the page, or "".
        text: Markdown-like: headings with '#', list items with '-', paragraphs apart.
        meta: the values of its meta elements by lower-case name ("citation_author").
    """

    title: str
    text: str
    meta: dict[str, list[str]]


def page_of(html: str) -> Page:
    """Reads a page. Broken markup is read as far as it makes sense; nothing is executed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.pieces).splitlines()]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    title = " ".join("".join(reader.title).split())
    return Page(title, text, reader.meta)


class _Reader(HTMLParser):
    """Collects text; keeps a count, not a stack, so that nesting of any depth costs nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.title: list[str] = []
        self.meta: dict[str, list[str]] = {}
        self._silent: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "meta":
            name = (values.get("name") or values.get("property") or "").lower()
            if name and values.get("content"):
                self.meta.setdefault(name, []).append(values["content"] or "")
        elif tag == "title":
            self._in_title = True
        elif tag == "body":
            # A page that never closed its head is still to be read.
            self._silent.clear()
        elif self._silent or tag in _SILENT or _hidden(values):
            # Only elements of the same kind are counted: others may lack their end.
            if tag not in _VOID and (not self._silent or tag == self._silent[0]):
                self._silent.append(tag)
        elif len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.pieces.append(f"\n\n{'#' * max(1, int(tag[1]))} ")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _BLOCK:
            self.pieces.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._silent:
            if tag == self._silent[0]:
                self._silent.pop()
        elif tag in _BLOCK or (len(tag) == 2 and tag[0] == "h"):
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._silent:
            # A line break in the source is a space to the reader.
            self.pieces.append(re.sub(r"\s+", " ", data))


def _hidden(values: dict[str, str | None]) -> bool:
    style = re.sub(r"\s", "", values.get("style") or "").lower()
    return "hidden" in values or "display:none" in style or "visibility:hidden" in style
