"""Names: words in a question that point at one document whatever else is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from knowledge.document import Document
from knowledge.embed import VOCABULARY


class Names:
    """The names by which documents are known.

    They are the citation key, the arXiv id, the first author's surname, and those tags that
    are names rather than words, told by a capital, a digit or an @ ("EL2N", "pass@N"). A name
    that is also an ordinary word ("GraNd", "Pan") counts less easily: a tag must be written
    with its capitals, a surname must be followed by the year or by "et al".
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        """Compiles the names of these documents."""
        self._patterns = [(document.key, _pattern(document)) for document in documents]

    def keys(self, question: str) -> set[str]:
        """Returns the keys of the documents that a question names."""
        return {key for key, pattern in self._patterns if pattern.search(question)}


def _pattern(document: Document) -> re.Pattern[str]:
    names = [_any_case(re.escape(document.key))]
    if document.arxiv:
        names.append(re.escape(document.arxiv))
    if document.authors:
        surname = document.authors[0].split()[-1]
        if _ordinary(surname):
            follow = rf"(?:\s+et\s+al\b|,?\s*\(?{document.year}\b)"
            names.append(_any_case(re.escape(surname) + follow))
        else:
            names.append(_any_case(re.escape(surname)))
    for tag in document.tags:
        if any(mark.isupper() or mark.isdigit() or mark == "@" for mark in tag):
            name = re.escape(tag)
            names.append(name if _ordinary(tag) else _any_case(name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)")


def _any_case(pattern: str) -> str:
    return f"(?i:{pattern})"


def _ordinary(name: str) -> bool:
    """Whether the embedder's vocabulary of common words holds the name."""
    return name.lower() in _common_words()


@cache
def _common_words() -> frozenset[str]:
    return frozenset(VOCABULARY.read_text(encoding="utf-8").splitlines())
