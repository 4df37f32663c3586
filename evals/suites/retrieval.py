"""Retrieval: does a question find the paper that answers it, and nothing where none does?

Questions come from a file of JSON lines with `query`, `gold` (titles or citation keys; empty for a
question outside the library) and `kind`. The credit of a sample is recall at one; parts of its
score are recall at five, the reciprocal rank and whether the question was lost (nothing relevant
found though a paper answers it), or, outside the library, whether it was answered "unknown".

`relevance.jsonl` is split in halves: the threshold for "unknown" was fitted on one, `calibration`,
and is tested on the other, `report`.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals import solvers
from evals.sample import Answer, Sample, Score, State, Suite
from evals.suites import Options, spread
from tools.errors import BadInput

if TYPE_CHECKING:
    from knowledge.library import Library

_DATA = Path(__file__).parent / "data"
QUERIES = (_DATA / "retrieval.jsonl", _DATA / "relevance.jsonl")
_DEPTH = 10


def build(options: Options) -> Suite:
    """Builds the suite over the shipped cards."""
    paths = (options.path,) if options.path else QUERIES
    samples = spread(_read(paths), options.samples)
    # Cards are embedded once per run; the folder is gone when the process ends.
    folder = tempfile.TemporaryDirectory(prefix="ansatz-retrieval-")
    opened: list[Library] = []
    lock = threading.Lock()

    def search(sample: Sample) -> Answer:
        from knowledge.library import Library

        with lock:
            if not opened:
                opened.append(Library.open(Path(folder.name)))
        return ranked(opened[0], sample)

    return Suite(
        "retrieval", "Questions to papers", 1, samples, solvers.call(search), score, options.epochs
    )  # fmt: skip


def ranked(library: Library, sample: Sample) -> Answer:
    """Returns the papers a search finds, best first, each once; nothing where none is relevant."""
    passages = library.search(str(sample.question), 3 * _DEPTH)
    if not any(p.relevant for p in passages):
        return Answer("", data=[])
    keys = list(dict.fromkeys(p.key for p in passages))[:_DEPTH]
    titles = {p.key: p.title for p in passages}
    return Answer(", ".join(keys), data=[[key, titles[key]] for key in keys])


async def score(sample: Sample, answer: Answer) -> Score:
    """Judges a ranking against the papers that answer the question."""
    found = answer.data or []
    if not sample.gold:
        parts = {"unknown": float(not found)}
        if found:
            reason = f"nothing answers this, yet {found[0][0]} was found"
            return Score(State.INCORRECT, 0.0, reason, answer.text, parts)
        return Score(State.CORRECT, 1.0, "nothing was found where nothing is", parts=parts)
    golds = {_plain(name) for name in sample.gold}
    hits = (rank for rank, names in enumerate(found, 1) if golds & set(map(_plain, names)))
    first = next(hits, 0)
    parts = {
        "recall_at_5": float(0 < first <= 5),
        "reciprocal_rank": 1 / first if first else 0.0,
        "lost": float(not found),
    }
    if not found:
        return Score(State.NO_ANSWER, 0.0, "nothing was found", parts=parts)
    state = State.CORRECT if first == 1 else State.INCORRECT
    reason = f"first right paper at rank {first}" if first else "no right paper among ten"
    return Score(state, float(first == 1), reason, answer.text, parts)


def _plain(title: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in title.lower()).split())


def _read(paths: Sequence[Path]) -> list[Sample]:
    lines = [
        (path.name, number, line)
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    samples: list[Sample] = []
    for name, number, line in lines:
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row.get("query"), str) or not isinstance(row.get("gold"), list):
            raise BadInput(f"{name}, line {number} has no 'query' with a list 'gold'.")
        tags = {tag: str(row[tag]) for tag in ("kind", "half") if row.get(tag)}
        samples.append(Sample(f"q{len(samples) + 1}", row["query"], row["gold"], tags=tags))
    return samples
