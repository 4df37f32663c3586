"""What the embedded proposer finds from a cold start, beside the baseline in the same run:
every problem at its default size, and sizes whose optimum is known.

    python benchmarks/discovery_problems.py [--cpu S] [--wall S] [--only NAME ...] [--pictures DIR]

Searches run one after another on one lane of the sandbox, k-elites over the embedded proposer. The
budget is in processor seconds of the programs, since the machine may be shared. The last line is
the JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from tools import plots
from tools.discovery import problems
from tools.discovery.budget import Budget, Reason
from tools.discovery.candidate import Candidate, Evaluation
from tools.discovery.evaluate import Evaluator
from tools.discovery.loop import Search
from tools.discovery.policies import create
from tools.discovery.problem import Problem
from tools.discovery.problems import FolderProblem
from tools.discovery.progress import Progress
from tools.discovery.proposers.embedded import Embedded

CALIBRATION: tuple[tuple[str, dict[str, int | str]], ...] = (
    ("circle_packing", {"n": 2}),
    ("circle_packing_rectangle", {"n": 2}),
    ("heilbronn_triangle", {"n": 6}),
    ("heilbronn_convex", {"n": 7}),
    ("distance_ratio", {"n": 7, "d": 2}),
    ("kissing", {"d": 3}),
    ("kissing", {"d": 8}),
    ("autocorrelation_1", {"steps": 2}),
    ("autocorrelation_3", {"steps": 2}),
    ("minimum_overlap", {"steps": 2}),
    ("sums_and_differences", {"largest": 12}),
    ("cap_set", {"n": 4}),
    ("cap_set", {"n": 6}),
    ("no_isosceles", {"n": 8}),
    ("no_three_in_line", {"n": 10}),
    ("golomb_ruler", {"marks": 10}),
    ("ramsey", {"s": 4, "t": 4}),
    ("ramsey", {"s": 3, "t": 9}),
)
CLOSE = 1e-9


class Metered(Evaluator):
    """An evaluator that adds up the processor seconds of the programs.

    Attributes:
        spent: the sum so far.
    """

    spent = 0.0

    def run(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        evaluation = super().run(problem, candidate, seed)
        self.spent += evaluation.cpu_seconds
        return evaluation


def search(
    name: str, size: dict[str, int | str], cpu: float, wall: float, evaluator: Metered
) -> tuple[dict[str, Any], FolderProblem, Any]:
    """Searches once; stops early where the known optimum is reached."""
    evaluator.spent = 0.0
    problem = problems.get(name, **size)
    optimum, records = problem.optimum(), problem.records()
    sign = 1 if problem.maximise else -1
    target = sign * float(optimum.value) - CLOSE if optimum else float("inf")
    bests: list[tuple[float, float, float]] = []

    def watch(progress: Progress) -> None:
        score = progress.best.score if progress.best else None
        if score is not None and (not bests or score > bests[-1][2]):
            bests.append((time.perf_counter() - began, evaluator.spent, score))

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = Search(problem, create("k-elites", k=5), Embedded(), evaluator, seed=0, window=1)
        total, reason = 0, Reason.EVALUATIONS
        # A search goes on from its log, so the meter can be read every few evaluations.
        while reason is Reason.EVALUATIONS and evaluator.spent < cpu:
            total += 8
            budget = Budget(evaluations=total, seconds=wall, target=target)
            done = run.run(Path(folder) / "log.db", budget, progress=watch)
            reason = done.reason
    best, members = done.best, done.archive.members
    assert best is not None
    assert best.score is not None
    row = {
        "problem": name,
        "size": dict(problem.size),
        "direction": "larger" if problem.maximise else "smaller",
        "baseline": None if members[0].score is None else sign * members[0].score,
        "best": sign * best.score,
        "exact": best.evaluation.exact,
        "optimum": float(optimum.value) if optimum else None,
        "record": float(best_of(records, sign)) if records else None,
        "evaluations": len(members),
        "seconds": round(time.perf_counter() - began, 1),
        "seconds to best": round(bests[-1][0], 1) if bests else None,
        "cpu seconds": round(evaluator.spent, 1),
        "cpu seconds to best": round(bests[-1][1], 1) if bests else None,
        "outcomes": dict(done.progress.outcomes),
        "reached": reached(best.score, sign, optimum, records),
    }
    return row, problem, best.evaluation.data


def best_of(records: Any, sign: int) -> Fraction:
    """Returns the best value on record, which need not be the latest."""
    return sign * max(sign * Fraction(record.value) for record in records)


def reached(score: float, sign: int, optimum: Any, records: Any) -> str:
    """Says in words how a score stands to what is known; a tie is never more than a tie."""
    if optimum is not None:
        return "the optimum" if score >= sign * float(optimum.value) - CLOSE else "below optimum"
    if not records:
        return "no record at this size"
    best = sign * best_of(records, sign)
    digits = Fraction(1, 10**6)
    if score > best + digits:
        return "better than every record listed: check the literature before any claim"
    return "a tie with the record" if score > best - digits else "below the record"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cpu", type=float, default=60.0, help="processor seconds a search")
    parser.add_argument("--wall", type=float, default=300.0, help="seconds a search at most")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    jobs: list[tuple[str, dict[str, int | str]]] = [(name, {}) for name in problems.names()] + list(
        CALIBRATION
    )
    rows = []
    evaluator = Metered(1)
    with evaluator:
        for name, size in jobs:
            if options.only and name not in options.only:
                continue
            row, problem, data = search(name, dict(size), options.cpu, options.wall, evaluator)
            rows.append(row)
            print(json.dumps(row), file=sys.stderr, flush=True)
            if options.pictures and not size:
                figure, (axes,) = plots.new_figure(
                    height=5.0, title=problem.title, subtitle=f"{row['best']:.8g}, {row['reached']}"
                )
                problem.draw(data, axes)
                options.pictures.mkdir(parents=True, exist_ok=True)
                figure.savefig(options.pictures / f"{name}.png", dpi=110)
    print(
        json.dumps(
            {"cpu seconds each": options.cpu, "wall seconds each": options.wall, "rows": rows}
        )
    )


if __name__ == "__main__":
    main()
