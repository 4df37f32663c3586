"""`pruning.theory`: what the perceptron theory of pruning says, and whether simulation agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator, model_validator

from tools.experiment import Cost, Params, Result, Words, experiment

if TYPE_CHECKING:
    from tools.run import Run

Angle = Annotated[float, Field(ge=0, le=90)]

_START, _SOLUTION = 1.5, 0.01  # seconds, measured: start, one solution of the theory
_SOLUTIONS = 400  # solved for the curves and the map, for each angle
_STUDENT = 7e-10  # seconds, measured: one student of N dimensions, over N^3 alpha_tot


class TheoryParams(Params):
    """Parameters of `pruning.theory`."""

    keep: Annotated[
        float,
        Words(
            near=("keep", "kept", "keeping", "retain", "retained", "fraction kept"),
            complement=("drop", "dropping", "remove", "removing", "prune", "pruning", "discard"),
        ),
    ] = Field(0.5, ge=0.01, lt=1, description="fraction f of the pool that is kept")
    small: Annotated[float, Words(near=("small pool", "scarce", "smaller alpha", "from alpha"))] = (
        Field(3.0, gt=0, le=50, description="alpha_tot of the smaller pool: examples per dimension")
    )
    large: Annotated[float, Words(near=("large pool", "abundant", "larger alpha", "to alpha"))] = (
        Field(8.0, gt=0, le=50, description="alpha_tot of the larger pool: examples per dimension")
    )
    angles: Annotated[
        list[Angle],
        Words(near=("angle", "angles", "theta", "probe angle", "degrees", "probe")),
    ] = Field(
        [0.0, 20.0],
        min_length=1,
        max_length=6,
        description="angles between probe and teacher in degrees; 0 is a perfect probe",
    )
    largest_pool: Annotated[float, Words(near=("largest pool", "biggest pool", "pool limit"))] = (
        Field(100.0, ge=12, le=1e5, description="alpha_tot the Pareto frontier may draw on")
    )
    dimension: Annotated[int, Words(near=("dimension", "dimensions", "N", "inputs"))] = Field(
        200, ge=10, le=2000, description="input dimension N of the simulation"
    )
    repetitions: Annotated[
        int, Words(near=("repetitions", "repeats", "simulations", "draws", "seeds"))
    ] = Field(24, ge=2, le=1000, description="pools drawn for each point of the simulation")

    @field_validator("angles")
    @classmethod
    def _sorted(cls, value: list[float]) -> list[float]:
        return sorted(set(value))

    @model_validator(mode="after")
    def _fits(self) -> TheoryParams:
        if self.small >= self.large:
            raise ValueError(f"small = {self.small:g} must be less than large = {self.large:g}")
        if self.keep * self.small * self.dimension < 2:
            raise ValueError("fewer than two examples are kept; raise keep, small or dimension")
        return self


def estimate_cost(params: TheoryParams) -> Cost:
    """Estimates a run's time from the students trained and the points solved."""
    pools = params.small + params.large
    students = 3 * params.repetitions * len(params.angles) * pools
    simulated = students * _STUDENT * params.dimension**3
    return Cost(_START + _SOLUTION * _SOLUTIONS * len(params.angles) + simulated)


@experiment(
    "pruning.theory",
    paper="sorscher2022",
    claim="In the perceptron theory of data pruning, keeping the hard examples beats keeping the"
    " easy ones when data are abundant and loses when they are scarce, and simulation agrees.",
    estimate=estimate_cost,
    resumable=True,
    asked_by=("theor", "perceptron", "saddle", "crossover", "teacher", "pareto", "probe", "alpha"),
    examples=(
        "Solve the perceptron theory of data pruning",
        "Does the theory of data pruning agree with simulation?",
        "When should one keep hard examples and when easy ones, in theory?",
        "Where is the crossover between keeping hard and keeping easy examples?",
        "Check the teacher-student theory of pruning against simulation",
        "Compute the Pareto frontier of data pruning for the teacher-student perceptron",
        "What does an imperfect probe at 30 degrees do to data pruning?",
        "Solve the saddle-point equations of the pruned perceptron",
        "Simulate the pruned perceptron in 400 dimensions with 50 repetitions",
        "How does the hard-easy crossover move if I keep 20 % of the pool?",
        "Plot learning curves of the pruned perceptron against random data",
        "Does the sign of hard minus easy flip between alpha 3 and 8?",
        "Check the saddle-point equations of Sorscher et al. against a direct simulation",
        "Which fraction of the pool is the best to keep at a given training set size, in theory?",
    ),
)
def theory(params: TheoryParams, run: Run) -> Result:
    """Finds out whether the perceptron theory of data pruning holds in a direct simulation.

    A teacher labels Gaussian inputs in N dimensions; a probe at each of the angles ranks a pool of
    alpha_tot N of them by margin; a maximum-margin student learns from the hardest or easiest
    fraction. The theory gives the test error for N to infinity; the simulation draws pools at the
    chosen N, trains each student to its exact optimum and measures the exact test error.

    The claims: theory and simulation agree within three standard errors at the worst of all
    points; with the best probe keeping easy is better in the small pool and keeping hard in the
    large one (paired over pools); and the theory's crossover lies between the two. Agreement is
    asked of a finite N: with very many repetitions the corrections of order 1/N become visible,
    and the first claim is then rightly refuted.

    Left behind: every point of theory and simulation, the learning curves, the Pareto frontier of
    error against training set size, and the map of hard minus easy over alpha_tot and f.
    """
    from tools.pruning.theory import figures, report

    points = run.map(
        lambda task: report.simulated(params, run, *task), report.tasks(params), "simulating pools"
    )
    curves = run.map(report.curve, report.curve_tasks(params), "solving learning curves")
    cells = run.map(report.cell, report.map_tasks(params), "mapping hard minus easy")
    rows = report.compared(params, points)
    run.table("points", rows)
    run.table("curves", curves)
    run.table("map", cells)
    run.figure("theory_and_simulation", figures.agreement_figure(params, rows))
    run.figure("learning_curves", figures.curves_figure(params, curves))
    run.figure("hard_minus_easy", figures.map_figure(params, cells))
    return Result(report.metrics(params, rows, curves), report.claims(params, points, rows))
