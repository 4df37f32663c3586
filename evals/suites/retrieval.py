"""Retrieval: does a question find the paper that answers it, and nothing where none does?

Questions come from a file of JSON lines with `query`, `gold` (titles or citation keys; empty for a
question outside the library) and `kind`. The credit of a sample is recall at one; recall at five
and the reciprocal rank are parts of its score.
"""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from evals import solvers
from evals.sample import Answer, Sample, Score, State, Suite
from evals.suites import Options, spread
from tools.errors import BadInput

if TYPE_CHECKING:
    from knowledge.library import Library

QUERIES = Path(__file__).parent / "data" / "retrieval.jsonl"
_DEPTH = 10


def build(options: Options) -> Suite:
    """Builds the suite over the shipped cards."""
    samples = spread(_read(options.path or QUERIES), options.samples)
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
    passages = [p for p in library.search(str(sample.question), 3 * _DEPTH) if p.relevant]
    keys = list(dict.fromkeys(p.key for p in passages))[:_DEPTH]
    titles = {p.key: p.title for p in passages}
    return Answer(", ".join(keys), data=[[key, titles[key]] for key in keys])


async def score(sample: Sample, answer: Answer) -> Score:
    """Judges a ranking against the papers that answer the question."""
    found = answer.data or []
    if not sample.gold:
        if found:
            return Score.wrong(f"nothing answers this, yet {found[0][0]} was found", answer.text)
        return Score.right("nothing was found where nothing is")
    if not found:
        return Score.wrong("nothing was found", state=State.NO_ANSWER)
    golds = {_plain(name) for name in sample.gold}
    hits = (rank for rank, names in enumerate(found, 1) if golds & set(map(_plain, names)))
    first = next(hits, 0)
    parts = {
        "recall_at_5": float(0 < first <= 5),
        "reciprocal_rank": 1 / first if first else 0.0,
    }
    state = State.CORRECT if first == 1 else State.INCORRECT
    reason = f"first right paper at rank {first}" if first else "no right paper among ten"
    return Score(state, float(first == 1), reason, answer.text, parts)


def _plain(title: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in title.lower()).split())


def _read(path: Path) -> list[Sample]:
    samples = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row.get("query"), str) or not isinstance(row.get("gold"), list):
            raise BadInput(f"{path.name}, line {number} has no 'query' with a list 'gold'.")
        tags = {"kind": str(row.get("kind", ""))}
        samples.append(Sample(f"q{number}", row["query"], row["gold"], tags=tags))
    return samples
