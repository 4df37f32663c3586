"""`ansatz tools`: the experiments at hand, and how to begin one of your own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import common
from tools.duration import humane

if TYPE_CHECKING:
    from tools.experiment import Experiment


@click.group()
def tools() -> None:
    """Show the experiments at hand, or begin one of your own."""


@tools.command("list")
@common.json_option
@common.guarded
def list_(as_json: bool) -> None:
    """List all experiments, and packages that could not be used."""
    from tools import registry
    from tools.reference import default_cost

    found = registry.load()
    if as_json:
        common.emit(
            {
                "experiments": [
                    {
                        "name": e.name,
                        "summary": e.summary,
                        "papers": list(e.papers),
                        "seconds": default_cost(e),
                    }
                    for e in found
                ],
                "problems": list(found.problems),
            }
        )
        return
    from agent.cli.render import table

    made = table("experiment", "what it finds out", "papers", "takes about", right=("takes about",))
    for e in found:
        cost = default_cost(e)
        made.add_row(
            common.safe(e.name),
            common.safe(e.summary),
            common.safe(", ".join(e.papers)),
            "" if cost is None else humane(cost),
        )
    common.console().print(made)
    for problem in found.problems:
        click.echo(f"problem: {common.one_line(problem)}", err=True)


@tools.command()
@click.argument("name")
@click.option("--markdown", is_flag=True, help="Print the page of the reference documentation.")
@common.json_option
@common.guarded
def show(name: str, markdown: bool, as_json: bool) -> None:
    """Show an experiment: what it tests, parameters, examples, cost."""
    from tools import registry
    from tools.reference import as_json as reference_json
    from tools.reference import as_markdown

    experiment = registry.load().get(name)
    if as_json:
        common.emit(reference_json(experiment))
    elif markdown:
        click.echo(as_markdown(experiment), nl=False)
    else:
        _show(experiment)


def _show(experiment: Experiment) -> None:
    from agent.cli.render import table
    from agent.cli.run import show as typed
    from tools.reference import default_cost

    console = common.console()
    console.print(common.safe(experiment.name), style="bold")
    console.print(common.safe(experiment.description))
    if experiment.details:
        console.print()
        console.print(common.safe(experiment.details))
    console.print()
    if experiment.claim:
        papers = f" ({', '.join(experiment.papers)})" if experiment.papers else ""
        console.print(f"Tests: {common.safe(experiment.claim + papers)}\n")
    made = table("parameter", "default", "allowed", "meaning")
    for p in experiment.parameters():
        allowed = ", ".join(map(str, p.choices)) or p.bounds or p.type.__name__
        default: Any = "(required)" if p.required else typed(p.default)
        made.add_row(*map(common.safe, (p.name, default, allowed, p.description)))
    console.print(made)
    console.print()
    cost = default_cost(experiment)
    if cost is not None:
        console.print(f"Takes about {humane(cost)} at its defaults.")
    if experiment.resumable:
        console.print("An interrupted run goes on where it was.")
    for example in experiment.examples[:5]:
        console.print(f"ansatz chat {shlex.quote(common.safe(example))}", soft_wrap=True)
    console.print(f"ansatz run {experiment.name} --help", soft_wrap=True)


@tools.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to make; by default ./NAME.",
)
@common.json_option
@common.guarded
def new(name: str, into: Path | None, as_json: bool) -> None:
    """Begin a package of your own with a first experiment in it."""
    from tools.scaffold import create, experiment_name

    module, verb = experiment_name(name)
    folder = into or Path(f"ansatz-{module.replace('_', '-')}")
    files = create(name, folder)
    following = [
        f"pip install -e {shlex.quote(str(folder))}",
        f"ansatz run {module}.{verb}",
    ]
    if as_json:
        common.emit({"folder": str(folder), "files": [str(f) for f in files], "next": following})
        return
    for path in files:
        click.echo(f"wrote {path}")
    click.echo("next:")
    for command in following:
        click.echo(f"  {command}")
