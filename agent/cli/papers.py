"""`ansatz papers`: search and cite the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agent.cli import common
from tools.errors import BadInput, NotFound

if TYPE_CHECKING:
    from knowledge import Card, Library, Passage


@click.group()
def papers() -> None:
    """Search and cite the library of papers."""


@papers.command()
@click.argument("query", nargs=-1, required=True)
@click.option("-k", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@common.json_option
@common.guarded
def search(query: tuple[str, ...], k: int, as_json: bool) -> None:
    """Find the passages that bear on a question."""
    words = " ".join(query).strip()
    if not words:
        raise BadInput("The question is empty.", "Ask something.")
    with _library() as library:
        passages = library.search(words, k)
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
        console.print(f"    {common.safe(p.section)}, similarity {p.similarity:.2f}", style="dim")
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
                "documents": [{"key": d.key, "title": d.title} for d in others],
                "notices": notices,
            }
        )
        return
    from agent.cli.render import table

    made = table("key", "year", "title", "experiments")
    for card in cards:
        made.add_row(card.key, str(card.year), card.title, ", ".join(card.experiments))
    for document in others:
        made.add_row(common.safe(document.key), "", common.safe(document.title), "")
    common.console().print(made)
    _show_notices(notices)


@papers.command()
@click.argument("name")
@common.json_option
@common.guarded
def show(name: str, as_json: bool) -> None:
    """Show our summary of a paper, named by key, arXiv id or words of its title."""
    with _library() as library:
        card = _find(library, name)
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
        cards = [_find(library, name) for name in names]
    if as_json:
        common.emit({"entries": [{"key": c.key, "bibtex": c.bibtex()} for c in cards]})
        return
    click.echo("\n\n".join(card.bibtex().strip() for card in cards))


@papers.command()
@common.json_option
@common.guarded
def rebuild(as_json: bool) -> None:
    """Make the search index anew."""
    terminal = common.console(stderr=True).is_terminal

    def progress(done: int, total: int) -> None:
        if terminal:
            click.echo(f"\rindexing {done}/{total}", nl=done == total, err=True)

    with _library() as library:
        library.rebuild(progress)
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


def _find(library: Library, name: str) -> Card:
    from knowledge.errors import KnowledgeError

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
        "score": passage.score,
        "similarity": passage.similarity,
        "relevant": passage.relevant,
    }


def _show_notices(notices: list[str]) -> None:
    for notice in notices:
        click.echo(f"note: {common.one_line(notice)}", err=True)
