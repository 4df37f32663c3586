"""Reading a file of the user's: what kind it is, and what documents it holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from knowledge.bibliography import Entry, entries_of_bibtex, entries_of_ris
from knowledge.document import Document, Draft, draft_of_text
from knowledge.errors import KnowledgeError
from knowledge.listing import Listed, is_listing, papers_of
from knowledge.parts import Part, cut, slug

TEXT_SUFFIXES = (".md", ".markdown", ".txt")
LARGEST_BYTES = 20_000_000
LARGEST_BINARY = 100_000_000

# A vector reads about 1300 characters, so an abstract in one passage is embedded nearly whole,
# and ranks better than its halves do.
_LONGEST_ABSTRACT = 2500
_LONGEST_KEY = 60
_TITLE = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True)
class Read:
    """What a file holds: documents, with proposed keys, and sentences for the report."""

    drafts: tuple[Draft, ...]
    notes: tuple[str, ...] = ()


def read_file(path: Path, content: bytes) -> Read:
    """Reads the documents of a file by the kind its suffix names.

    Raises:
        KnowledgeError: a kind that cannot be read, broken, empty or hostile content.
    """
    reader = _READERS.get(suffix_of(path))
    if reader is None:
        raise KnowledgeError(
            f"files of type {path.suffix or '(none)'} cannot be read; convert it to one of "
            + ", ".join(sorted(_READERS))
        )
    read = reader(path, content)
    if not any(draft.parts for draft in read.drafts):
        raise KnowledgeError("the text is empty; nothing to add")
    return read


def content_of(path: Path) -> bytes:
    """Returns the bytes of a file, refused by size before anything is read.

    Raises:
        KnowledgeError: too large, or unreadable.
    """
    binary = suffix_of(path) in (".pdf", ".tar.gz", ".tgz", ".gz")
    largest = LARGEST_BINARY if binary else LARGEST_BYTES
    try:
        if not path.is_file() and path.exists():
            raise KnowledgeError("is not a regular file")
        size = path.stat().st_size
        if size > largest:
            raise KnowledgeError(
                f"{size // 1_000_000} MB, larger than {largest // 1_000_000} MB; split it"
            )
        return path.read_bytes()
    except OSError as error:
        raise KnowledgeError(f"cannot be read: {error.strerror}") from error


def can_read(path: Path) -> bool:
    """Whether the suffix names a kind that can be read."""
    return suffix_of(path) in _READERS


def suffix_of(path: Path) -> str:
    """Returns the lower-case suffix, with both parts of ".tar.gz"."""
    name = path.name.lower()
    return ".tar.gz" if name.endswith(".tar.gz") else path.suffix.lower()


def read_text(path: Path) -> str:
    """Reads a UTF-8 text or Markdown file.

    Raises:
        KnowledgeError: wrong type, too large, not UTF-8, or unreadable; the file is named.
    """
    if path.suffix.lower() not in TEXT_SUFFIXES:
        raise KnowledgeError(
            f"{path.name}: files of type {path.suffix or '(none)'} cannot be read; convert it "
            f"to one of {', '.join(TEXT_SUFFIXES)}"
        )
    try:
        return _decoded(content_of(path))
    except KnowledgeError as error:
        raise KnowledgeError(f"{path.name}: {error}") from error


def key_of(title: str) -> str:
    """Makes a key from a title: its words, as many as fit."""
    made = slug(title)
    if len(made) <= _LONGEST_KEY:
        return made
    return made[: _LONGEST_KEY + 1].rpartition("-")[0] or made[:_LONGEST_KEY]


def _read_text(path: Path, content: bytes) -> Read:
    text = _decoded(content)
    if path.suffix.lower() == ".txt" and is_listing(text):
        return Read(tuple(_listed(paper) for paper in papers_of(text)))
    heading = _TITLE.search(text)
    title = heading[1] if heading else path.stem
    return Read((draft_of_text(Document(key_of(title), "text", title, text)),))


def _listed(paper: Listed) -> Draft:
    # A paper without a title is called by the words it begins with.
    title = paper.title or " ".join(paper.abstract.split()[:10]) + " ..."
    return _abstract(
        Document(
            key_of(title), "text", title, paper.abstract, authors=paper.authors, year=paper.year
        )
    )


def _abstract(document: Document) -> Draft:
    pieces = cut(document.source, _LONGEST_ABSTRACT)
    return Draft(document, tuple(Part("Abstract", start, end) for start, end in pieces))


def _read_page(path: Path, content: bytes) -> Read:
    from knowledge.webpage import page_of

    page = page_of(_decoded(content))
    authors = page.meta.get("citation_author") or page.meta.get("author") or []
    dates = page.meta.get("citation_date") or page.meta.get("citation_publication_date") or []
    year = re.search(r"\d{4}", dates[0]) if dates else None
    title = (page.meta.get("citation_title") or [page.title])[0] or path.stem
    arxiv = page.meta.get("citation_arxiv_id")
    return Read(
        (
            draft_of_text(
                Document(
                    key_of(title),
                    "text",
                    title,
                    page.text,
                    authors=tuple(" ".join(reversed(a.split(", ", 1))) for a in authors),
                    year=int(year[0]) if year else None,
                    arxiv=arxiv[0] if arxiv else None,
                )
            ),
        )
    )


def _read_bibtex(path: Path, content: bytes) -> Read:
    return _library(entries_of_bibtex(_decoded(content)), "BibTeX")


def _read_ris(path: Path, content: bytes) -> Read:
    return _library(entries_of_ris(_decoded(content)), "RIS")


def _library(entries: list[Entry], kind: str) -> Read:
    if not entries:
        raise KnowledgeError(f"holds no {kind} entries")
    drafts = [_entry(entry) for entry in entries if entry.title]
    untitled = len(entries) - len(drafts)
    bare = sum(not entry.abstract for entry in entries if entry.title)
    notes = [f"{untitled} entries without a title left out"] if untitled else []
    notes += [f"{bare} without an abstract, found by title only"] if bare else []
    return Read(tuple(drafts), tuple(notes))


def _entry(entry: Entry) -> Draft:
    key = re.sub(r"[^a-z0-9_.-]+", "-", entry.key.lower()).strip("-._")
    venue = f" {entry.venue}." if entry.venue else ""
    return _abstract(
        Document(
            key or key_of(entry.title),
            "text",
            entry.title,
            entry.abstract or f"{entry.title}.{venue}",
            authors=entry.authors,
            year=entry.year,
            venue=entry.venue or None,
            arxiv=entry.arxiv,
            url=entry.url,
            tags=entry.tags,
        )
    )


def _read_pdf(path: Path, content: bytes) -> Read:
    from knowledge.pdf import pages_of

    paged = pages_of(content)
    title = paged.title or path.stem
    document = Document(
        key_of(title), "text", title, paged.text, authors=paged.authors, pages=paged.pages
    )
    parts = tuple(Part("Text", start, end) for start, end in cut(paged.text))
    return Read((Draft(document, parts),), paged.notes)


def _read_tex(path: Path, content: bytes) -> Read:
    from knowledge.latex import source_of_archive, source_of_tex

    archive = suffix_of(path) != ".tex"
    source = source_of_archive(content) if archive else source_of_tex(_decoded(content))
    stem = path.name.removesuffix(".gz").removesuffix(".tgz").removesuffix(".tar")
    title = source.title or stem.removesuffix(".tex")
    arxiv = re.match(r"(?:arXiv-)?(\d{4}\.\d{4,5})(?:v\d+)?", stem)
    document = Document(
        key_of(title),
        "text",
        title,
        source.text,
        authors=source.authors,
        arxiv=arxiv[1] if arxiv else None,
        url=f"https://arxiv.org/abs/{arxiv[1]}" if arxiv else None,
    )
    return Read((draft_of_text(document),), source.notes)


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError(f"not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    if "\x00" in text:
        raise KnowledgeError("holds zero bytes, so it is no text; convert it to text")
    return text


_READERS: dict[str, Callable[[Path, bytes], Read]] = {
    ".md": _read_text,
    ".markdown": _read_text,
    ".txt": _read_text,
    ".html": _read_page,
    ".htm": _read_page,
    ".bib": _read_bibtex,
    ".ris": _read_ris,
    ".pdf": _read_pdf,
    ".tex": _read_tex,
    ".gz": _read_tex,
    ".tar.gz": _read_tex,
    ".tgz": _read_tex,
}
