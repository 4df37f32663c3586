"""PDF files: text page by page, columns in reading order, references cut off.

Needs pypdf (extra `pdf`). What a scanned page shows cannot be read, and is reported.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from knowledge.errors import KnowledgeError

MOST_PAGES = 2000

# A page with less text than this shows a picture or nothing.
_LEAST_CHARACTERS = 20
_REFERENCES = re.compile(
    r"^[ \t]*(?:\d+\.?[ \t]+)?(?:references|bibliography|literature cited)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_HYPHEN = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_LINE = re.compile(r"(?<![.:!?\n])\n(?=[a-z(])")


@dataclass(frozen=True)
class Paged:
    """The text of a paged document.

    Attributes:
        title: from the file's properties, or "".
        authors: from the file's properties.
        text: all pages, apart by a blank line.
        pages: offset of each page in `text`; a page without text begins where the next does.
        notes: sentences about what could not be read or was left out.
    """

    title: str
    authors: tuple[str, ...]
    text: str
    pages: tuple[int, ...]
    notes: tuple[str, ...]


def pages_of(content: bytes) -> Paged:
    """Reads a PDF.

    Raises:
        KnowledgeError: pypdf is missing, the file is encrypted, broken, too long, or all of it
            is scanned.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError as error:
        raise KnowledgeError(
            "PDF files need the package pypdf; run: pip install 'ansatz-lab[pdf]'"
        ) from error
    # What pypdf raises on broken files goes beyond its own errors.
    broken: tuple[type[Exception], ...] = (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
    )
    broken += (RecursionError, OverflowError, OSError, AssertionError, NotImplementedError)
    # What it warns of is in our own report, or cannot be helped.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise KnowledgeError("the file is encrypted; save a copy without its password")
        count = len(reader.pages)
        properties = reader.metadata
        title = str((properties and properties.title) or "").strip()
        writers = str((properties and properties.author) or "")
    except broken as error:
        raise KnowledgeError(
            f"the file is broken ({_brief(error)}); open it in a viewer and save it again"
        ) from error
    if count > MOST_PAGES:
        raise KnowledgeError(f"{count} pages are more than {MOST_PAGES}; split the file")
    texts: list[str] = []
    unreadable: list[int] = []
    for number in range(count):
        try:
            texts.append(_page(reader.pages[number]))
        except broken:
            unreadable.append(number + 1)
            texts.append("")
    scanned = [
        number
        for number, text in enumerate(texts, 1)
        if len(text) < _LEAST_CHARACTERS and number not in unreadable
    ]
    if len(scanned) + len(unreadable) == count:
        raise KnowledgeError(
            "no page has text that can be read; it is probably scanned: run a text "
            "recognition program over it first"
        )
    notes = []
    if scanned:
        notes.append(f"{_pages(scanned)} without text, probably scanned")
    if unreadable:
        notes.append(f"{_pages(unreadable)} broken")
    text, offsets = _joined(texts)
    end = _references(text)
    if end is not None:
        text = text[:end].rstrip()
        notes.append("references left out")
    authors = tuple(name.strip() for name in re.split(r";|,| and ", writers) if name.strip())
    kept = tuple(min(offset, len(text)) for offset in offsets)
    return Paged(title, authors, text, kept, tuple(notes))


def _page(page: Any) -> str:
    """Returns the text of a page in reading order."""
    pieces: list[tuple[float, str]] = []

    def visit(text: str, matrix: list[float], shown: list[float], *_: Any) -> None:
        if text.strip():
            pieces.append((shown[4] * matrix[0] + matrix[4], text))

    whole = page.extract_text(visitor_text=visit) or ""
    width = float(page.mediabox.width)
    columns = _columns(pieces, float(page.mediabox.left) + 0.48 * width)
    text = columns if columns is not None else whole
    # Halves of characters outside the basic plane cannot be stored.
    text = text.encode("utf-8", "ignore").decode("utf-8").replace("\x00", "")
    return _LINE.sub(" ", _HYPHEN.sub("", text)).strip()


def _columns(pieces: list[tuple[float, str]], middle: float) -> str | None:
    """Puts the left column before the right where the file goes to and fro between them.

    Most programs write one column after the other; then, and on pages of one column, the
    file's own order is right, and None is returned.
    """
    sides = [x >= middle for x, _ in pieces]
    right = sum(sides)
    crossings = sum(a != b for a, b in pairwise(sides))
    if not 0.25 * len(sides) <= right <= 0.75 * len(sides) or crossings < max(6, right):
        return None
    left_text = "\n".join(t.strip() for (_, t), side in zip(pieces, sides, strict=True) if not side)
    right_text = "\n".join(t.strip() for (_, t), side in zip(pieces, sides, strict=True) if side)
    return f"{left_text}\n{right_text}"


def _joined(texts: list[str]) -> tuple[str, list[int]]:
    whole, offsets = "", []
    for text in texts:
        if text and whole:
            whole += "\n\n"
        offsets.append(len(whole))
        whole += text
    return whole, offsets


def _references(text: str) -> int | None:
    """Returns where the list of references begins: its last heading in the later half."""
    places = [found.start() for found in _REFERENCES.finditer(text, len(text) // 2)]
    return places[-1] if places else None


def _pages(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:5])) + (", ..." if len(numbers) > 5 else "")
    return f"page{'s' if len(numbers) > 1 else ''} {shown}"


def _brief(error: BaseException) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
