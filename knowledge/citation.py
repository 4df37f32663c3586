"""The citation: a document of the user's own as a BibTeX entry."""

from __future__ import annotations

import re

from knowledge.document import Document

_SPECIAL = re.compile(r"([&%$#_])")


def bibtex_of(document: Document) -> str:
    """Returns a BibTeX entry that ends in a newline; what is not known is left out."""
    journal = document.venue and re.match(
        r"(?:transactions|journal|annals|nature|science|physical review|proceedings of the nat)",
        document.venue,
        re.IGNORECASE,
    )
    kind = ("article" if journal else "inproceedings") if document.venue else "misc"
    fields = {"title": "{" + _latex(document.title) + "}"}
    if document.authors:
        fields["author"] = " and ".join(_latex(author) for author in document.authors)
    if document.year:
        fields["year"] = str(document.year)
    if document.venue:
        fields["journal" if journal else "booktitle"] = _latex(document.venue)
    if document.arxiv:
        fields |= {"eprint": document.arxiv, "archiveprefix": "arXiv"}
    if document.url:
        fields["url"] = document.url.replace("{", "%7B").replace("}", "%7D")
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@{kind}{{{document.key},", *lines, "}", ""])


def _latex(text: str) -> str:
    """Escapes what BibTeX would not print, and braces that would end the field."""
    even = text if _balanced(text) else text.replace("{", "").replace("}", "")
    # Formulas keep their dollar signs and what stands between them.
    parts = re.split(r"(\$[^$]+\$)", even)
    return "".join(
        part if place % 2 else _SPECIAL.sub(r"\\\1", part) for place, part in enumerate(parts)
    )


def _balanced(text: str) -> bool:
    depth = 0
    for mark in text:
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if depth < 0:
            return False
    return depth == 0
