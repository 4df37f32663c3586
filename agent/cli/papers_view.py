"""What the commands on papers share: opening, finding, and showing as text or JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from agent.cli import common
from tools.errors import BadInput, NotFound

if TYPE_CHECKING:
    from knowledge import Answer, Card, Document, Filter, Library, Line, Passage


def open_library() -> Library:
    """Opens the library of the state folder."""
    from knowledge.library import Library

    return Library.open(common.home() / "knowledge")


def progress_line(what: str) -> Callable[[int, int], None]:
    """Returns what shows (done, total) on one line of a terminal, and nothing elsewhere."""
    terminal = common.console(stderr=True).is_terminal

    def progress(done: int, total: int) -> None:
        if terminal:
            click.echo(f"\r{what} {done}/{total}", nl=done == total, err=True)

    return progress


def filter_of(where: dict[str, Any]) -> Filter | None:
    """Makes a filter of the options that narrow a search; None where none is given.

    Raises:
        BadInput: the options contradict each other.
    """
    from knowledge import Filter, KnowledgeError

    if all(value is None for value in where.values()):
        return None
    try:
        return Filter(**where)
    except KnowledgeError as error:
        told = common.describe(error)
        raise BadInput(told["problem"], told["remedy"]) from error


def find(library: Library, name: str) -> Card | Document:
    """Returns the user's own text of that key, else the card meant."""
    from knowledge.errors import KnowledgeError

    for document in library.documents():
        if document.key == name and document.kind != "card":
            return document

    try:
        return library.resolve(name)
    except KnowledgeError as error:
        told = common.describe(error)
        raise NotFound(told["problem"], told["remedy"]) from error


def card_json(card: Card) -> dict[str, Any]:
    """Describes a card, its sections left out."""
    return {
        "key": card.key,
        "title": card.title,
        "authors": list(card.authors),
        "year": card.year,
        "venue": card.venue,
        "arxiv": card.arxiv,
        "url": card.url,
        "method": card.method,
        "tags": list(card.tags),
        "experiments": list(card.experiments),
    }


def document_json(document: Document) -> dict[str, Any]:
    """Describes a document without its text."""
    return {
        "key": document.key,
        "kind": document.kind,
        "title": document.title,
        "authors": list(document.authors),
        "year": document.year,
        "venue": document.venue,
        "arxiv": document.arxiv,
        "url": document.url,
        "tags": list(document.tags),
        "origin": document.origin,
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """Describes an answer with the place of each quotation."""
    quotes = [
        {
            "text": q.text,
            "start": q.start,
            "end": q.end,
            "score": q.score,
            "id": q.passage.id,
            "key": q.passage.key,
            "title": q.passage.title,
            "page": q.passage.page,
        }
        for q in answer.quotes
    ]
    return {"question": answer.question, "known": answer.known, "quotes": quotes}


def passage_json(passage: Passage) -> dict[str, Any]:
    """Describes a passage."""
    return {
        "id": passage.id,
        "key": passage.key,
        "title": passage.title,
        "section": passage.section,
        "text": passage.text,
        "authors": list(passage.authors),
        "year": passage.year,
        "arxiv": passage.arxiv,
        "url": passage.url,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "score": passage.score,
        "similarity": passage.similarity,
        "relevant": passage.relevant,
    }


def show_notices(notices: list[str]) -> None:
    """Prints what the library announced."""
    for notice in notices:
        click.echo(f"note: {common.one_line(notice)}", err=True)


def show_document(document: Document, as_json: bool) -> None:
    """Prints a text of the user's own."""
    if as_json:
        common.emit(document_json(document) | {"text": document.source})
        return
    console = common.console()
    console.print(common.safe(document.title), style="bold", soft_wrap=True)
    console.print(common.safe(f"key {document.key} {document.origin}"), soft_wrap=True)
    console.print(common.safe(document.source))


def show_line(line: Line) -> None:
    """Prints what happened to one file."""
    held = f", {len(line.keys)} documents" if len(line.keys) > 1 else ""
    detail = f": {common.one_line(line.detail)}" if line.detail else ""
    click.echo(f"{line.state}{held}  {common.one_line(line.path)}{detail}")
