"""Web listings: a page of papers copied as text, split into its papers.

Pages differ, but an abstract is always the long paragraph, and what stands between two
abstracts is short: a title, perhaps authors, perhaps a date. So abstracts are found first and
the lines before each are read as title and authors. A line with a date separates entries; a
date that follows a line such as "3 authors" belongs to the paper above it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DATE = re.compile(
    rf"(?P<category>[A-Za-z]{{2}}(?:\.[A-Z]{{2}})?)?(?P<month>{_MONTHS})[a-z]*\.? "
    r"(?P<day>\d{1,2})(?:, (?P<year>\d{4}))?(?:Code)?"
)
_COUNT = re.compile(r"[•*\-]?\s*\d+ authors?")
_BULLETS = frozenset({"·", "•", "-", "|"})
_MISREAD = re.compile("\u00e2\u20ac[^ ]|[\u00c2\u00c3][^ ]")
_MARKS = re.compile(r"^(?:null )?\(Ed\.?\)\s*")
_TAIL = re.compile(r"\s*more\s*»\s*«\s*less\s*$")
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)")
_PARTICLES = frozenset({"de", "da", "del", "di", "du", "la", "le", "van", "von", "der", "den"})
_PARTICLES |= {"bin", "ibn", "el", "al", "dos", "ten", "and"}

# Titles stay below this; the shortest abstracts of listings lie above it.
SHORTEST_ABSTRACT = 200


@dataclass(frozen=True)
class Listed:
    """One paper of a listing.

    Attributes:
        title: "" where the page gives none.
        authors: those the page names; "et al." and affiliations are left out.
        date: as printed, e.g. "Jun 26, 2023", or "".
        year: of the date, or None.
        abstract: one or more paragraphs.
    """

    title: str
    authors: tuple[str, ...]
    date: str
    year: int | None
    abstract: str


def papers_of(text: str) -> list[Listed]:
    """Splits a listing into its papers, in the order of the page; [] where there are none."""
    papers: list[Listed] = []
    above: list[str] = []
    date, before = "", ""
    apart = True
    for raw in text.splitlines():
        line = _repaired(raw).strip()
        if not line:
            continue
        found = _DATE.fullmatch(line)
        if found is not None:
            written = line[found.start("month") :].removesuffix("Code")
            if papers and not above and (before in _BULLETS or _COUNT.fullmatch(before)):
                papers[-1] = replace(papers[-1], date=written, year=_year(found))
            elif found["category"]:
                date = written
            above, apart = [], True
        elif line in _BULLETS or _COUNT.fullmatch(line):
            apart = True
        elif _is_abstract(line):
            marked = _MARKS.match(line) is not None
            abstract = _TAIL.sub("", _MARKS.sub("", line))
            if papers and not (above or apart or marked):
                whole = f"{papers[-1].abstract}\n\n{abstract}"
                papers[-1] = replace(papers[-1], abstract=whole)
            else:
                title, authors = _heading(above)
                found = _DATE.fullmatch(date)
                papers.append(Listed(title, authors, date, found and _year(found), abstract))
            above, date, apart = [], "", False
        else:
            above.append(line)
        before = line
    return papers


def is_listing(text: str) -> bool:
    """Whether a text looks like a listing: several abstracts, nearly all under short headings.

    Prose has long paragraphs too, but they follow each other without a title between.
    """
    papers = papers_of(text)
    titled = [paper for paper in papers if paper.title and "\n" not in paper.abstract]
    untitled = sum(bool(_MARKS.match(line)) for line in text.splitlines())
    return len(papers) >= 3 and len(titled) + untitled >= 0.9 * len(papers)


def _heading(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    """Reads title and authors from the lines right above an abstract."""
    if len(lines) >= 2:
        authors = names_of(lines[-1])
        if authors:
            return lines[-2], authors
    # Notices of the page end in a full stop and titles do not.
    if lines and not lines[-1].endswith((".", "!")):
        return lines[-1], ()
    return "", ()


def names_of(line: str) -> tuple[str, ...]:
    """Reads a line of names, or () where it is something else.

    A name has one to five words that begin with a capital, particles such as "van" aside.
    """
    people = re.sub(r"\s+et al\.?$", "", line.split(" · ")[0].strip())
    names = [name.strip() for name in re.split(r",|;|\band\b|&", people)]
    names = [name for name in names if name]
    return tuple(names) if names and all(_is_name(name) for name in names) else ()


def _is_name(name: str) -> bool:
    words = name.split()
    capital = all(word[0].isupper() or word.lower() in _PARTICLES for word in words)
    plain = all(all(c.isalpha() or c in ".'’-" for c in word) for word in words)
    return 1 <= len(words) <= 5 and capital and plain


def _is_abstract(line: str) -> bool:
    if names_of(line):
        return False
    # A short abstract shows by its sentences; a notice of the page has one at most.
    sentences = len(_SENTENCE_END.findall(line))
    return len(line) >= SHORTEST_ABSTRACT or (len(line) >= 140 and sentences >= 2)


def _year(found: re.Match[str]) -> int | None:
    return int(found["year"]) if found["year"] else None


def _repaired(line: str) -> str:
    """Undoes UTF-8 that was read as Windows-1252, character by character."""
    return _MISREAD.sub(_reread, line)


def _reread(found: re.Match[str]) -> str:
    try:
        return found[0].encode("cp1252").decode("utf-8")
    except UnicodeError:
        return found[0]
