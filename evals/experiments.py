"""The registered experiment on suites, through which the agent and the command line run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tools.experiment import Cost, Estimate, Params, Result, Words, experiment

if TYPE_CHECKING:
    from evals.summary import Row
    from tools.run import Run

JOURNAL = "journal.sqlite"
REPLIES = "replies.sqlite"

# Suite -> (samples, seconds a sample), the latter for an endpoint of ordinary speed.
_SIZES = {
    "arithmetic": (120, 1.0),
    "cmt": (45, 1.0),
    "routing": (860, 0.1),
    "retrieval": (60, 0.02),
    "claims": (12, 15.0),
    "assistant": (11, 4.0),
}


class RunParams(Params):
    """What is run, on whom, and what it may cost."""

    suite: Annotated[
        Literal["arithmetic", "cmt", "routing", "retrieval", "claims", "assistant"],
        Words(
            near=("suite", "benchmark", "eval", "evals"),
            values={
                "arithmetic": ("word problems",),
                "cmt": ("condensed matter", "cmt-bench", "cmt-benchmark"),
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
    fresh: bool = Field(False, description="ask again what other runs have asked before")


def estimate_cost(params: RunParams) -> Cost:
    """Estimates time and money from the number of samples."""
    size, seconds = _SIZES[params.suite]
    samples = (params.samples or size) * params.epochs
    return Cost(5 + samples * seconds, params.dollars)


@experiment(
    "evals.run",
    paper=(),
    claim="",
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

    summary = play(params, run)
    metrics: dict[str, Estimate | float] = {
        row.name.replace(" ", "_"): _estimate(row) for row in summary.rows
    }
    for state, count in summary.counts.items():
        metrics[str(state).replace(" ", "_")] = float(count)
    if summary.usage.requests:
        metrics["tokens_in"] = float(summary.usage.input_tokens)
        metrics["tokens_out"] = float(summary.usage.output_tokens)
        if summary.usage.dollars is not None:
            metrics["dollars"] = summary.usage.dollars
    if summary.calibration:
        metrics["calibration_error"] = summary.calibration.ece
        metrics["calibration_error_floor"] = summary.calibration.floor
    return Result(metrics)


def _estimate(row: Row) -> Estimate:
    interval = row.interval
    known = interval.stderr == interval.stderr  # NaN where one problem gives no error
    return Estimate(interval.value, interval.stderr if known else None, interval.clusters)
