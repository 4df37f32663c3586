"""`ansatz papers`: search, ask, cite and fill the library."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from agent.cli import common, papers_keep
from agent.cli import papers_view as view
from tools.errors import BadInput


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
    with view.open_library() as library:
        passages = library.search(words, k, view.filter_of(where))
        notices = list(library.notices)
    if as_json:
        common.emit({"passages": [view.passage_json(p) for p in passages], "notices": notices})
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
    view.show_notices(notices)


@papers.command("list")
@common.json_option
@common.guarded
def list_(as_json: bool) -> None:
    """List the papers, and texts of your own."""
    with view.open_library() as library:
        cards = library.cards()
        known = {card.key for card in cards}
        others = [d for d in library.documents() if d.key not in known]
        notices = list(library.notices)
    if as_json:
        common.emit(
            {
                "papers": [view.card_json(card) for card in cards],
                "documents": [view.document_json(d) for d in others],
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
    view.show_notices(notices)


@papers.command()
@click.argument("name")
@common.json_option
@common.guarded
def show(name: str, as_json: bool) -> None:
    """Show a text of yours, by key, or our summary of a paper, by key, arXiv id or words."""
    from knowledge import Card

    with view.open_library() as library:
        card = view.find(library, name)
    if not isinstance(card, Card):
        view.show_document(card, as_json)
        return
    if as_json:
        sections = {s.name: s.text for s in card.sections}
        common.emit(view.card_json(card) | {"sections": sections})
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
    with view.open_library() as library:
        keys = [view.find(library, name).key for name in names]
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
    with view.open_library() as library:
        answer = library.ask(words, k, view.filter_of(where))
        entries = {q.passage.key: library.bibtex(q.passage.key) for q in answer.quotes}
        notices = list(library.notices)
    if as_json:
        common.emit(view.answer_json(answer) | {"bibtex": entries, "notices": notices})
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
    view.show_notices(notices)


@papers.command()
@click.argument("name", required=False)
@click.option("--dot", is_flag=True, help="For Graphviz.")
@click.option("--steps", type=click.IntRange(1, 10), default=1, show_default=True)
@common.guarded
def graph(name: str | None, dot: bool, steps: int) -> None:
    """Show which papers are related, all or around one."""
    from knowledge.graph import around, as_dot, as_text, graph_of

    with view.open_library() as library:
        shown = graph_of(library.cards())
        if name is not None:
            shown = around(shown, view.find(library, name).key, steps)
    click.echo(as_dot(shown) if dot else as_text(shown))


for _command in (
    papers_keep.add,
    papers_keep.remove,
    papers_keep.rebuild,
    papers_keep.export,
    papers_keep.check,
):
    papers.add_command(_command)
