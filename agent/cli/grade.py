"""`ansatz grade GOLD ANSWER`: the verdict on one answer, or on every row of a file."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import common
from tools.errors import BadInput
from tools.files import regular

if TYPE_CHECKING:
    from tools.grading.agreement import Summary
    from tools.grading.grade import Grade
    from tools.grading.spec import GradeSpec

CORRECT, INCORRECT, UNGRADABLE = 0, 1, 3
_CODES = {"correct": CORRECT, "incorrect": INCORRECT, "ungradable": UNGRADABLE}
_SHOWN = 20  # rows of a kind that the summary lists
_FIELDS = ("parameters", "functions", "assume", "context")


class _FormulaCommand(click.Command):
    """A command whose arguments may begin with a minus sign: `ansatz grade 1 -1`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts options first, so that everything else is taken as it is."""
        takes_value = {
            name: not (isinstance(option, click.Option) and option.is_flag)
            for option in self.get_params(ctx)
            for name in option.opts
        }
        options: list[str] = []
        formulas: list[str] = []
        rest = iter(args)
        for word in rest:
            if word == "--":
                formulas += rest
            elif word in takes_value:
                options.append(word)
                if takes_value[word]:
                    options += [value for value in [next(rest, None)] if value is not None]
            elif word.startswith("--"):
                options.append(word)
            else:
                formulas.append(word)
        return super().parse_args(ctx, [*options, "--", *formulas])


@click.command(cls=_FormulaCommand)
@click.argument("gold", required=False)
@click.argument("answer", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Grade every row of a file.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the results, one a line."
)
@click.option("--spec", "spec_file", type=click.Path(path_type=Path), help="JSON or TOML file.")
@click.option("--parameters", metavar="LIST", help="Names an answer may use: 'x; y; (c_i,NC)'.")
@click.option("--functions", metavar="LIST", help="Names of functions: 'f; g'.")
@click.option("--assume", metavar="TEXT", help="Conventions: 'x real; n > 0; ordered slots'.")
@click.option("--context", metavar="TEXT", help="The question, for the decimals it asks for.")
@click.option(
    "--budget", type=float, default=1.0, show_default=True, help="Processor seconds a pair."
)
@common.json_option
@common.guarded
def grade(
    gold: str | None,
    answer: str | None,
    file: Path | None,
    output: Path | None,
    spec_file: Path | None,
    budget: float,
    as_json: bool,
    **fields: str | None,
) -> None:
    """Tell whether ANSWER equals GOLD, and why; ANSWER may be - for standard input.

    Leaves with 0 for correct, 1 for incorrect, 3 for ungradable and 2 for bad input. With --file
    (JSON lines or CSV with gold and answer, and where needed parameters, functions, assume,
    context, kind, id, truth) it leaves with 0 when every row could be graded, 2 when one could
    not. With -o an unfinished file of results is gone on with.

    A spec file holds parameters, functions, assume and context, or all fields of a grading spec.
    """
    if file is not None:
        if gold is not None or spec_file is not None or any(fields.values()):
            raise common.usage(
                "--file takes everything from its rows.", "Leave out GOLD, ANSWER and the spec."
            )
        _grade_file(file, output, budget, as_json=as_json)
        return
    if gold is None or answer is None:
        raise common.usage("Give GOLD and ANSWER, or --file.", "`ansatz grade --help` explains.")
    if output is not None:
        raise common.usage("-o belongs to --file.", "Redirect standard output instead.")
    _grade_pair(gold, answer, _spec(spec_file, fields), budget, as_json=as_json)


def _grade_pair(gold: str, answer: str, spec: GradeSpec, budget: float, *, as_json: bool) -> None:
    from tools.grading import service

    text = sys.stdin.read() if answer == "-" else answer
    found = service.grade(gold, text, spec, budget=budget)
    if as_json:
        common.emit(found.to_json() | {"spec": spec.to_json()})
    else:
        _show(found, spec)
    raise click.exceptions.Exit(_CODES[found.verdict])


def _show(found: Grade, spec: GradeSpec) -> None:
    """Prints a grade for people."""
    style = {"correct": "green", "incorrect": "red"}.get(found.verdict, "yellow")
    console = common.console()
    console.print(found.verdict, style=style)
    facts = {
        "why": found.reason,
        "gold": found.gold,
        "answer": found.answer,
        "method": found.method,
        "read from": found.extracted,
        "algebra": found.algebra,
        "noted": "; ".join(spec.notes),
    }
    for name, value in facts.items():
        if value:
            console.print(f"{name:>10}  {common.one_line(value)}", soft_wrap=True)


def _spec(path: Path | None, fields: Mapping[str, str | None]) -> GradeSpec:
    """Builds the spec from a file or from options."""
    from tools.grading.spec import GradeSpec

    given: Mapping[str, Any] = {k: v for k, v in fields.items() if v is not None}
    if path is not None:
        if given:
            raise common.usage(f"--spec and --{next(iter(given))} exclude each other.", "Give one.")
        given = _read_spec(path)
        if not all(name in _FIELDS and isinstance(v, str) for name, v in given.items()):
            try:
                return GradeSpec.from_json(given)
            except TypeError as error:
                raise BadInput(f"{path}: {error}.") from None
    if "functions" in given and "parameters" not in given:
        # Functions are read as part of a declaration of names.
        given = {**given, "parameters": ""}
    return GradeSpec.from_fields(**given)


def _read_spec(path: Path) -> dict[str, Any]:
    try:
        regular(path, "The spec")
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise BadInput(f"The spec {path} cannot be read: {error}.", "Give JSON or TOML.") from None
    if not isinstance(found, dict):
        raise BadInput(f"The spec {path} is no object of fields.")
    return found


# -- files ---------------------------------------------------------------------------------------


def _grade_file(file: Path, output: Path | None, budget: float, *, as_json: bool) -> None:
    from tools.grading.agreement import Summary
    from tools.grading.batch import grade_file

    with _progress() as show:
        records = grade_file(file, output, budget=budget, on_progress=show)
    summary = Summary.of(records)
    if as_json:
        where: dict[str, Any] = {"results": records} if output is None else {"file": str(output)}
        common.emit({"summary": summary.as_json()} | where)
    else:
        _show_summary(summary, output)
    if summary.bad:
        raise click.exceptions.Exit(common.BAD_INPUT)


def _show_summary(summary: Summary, output: Path | None) -> None:
    """Prints counts, agreement, and the rows worth a look."""
    from agent.cli.render import table

    console = common.console()
    for head, counts in (("verdict", summary.verdicts), ("method", summary.methods)):
        made = table(head, "rows", right=("rows",))
        for name, count in counts.items():
            made.add_row(name, str(count))
        console.print(made)
        console.print()
    if summary.agreement.trials:
        console.print(f"agreement with truth: {summary.agreement}")
        console.print(f"wrong answers accepted: {summary.false_accepts}")
        console.print(f"right answers not accepted: {summary.false_rejects}")
    for record in summary.disagreements[:_SHOWN]:
        truth = "right" if record["truth"] else "wrong"
        name = record["input"].get("id") or f"row {record['row']}"
        line = f"{name}: {record['verdict']}, but the answer is {truth}: {record['reason']}"
        console.print(common.one_line(line), style="yellow", soft_wrap=True)
    _more(len(summary.disagreements))
    for record in summary.bad[:_SHOWN]:
        click.echo(f"not graded: {common.one_line(record['problem'])}", err=True)
    _more(len(summary.bad))
    if output is not None:
        console.print(f"results: {output}", soft_wrap=True)


def _more(count: int) -> None:
    if count > _SHOWN:
        click.echo(f"and {count - _SHOWN} more", err=True)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Yields what shows progress: a bar on a terminal, nothing elsewhere."""
    console = common.console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("grading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
