"""Search over the library: how well papers are found, and what it costs as the library grows.

    python benchmarks/knowledge_search.py [--listings FOLDER --queries FILE] [--chunks 1000 10000]

Quality: BM25 alone, the embedding alone, their reciprocal rank fusion, and the sum of z scores that
`knowledge.search` uses rank the same papers for the same labelled questions; differences of the
reciprocal rank come with 95 % intervals of the paired bootstrap. Cost: processor time of a whole
search (embedding the question, both indexes, reading the passages) over made-up passages, and of
embedding abstracts; the times for a million passages are computed from the slope of the largest two
sizes. The limits are 30 ms for 95 of 100 searches at 10,000 passages and 180 s for 1,000 abstracts.
The last line is the whole table as JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import Document, Library
from knowledge.document import draft_of_text
from knowledge.embed import default_embedder
from knowledge.listing import papers_of
from knowledge.search import DENSE_WEIGHT, _standard

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "tests" / "knowledge" / "questions.jsonl"
WANTED_P95_MS, WANTED_INGEST_S = 30, 180
RRF_K = 60


class Cheap:
    """Random unit vectors by text: the cost of searching without that of embedding passages."""

    name, sha256, dimension = "random", "0" * 64, 384

    def encode(self, texts: Any) -> Any:
        if len(texts) == 1:
            return default_embedder().encode(texts)
        seeds = [int.from_bytes(t.encode()[-8:].rjust(8, b"0"), "big") for t in texts]
        rows = np.stack([np.random.default_rng(s).standard_normal(384) for s in seeds])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def reciprocal(scores: Any) -> Any:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = 1 / (RRF_K + 1 + np.arange(len(scores)))
    return np.where(scores > 0, ranks, 0)


def quality(library: Library, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Ranks papers in four ways; `rows` have `question` and `gold`, keys or titles."""
    now = library._current()
    titles = {d.key: d.title.lower() for d in library.documents()}
    ranks: dict[str, list[float]] = {"bm25": [], "dense": [], "rrf": [], "z_sum": []}
    for row in rows:
        vector = default_embedder().encode([row["question"]])[0]
        words = now.whole.match(row["question"]).scores
        dense = np.full(len(now.keys), -1.0, dtype=np.float32)
        np.maximum.at(dense, now.owner, now.entries.matrix @ vector)
        scored = {
            "bm25": words,
            "dense": dense,
            "rrf": reciprocal(words) + reciprocal(dense + 2),
            "z_sum": _standard(words) + DENSE_WEIGHT * _standard(dense),
        }
        gold = {name.lower() for name in row["gold"]}
        for name, scores in scored.items():
            order = [now.keys[place] for place in np.argsort(-scores, kind="stable")]
            names = list(dict.fromkeys(titles[key] for key in order))
            wanted = gold | {titles[key] for key in gold if key in titles}
            ranks[name].append(1 + min(names.index(t) for t in wanted if t in names))
    made: dict[str, Any] = {"questions": len(rows), "papers": len(now.keys)}
    for name, found in ranks.items():
        r = np.array(found)
        made[name] = {
            "recall_at_1": round(float(np.mean(r == 1)), 3),
            "recall_at_5": round(float(np.mean(r <= 5)), 3),
            "mrr": round(float(np.mean(1 / r)), 3),
        }
    rng = np.random.default_rng(0)
    for other in ("bm25", "dense", "rrf"):
        gain = 1 / np.array(ranks["z_sum"]) - 1 / np.array(ranks[other])
        means = gain[rng.integers(0, len(gain), (10_000, len(gain)))].mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        made[f"z_sum_over_{other}"] = [round(float(x), 3) for x in (gain.mean(), low, high)]
    return made


def words_of(cards: Library) -> list[str]:
    return " ".join(card.source for card in cards.cards()).split()


def latency(chunks: int, words: list[str], questions: list[str]) -> dict[str, Any]:
    rng = np.random.default_rng(chunks)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "none").mkdir()
        with Library.open(
            Path(folder) / "home", cards=Path(folder) / "none", embedder=Cheap()
        ) as library:
            drafts = [
                draft_of_text(
                    Document(f"d{n}", "text", f"Paper {n}", " ".join(rng.choice(words, 100)))
                )
                for n in range(chunks)
            ]
            spent = cpu(lambda: library._documents.put_file("made", "0", "", drafts))
            filled = cpu(library._fill)
            first = cpu(lambda: library.search("first search builds the indexes"))
            times = sorted(1000 * cpu(lambda q=q: library.search(q)) for q in questions)
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    return {
        "chunks": chunks,
        "store_s": round(spent, 2),
        "random_vectors_s": round(filled, 2),
        "first_search_s": round(first, 2),
        "median_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(p95, 1),
    }


def cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--listings", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--abstracts", type=int, default=200)
    given = parser.parse_args()
    default_embedder().encode(["warm up"])
    labelled = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    inside = [{"question": r["question"], "gold": r["keys"]} for r in labelled if r["keys"]]
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder)) as library:
        result["cards"] = quality(library, inside)
        if given.listings and given.queries:
            library.ingest([given.listings])
            rows = [json.loads(line) for line in given.queries.read_text().splitlines()]
            asked = [{"question": r["query"], "gold": r["gold"]} for r in rows]
            result["cards_and_listings"] = quality(library, asked)
        texts = [card.source for card in library.cards()]
        words = words_of(library)
    if given.listings:
        files = sorted(given.listings.glob("*.txt"))
        texts = [p.abstract for f in files for p in papers_of(f.read_text(encoding="utf-8"))]
    sample = [texts[n % len(texts)] for n in range(given.abstracts)]
    each = cpu(lambda: default_embedder().encode(sample)) / len(sample)
    result["embed_1000_abstracts_cpu_s"] = round(1000 * each, 1)
    result["embed_within_limit"] = 1000 * each < WANTED_INGEST_S
    questions = [row["question"] for row in inside]
    curve = [latency(chunks, words, questions) for chunks in given.chunks]
    result["cost"] = curve
    result["limit_p95_ms_at_10000"] = WANTED_P95_MS
    if len(curve) > 1:
        a, b = curve[-2:]
        slopes = {
            name: (b[name] - a[name]) / (b["chunks"] - a["chunks"])
            for name in ("median_ms", "p95_ms", "first_search_s")
        }
        result["computed_at_1000000"] = {
            name: round(b[name] + slope * (1_000_000 - b["chunks"]), 1)
            for name, slope in slopes.items()
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
