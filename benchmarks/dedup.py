"""Semantic deduplication, side by side with semhash and with the plain product of all pairs.

    python benchmarks/dedup.py [--peer /path/to/python-with-semhash] [--rows 100000 1000000]
                                [--patience SECONDS]

Synthetic embeddings of 384 coordinates: nine tenths point anywhere, one tenth are copies of one of
those at a cosine drawn evenly from [0.9, 1]. Everybody removes duplicates at 0.9 and gets the same
array. A planted pair is missed when both its rows are kept. Each program runs in a process of its
own, which reports its processor and wall time and its largest resident memory in MiB, beside what
the search states where it is ours; loading the array is not counted. The limit is the rate of one
large float32 product, measured before each part. The plain product computes all pairs, block by
block, with the threshold applied; above 100,000 rows it is timed on a part of its strips and
scaled. Processor time decides, because it bears a busy machine better; a peer that has not ended
after the patience gives a bound. The last line is the whole table as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

THRESHOLD, COLUMNS, PLANTED = 0.9, 384, 0.1
WANTED_RECALL, WANTED_SHARE = 0.999, 0.5
LARGEST_PRODUCT = 100_000
Row = dict[str, Any]


def planted(rows: int, folder: Path) -> None:
    """Writes vectors.npy, and pairs.npy with (source, copy) of each planted pair."""
    rng = np.random.default_rng(0)
    base = int(rows * (1 - PLANTED))
    vectors = rng.standard_normal((rows, COLUMNS), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    source = rng.choice(base, rows - base, replace=False)
    cosine = rng.uniform(THRESHOLD, 1, (rows - base, 1)).astype(np.float32)
    away, towards = vectors[base:], vectors[source]
    away -= np.einsum("ij,ij->i", away, towards)[:, None] * towards
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    vectors[base:] = cosine * towards + np.sqrt(1 - cosine**2) * away
    place = rng.permutation(rows)
    shuffled = np.empty_like(vectors)
    shuffled[place] = vectors
    np.save(folder / "vectors.npy", shuffled)
    np.save(folder / "pairs.npy", np.stack([place[source], place[base:]], axis=1))


def measured(work: Callable[[], Row]) -> Row:
    """Returns what the work found, with times in seconds and the largest memory in MB."""
    cpu, wall = time.process_time(), time.perf_counter()
    found = work()
    found |= {
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "peak_mb": round(peak() / 2**20),
    }
    return found


def peak() -> int:
    """Returns the largest resident memory of this process in bytes.

    Not `ru_maxrss`: of a child that counts what its parent held when it was started.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def kept_mask(rows: int, kept: Any, folder: Path) -> Row:
    mask = np.zeros(rows, bool)
    mask[np.asarray(kept, np.int64)] = True
    source, copy = np.load(folder / "pairs.npy").T
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    real = np.concatenate(
        [
            np.einsum("ij,ij->i", vectors[a].astype(float), vectors[b].astype(float)) >= THRESHOLD
            for a, b in zip(*(np.array_split(x, 50) for x in (source, copy)), strict=True)
        ]
    )
    missed = int((mask[source] & mask[copy])[real].sum())
    return {"kept": int(mask.sum()), "pairs": int(real.sum()), "recall": 1 - missed / real.sum()}


def ours(folder: Path, recall: float) -> Row:
    """Runs this project's search and keeper."""
    import scipy.special  # noqa: F401  what libraries take is not the search's own

    from tools.pruning.dedup import SemanticSearch, decide
    from tools.pruning.dedup.keeper import make_order

    before = peak()
    vectors = np.load(folder / "vectors.npy")
    kept: list[Any] = []

    def work() -> Row:
        search = SemanticSearch(
            vectors,
            THRESHOLD,
            recall=recall,
            rng=lambda name: np.random.default_rng(list(name.encode())),
        )
        kept.append(np.flatnonzero(decide(search, make_order("first", len(vectors))).kept))
        sure = search.calibration
        return {
            "columns_multiplied": search.products.head.shape[1],
            "cells": search.cells.count if search.cells else 0,
            "visits": round(search.visits, 2),
            "recall_bound": round(sure.recall_at_least(), 5),
            "sampled_pairs": sure.pairs,
            "stated_mb": round((before + vectors.nbytes + stated(search)) / 2**20),
        }

    found = measured(work)
    return found | kept_mask(len(vectors), kept[0], folder)


