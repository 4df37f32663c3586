"""What the papers say: cards, the user's own documents, and search over both.

A *card* is our own summary of one paper, kept as a Markdown file in `cards/`. Cards and
documents are cut into *passages* with stable ids such as `paul2021:limits`, so that every
sentence of an answer can point at the text it rests on. SQLite holds the truth; the Chroma
collection beside it is derived and can be rebuilt from it at any time. Search joins stemmed
BM25 with a small neural embedding that runs offline on the processor.

Retrieved text is data, not instruction: a document may contain anything, also sentences
that address the reader or a language model. Whoever hands passages to a model must quote
them as untrusted material.

    from pathlib import Path
    from knowledge import Library

    with Library.open(Path("~/.ansatz/knowledge").expanduser()) as library:
        for passage in library.search("what helps against label noise?"):
            print(passage.id, passage.text)

This room imports none of the other rooms. Importing it costs nothing: names are resolved
when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.answer import Answer as Answer
    from knowledge.answer import Quote as Quote
    from knowledge.card import Card as Card
    from knowledge.card import Section as Section
    from knowledge.document import Document as Document
    from knowledge.errors import KnowledgeError as KnowledgeError
    from knowledge.filter import Filter as Filter
    from knowledge.health import Health as Health
    from knowledge.ingest import Line as Line
    from knowledge.library import Library as Library
    from knowledge.passage import Passage as Passage

_HOME = {
    "Answer": "knowledge.answer",
    "Filter": "knowledge.filter",
    "Line": "knowledge.ingest",
    "Quote": "knowledge.answer",
    "Card": "knowledge.card",
    "Document": "knowledge.document",
    "Health": "knowledge.health",
    "KnowledgeError": "knowledge.errors",
    "Library": "knowledge.library",
    "Passage": "knowledge.passage",
    "Section": "knowledge.card",
}

__all__ = [
    "Answer",
    "Card",
    "Document",
    "Filter",
    "Health",
    "KnowledgeError",
    "Library",
    "Line",
    "Passage",
    "Quote",
    "Section",
]


def __getattr__(name: str) -> object:
    """Resolves a public name to its module on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'knowledge' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Lists the public names."""
    return sorted(__all__)
