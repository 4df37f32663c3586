"""Evaluating pass@N of a model on problems with gold answers: draw, grade, summarise.

evaluation = evaluate(run, problems=Path("problems.jsonl"), model="/models/mine", samples=64)
evaluation.metrics()["pass@16"]            # tools.result.Estimate
run.figure("coverage", evaluation.coverage_figure(run.rng("bootstrap")))
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.endpoint import Endpoint
from tools.errors import BadInput
from tools.passn.endpoint import EndpointSampler
from tools.passn.estimators import Floats, best_of, clustered_interval, majority_at, pass_at
from tools.passn.problems import Problem, read_problems
from tools.passn.sample import Sample, SampleCache, Sampler, load_local
from tools.result import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.run import Run

PROMPT = "{question}\n"
"""The default prompt template."""


@dataclass(frozen=True)
class Answers:
    """What was drawn for one problem, graded.

    Attributes:
        classes: each answer up to equality; None where nothing was answered.
        right: whether each is right.
        log_probs: log-probability of each under the model, None where the source does not tell.
        ungradable: how many answers could not be decided; they count as wrong.
        cut: how many reached the length limit.
    """

    classes: tuple[str | None, ...]
    right: tuple[bool, ...]
    log_probs: tuple[float | None, ...]
    ungradable: int
    cut: int

    @property
    def confidence(self) -> float:
        """The share of samples that give the most frequent answer, 0 .. 1."""
        votes = [name for name in self.classes if name is not None]
        return max((votes.count(v) for v in set(votes)), default=0) / len(self.classes)


@dataclass(frozen=True)
class Evaluation:
    """Graded samples of a set of problems, and what follows from them.

    Attributes:
        problems: the problems, in the order of the file.
        answers: their graded samples.
        ks: numbers of draws, rising.
        pass_at: unbiased pass@k, shape (problems, ks).
        majority: how often the vote of k is right, shape (problems, ks).
        best: how often the likeliest of k samples is right, shape (problems, ks); None where
            log-probabilities are not known.
    """

    problems: Sequence[Problem]
    answers: Sequence[Answers]
    ks: Sequence[int]
    pass_at: Floats
    majority: Floats
    best: Floats | None

    @property
    def clusters(self) -> list[str]:
        """Which problems belong together."""
        return [p.cluster or f"problem {i}" for i, p in enumerate(self.problems)]

    def curves(self) -> dict[str, Floats]:
        """Returns label -> values of shape (problems, ks), for those that are known."""
        curves = {"pass": self.pass_at, "majority": self.majority}
        return curves if self.best is None else curves | {"best": self.best}

    def metrics(self) -> dict[str, Estimate | float]:
        """Returns `pass@k`, `majority@k`, `best@k` with clustered errors, and what went wrong."""
        metrics: dict[str, Estimate | float] = {}
        for label, values in self.curves().items():
            for column, k in enumerate(self.ks):
                found = clustered_interval(values[:, column], self.clusters)
                metrics[f"{label}@{k}"] = Estimate(found.mean, found.stderr, found.clusters)
        drawn = sum(len(a.right) for a in self.answers)
        metrics["ungradable_fraction"] = sum(a.ungradable for a in self.answers) / drawn
        metrics["cut_fraction"] = sum(a.cut for a in self.answers) / drawn
        return metrics

    def rows(self) -> list[dict[str, Any]]:
        """Returns one row a problem: counts, pass@k, confidence; for `Run.table`."""
        return [
            {
                "problem": index,
                "cluster": name,
                "samples": len(answers.right),
                "right": sum(answers.right),
                "confidence": answers.confidence,
                "majority_right": float(self.majority[index, -1]),
                "ungradable": answers.ungradable,
                **{f"pass@{k}": float(v) for k, v in zip(self.ks, passes, strict=True)},
            }
            for index, (name, answers, passes) in enumerate(
                zip(self.clusters, self.answers, self.pass_at, strict=True)
            )
        ]

    def coverage_figure(self, rng: np.random.Generator, title: str = "Coverage") -> Figure:
        """Draws pass@k, majority and best-of-k over k with bootstrap bands."""
        from tools.passn.curves import coverage_curves

        names = {"pass": "pass@k", "majority": "majority of k", "best": "likeliest of k"}
        curves = {names[label]: values for label, values in self.curves().items()}
        return coverage_curves(self.ks, curves, rng=rng, title=title, clusters=self.clusters)

    def difficulty_figure(self) -> Figure:
        """Draws how many problems are solved by which share of their samples."""
        from tools.passn.curves import difficulty_histogram

        return difficulty_histogram([sum(a.right) / len(a.right) for a in self.answers])

    def confidence_figure(self) -> Figure:
        """Draws accuracy of the most frequent answer against its share of the samples."""
        from tools.passn.curves import confidence_accuracy

        return confidence_accuracy(
            [a.confidence for a in self.answers], [float(v) for v in self.majority[:, -1]]
        )


def evaluate(
    run: Run,
    *,
    problems: Path,
    model: str,
    base_url: str = "",
    samples: int = 64,
    temperature: float = 1.0,
    ks: Sequence[int] = (1, 4, 16, 64),
    max_tokens: int = 256,
    batch: int = 16,
    concurrency: int = 8,
    template: str = PROMPT,
    chat: bool = False,
    limit: int | None = None,
) -> Evaluation:
    """Draws answers, grades them with tools.grading, and returns pass@k and what stands beside it.

    Each problem is a step of `run.map`: progress, cancellation, and resume after a kill.

    Args:
        run: gives seed, progress and checkpoints.
        problems: JSON Lines file of `question` and `gold` (see `tools.passn.problems`).
        model: a local model folder, or the model's name at `base_url`.
        base_url: address of an OpenAI-compatible endpoint; empty for a local folder.
        samples: answers drawn for each problem.
        temperature: sampling temperature > 0.
        ks: numbers of draws to estimate at, each at most `samples`.
        max_tokens: longest answer.
        batch: answers drawn at a time from a local model.
        concurrency: requests in flight at an endpoint.
        template: the prompt, holding `{question}`.
        chat: use a local model's chat template; endpoints always do.
        limit: only the first so many problems.

    Raises:
        BadInput: naming the parameter that cannot be used.
        Unavailable: if the model's libraries or the endpoint are missing.
    """
    _check(samples, ks, template)
    chosen = read_problems(problems)[:limit]
    specs = [problem.spec() for problem in chosen]  # what cannot be read fails before drawing
    sampler = open_sampler(
        model, base_url, cache_folder=run.folder, batch=batch, concurrency=concurrency, chat=chat
    )

    def draw(index: int) -> list[list[Any]]:
        prompt = template.replace("{question}", chosen[index].question)
        seed = run.seed_for("sampling", index)
        drawn = sampler.sample(
            prompt, samples, temperature=temperature, max_tokens=max_tokens, seed=seed
        )
        return [[s.text, s.log_prob, s.tokens, s.finish] for s in drawn]

    drawn = run.map(draw, range(len(chosen)), "drawing answers")
    graded = run.map(
        lambda index: _grade(chosen[index].gold, specs[index], drawn[index]),
        range(len(chosen)),
        "grading answers",
    )
    answers = [
        Answers(
            tuple(entry["classes"]),
            tuple(entry["right"]),
            tuple(row[1] for row in rows),
            entry["ungradable"],
            sum(row[3] == "length" for row in rows),
        )
        for entry, rows in zip(graded, drawn, strict=True)
    ]
    return summarise(chosen, answers, ks, run.rng("majority"))


def open_sampler(
    model: str,
    base_url: str = "",
    *,
    cache_folder: Path,
    batch: int = 16,
    concurrency: int = 8,
    chat: bool = False,
) -> Sampler:
    """Returns what draws answers: an endpoint when there is a `base_url`, else a local model."""
    if base_url:
        cache = SampleCache(cache_folder / "samples.sqlite")
        endpoint = Endpoint(base_url, os.environ.get("OPENAI_API_KEY", ""))
        return EndpointSampler(model, endpoint, concurrency=concurrency, cache=cache)
    return load_local(Path(model).expanduser(), batch=batch, chat=chat)


def summarise(
    problems: Sequence[Problem],
    answers: Sequence[Answers],
    ks: Sequence[int],
    rng: np.random.Generator,
) -> Evaluation:
    """Computes every estimate from graded answers."""
    ks = sorted(set(ks))
    counts = [len(a.right) for a in answers]
    passes = pass_at(counts, [sum(a.right) for a in answers], ks)
    majority = np.array(
        [[majority_at(a.classes, a.right, k, rng=rng) for k in ks] for a in answers]
    )
    best = None
    if all(lp is not None for a in answers for lp in a.log_probs):
        best = np.array([[best_of(a.log_probs, a.right, k) for k in ks] for a in answers])  # type: ignore[arg-type]
    return Evaluation(problems, answers, ks, passes, majority, best)


def grade_samples(problem: Problem, samples: Sequence[Sample]) -> Answers:
    """Grades the samples of one problem."""
    rows = [[s.text, s.log_prob, s.tokens, s.finish] for s in samples]
    entry = _grade(problem.gold, problem.spec(), rows)
    return Answers(
        tuple(entry["classes"]),
        tuple(entry["right"]),
        tuple(s.log_prob for s in samples),
        entry["ungradable"],
        sum(s.finish == "length" for s in samples),
    )


def _grade(gold: str, spec: Any, rows: Sequence[Sequence[Any]]) -> Mapping[str, Any]:
    from tools.grading import service

    verdicts: dict[str, tuple[str | None, bool, bool]] = {}
    for text in {row[0].strip() for row in rows}:
        if not text:
            verdicts[text] = (None, False, False)
            continue
        grade = service.grade(gold, text, spec)
        # All right answers are one class, however they are written.
        name = "right" if grade.correct else f"answer {grade.answer}"
        verdicts[text] = (name, grade.correct, grade.verdict == "ungradable")
    found = [verdicts[row[0].strip()] for row in rows]
    return {
        "classes": [name for name, _, _ in found],
        "right": [right for _, right, _ in found],
        "ungradable": sum(undecided for _, _, undecided in found),
    }


def _check(samples: int, ks: Sequence[int], template: str) -> None:
    if samples < 1:
        raise BadInput(f"samples = {samples} is below 1.", "Draw at least one answer a problem.")
    if not ks or min(ks) < 1 or max(ks) > samples:
        raise BadInput(
            f"ks = {list(ks)} with samples = {samples}: pass@k needs 1 <= k <= samples.",
            "Draw more samples or ask for smaller k.",
        )
    if "{question}" not in template:
        raise BadInput(f"template = {template!r} has no {{question}}.", "Say where it goes.")
