"""`ansatz eval`: list and run suites; score, compare, report and export what was run."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli import common
from evals import suites
from evals.experiments import evaluate
from evals.played import open_journal, read
from evals.recipe import Recipe
from tools.errors import BadInput

if TYPE_CHECKING:
    from evals.cluster import RayExecutor
    from evals.summary import Summary
    from tools.records import RunRecord

_RUN = "RUN is a number, an id or the beginning of one, `last`, or `previous`."


@click.group("eval")
def eval_() -> None:
    """Run suites of questions with known right answers, and compare what came out."""


@eval_.command("list")
@common.json_option
@common.guarded
def list_(as_json: bool) -> None:
    """List the suites."""
    if as_json:
        common.emit({"suites": suites.SUITES})
        return
    from agent.cli.render import table

    made = table("suite", "what it asks")
    for name, text in suites.SUITES.items():
        made.add_row(name, text)
    common.console().print(made)


@eval_.command()
@click.argument("suite", type=click.Choice(suites.names()))
@click.option("--model", default="", help="Model at the endpoint, or `offline`.")
@click.option("--samples", type=int, default=0, help="Samples, spread over the suite; 0 for all.")
@click.option("--epochs", type=int, default=1, show_default=True, help="Times each is answered.")
@click.option(
    "--seed",
    type=click.IntRange(0, common.MAX_SEED),
    default=0,
    show_default=True,
    help="Of generated samples.",
)
@click.option(
    "--wordings",
    type=click.Choice(["original", "robustness", "fairness"]),
    default="original",
    help="Ask each question also in other words.",
)
@click.option("--path", default="", help="Your own data, where the suite takes some.")
@click.option("--answers", default="", help="A file of answers (JSON lines) in place of a model.")
@click.option("--concurrency", type=int, default=8, show_default=True, help="Samples at a time.")
@click.option("--requests-per-minute", type=float, default=0.0, help="Pace; 0 for no limit.")
@click.option("--tokens", type=int, default=0, help="Tokens the run may use; 0 for no limit.")
@click.option("--dollars", type=float, default=0.0, help="Dollars it may cost; 0 for no limit.")
@click.option("--dataset", default="", help="For arithmetic: a data set of reasoning-gym.")
@click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where samples are answered and scored.",
)
@click.option("--lanes", type=int, default=0, help="Samples at a time on Ray; 0: one per core.")
@click.option("--fresh", is_flag=True, help="Ask again what other runs have asked before.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@common.json_option
@common.guarded
def run(suite: str, seed: int, quiet: bool, as_json: bool, **options: object) -> None:
    """Run a suite. A killed run continues with `ansatz eval resume`, paying nothing twice."""
    from agent.cli.run import execute

    for name in ("path", "answers"):
        if options[name]:
            # The run may live on in another folder.
            options[name] = str(Path(str(options[name])).expanduser().absolute())
    params = evaluate.parse({"suite": suite, **options})
    execute(evaluate, params, seed, as_json=as_json, quiet=quiet)


@eval_.command(epilog=_RUN)
@click.argument("run")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@common.json_option
@common.guarded
def resume(run: str, quiet: bool, as_json: bool) -> None:
    """Continue a run that was killed or cancelled, with what is left of it."""
    from agent.cli.run import resume as go_on

    go_on(_eval_run(run), as_json=as_json, quiet=quiet)


@eval_.command(epilog=_RUN)
@click.argument("run")
@click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where answers are scored.",
)
@common.json_option
@common.guarded
def score(run: str, executor: str, as_json: bool) -> None:
    """Score the answers of a run again with today's scorer; no model is called."""
    from evals import runner
    from evals.summary import summarise

    record = _eval_run(run)
    recipe = Recipe.of(record.params, record.seed)
    with ExitStack() as stack:
        journal = stack.enter_context(closing(open_journal(_folder(record))))
        lanes = stack.enter_context(_cluster(recipe)) if executor == "ray" else None
        suite = recipe.build()
        before = summarise(list(journal.entries(suite.name)))
        name = f"{suite.name} again"
        count = asyncio.run(runner.rescore(journal, suite.scorer, name, lanes))
        after = summarise(list(journal.entries(name)))
        was = {(e.sample.id, e.epoch): e.score for e in journal.entries(suite.name)}
        changed = [
            (e.sample.id, was[e.sample.id, e.epoch], e.score)
            for e in journal.entries(name)
            if e.score and (old := was[e.sample.id, e.epoch]) and old.state is not e.score.state
        ]
    if as_json:
        flips = [{"sample": s, "was": a.state, "is": b.state} for s, a, b in changed if a and b]
        common.emit({"scored": count, "before": _plain(before), "after": _plain(after),
                     "changed": flips})  # fmt: skip
        return
    console = common.console()
    console.print(f"{count} answers scored again, {len(changed)} with another outcome")
    for sample, old, new in changed:
        assert old is not None
        assert new is not None
        console.print(f"  {sample}: {old.state} -> {new.state}: {common.one_line(new.reason)}")
    _show(after)


