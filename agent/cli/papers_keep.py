"""`ansatz papers add`, `remove`, `rebuild`, `export` and `check`: keeping the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli import common
from agent.cli import papers_view as view
from tools.errors import BadInput

if TYPE_CHECKING:
    from knowledge import Line


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@common.json_option
@common.guarded
def add(paths: tuple[str, ...], as_json: bool) -> None:
    """Add files or folders: text, Markdown, HTML, BibTeX, RIS, PDF, LaTeX, listings.

    What has not changed is not read again, so an interrupted call is continued by repeating it.
    Texts are found by their words as soon as they are stored; their vectors follow.
    """
    done: list[Line] = []

    def report(line: Line) -> None:
        done.append(line)
        if not as_json:
            view.show_line(line)

    with view.open_library() as library:
        try:
            lines = library.ingest(
                [Path(path) for path in paths], report, view.progress_line("embedding")
            )
        except KeyboardInterrupt:
            click.echo(_stopped(len(done), library.waiting()), err=True)
            raise
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
        view.show_notices(notices)
    if failed:
        raise click.exceptions.Exit(common.FAILED)


def _stopped(files: int, waiting: int) -> str:
    vectors = f"; {waiting} texts wait for their vectors and get them meanwhile" if waiting else ""
    return f"stopped after {files} files, which are kept{vectors}; repeat the call for the rest"


@click.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@common.guarded
def remove(keys: tuple[str, ...]) -> None:
    """Remove texts of your own; files they came from are left alone."""
    from knowledge import KnowledgeError

    with view.open_library() as library:
        for key in keys:
            try:
                library.remove(key)
            except KnowledgeError as error:
                told = common.describe(error)
                raise BadInput(told["problem"], told["remedy"]) from error
            click.echo(f"removed {common.one_line(key)}")


@click.command()
@common.json_option
@common.guarded
def rebuild(as_json: bool) -> None:
    """Make the search index anew."""
    with view.open_library() as library:
        library.rebuild(view.progress_line("indexing"))
        health = library.health()
        notices = list(library.notices)
    if as_json:
        checks = [{"name": h.name, "ok": h.ok, "detail": h.detail} for h in health]
        common.emit({"health": checks, "notices": notices})
    else:
        for check in health:
            click.echo(f"{check.name}: {common.one_line(check.detail)}")
        view.show_notices(notices)
    if not all(check.ok for check in health):
        raise click.exceptions.Exit(common.FAILED)


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["bibtex", "jsonl"]), default="bibtex", show_default=True
)
@common.guarded
def export(form: str) -> None:
    """Print the whole library, as BibTeX or as JSON lines with the texts."""
    with view.open_library() as library:
        for document in library.documents():
            if form == "bibtex":
                click.echo(library.bibtex(document.key))
            else:
                whole = view.document_json(document) | {"text": document.source}
                click.echo(json.dumps(whole, ensure_ascii=False))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--published",
    type=click.Path(path_type=Path),
    help="Text file, or folder of *.txt, whose sentences must not reappear in a card.",
)
@common.json_option
@common.guarded
def check(folder: Path | None, published: Path | None, as_json: bool) -> None:
    """Check cards: fields, links, duplicates, experiments, copied sentences.

    Without FOLDER the cards that ship are checked.
    """
    from knowledge.card import CARDS_FOLDER
    from knowledge.validator import check as problems_of
    from tools import registry

    names = [experiment.name for experiment in registry.load()]
    problems = problems_of(folder or CARDS_FOLDER, published=published, experiments=names)
    if as_json:
        common.emit({"problems": [{"file": p.file, "problem": p.text} for p in problems]})
    else:
        for problem in problems:
            click.echo(common.one_line(str(problem)))
        click.echo(f"{len(problems)} problems" if problems else "no problems")
    if problems:
        raise click.exceptions.Exit(common.FAILED)
