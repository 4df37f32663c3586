"""`ansatz papers`: search, ask, cite and fill the library."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import common
from tools.errors import BadInput, NotFound

if TYPE_CHECKING:
    from knowledge import Answer, Card, Document, Filter, Library, Line, Passage


@click.group()
def papers() -> None:
    """Search, ask, cite and fill the library of papers."""


def _filtered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that narrow a search, handed over as `where`."""

    @click.option("--since", type=int, metavar="YEAR", help="Not older than this year.")
    @click.option("--until", type=int, metavar="YEAR", help="Not newer than this year.")
    @click.option("--author", help="Part of an author's name.")
    @click.option("--method", help="Method folder of our cards.")
    @click.option("--tag", help="One of the tags.")
    @wraps(function)
    def narrowed(**options: Any) -> Any:
        names = ("since", "until", "author", "method", "tag")
        given = {name: options.pop(name) for name in names}
        return function(where=given, **options)

    return narrowed


@papers.command()
@click.argument("query", nargs=-1, required=True)
@click.option("-k", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@_filtered
@common.json_option
@common.guarded
def search(query: tuple[str, ...], k: int, where: dict[str, Any], as_json: bool) -> None:
    """Find the passages that bear on a question."""
    words = " ".join(query).strip()
    if not words:
        raise BadInput("The question is empty.", "Ask something.")
    with _library() as library:
        passages = library.search(words, k, _filter(where))
        notices = list(library.notices)
    if as_json:
        common.emit({"passages": [_passage_json(p) for p in passages], "notices": notices})
        return
    console = common.console()
    if not any(p.relevant for p in passages):
        console.print("Nothing in the library is close to this; the nearest passages are:")
    for p in passages:
        year = f", {p.year}" if p.year else ""
        console.print(f"[{p.id}] {common.safe(p.title)}{year}", style="bold", soft_wrap=True)
        page = f", page {p.page}" if p.page else ""
        place = f"{common.safe(p.section)}{page}, similarity {p.similarity:.2f}"
        console.print(f"    {place}", style="dim")
        console.print(common.safe(p.text), "")
    _show_notices(notices)


@papers.command("list")
@common.json_option
@common.guarded
def list_(as_json: bool) -> None:
    """List the papers, and texts of your own."""
    with _library() as library:
        cards = library.cards()
        known = {card.key for card in cards}
        others = [d for d in library.documents() if d.key not in known]
        notices = list(library.notices)
    if as_json:
        common.emit(
            {
                "papers": [_card_json(card) for card in cards],
                "documents": [_document_json(d) for d in others],
                "notices": notices,
            }
        )
        return
    from agent.cli.render import table

    made = table("key", "year", "title", "experiments")
    for card in cards:
        made.add_row(card.key, str(card.year), card.title, ", ".join(card.experiments))
    for document in others:
        year = str(document.year or "")
        made.add_row(common.safe(document.key), year, common.safe(document.title), "")
    common.console().print(made)
    _show_notices(notices)


@papers.command()
@click.argument("name")
@common.json_option
@common.guarded
def show(name: str, as_json: bool) -> None:
    """Show a text of yours, by key, or our summary of a paper, by key, arXiv id or words."""
    from knowledge import Card

    with _library() as library:
        card = _find(library, name)
    if not isinstance(card, Card):
        _show_document(card, as_json)
        return
    if as_json:
        sections = {s.name: s.text for s in card.sections}
        common.emit(_card_json(card) | {"sections": sections})
        return
    console = common.console()
    console.print(common.safe(card.title), style="bold", soft_wrap=True)
    console.print(f"{', '.join(card.authors)}. {card.venue}.", soft_wrap=True)
    console.print(f"key {card.key}{f', {card.url}' if card.url else ''}", soft_wrap=True)
    for section in card.sections:
        console.print()
        console.print(common.safe(section.name), style="bold")
        console.print(common.safe(section.text))


@papers.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@common.json_option
@common.guarded
def cite(names: tuple[str, ...], as_json: bool) -> None:
    """Print BibTeX entries of papers."""
    with _library() as library:
        keys = [_find(library, name).key for name in names]
        entries = {key: library.bibtex(key) for key in keys}
    if as_json:
        common.emit({"entries": [{"key": k, "bibtex": e} for k, e in entries.items()]})
        return
    click.echo("\n\n".join(entry.strip() for entry in entries.values()))


@papers.command()
@click.argument("question", nargs=-1, required=True)
@click.option("-k", type=click.IntRange(1, 100), default=5, show_default=True, help="Passages.")
@_filtered
@common.json_option
@common.guarded
def ask(question: tuple[str, ...], k: int, where: dict[str, Any], as_json: bool) -> None:
    """Answer a question in sentences quoted from the library."""
    words = " ".join(question).strip()
    if not words:
        raise BadInput("The question is empty.", "Ask something.")
    with _library() as library:
        answer = library.ask(words, k, _filter(where))
        entries = {q.passage.key: library.bibtex(q.passage.key) for q in answer.quotes}
        notices = list(library.notices)
    if as_json:
        common.emit(_answer_json(answer) | {"bibtex": entries, "notices": notices})
        return
    if not answer.known:
        click.echo("unknown: nothing in the library answers this")
    console = common.console()
    for quote in answer.quotes:
        p = quote.passage
        console.print(f"\u201c{common.safe(' '.join(quote.text.split()))}\u201d", soft_wrap=True)
        names = f"{p.authors[0]}{' et al.' if len(p.authors) > 1 else ''}, " if p.authors else ""
        year = f" ({p.year})" if p.year else ""
        page = f", page {p.page}" if p.page else ""
        place = f"[{p.id}], characters {quote.start}-{quote.end}{page}"
        console.print(common.safe(f"    {names}{p.title}{year} {place}"), "", soft_wrap=True)
    _show_notices(notices)


@papers.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@common.json_option
@common.guarded
def add(paths: tuple[str, ...], as_json: bool) -> None:
    """Add files or folders: text, Markdown, HTML, BibTeX, RIS, PDF, LaTeX, listings.

    What has not changed is not read again, so an interrupted call is continued by repeating it.
    """
    shown = None if as_json else _show_line
    with _library() as library:
        lines = library.ingest(
            [Path(path) for path in paths], shown or (lambda line: None), _progress("embedding")
        )
        notices = list(library.notices)
    failed = sum(line.state == "failed" for line in lines)
    if as_json:
        files = [
            {"path": n.path, "state": n.state, "keys": list(n.keys), "detail": n.detail}
            for n in lines
        ]
        common.emit({"files": files, "notices": notices})
    else:
        documents = sum(len(line.keys) for line in lines)
        click.echo(f"{len(lines)} files, {documents} documents added, {failed} files failed")
        _show_notices(notices)
    if failed:
        raise click.exceptions.Exit(common.FAILED)


@papers.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@common.guarded
def remove(keys: tuple[str, ...]) -> None:
    """Remove texts of your own; files they came from are left alone."""
    from knowledge import KnowledgeError

    with _library() as library:
        for key in keys:
            try:
                library.remove(key)
            except KnowledgeError as error:
                told = common.describe(error)
                raise BadInput(told["problem"], told["remedy"]) from error
            click.echo(f"removed {common.one_line(key)}")


@papers.command()
@click.option(
    "--format", "form", type=click.Choice(["bibtex", "jsonl"]), default="bibtex", show_default=True
)
@common.guarded
def export(form: str) -> None:
    """Print the whole library, as BibTeX or as JSON lines with the texts."""
    with _library() as library:
        for document in library.documents():
            if form == "bibtex":
                click.echo(library.bibtex(document.key))
            else:
                whole = _document_json(document) | {"text": document.source}
                click.echo(json.dumps(whole, ensure_ascii=False))


@papers.command()
@click.argument("name", required=False)
@click.option("--dot", is_flag=True, help="For Graphviz.")
@click.option("--steps", type=click.IntRange(1, 10), default=1, show_default=True)
@common.guarded
def graph(name: str | None, dot: bool, steps: int) -> None:
    """Show which papers are related, all or around one."""
    from knowledge.graph import around, as_dot, as_text, graph_of

    with _library() as library:
        shown = graph_of(library.cards())
        if name is not None:
            shown = around(shown, _find(library, name).key, steps)
    click.echo(as_dot(shown) if dot else as_text(shown))


@papers.command()
@common.json_option
@common.guarded
def rebuild(as_json: bool) -> None:
    """Make the search index anew."""
    with _library() as library:
        library.rebuild(_progress("indexing"))
        health = library.health()
        notices = list(library.notices)
    if as_json:
        checks = [{"name": h.name, "ok": h.ok, "detail": h.detail} for h in health]
        common.emit({"health": checks, "notices": notices})
    else:
        for check in health:
            click.echo(f"{check.name}: {common.one_line(check.detail)}")
        _show_notices(notices)
    if not all(check.ok for check in health):
        raise click.exceptions.Exit(common.FAILED)


def _library() -> Library:
    from knowledge.library import Library

    return Library.open(common.home() / "knowledge")


def _progress(what: str) -> Callable[[int, int], None]:
    terminal = common.console(stderr=True).is_terminal

    def progress(done: int, total: int) -> None:
        if terminal:
            click.echo(f"\r{what} {done}/{total}", nl=done == total, err=True)

    return progress


def _filter(where: dict[str, Any]) -> Filter | None:
    from knowledge import Filter, KnowledgeError

    if all(value is None for value in where.values()):
        return None
    try:
        return Filter(**where)
    except KnowledgeError as error:
        told = common.describe(error)
        raise BadInput(told["problem"], told["remedy"]) from error


def _show_line(line: Line) -> None:
    held = f", {len(line.keys)} documents" if len(line.keys) > 1 else ""
    detail = f": {common.one_line(line.detail)}" if line.detail else ""
    click.echo(f"{line.state}{held}  {common.one_line(line.path)}{detail}")


def _show_document(document: Document, as_json: bool) -> None:
    if as_json:
        common.emit(_document_json(document) | {"text": document.source})
        return
    console = common.console()
    console.print(common.safe(document.title), style="bold", soft_wrap=True)
    console.print(common.safe(f"key {document.key} {document.origin}"), soft_wrap=True)
    console.print(common.safe(document.source))


def _find(library: Library, name: str) -> Card | Document:
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


def _card_json(card: Card) -> dict[str, Any]:
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


def _document_json(document: Document) -> dict[str, Any]:
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


def _answer_json(answer: Answer) -> dict[str, Any]:
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


def _passage_json(passage: Passage) -> dict[str, Any]:
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


def _show_notices(notices: list[str]) -> None:
    for notice in notices:
        click.echo(f"note: {common.one_line(notice)}", err=True)
