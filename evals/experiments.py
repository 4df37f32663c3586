"""The registered experiment on suites, through which the agent and the command line run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tools.claims import Claim
from tools.experiment import Cost, Estimate, Params, Result, Words, experiment

if TYPE_CHECKING:
    from evals.summary import Row, Summary
    from tools.run import Run

JOURNAL = "journal.sqlite"
REPLIES = "replies.sqlite"

# Suite -> (answers, seconds an answer), the latter for an endpoint of ordinary speed.
_SIZES = {
    "arithmetic": (120, 1.0),
    "cmt": (45, 1.0),
    "routing": (860, 0.1),
    "retrieval": (310, 0.03),
    "claims": (30, 7.0),
    "assistant": (11, 4.0),
    "graders": (165, 0.05),
    "passn": (1024, 0.05),
    "discovery": (210, 0.5),
    "judge-attack": (14, 25.0),
}


class RunParams(Params):
    """What is run, on whom, and what it may cost."""

    suite: Annotated[
        Literal[
            "arithmetic",
            "cmt",
            "routing",
            "retrieval",
            "claims",
            "assistant",
            "graders",
            "passn",
            "discovery",
            "judge-attack",
        ],
        Words(
            near=("suite", "benchmark", "eval", "evals"),
            values={
                "arithmetic": ("word problems",),
                "cmt": ("condensed matter", "cmt-bench", "cmt-benchmark"),
                "graders": (
                    "grader suite",
                    "graders suite",
                    "grading suite",
                    "our grader",
                    "hostile input",
                ),
                "passn": ("pass@n", "coverage suite"),
                "judge-attack": ("judge attack", "attack on the judge"),
            },
        ),
    ] = Field("retrieval", description="the suite")
    model: Annotated[
        str,
        Words(near=("model",), values={"offline": ("offline planner", "embedded planner")}),
    ] = Field(
        "",
        description="model at the configured endpoint, or `offline` for the embedded planner;"
        " empty: as the chat chooses",
    )
    samples: int = Field(0, ge=0, description="samples, spread over the suite; 0 for all")
    epochs: Annotated[int, Words(near=("epochs", "times each"))] = Field(
        1, ge=1, le=10_000, description="times each sample is answered"
    )
    wordings: Literal["original", "robustness", "fairness"] = Field(
        "original", description="ask each question also in other words, and report the worst"
    )
    path: str = Field("", description="file or folder of your own data, where the suite takes one")
    answers: str = Field("", description="file of answers (JSON lines) that stands in for a model")
    concurrency: int = Field(8, ge=1, le=1000, description="samples at a time")
    requests_per_minute: float = Field(
        0, ge=0, description="pace of requests to the endpoint; 0 for no limit"
    )
    tokens: int = Field(0, ge=0, description="tokens the run may use; 0 for no limit")
    dollars: float = Field(0, ge=0, description="dollars the run may cost; 0 for no limit")
    dataset: Annotated[
        str, Words(near=("reasoning-gym", "reasoning gym", "reasoning_gym", "dataset", "data set"))
    ] = Field(
        "", description="for arithmetic: a data set of reasoning-gym in place of our own questions"
    )
    executor: Literal["local", "ray"] = Field(
        "local", description="where samples are answered and scored; ray: on a Ray cluster"
    )
    lanes: int = Field(
        0, ge=0, le=10_000, description="samples at a time on Ray; 0 for one per core of it"
    )
    fresh: bool = Field(False, description="ask again what other runs have asked before")


def estimate_cost(params: RunParams) -> Cost:
    """Estimates time and money from the number of samples."""
    size, seconds = _SIZES[params.suite]
    samples = (params.samples or size) * params.epochs
    return Cost(5 + samples * seconds, params.dollars)


@experiment(
    "evals.run",
    paper=(),
    claim="A suite with a committed baseline has an accuracy at most 0.05 below it.",
    estimate=estimate_cost,
    resumable=True,
    examples=(
        "Run the retrieval suite",
        "Evaluate the model on the condensed matter problems",
        "How good is our search at finding the right paper?",
        "Run the arithmetic suite with 60 samples",
        "Score the endpoint on the routing suite",
        "Benchmark the assistant's routing",
        "Test the chat model on word problems, 4 epochs",
        "Run an evaluation suite on the offline planner",
        "Evaluate retrieval quality",
        "How many of the CMT problems does the model solve?",
        "Run the evals",
        "Measure accuracy on the arithmetic suite",
        "How good is our grader? Evaluate it on the graders suite",
        "Evaluate our grader on the cmt suite",
        "How well does our search find papers? Run the suite",
        "Do all experiments still reach their verdicts? Run the claims suite",
        "Run the arithmetic suite on reasoning-gym 'leg_counting'",
    ),
)
def evaluate(params: RunParams, run: Run) -> Result:
    """Finds out how well a model, or a part of Ansatz, does on a suite of questions.

    Every answer and its score go to a journal in the run's folder as soon as they are there: a
    killed run continues without asking anything twice, and `ansatz eval` scores, compares and
    reports finished journals without any model.

    Accuracy counts what was not answered, could not be graded, or failed as not solved, and lists
    each apart. Intervals are Wilson's where each problem was answered once, Student's t with
    errors clustered by problem otherwise.
    """
    from evals.session import play

    outcome = play(params, run)
    summary = outcome.summary
    metrics: dict[str, Estimate | float] = {
        row.name.replace(" ", "_"): _estimate(row) for row in summary.rows
    }
    for state, count in summary.counts.items():
        name = str(state).replace(" ", "_")
        if count:
            # A suite may measure something of the same name, such as failed evaluations.
            name = f"{name}_samples" if name in metrics else name
            metrics[name] = Estimate(count, n=summary.scored)
    if summary.usage.requests:
        metrics["tokens_in"] = float(summary.usage.input_tokens)
        metrics["tokens_out"] = float(summary.usage.output_tokens)
        if summary.usage.dollars is not None:
            metrics["dollars"] = summary.usage.dollars
    if outcome.efficiency.seconds is not None:
        metrics["seconds"] = Estimate(outcome.efficiency.seconds, unit="s")
    if outcome.efficiency.joules is not None:
        metrics["joules"] = Estimate(outcome.efficiency.joules, unit="J")
    if summary.calibration:
        metrics["calibration_error"] = summary.calibration.ece
        metrics["calibration_error_floor"] = summary.calibration.floor
    return Result(metrics, _claims(params, summary) if outcome.offline else [])


def _claims(params: RunParams, summary: Summary) -> list[Claim]:
    """Holds a run of a shipped suite against its committed baseline, where there is one."""
    from evals.gate import baselines
    from evals.standing import MARGIN, stands

    before = baselines().get(params.suite)
    own = params.path or params.answers or params.dataset or params.wordings != "original"
    if before is None or own or params.epochs > 1:
        return []
    text = (
        f"The suite {params.suite} has an accuracy at most {MARGIN:g} below its baseline,"
        f" {before.accuracy:g} on {before.n} samples."
    )
    return [Claim(text, stands(summary.rows[0].interval, before))]


def _estimate(row: Row) -> Estimate:
    interval = row.interval
    known = interval.stderr == interval.stderr  # NaN where one problem gives no error
    return Estimate(interval.value, interval.stderr if known else None, interval.clusters)