def stated(search: Any) -> float:
    """Returns the memory in bytes that the search claims to need beside the vectors."""
    n, d = search.products.vectors.shape
    k, v = search.cells.count if search.cells else 0, search.visits
    cells = 4 * k * (k + 2 * d) + n * (36 + 12 * v) if k else 36 * n
    head = 0 if search.products.head is search.products.vectors else search.products.head.nbytes
    pairs = 72 * PLANTED * n
    return float(head + cells + 2**27 + pairs)


def semhash(folder: Path) -> Row:
    """Runs semhash on the same vectors; called in the peer's interpreter."""
    from semhash import SemHash

    vectors = np.load(folder / "vectors.npy")
    records = [str(i) for i in range(len(vectors))]
    kept: list[Any] = []

    def work() -> Row:
        made = SemHash.from_embeddings(vectors, records, model=None)
        kept.append([int(r) for r in made.self_deduplicate(threshold=THRESHOLD).selected])
        return {}

    found = measured(work)
    return found | kept_mask(len(vectors), kept[0], folder)


def product(folder: Path) -> Row:
    """Multiplies all pairs of full vectors, upper triangle, and applies the threshold."""
    vectors = np.load(folder / "vectors.npy")
    rows, strip = len(vectors), 512
    tops = range(0, rows, strip)
    chosen = list(tops) if rows <= LARGEST_PRODUCT else list(tops)[:: len(tops) // 16]

    def work() -> Row:
        pairs = done = 0
        for top in chosen:
            mine = vectors[top : top + strip]
            for left in range(top, rows, 2048):
                block = mine @ vectors[left : left + 2048].T
                pairs += len(np.flatnonzero(block.ravel() >= THRESHOLD))
                done += block.size
        return {"compared": done}

    found = measured(work)
    scale = rows * rows / 2 / found["compared"] if rows > LARGEST_PRODUCT else 1.0
    found |= {
        "cpu_s": round(found["cpu_s"] * scale, 1),
        "wall_s": round(found["wall_s"] * scale, 1),
    }
    return found | {"scaled_by": round(scale, 2)}


def blocks(folder: Path) -> Row:
    """Times our own blocks at full width, without the shortcut, on 30,000 rows."""
    from tools.pruning.dedup.products import Products

    vectors = np.load(folder / "vectors.npy", mmap_mode="r")[:30_000].copy()
    rows = np.arange(len(vectors))

    def work() -> Row:
        parts = Products(vectors, vectors).pairs(rows, rows, THRESHOLD, upper=True)
        return {"pairs": sum(len(part) for part in parts)}

    found = measured(work)
    # Blocks on the diagonal are computed whole; only the useful half is credited.
    return found | {"gflops": round(len(rows) ** 2 * COLUMNS / found["cpu_s"] / 1e9, 1)}


def limit() -> float:
    """Returns the rate of a large float32 product in GFLOP a processor second: the best of nine."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((2048, COLUMNS), dtype=np.float32) for _ in range(2))
    best = float("inf")
    for _ in range(9):
        start = time.process_time()
        a @ b.T
        best = min(best, time.process_time() - start)
    return 2 * 2048**2 * COLUMNS / best / 1e9


def separately(
    interpreter: str, part: str, folder: Path, patience: int | None = None
) -> Row | float | None:
    """Runs one part in a process of its own.

    Returns what it found; None, said aloud, where it fails; {"over_cpu_s": s} where it had not
    ended after that much processor time.
    """
    command = [interpreter, __file__, "--part", part, "--folder", str(folder)]
    root = str(Path(__file__).resolve().parents[1])
    environment = dict(os.environ, PYTHONPATH=root) if part != "semhash" else dict(os.environ)
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        preexec_fn=None
        if patience is None
        else lambda: resource.setrlimit(resource.RLIMIT_CPU, (patience, patience + 5)),
    )
    if patience is not None and done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        print(f"{part} has not ended after {patience} processor seconds", flush=True)
        return {"over_cpu_s": patience}
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no output"]
        print(f"{part} is skipped: {interpreter} says {reason[0]}", flush=True)
        return None
    found: Row | float = json.loads(done.stdout.splitlines()[-1])
    print(f"{part:8}{json.dumps(found)}", flush=True)
    return found


PARTS: dict[str, Callable[[Path], Any]] = {
    "ours": lambda folder: ours(folder, WANTED_RECALL),
    "exact": lambda folder: ours(folder, 1.0),
    "semhash": semhash,
    "product": product,
    "blocks": blocks,
    "limit": lambda folder: limit(),
}


def compare(rows: int, peer: str, patience: int | None) -> tuple[Row, list[str]]:
    """Measures all programs on one size; returns the table and which stated figures are missed."""
    table: Row = {}
    missed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        planted(rows, folder)
        rates = []
        parts = ["blocks", "ours", "semhash", "product"]
        if rows <= LARGEST_PRODUCT:
            parts.insert(2, "exact")
        for part in parts:
            rates.append(separately(sys.executable, "limit", folder))
            interpreter = peer if part == "semhash" else sys.executable
            allowed = patience if part == "semhash" else None
            table[part] = separately(interpreter, part, folder, allowed)
    rate = max(float(r) for r in rates if isinstance(r, float | int))
    table["limit_gflops"] = round(rate, 1)
    mine, plain = table["ours"], table["product"]
    flops = rows * (rows - 1) * COLUMNS
    table["share_of_limit"] = {
        "blocks at full width": round(table["blocks"]["gflops"] / rate, 3),
        **{
            part: round(flops / table[part]["cpu_s"] / 1e9 / rate, 2)
            for part in ("ours", "exact", "product")
            if table.get(part)
        },
    }
    table["times_faster_than_product"] = round(plain["cpu_s"] / mine["cpu_s"], 1)
    if table["share_of_limit"]["blocks at full width"] < WANTED_SHARE:
        missed.append(f"{rows}: blocks reach {table['share_of_limit']} of the limit")
    if mine["recall"] < WANTED_RECALL:
        missed.append(f"{rows}: recall {mine['recall']}")
    if mine["peak_mb"] > mine["stated_mb"]:
        missed.append(f"{rows}: peak {mine['peak_mb']} MB against {mine['stated_mb']} stated")
    other = table["semhash"]
    if other and "over_cpu_s" in other:
        table["times_faster_than_semhash"] = f"> {other['over_cpu_s'] / mine['cpu_s']:.2f}"
        if other["over_cpu_s"] < mine["cpu_s"]:
            missed.append(f"{rows}: semhash was not given long enough")
    elif other:
        table["times_faster_than_semhash"] = round(other["cpu_s"] / mine["cpu_s"], 2)
        table["times_faster_than_semhash_wall"] = round(other["wall_s"] / mine["wall_s"], 2)
        if other["cpu_s"] < mine["cpu_s"] or other["recall"] > mine["recall"]:
            missed.append(f"{rows}: semhash {other} against {mine}")
    return table, missed


def main() -> int:
    """Measures every size, prints tables and JSON; 1 where a stated figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", default=sys.executable, help="interpreter with semhash")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--patience", type=int, help="processor seconds that semhash is given")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options.folder)))
        return 0
    tables: Row = {"threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))}
    tables["patience_cpu_s"] = options.patience
    missed: list[str] = []
    for rows in options.rows:
        print(f"{rows} rows", flush=True)
        tables[str(rows)], wrong = compare(rows, options.peer, options.patience)
        missed += wrong
    print(json.dumps(tables | {"missed": missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
