"""`ansatz runs`: what has been run, and what to do with it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from agent.cli import common
from tools.errors import BadInput
from tools.export import FORMATS
from tools.records import RunRecord, Status
from tools.runs import RunStore

_RUN = "RUN is a number, an id or its unique beginning, `last`, `previous` or `last~2`."


@click.group(epilog=_RUN)
def runs() -> None:
    """List, show, compare, export, resume and remove runs."""


@runs.command("list")
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--status", type=click.Choice([str(s) for s in Status]), help="Only runs so marked.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many, newest first.",
)
@common.json_option
@common.guarded
def list_(experiment: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List runs, newest first."""
    records = common.open_store().recent(experiment=experiment, status=status, limit=limit)
    if as_json:
        common.emit({"runs": [record.as_json() for record in records]})
        return
    if not records:
        click.echo("There are no such runs." if experiment or status else "There are no runs yet.")
        return
    from agent.cli.render import defaults_of, list_runs
    from tools import registry

    known = {record.experiment for record in records}
    defaults = defaults_of(e for e in registry.load() if e.name in known)
    common.console().print(list_runs(records, defaults, time.time()))


@runs.command(epilog=_RUN)
@click.argument("run")
@common.json_option
@common.guarded
def show(run: str, as_json: bool) -> None:
    """Show everything about a run."""
    record = common.open_store().find(run)
    if as_json:
        common.emit(record.as_json())
        return
    from agent.cli.render import show_run

    show_run(common.console(), record)


@runs.command(epilog=_RUN)
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN [RUN ...]")
@click.option("--plot/--no-plot", default=True, help="Draw the metrics side by side.")
@common.json_option
@common.guarded
def compare(runs: tuple[str, ...], plot: bool, as_json: bool) -> None:
    """Compare runs with the first one named."""
    from tools.compare import compare as compare_runs

    store = common.open_store()
    comparison = compare_runs([store.find(name) for name in runs])
    path = None
    if plot:
        from tools.comparison_figure import save

        path = save(comparison, store.home / "comparisons")
    if as_json:
        common.emit(comparison.as_json() | {"figure": None if path is None else str(path)})
        return
    from agent.cli.render import show_comparison

    console = common.console()
    show_comparison(console, comparison)
    if path is not None:
        console.print(f"figure: {path}", soft_wrap=True)


@runs.command("rm", epilog=_RUN)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common.json_option
@common.guarded
def remove(runs: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Remove runs, their records and their files."""
    store = common.open_store()
    records = _named(store, runs)
    for record in records:
        # Checked for all before the first is removed: all go, or none.
        if not record.status.over:
            raise BadInput(
                f"Run {record.id} is {record.status}.",
                f"`ansatz runs cancel {record.number}` stops it.",
            )
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise BadInput("Removing needs a yes, and nobody can be asked.", "Add --yes.")
        names = ", ".join(f"{r.id} (#{r.number}, {r.experiment})" for r in records)
        if not click.confirm(f"Remove {names} with all their files?", err=True):
            click.echo("nothing removed", err=True)
            return
    for record in records:
        store.remove(record.id)
        if not as_json:
            click.echo(f"removed {record.id} (#{record.number})")
    if as_json:
        common.emit({"removed": [record.id for record in records]})


@runs.command(epilog=_RUN)
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="By default what the file's name ends in, else json.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write."
)
@common.json_option
@common.guarded
def export(runs: tuple[str, ...], format_: str | None, output: Path | None, as_json: bool) -> None:
    """Write runs, all of them if none is named, for other programs.

    JSON holds everything; CSV and Parquet hold one row a metric. Without -o the text goes to
    standard output.
    """
    from tools.export import text, write

    store = common.open_store()
    records = _named(store, runs) if runs else store.recent(limit=10**9)[::-1]
    ending = output.suffix.lstrip(".").lower() if output else ""
    if format_ is None and ending and ending not in FORMATS:
        raise BadInput(
            f"{output} ends in .{ending}, which is no format.",
            f"Formats: {', '.join(FORMATS)}; or say which by --format.",
        )
    format_ = format_ or ending or "json"
    if output is None:
        if as_json and format_ != "json":
            raise BadInput(f"--json cannot print {format_}.", "Name a file with -o PATH.")
        click.echo(text(records, format_), nl=format_ == "json")
        return
    write(records, format_, output)
    if as_json:
        common.emit({"path": str(output), "format": format_, "runs": len(records)})
    else:
        click.echo(f"wrote {len(records)} runs to {output}", err=True)


@runs.command(epilog=_RUN)
@click.argument("run")
@common.json_option
@click.option("--quiet", is_flag=True, help="Show no progress.")
@common.guarded
def resume(run: str, as_json: bool, quiet: bool) -> None:
    """Go on with a run that was interrupted, cancelled or failed, and watch it."""
    from agent.cli.run import resume as go_on

    go_on(common.open_store().find(run), as_json=as_json, quiet=quiet)


@runs.command(epilog=_RUN)
@click.argument("run")
@common.json_option
@common.guarded
def cancel(run: str, as_json: bool) -> None:
    """Stop a run that is going on, at its next step."""
    from tools.launch import cancel as cancel_run

    store = common.open_store()
    record = store.find(run)
    if record.status.over:
        raise BadInput(f"Run {record.id} is {record.status}.", "There is nothing to cancel.")
    record = cancel_run(store, record.id)
    if as_json:
        common.emit(record.as_json())
    else:
        click.echo(f"run {record.id} (#{record.number}) {record.status}")


def _named(store: RunStore, names: tuple[str, ...]) -> list[RunRecord]:
    """Finds the runs that people named, each once."""
    found = [store.find(name) for name in names]
    return list({record.id: record for record in found}.values())
