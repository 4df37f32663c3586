"""Names: words in a question that point at one document whatever else is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from knowledge.document import Document
from knowledge.embed import VOCABULARY

_WORD = re.compile(r"\w+")
_NOTHING = re.compile(r"(?!)")


class Names:
    """The names by which documents are known.

    They are the citation key, the arXiv id, the first author's surname, and those tags that
    are names rather than words, told by a capital, a digit or an @ ("EL2N", "pass@N"). A name
    that is also an ordinary word ("GraNd", "Pan") counts less easily: a tag must be written
    with its capitals, a surname must be followed by the year or by "et al".
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        """Notes the first words of the names; patterns are made when one occurs."""
        self._documents: dict[str, Document] = {}
        self._by_word: dict[str, list[str]] = {}
        self._patterns: dict[str, re.Pattern[str]] = {}
        for document in documents:
            self._documents[document.key] = document
            for word in {_first_word(name) for name in _names(document)}:
                self._by_word.setdefault(word, []).append(document.key)

    def keys(self, question: str) -> set[str]:
        """Returns the keys of the documents that a question names."""
        words = set(_WORD.findall(question.lower()))
        candidates = {key for word in words for key in self._by_word.get(word, ())}
        return {key for key in candidates if self._pattern(key).search(question)}

    def _pattern(self, key: str) -> re.Pattern[str]:
        if key not in self._patterns:
            self._patterns[key] = _pattern(self._documents[key])
        return self._patterns[key]


def _names(document: Document) -> list[str]:
    """Returns everything that `_pattern` may match, by its plain text."""
    names = [document.key, document.arxiv or ""]
    names += [document.authors[0].split()[-1]] if document.authors else []
    return [name for name in names + list(_tags(document)) if _WORD.search(name)]


def _tags(document: Document) -> tuple[str, ...]:
    # Keywords of other libraries are subjects ("Deep Learning"), not names of one paper.
    return document.tags if document.kind == "card" else ()


def _first_word(name: str) -> str:
    found = _WORD.search(name.lower())
    return found[0] if found else ""


def _pattern(document: Document) -> re.Pattern[str]:
    names = []
    if document.kind == "card" or not _ordinary(document.key):
        names.append(_any_case(re.escape(document.key)))
    if document.arxiv:
        names.append(re.escape(document.arxiv))
    if document.authors:
        surname = document.authors[0].split()[-1]
        if _ordinary(surname):
            follow = rf"(?:\s+et\s+al\b|,?\s*\(?{document.year}\b)"
            names.append(_any_case(re.escape(surname) + follow))
        else:
            names.append(_any_case(re.escape(surname)))
    for tag in _tags(document):
        if any(mark.isupper() or mark.isdigit() or mark == "@" for mark in tag):
            name = re.escape(tag)
            names.append(name if _ordinary(tag) else _any_case(name))
    if not names:
        return _NOTHING
    return re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)")


def _any_case(pattern: str) -> str:
    return f"(?i:{pattern})"


def _ordinary(name: str) -> bool:
    """Whether the embedder's vocabulary of common words holds the name."""
    return name.lower() in _common_words()


@cache
def _common_words() -> frozenset[str]:
    return frozenset(VOCABULARY.read_text(encoding="utf-8").splitlines())
