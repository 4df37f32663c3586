"""`ansatz run NAME`: each registered experiment is a command with options of its own."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from agent.cli import common
from tools import registry
from tools.duration import humane
from tools.errors import BadInput
from tools.experiment import Experiment, Parameter, Params
from tools.names import new_id
from tools.records import RunRecord, Status


class ExperimentGroup(click.Group):
    """A group whose commands are the registered experiments."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names of all experiments."""
        return list(registry.load().experiments)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Builds the command of one experiment."""
        experiment = registry.load().experiments.get(cmd_name)
        return None if experiment is None else command_for(experiment)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the experiment that the arguments begin with.

        Raises:
            NotFound: naming experiments that are spelled alike.
        """
        if not args[0].startswith("-"):
            registry.load().get(args[0])
        return super().resolve_command(ctx, args)


@click.group(cls=ExperimentGroup)
def run() -> None:
    """Run one experiment and show what came out.

    `ansatz run NAME --help` shows its parameters.
    """


def command_for(experiment: Experiment) -> click.Command:
    """Builds the command that runs an experiment, with one option for each parameter."""
    options, names = _options(experiment)
    taken = [p.name for p in experiment.parameters() if p.name not in names.values()]
    epilog = f"Tests: {experiment.claim}" if experiment.claim else ""
    if taken:
        epilog += f" Set {', '.join(taken)} with --set."

    @common.guarded
    def call(
        settings: tuple[str, ...], seed: int, as_json: bool, quiet: bool, **typed: str | None
    ) -> None:
        given = {names[key]: value for key, value in typed.items() if value is not None}
        params = experiment.parse_text(_merge(experiment, given, settings))
        execute(experiment, params, seed, as_json=as_json, quiet=quiet)

    fixed = [
        click.Option(
            ["--set", "settings"],
            multiple=True,
            metavar="NAME=VALUE",
            help="Set a parameter; repeat for more.",
        ),
        click.Option(
            ["--seed", "seed"],
            type=click.IntRange(0, common.MAX_SEED),
            default=0,
            show_default=True,
            help="The only source of randomness.",
        ),
        click.Option(
            ["--json", "as_json"], is_flag=True, help="Print exactly one JSON object: the run."
        ),
        click.Option(["--quiet", "quiet"], is_flag=True, help="Show no progress."),
    ]
    return click.Command(
        experiment.name,
        callback=call,
        params=[*options, *fixed],
        help=f"{experiment.description}\n\n{experiment.details}".strip(),
        short_help=experiment.summary,
        epilog=epilog,
    )


_OURS = {"set", "seed", "json", "quiet", "help"}


def _options(experiment: Experiment) -> tuple[list[click.Option], dict[str, str]]:
    """Returns an option for each parameter, and option key -> parameter name."""
    options, names = [], {}
    for parameter in experiment.parameters():
        if parameter.name in _OURS:
            continue
        key, flag = f"p_{parameter.name}", parameter.name.replace("_", "-")
        names[key] = parameter.name
        text = help_text(parameter)
        if parameter.type is bool:
            # Flags too become text, so that one parser judges every value.
            options += [
                click.Option([f"--{flag}", key], flag_value="true", default=None, help=text),
                click.Option([f"--no-{flag}", key], flag_value="false", default=None),
            ]
        else:
            options.append(click.Option([f"--{flag}", key], metavar=_metavar(parameter), help=text))
    return options, names


def help_text(parameter: Parameter) -> str:
    """Describes a parameter on one line: meaning, what is allowed, default."""
    parts = [parameter.description]
    if parameter.bounds:
        parts.append(f"({parameter.bounds})")
    parts.append("[required]" if parameter.required else f"[default: {show(parameter.default)}]")
    return " ".join(filter(None, parts))


def show(value: Any) -> str:
    """Writes a parameter's value the way it can be typed."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(show, value)) if isinstance(value, list | tuple) else str(value)


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        several = "[,...]" if parameter.type is list else ""
        return f"{'|'.join(map(str, parameter.choices))}{several}"
    return {int: "INTEGER", float: "NUMBER", list: "VALUE,..."}.get(parameter.type, "TEXT")


def _merge(
    experiment: Experiment, typed: dict[str, str], settings: tuple[str, ...]
) -> dict[str, str]:
    """Joins both ways of setting a parameter.

    Raises:
        BadInput: if a setting has no `=`, or one parameter is set twice to different values.
    """
    known = {p.name for p in experiment.parameters()}
    values = dict(typed)
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator or not name.strip():
            raise BadInput(f"--set {setting} is not of the form NAME=VALUE.", "Write --set k=v.")
        name = name.strip()
        if name not in known and name.replace("-", "_") in known:
            name = name.replace("-", "_")
        if values.setdefault(name, value) != value:
            raise BadInput(
                f"{experiment.name}: {name} is set twice, to {values[name]} and {value}.",
                "Set it once.",
            )
    return values


def execute(
    experiment: Experiment, params: Params, seed: int, *, as_json: bool, quiet: bool
) -> RunRecord:
    """Starts a run, follows it in the terminal, and returns it; leaves if it did not complete."""
    from agent.cli.watch import follow
    from tools.launch import Launcher

    store = common.open_store()
    with closing(Launcher(store)) as launcher:
        cost = experiment.estimate(params)
        if not quiet:
            dollars = f" and {cost.dollars:.2f} dollars" if cost.dollars else ""
            click.echo(
                f"{experiment.name}: expected to take {humane(cost.seconds)}{dollars}", err=True
            )
        run_id = new_id()
        follow(
            launcher,
            run_id,
            lambda: launcher.start(experiment, params, seed=seed, run_id=run_id),
            as_json=as_json,
            quiet=quiet,
        )
    return store.get(run_id)


def resume(record: RunRecord, *, as_json: bool, quiet: bool) -> None:
    """Goes on with a run that was interrupted or cancelled, or failed, and follows it.

    One that failed goes on if it keeps checkpoints: what it lacked, such as an endpoint that
    answers, may be there now.

    Raises:
        BadInput: when the run is none of these.
        NotFound: when its experiment is gone.
    """
    from agent.cli.watch import follow
    from tools.launch import Launcher

    failed = record.status is Status.FAILED and record.resumable
    if record.status not in (Status.INTERRUPTED, Status.CANCELLED) and not failed:
        raise BadInput(
            f"Run {record.id} is {record.status}.",
            "Interrupted and cancelled runs can be resumed, and failed ones that keep checkpoints;"
            f" `ansatz run {record.experiment}` starts another.",
        )
    registry.load().get(record.experiment)  # gone or renamed: say so before starting anything
    if not record.resumable and not quiet:
        click.echo(f"{record.experiment} keeps no checkpoints: it starts afresh", err=True)
    with closing(Launcher(common.open_store())) as launcher:
        follow(launcher, record.id, lambda: launcher.resume(record), as_json=as_json, quiet=quiet)