@eval_.command(epilog=_RUN)
@click.argument("first")
@click.argument("second")
@common.json_option
@common.guarded
def compare(first: str, second: str, as_json: bool) -> None:
    """Compare two runs of one suite, sample by sample: FIRST minus SECOND."""
    from evals import paired
    from evals.summary import credits

    a, b = _eval_run(first), _eval_run(second)
    if a.params["suite"] != b.params["suite"]:
        raise BadInput(
            f"{a.id} ran {a.params['suite']}, {b.id} ran {b.params['suite']}.",
            "Compare runs of the same suite.",
        )
    left, clusters = credits(read(_folder(a)).entries)
    right, more = credits(read(_folder(b)).entries)
    found = paired.compare(left, right, {**more, **clusters})
    spread = found.difference.stderr * found.difference.clusters**0.5
    seen = abs(found.difference.value)
    needed = paired.samples_needed(spread, seen) if seen and spread == spread else None
    if as_json:
        common.emit({"difference": _plain(found.difference), "p_value": found.p_value,
                     "test": found.test, "common": found.common, "only_first": found.only_a,
                     "only_second": found.only_b, "samples_needed": needed})  # fmt: skip
        return
    console = common.console()
    d = found.difference
    console.print(
        f"{a.id} minus {b.id}: {d.value:+.4f} [{d.low:+.4f}, {d.high:+.4f}],"
        f" p = {found.p_value:.3g} ({found.test}, {d.clusters} problems)"
    )
    if found.only_a or found.only_b:
        console.print(f"left out: {found.only_a} samples of the first, {found.only_b} of the other")
    if needed is not None:
        console.print(f"problems needed to see this difference 4 times in 5: {needed}")


@eval_.command(epilog=_RUN)
@click.argument("run")
@click.option("--against", default="", metavar="RUN", help="Show what differs from another run.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=None)
@common.guarded
def report(run: str, against: str, output: Path | None) -> None:
    """Write a page with every sample: filter it, open it, compare it. It needs no network."""
    from evals.report import page

    record = _eval_run(run)
    other = _eval_run(against) if against else None
    text = page(read(_folder(record)), read(_folder(other)) if other else None)
    path = output or Path(f"eval-{record.params['suite']}-{record.id}.html")
    common.write_page(path, text)


@eval_.command(epilog=_RUN)
@click.argument("run")
@click.option("--format", "format_", type=click.Choice(["json", "parquet", "inspect"]))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True)
@common.guarded
def export(run: str, format_: str | None, output: Path) -> None:
    """Write the samples of a run for other programs; the format is what the file's name ends in."""
    from evals.export import write

    write(read(_folder(_eval_run(run))), format_ or output.suffix.lstrip("."), output)
    click.echo(output)


def _eval_run(name: str) -> RunRecord:
    record = common.open_store().find(name)
    if record.experiment != evaluate.name:
        raise BadInput(
            f"Run {record.id} is one of {record.experiment}, not of a suite.",
            "`ansatz runs list` shows the runs; those of suites are called evals.run.",
        )
    return record


def _folder(record: RunRecord) -> Path:
    return common.open_store().folder / record.id


def _cluster(recipe: Recipe) -> RayExecutor:
    from evals.cluster import RayExecutor

    return RayExecutor(recipe, offline=False)


def _plain(thing: object) -> object:
    from dataclasses import asdict, is_dataclass

    assert is_dataclass(thing)
    assert not isinstance(thing, type)
    return asdict(thing)


def _show(summary: Summary) -> None:
    from agent.cli.render import table

    made = table("metric", "value", "95 % interval", "n", right=("value", "n"))
    for row in (*summary.rows, *summary.by_tag):
        i = row.interval
        made.add_row(row.name, f"{i.value:.4f}", f"[{i.low:.4f}, {i.high:.4f}]", str(i.n))
    common.console().print(made)
