"""The experiment `discovery.verify`: a construction that someone hands in, judged exactly."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from tools.claims import Claim, verified_exactly
from tools.discovery.asked import PROBLEM, ProblemParams, build_problem
from tools.discovery.run_experiment import against, shorten
from tools.errors import BadInput
from tools.experiment import Cost, Result, Words, experiment
from tools.files import regular

if TYPE_CHECKING:
    from tools.discovery.problems import FolderProblem
    from tools.run import Run

_LARGEST = 64 << 20
_SHOWN = "golomb_ruler"  # whose baseline is verified where nothing is asked for


class VerifyParams(ProblemParams):
    """Parameters of `discovery.verify`."""

    problem: Annotated[str, PROBLEM] = Field(
        "",
        description="name of a problem, or the path of your own; empty, where no file is given:"
        f" {_SHOWN}",
    )
    file: Annotated[str, Words(takes="path")] = Field(
        "",
        description="JSON file with the construction, in the form the problem's statement asks for;"
        " empty: the construction of the baseline program",
    )

    @model_validator(mode="after")
    def _of_a_problem(self) -> Self:
        if self.file and not self.problem:
            # Judged by another problem's rules, a good construction would be called a bad one.
            raise ValueError(
                f"problem is not given; name the one that {Path(self.file).name} solves"
            )
        return self

    def build(self) -> FolderProblem:
        """Makes the problem; raises as `build_problem` does."""
        return build_problem(self.problem or _SHOWN, self.n, self.size)


def estimate_cost(params: VerifyParams) -> Cost:
    """Estimates reading a file, or running the baseline program."""
    return Cost(3.0 if params.file else 15.0)


@experiment(
    "discovery.verify",
    paper=(),
    claim="The construction is a solution of the problem.",
    estimate=estimate_cost,
    examples=(
        "Verify my circle packing in packing.json",
        "Check the construction in golomb.json",
        "Is this set of points in points.json a valid Heilbronn configuration?",
        "Verify a cap set from a file",
        "Judge the construction I found against the record",
        "Check exactly whether my ruler is a Golomb ruler",
        "Is the graph in graph.json a valid Ramsey witness?",
        "Verify the solution handed in for no three in line",
        "How good is the packing in my file, exactly?",
        "Does my step function beat the known bound?",
        "Validate a kissing configuration",
        "Verify the baseline of the minimum overlap problem",
    ),
)
def verify(params: VerifyParams, run: Run) -> Result:
    """Finds out whether a construction is valid, and what it is worth exactly.

    The verifier works in integers and fractions on plain data: numbers count for what they are in
    binary, a packing is shrunk until it is feasible, and nothing is accepted within a tolerance. A
    valid construction is held against the optimum of its size where one is known, else against the
    best record listed.
    """
    problem = params.build()
    data = _read(params.file) if params.file else _baseline(problem, run)
    verdict = problem.verify(data)
    metrics: dict[str, Any] = {}
    if verdict.valid and verdict.value is not None:
        try:
            metrics["value"] = float(verdict.value)
        except OverflowError as error:
            raise BadInput("The value is too large for a floating-point number.") from error

    def verifier(given: object) -> tuple[bool, str]:
        again = problem.verify(given)
        value = "" if again.value is None else f"value {shorten(Fraction(again.value))}"
        return again.valid, "; ".join(filter(None, (value, again.message))) or "valid"

    size = ", ".join(f"{k}={v}" for k, v in problem.size.items())
    evidence = {"problem": problem.name, "size": dict(problem.size), "file": params.file}
    check = verified_exactly(data, verifier, evidence=evidence)
    claims = [Claim(f"The construction solves {problem.title} ({size}).", check)]
    if metrics:
        claims += _against_known(problem, data)
        from tools.plots import new_figure

        figure, (axes,) = new_figure(width=5.2, height=5.2, title=problem.title)
        drawn = data if verdict.data is None else verdict.data
        if trouble := problem.try_to_draw(drawn, axes):
            run.notice(trouble)
        else:
            run.figure("construction", figure)
    return Result(metrics, claims)


def _against_known(problem: FolderProblem, data: object) -> list[Claim]:
    """Holds a valid construction against the optimum of its size, else against the best record."""
    optimum = problem.optimum()
    if optimum is not None:
        name = "known optimum" if optimum.proven else "believed optimum"
        check = against(problem, data, optimum.value, name, equal=True)
        return [Claim(f"The construction reaches the {name}.", check)]
    records = problem.records()
    if not records:
        return []
    best = (max if problem.maximise else min)(records, key=lambda r: r.value)
    name = f"best record listed ({best.date}, {best.source})"
    check = against(problem, data, best.value, name)
    return [Claim("The construction beats the best record listed.", check)]


def _read(name: str) -> object:
    """Reads JSON from a file; what has no end, such as a device, is not opened."""
    from tools.discovery.problems.reading import shown

    try:
        path = Path(name).expanduser()
        regular(path, "file =")
        with path.open("rb") as handle:
            text = handle.read(_LARGEST + 1)
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInput(f"file = {shown(name)} cannot be read: {why}.") from error
    if len(text) > _LARGEST:
        raise BadInput(f"{path.name} is too long.", f"Give at most {_LARGEST >> 20} MiB.")
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path.name} is not JSON: {error}.", "Write the data as JSON.") from error


def _baseline(problem: Any, run: Run) -> object:
    from tools.discovery.evaluate import Evaluator

    run.notice("No file was given: the baseline program's own construction is judged.")
    with Evaluator(1) as evaluator:
        evaluation = evaluator.run(problem, problem.baseline(), run.seed)
    if evaluation.data is None:
        raise BadInput(f"The baseline returned nothing: {evaluation.message}")
    return evaluation.data
