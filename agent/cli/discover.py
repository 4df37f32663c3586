"""`ansatz discover`: search for constructions and algorithms, study policies, see what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import common
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.experiment import Experiment, Params
    from tools.records import RunRecord

_RUN = "RUN is a number, an id or the beginning of one, `last`, or `previous`."
_EXTENDED = {"evaluations", "seconds", "tokens", "dollars", "price", "executor", "lanes", "strict"}
"""What may differ in a search that goes on from another."""


@click.group()
def discover() -> None:
    """Search for constructions and algorithms; everything found is verified exactly."""


@discover.command("list")
@common.json_option
@common.guarded
def list_(as_json: bool) -> None:
    """List the problems, with what is known of each at its usual size."""
    from tools.discovery import problems

    rows: list[dict[str, Any]] = []
    for name in problems.names():
        problem = problems.get(name)
        optimum, records = problem.optimum(), problem.records()
        best = (max if problem.maximise else min)((r.value for r in records), default=None)
        known = optimum.value if optimum else best
        rows.append(
            {
                "problem": name,
                "title": problem.title,
                "size": dict(problem.size),
                "direction": "maximise" if problem.maximise else "minimise",
                "known": None if known is None else float(known),
                "optimal": bool(optimum and optimum.proven),
            }
        )
    if as_json:
        common.emit({"problems": rows})
        return
    from agent.cli.render import table

    made = table("problem", "what is sought", "size", "best known", right=("best known",))
    for row in rows:
        size = ", ".join(f"{k}={v}" for k, v in row["size"].items())
        known_text = "" if row["known"] is None else f"{row['known']:.9g}"
        made.add_row(str(row["problem"]), f"{row['title']} ({row['direction']})", size, known_text)
    common.console().print(made)


@discover.command()
@click.argument("problem", required=False)
@click.option("--n", type=int, default=None, help="The problem's size.")
@click.option("--size", default=None, help="Further size parameters, such as `d=3`.")
@click.option("--policy", default=None, help="How parents are chosen.  [default: ccts]")
@click.option(
    "--proposer", default=None, help="`embedded`, or models by commas.  [default: embedded]"
)
@click.option("--evaluations", type=int, default=None, help="Programs in all.  [default: 60]")
@click.option("--seconds", type=float, default=None, help="Time it may take.")
@click.option("--tokens", type=int, default=None, help="Tokens it may use.")
@click.option("--dollars", type=float, default=None, help="Dollars it may cost.")
@click.option(
    "--edit", default=None, help="What a model answers: `rewrite` or `diff`.  [default: rewrite]"
)
@click.option("--temperature", type=float, default=None, help="Of a model's programs.")
@click.option(
    "--price", default=None, help="Dollars per million tokens in and out, such as 0.15,0.60."
)
@click.option("--executor", default=None, help="`local` or `ray`.  [default: local]")
@click.option("--lanes", type=int, default=None, help="Evaluations at a time.")
@click.option("--strict", is_flag=True, default=None, help="Refuse to run without every layer.")
@click.option(
    "--resume", default="", metavar="RUN", help="Go on with a search, also beyond its budget."
)
@common.starts_run
def run(
    problem: str | None, seed: int, resume: str, quiet: bool, as_json: bool, **options: object
) -> None:
    """Search. PROBLEM is a name from `ansatz discover list`, or the path of your own."""
    from agent.cli.run import execute
    from agent.cli.run import resume as go_on
    from tools.discovery.experiments import run as experiment

    given = {name: value for name, value in options.items() if value is not None}
    if resume:
        record = _search(resume)
        if problem or not given.keys() <= _EXTENDED or seed not in (0, record.seed):
            raise BadInput(
                "A resumed search keeps its problem, its settings and its seed.",
                "Give --resume alone, or with a larger budget, such as --evaluations 200.",
            )
        if not given:
            go_on(record, as_json=as_json, quiet=quiet)
            return
        if not record.status.over:
            raise BadInput(
                f"Run {record.id} is {record.status}.", f"`ansatz runs cancel {record.number}`."
            )
        params = _on_problem(experiment, record.params | given | {"continues": record.id})
        execute(experiment, params, record.seed, as_json=as_json, quiet=quiet)
        return
    if not problem:
        raise BadInput("No problem is named.", "`ansatz discover list` shows them.")
    params = _on_problem(experiment, {"problem": problem, **given})
    execute(experiment, params, seed, as_json=as_json, quiet=quiet)


def _on_problem(experiment: Experiment, given: dict[str, Any]) -> Params:
    """Returns parameters whose problem can be made: what is wrong is told before a run is made."""
    params = experiment.parse(given)
    params.build()  # type: ignore[attr-defined]
    return params


@discover.command()
@click.option("--seeds", type=int, default=None, help="Landscapes shared by all policies.")
@click.option("--evaluations", type=int, default=None, help="Programs in each search.")
@common.starts_run
def study(seed: int, quiet: bool, as_json: bool, **options: object) -> None:
    """Compare selection policies on landscapes with a known answer."""
    from agent.cli.run import execute
    from tools.discovery.experiments import study as experiment

    params = experiment.parse({k: v for k, v in options.items() if v is not None})
    execute(experiment, params, seed, as_json=as_json, quiet=quiet)


@discover.command()
@click.argument("problem", required=False)
@click.option("--n", type=int, default=None, help="The problem's size.")
@click.option("--size", default=None, help="Further size parameters, such as s=4,t=5.")
@click.option("--seeds", type=int, default=None, help="Searches of each policy.")
@click.option("--evaluations", type=int, default=None, help="Programs of each search.")
@common.starts_run
def compare(seed: int, quiet: bool, as_json: bool, **options: object) -> None:
    """Compare selection policies on a real problem, search by search."""
    from agent.cli.run import execute
    from tools.discovery.experiments import compare as experiment

    params = _on_problem(experiment, {k: v for k, v in options.items() if v is not None})
    execute(experiment, params, seed, as_json=as_json, quiet=quiet)


@discover.command(epilog=_RUN)
@click.argument("run")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=None)
@common.guarded
def report(run: str, output: Path | None) -> None:
    """Write a page on a search, which may still be going on. It needs no network."""
    from tools.discovery.asked import build_problem
    from tools.discovery.log import Log
    from tools.discovery.report import page
    from tools.discovery.run_experiment import LOG

    record = _search(run)
    params = record.params
    problem = build_problem(params["problem"], params["n"], params["size"])
    path = common.open_store().folder / record.id / LOG
    if not path.exists():
        raise BadInput(f"Run {record.id} has no log yet.", "Wait until it has begun.")
    with Log.read(path) as log:
        text = page(log, problem)
    target = output or Path(f"discovery-{problem.name}-{record.id}.html")
    common.write_page(target, text)


@discover.command()
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path), default=None, help="The folder to make.")
@common.guarded
def new(name: str, into: Path | None) -> None:
    """Begin a problem of your own: a folder with statement, verifier, baseline and test."""
    from tools.discovery.problems.scaffold import scaffold

    folder = into or Path(name)
    for path in scaffold(name, folder):
        click.echo(path)


def _search(name: str) -> RunRecord:
    record = common.open_store().find(name)
    if record.experiment != "discovery.run":
        raise BadInput(
            f"Run {record.id} is one of {record.experiment}, not a search.",
            "`ansatz runs list` shows the runs; searches are called discovery.run.",
        )
    return record
