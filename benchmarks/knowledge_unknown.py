"""Does the library know when it does not know? Fits the threshold and tests it on other questions.

    python benchmarks/knowledge_unknown.py

A question counts as answered when the evidence of the best paper, a logistic function of two
numbers (cosine of its nearest passage, share of the question's rare words that it has), is at least
one half. The fit takes the calibration half of evals/suites/data/relevance.jsonl, the retrieval
suite's questions and the two older sets of tests/knowledge. The report half of relevance.jsonl
takes no part in it. Peers on the same questions: a threshold on the cosine alone and one on the
words alone, each set to lose a twentieth of the library's questions among those fitted.
Shares come with 95 % Wilson intervals. The last line is the whole table as JSON.
"""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import Library
from knowledge.embed import default_embedder
from knowledge.passage import _BIAS, _PER_COSINE, _PER_COVERAGE, RELEVANT

ROOT = Path(__file__).parents[1]
SUITE = ROOT / "evals" / "suites" / "data"
OLDER = ROOT / "tests" / "knowledge"
LOST = 0.05
"""Share of the library's questions that a rule may lose."""


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Reads questions; gold is empty where nothing answers."""
    made = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        made.append(
            {
                "query": row.get("query") or row["question"],
                "inside": bool(row.get("gold") or row.get("keys")),
                "half": row.get("half", "calibration"),
            }
        )
    return made


def features(library: Library, question: str) -> tuple[float, float, bool]:
    """Returns cosine and coverage of the best paper, and whether the question names a paper."""
    now = library._current()
    best = library.search(question, k=1)[0]
    place = now.keys.index(best.key)
    vector = default_embedder().encode([question])[0]
    cosine = float((now.matrix[now.owner == place] @ vector).max())
    coverage = float(now.whole.match(question).coverage[place])
    return cosine, coverage, bool(now.names.keys(question))


def fitted(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Fits the logistic function on questions that name no paper."""
    from sklearn.linear_model import LogisticRegression

    told = [row for row in rows if not row["named"]]
    x = np.array([[row["cosine"], row["coverage"]] for row in told])
    model = LogisticRegression(C=100, max_iter=5000).fit(x, [row["inside"] for row in told])
    cosine, coverage = model.coef_[0]
    return {
        "bias": round(float(model.intercept_[0]), 2),
        "per_cosine": round(float(cosine), 2),
        "per_coverage": round(float(coverage), 2),
    }


def wilson(hits: int, n: int) -> list[float]:
    """Returns share and 95 % Wilson interval."""
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [round(x, 3) for x in (p, middle - half, middle + half)]


def judged(rows: list[dict[str, Any]], answered: list[bool]) -> dict[str, Any]:
    """Returns shares of unknown outside and lost inside."""
    outside = [not a for row, a in zip(rows, answered, strict=True) if not row["inside"]]
    inside = [not a for row, a in zip(rows, answered, strict=True) if row["inside"]]
    return {
        "outside": len(outside),
        "unknown_outside": wilson(sum(outside), len(outside)),
        "inside": len(inside),
        "lost_inside": wilson(sum(inside), len(inside)),
    }


def threshold(rows: list[dict[str, Any]], name: str) -> float:
    """Returns the value below which at most a twentieth of the library's questions lie."""
    values = [row[name] for row in rows if row["inside"] and not row["named"]]
    return float(np.quantile(values, LOST))


def main() -> None:
    files = [SUITE / "relevance.jsonl", SUITE / "retrieval.jsonl"]
    files += [OLDER / "questions.jsonl", OLDER / "unknown.jsonl"]
    rows = [row for path in files for row in rows_of(path)]
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder)) as library:
        for row in rows:
            row["cosine"], row["coverage"], row["named"] = features(library, row["query"])
            found = library.search(row["query"], k=10)
            row["answered"] = any(passage.relevant for passage in found)
    fit = [row for row in rows if row["half"] == "calibration"]
    report = [row for row in rows if row["half"] == "report"]
    result: dict[str, Any] = {
        "questions_fitted": len(fit),
        "fit": fitted(fit),
        "shipped": {
            "bias": _BIAS,
            "per_cosine": _PER_COSINE,
            "per_coverage": _PER_COVERAGE,
            "relevant_from": RELEVANT,
        },
        "on_questions_fitted": judged(fit, [row["answered"] for row in fit]),
        "on_the_other_half": judged(report, [row["answered"] for row in report]),
    }
    for name in ("cosine", "coverage"):
        least = threshold(fit, name)
        result[f"on_the_other_half_by_{name}_alone"] = judged(
            report, [row["named"] or row[name] >= least for row in report]
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
