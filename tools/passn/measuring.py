"""What `passn.curve` is made of: its parameters, and the evaluation put into a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from tools.experiment import Cost, Params, Result, Words

if TYPE_CHECKING:
    from tools.run import Run


class CurveParams(Params):
    """Parameters of `passn.curve`."""

    problems: Annotated[
        str, Words(near=("problems", "problem file", "questions"), takes="path")
    ] = Field(
        min_length=1, description="JSON Lines file of problems: question, gold, perhaps cluster"
    )
    model: Annotated[str, Words(near=("model", "checkpoint", "folder"))] = Field(
        min_length=1, description="Hugging Face model folder, or the model's name at the endpoint"
    )
    base_url: Annotated[str, Words(near=("endpoint", "server", "url", "address"))] = Field(
        "", description="address of an OpenAI-compatible endpoint; empty for a local folder"
    )
    samples: Annotated[int, Words(near=("samples", "answers", "draws", "times"))] = Field(
        16, ge=1, le=100_000, description="answers drawn for each problem"
    )
    ks: Annotated[tuple[int, ...], Words(near=("k", "ks", "pass@"))] = Field(
        (),
        max_length=30,
        description="numbers of draws k to estimate at, each at most samples; without any the"
        " powers of two up to samples",
    )
    temperature: Annotated[float, Words(near=("temperature", "t"))] = Field(
        1.0, gt=0, le=10, description="sampling temperature"
    )
    max_tokens: Annotated[int, Words(near=("tokens", "max tokens", "longest"))] = Field(
        128, ge=1, le=100_000, description="longest answer, in tokens"
    )
    limit: Annotated[int | None, Words(near=("first", "only"))] = Field(
        None, ge=1, description="only the first so many problems"
    )
    chat: Annotated[bool, Words(near=("chat template", "chat"))] = Field(
        False, description="use a local model's chat template; endpoints always do"
    )
    template: str = Field("{question}\n", description="the prompt, in which {question} is replaced")
    batch: Annotated[int, Words(near=("batch",))] = Field(
        16, ge=1, le=4096, description="answers drawn at a time from a local model"
    )
    concurrency: Annotated[int, Words(near=("concurrency", "in flight"))] = Field(
        8, ge=1, le=512, description="requests in flight at an endpoint"
    )

    @field_validator("ks")
    @classmethod
    def _positive(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        for value in values:
            if value < 1:
                raise ValueError(f"k = {value} is below 1")
        return tuple(sorted(set(values)))

    @property
    def draws(self) -> tuple[int, ...]:
        """The numbers of draws k."""
        powers = tuple(2**i for i in range(self.samples.bit_length()) if 2**i <= self.samples)
        return self.ks or powers


def estimate_cost(params: CurveParams) -> Cost:
    """Estimates a run's time for a model of 135 million parameters on one core.

    Larger models take longer in proportion; the estimate counts the problems of the file.
    """
    try:
        with Path(params.problems).expanduser().open("rb") as lines:
            count = sum(bool(line.strip()) for line in lines)
    except OSError:
        count = 100  # the run itself says what is wrong with the file
    count = min(count, params.limit or count)
    tokens = count * params.samples * params.max_tokens
    pace = 64 if not params.base_url else 200 * params.concurrency  # tokens a second
    return Cost(8 + tokens / pace + 0.01 * count * params.samples)


def curve(params: CurveParams, run: Run) -> Result:
    """Draws, grades and summarises; the body of `passn.curve`."""
    from tools.passn.evaluate import evaluate

    found = evaluate(
        run,
        problems=Path(params.problems).expanduser(),
        model=params.model,
        base_url=params.base_url,
        samples=params.samples,
        temperature=params.temperature,
        ks=params.draws,
        max_tokens=params.max_tokens,
        batch=params.batch,
        concurrency=params.concurrency,
        template=params.template,
        chat=params.chat,
        limit=params.limit,
    )
    run.table("by_problem", found.rows())
    run.figure("coverage", found.coverage_figure(run.rng("bands"), title="Coverage"))
    run.figure("difficulty", found.difficulty_figure())
    run.figure("confidence", found.confidence_figure())
    if found.best is None:
        run.notice("the likeliest of k samples is left out: log-probabilities are not known")
    return Result(found.metrics())
