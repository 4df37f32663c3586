"""Bibliographies: the entries of a BibTeX or RIS library, with abstracts where they have them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from knowledge.errors import KnowledgeError

_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*[{(]\s*([^\s,{}()]*)\s*,")
_FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*")
_NOT_ENTRIES = frozenset({"comment", "string", "preamble"})
_ARXIV = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_RIS = re.compile(r"^([A-Z][A-Z0-9])  ?-(?: (.*))?$")
_ACCENT = re.compile(r"\\([`'^\"~=.uvHcdbkr])\s*\{?\\?([A-Za-z])\}?")
_COMBINING = dict(
    zip(
        "`'^\"~=.uvHcdbkr",
        "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0323\u0331\u0328\u030a",
        strict=True,
    )
)
_LETTERS = {r"\ss": "ß", r"\o": "ø", r"\O": "Ø", r"\l": "ł", r"\L": "Ł", r"\ae": "æ", r"\aa": "å"}


@dataclass(frozen=True)
class Entry:
    """One entry of a bibliography; empty or None where it says nothing.

    Attributes:
        key: citation key.
        title, authors, year, venue, arxiv, url, abstract, tags: as the entry gives them, with
            TeX accents and braces resolved and authors written first name first.
    """

    key: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    venue: str
    arxiv: str | None
    url: str | None
    abstract: str
    tags: tuple[str, ...]


def entries_of_bibtex(text: str) -> list[Entry]:
    """Reads the entries of a BibTeX file; strings (@string) are put in.

    Raises:
        KnowledgeError: an entry has no end, naming its key and line.
    """
    strings: dict[str, str] = {}
    entries: list[Entry] = []
    for begun in re.finditer(r"@\s*string\s*[{(]", text, re.IGNORECASE):
        fields, _ = _fields(text, begun.end(), strings)
        strings |= fields
    place = 0
    while (found := _ENTRY.search(text, place)) is not None:
        if found[1].lower() in _NOT_ENTRIES:
            place = found.end()
            continue
        fields, place = _fields(text, found.end(), strings)
        if place < 0:
            line = text.count("\n", 0, found.start()) + 1
            raise KnowledgeError(
                f"BibTeX entry {found[2] or found[1]!r}, line {line}: has no end; "
                "close its braces and quotation marks"
            )
        entries.append(_entry(found[2], fields))
    return entries


def entries_of_ris(text: str) -> list[Entry]:
    """Reads the entries of an RIS file; an entry without its ER line ends with the file."""
    entries: list[Entry] = []
    fields: dict[str, list[str]] = {}
    last = ""
    for line in [*text.splitlines(), "ER  - "]:
        found = _RIS.match(line.rstrip())
        if found is None:
            if last and line.strip():
                fields[last][-1] += " " + line.strip()
        elif found[1] == "ER":
            if len(fields) > 1:
                entries.append(_of_ris(fields))
            fields, last = {}, ""
        else:
            last = found[1]
            fields.setdefault(last, []).append((found[2] or "").strip())
    return entries


def _fields(text: str, place: int, strings: dict[str, str]) -> tuple[dict[str, str], int]:
    """Reads `name = value` pairs up to the closing brace; place -1 where there is none."""
    fields: dict[str, str] = {}
    while True:
        found = _FIELD.match(text, place)
        if found is None:
            end = re.compile(r"[\s,]*[})]").match(text, place)
            return fields, end.end() if end else -1
        value, place = _value(text, found.end(), strings)
        if place < 0:
            return fields, -1
        fields[found[1].lower()] = value
        comma = re.compile(r"\s*,").match(text, place)
        place = comma.end() if comma else place


def _value(text: str, place: int, strings: dict[str, str]) -> tuple[str, int]:
    """Reads one value: braces, quotes or a word, joined by '#'."""
    parts: list[str] = []
    while True:
        if place >= len(text):
            return "", -1
        if text[place] in '{"':
            end = _closing(text, place)
            if end < 0:
                return "", -1
            parts.append(text[place + 1 : end])
            place = end + 1
        else:
            word = re.compile(r"[^\s,#{}()\"]+").match(text, place)
            if word is None:
                return "", -1
            parts.append(strings.get(word[0].lower(), word[0]))
            place = word.end()
        joint = re.compile(r"\s*#\s*").match(text, place)
        if joint is None:
            return "".join(parts), place
        place = joint.end()


def _closing(text: str, start: int) -> int:
    """Returns where the brace or quotation mark opened at `start` closes, or -1."""
    depth, quoted = 0, text[start] == '"'
    place = start + 1
    while place < len(text):
        mark = text[place]
        if mark == "\\":
            place += 1
        elif mark == "{":
            depth += 1
        elif mark == "}" and depth:
            depth -= 1
        elif not depth and mark == ('"' if quoted else "}"):
            return place
        place += 1
    return -1


def _entry(key: str, fields: dict[str, str]) -> Entry:
    get = {name: plain(value) for name, value in fields.items()}
    year = _YEAR.search(get.get("year", "") or get.get("date", ""))
    marked = get.get("archiveprefix", get.get("eprinttype", "")).lower() == "arxiv"
    arxiv = _ARXIV.search(get.get("eprint", "")) if marked else None
    arxiv = arxiv or _arxiv_address(" ".join([get.get("url", ""), get.get("journal", "")]))
    people = re.split(r"\s+and\s+", fields.get("author", "") or fields.get("editor", ""))
    words = re.split(r"[,;]", get.get("keywords", ""))
    return Entry(
        key=key,
        title=get.get("title", "").rstrip("."),
        authors=tuple(n for n in (_person(plain(p)) for p in people) if n and n != "others"),
        year=int(year[1]) if year else None,
        venue=get.get("journal") or get.get("journaltitle") or get.get("booktitle") or "",
        arxiv=arxiv[1] if arxiv else None,
        url=get.get("url") or (f"https://doi.org/{get['doi']}" if get.get("doi") else None),
        abstract=get.get("abstract", ""),
        tags=tuple(word.strip() for word in words if word.strip()),
    )


def _of_ris(fields: dict[str, list[str]]) -> Entry:
    def first(*names: str) -> str:
        return next((fields[name][0] for name in names if name in fields), "")

    year = _YEAR.search(first("PY", "Y1", "DA"))
    url = first("UR") or (f"https://doi.org/{first('DO')}" if first("DO") else "")
    arxiv = _arxiv_address(" ".join([url, first("JO", "JF", "T2", "DO")]))
    return Entry(
        key=first("ID"),
        title=first("TI", "T1").rstrip("."),
        authors=tuple(_person(n) for tag in ("AU", "A1") for n in fields.get(tag, []) if n),
        year=int(year[1]) if year else None,
        venue=first("JO", "JF", "T2", "JA"),
        arxiv=arxiv[1] if arxiv else None,
        url=url or None,
        abstract=first("AB", "N2"),
        tags=tuple(tag for tag in fields.get("KW", []) if tag),
    )


def _arxiv_address(text: str) -> re.Match[str] | None:
    return _ARXIV.search(text) if "arxiv" in text.lower() else None


def _person(name: str) -> str:
    """Turns "Paul, Mansheej" into "Mansheej Paul"."""
    last, comma, first = name.partition(",")
    return " ".join(f"{first} {last}".split()) if comma else " ".join(name.split())


def plain(text: str) -> str:
    """Resolves TeX accents, escapes and braces, leaving formulas as they are."""
    for name, letter in _LETTERS.items():
        text = re.sub(re.escape(name) + r"(?![A-Za-z])\s*(?:\{\})?", letter, text)
    text = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[2] + _COMBINING[m[1]]), text)
    text = re.sub(r"\\([&%$#_])", r"\1", text)
    if "$" not in text:
        text = text.replace("{", "").replace("}", "")
    return " ".join(text.replace("~", " ").split())
