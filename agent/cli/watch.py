"""Following a run in the terminal: progress with time to go, and Ctrl-C that cancels it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from agent.cli import common
from tools.duration import humane
from tools.launch import Launcher, progress_line
from tools.locks import lock_is_held
from tools.records import RunRecord, Status

_LINE_EVERY = 10.0  # seconds between progress lines when nobody watches a terminal
_MIRROR_PATIENCE = 30.0
_WIDEST = 100  # columns of label, bar and numbers together
_NUMBERS = 31  # columns of `10000/10000 2 min 59 s left` and of a bar that is hardly one


def follow(
    launcher: Launcher,
    run_id: str,
    start: Callable[[], RunRecord],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Starts a run, shows its progress and then its result, and leaves with its exit code.

    Ctrl-C cancels the run, also when it comes while the run is being started.
    """
    try:
        with _progress(quiet) as show:
            start()
            launcher.wait(run_id, show)
            done = _mirrored(launcher, run_id)
    except KeyboardInterrupt:
        done = launcher.cancel(run_id)
        if as_json:
            common.emit(done.as_json())
        if done.status is Status.COMPLETED:
            click.echo(f"run {done.id} completed before it could be cancelled", err=True)
        else:
            click.echo(f"cancelled run {done.id}{_how_to_resume(done)}", err=True)
        raise click.exceptions.Exit(common.CANCELLED) from None
    show_outcome(done, as_json=as_json)


def show_outcome(record: RunRecord, *, as_json: bool) -> None:
    """Prints an ended run and leaves: 0 when it completed, 1 otherwise."""
    if as_json:
        common.emit(record.as_json())
    else:
        from agent.cli.render import show_result

        show_result(common.console(), record)
    if record.status is not Status.COMPLETED:
        reason = common.one_line(record.error or "it gave no reason")
        click.echo(f"error: run {record.id} {record.status}: {reason}", err=True)
        if record.log.exists() and record.log.stat().st_size:
            click.echo(f"what it printed: {record.log}", err=True)
        if how := _how_to_resume(record):
            click.echo(how.lstrip("; "), err=True)
        raise click.exceptions.Exit(common.FAILED)


def _how_to_resume(record: RunRecord) -> str:
    if not record.resumable:
        return ""
    when = "once that is mended, " if record.status is Status.FAILED else ""
    return f"; {when}`ansatz runs resume {record.number}` goes on with it"


def _mirrored(launcher: Launcher, run_id: str) -> RunRecord:
    """Waits until a run that is over has also been mirrored, so that its notices are complete."""
    record = launcher.store.get(run_id)
    give_up = time.monotonic() + _MIRROR_PATIENCE
    while (
        os.environ.get("MLFLOW_TRACKING_URI")
        and lock_is_held(record.folder)
        and time.monotonic() < give_up
    ):
        time.sleep(0.02)
    return launcher.store.get(run_id)


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[RunRecord], None]]:
    """Yields what shows progress: nothing, a bar on a terminal, or a line now and then."""
    console = common.console(stderr=True)
    if quiet:
        yield lambda record: None
    elif console.is_terminal:
        with _bar() as show:
            yield show
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[Callable[[RunRecord], None]]:
    from rich.console import Group
    from rich.constrain import Constrain
    from rich.live import Live
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column
    from rich.text import Text

    console = common.console(stderr=True)
    # Where it is narrow the bar gives way, and then a long label: the numbers never do.
    widest = max(console.width - _NUMBERS, 9)
    label = Column(no_wrap=True, overflow="ellipsis", max_width=widest)
    columns = (
        TextColumn("{task.description}", markup=False, table_column=label),
        BarColumn(bar_width=None, table_column=Column(ratio=1)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[left]}", markup=False),
    )
    bar = Progress(*columns, console=console, expand=True)
    below = Text(style="dim", no_wrap=True, overflow="ellipsis")
    both = Group(Constrain(bar, _WIDEST), below)
    with Live(both, console=console, transient=True, refresh_per_second=10):
        task = bar.add_task("starting", total=None, left="")

        def show(record: RunRecord) -> None:
            if progress := record.progress:
                bar.update(
                    task,
                    description=common.safe(progress.label),
                    completed=progress.done,
                    total=progress.total,
                    left=f"{humane(progress.eta)} left" if progress.eta else "",
                )
                below.plain = common.safe(progress.detail)

        yield show


class _Lines:
    """Prints progress when another step begins, and now and then in between."""

    def __init__(self) -> None:
        self._label = ""
        self._last = 0.0

    def __call__(self, record: RunRecord) -> None:
        progress, now = record.progress, time.monotonic()
        if progress and (progress.label != self._label or now - self._last > _LINE_EVERY):
            self._label, self._last = progress.label, now
            click.echo(common.one_line(progress_line(progress)), err=True)
