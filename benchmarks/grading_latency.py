"""How long one verdict takes, side by side with math-verify on the same pairs.

    MATH_VERIFY_PYTHON=/path/to/python python benchmarks/grading_latency.py

math-verify is no dependency of ours: it runs in the interpreter named by MATH_VERIFY_PYTHON (one
with `pip install math-verify`), and is skipped with a line on standard error where there is none.
Pairs are made here from a fixed seed; those of ../shared/data are added where that folder exists.
Ours is measured as people use it, through the guard: a round trip to a killable worker is part of
it. math-verify runs as its documentation shows, `verify(parse(gold), parse(answer))`, in its own
process without a guard but its own alarm.

Limits we hold ourselves to: a median of at most a quarter of math-verify's, p99 under 250 ms.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SEED, MADE, LIMIT = 7, 200, 0.250
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FILES = ("graders/suite.jsonl", "graders/hard_pairs.jsonl", "cmt/pairs.jsonl")
PATIENCE = 900  # seconds for the whole run of the peer

PEER = r"""
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
pairs = json.load(sys.stdin)
wrapped = lambda text: text if "boxed" in text or text.startswith("$") else "$" + text + "$"
def one(pair):
    start = time.perf_counter()
    try:
        verdict = bool(verify(parse(wrapped(pair[0])), parse(wrapped(pair[1]))))
    except Exception as error:
        verdict = None
    return [time.perf_counter() - start, verdict]
for pair in pairs[:20]:
    one(pair)
import importlib.metadata
print(json.dumps({"version": importlib.metadata.version("math-verify"),
                  "results": [one(pair) for pair in pairs]}))
"""


def made(rng: random.Random) -> list[dict[str, Any]]:
    """Pairs of the kinds that answers come in; every second one is wrong by a small change."""
    pairs: list[dict[str, Any]] = []
    for number in range(MADE):
        a, b, n = rng.randint(2, 99), rng.randint(2, 99), rng.randint(2, 6)
        right = number % 2 == 0
        c = 0 if right else 1
        gold, answer = rng.choice(
            [
                (str(a * b), str(a * b + c)),
                (rf"\frac{{{a}}}{{{b}}}", f"{3 * a + c}/{3 * b}"),
                (f"{a}x + {b}y", f"{b}y + {a + c}x"),
                (f"(x + {a})^{n}", f"(x + {a})(x + {a + c})^{{{n - 1}}}"),
                (rf"\sqrt{{{a * a * b}}}", rf"{a + c}\sqrt{{{b}}}"),
                (rf"\{{{a}, {a + b}\}}", rf"\{{{a + b + c}, {a}\}}"),
                (rf"\sin(2x) + {a}", rf"2\sin(x)\cos(x) + {a + c}"),
                (rf"e^{{{a}x}}", rf"\exp({a + c}x)"),
                (rf"\frac{{x^2 - {a * a}}}{{x - {a}}}", f"x + {a + c}"),
                (f"({a}, {b})", f"({a}, {b + c})"),
                (
                    rf"2\tanh(\beta\omega/2)/\omega + {a}",
                    rf"{a + c} + \frac{{2}}{{\omega}}"
                    r"\tanh\left(\frac{\beta\omega}{2}\right)",
                ),
                (rf"\sum_{{k=1}}^{{n}} k + {a}", rf"\frac{{n(n+1)}}{{2}} + {a + c}"),
            ]
        )
        pairs.append({"gold": gold, "answer": answer, "truth": right})
    return pairs


def ours(pairs: list[dict[str, Any]]) -> tuple[list[float], list[str]]:
    from tools.grading import service
    from tools.grading.pair_file import Row

    specs = [Row(n, pair).spec() for n, pair in enumerate(pairs)]
    service.default_pool().wait_ready()
    seconds: list[float] = []
    verdicts: list[str] = []
    for pair, spec in zip(pairs, specs, strict=True):
        start = time.perf_counter()
        verdicts.append(service.grade(pair["gold"], pair["answer"], spec).verdict)
        seconds.append(time.perf_counter() - start)
    return seconds, verdicts


def guard() -> float:
    """Seconds of a round trip to a worker that has nothing to decide."""
    from tools.isolation.workers import WorkerPool

    with WorkerPool("operator:not_") as pool:
        pool.wait_ready()
        seconds = []
        for _ in range(1000):
            start = time.perf_counter()
            pool.call(True)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def theirs(pairs: list[dict[str, Any]]) -> dict[str, Any] | None:
    python = os.environ.get("MATH_VERIFY_PYTHON")
    if not python:
        print("MATH_VERIFY_PYTHON is not set: math-verify is left out", file=sys.stderr)
        return None
    done = subprocess.run(
        [python, "-c", PEER],
        input=json.dumps([[p["gold"], p["answer"]] for p in pairs]),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        print(f"{python} cannot run math-verify: {last[0]}", file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def times(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    place = min(len(ordered) - 1, int(0.99 * len(ordered)))
    return {
        "median_ms": round(1e3 * statistics.median(ordered), 3),
        "p99_ms": round(1e3 * ordered[place], 3),
        "max_ms": round(1e3 * ordered[-1], 3),
    }


def main() -> None:
    groups = {"made": made(random.Random(SEED))}
    for name in FILES:
        if (SHARED / name).exists():
            lines = (SHARED / name).read_text(encoding="utf-8").splitlines()
            groups[name] = [json.loads(line) for line in lines]
    pairs = [pair for group in groups.values() for pair in group]
    mine, verdicts = ours(pairs)
    _, again = ours(pairs)
    peer = theirs(pairs)
    result: dict[str, Any] = {
        "benchmark": "grading_latency",
        "pairs": len(pairs),
        "guard_round_trip_ms": round(1e3 * guard(), 3),
        "same_verdicts_in_a_second_round": verdicts == again,
        "ansatz": times(mine),
        "p99_under_250_ms": times(mine)["p99_ms"] < 1e3 * LIMIT,
    }
    if peer is not None:
        other = [seconds for seconds, _ in peer["results"]]
        result["math_verify"] = {"version": peer["version"]} | times(other)
        ratio = statistics.median(mine) / statistics.median(other)
        result["median_ratio"] = round(ratio, 4)
        result["at_most_a_quarter"] = ratio <= 0.25
    result["groups"], start = {}, 0
    for name, group in groups.items():
        part = slice(start, start + len(group))
        start += len(group)
        entry: dict[str, Any] = {"pairs": len(group), "ansatz": times(mine[part])}
        if peer is not None:
            entry["math_verify"] = times([s for s, _ in peer["results"][part]])
        if name == "made":
            truths = [pair["truth"] for pair in group]
            entry["ansatz_right"] = _right([v == "correct" for v in verdicts[part]], truths)
            if peer is not None:
                entry["math_verify_right"] = _right([v for _, v in peer["results"][part]], truths)
        result["groups"][name] = entry
    print(json.dumps(result, indent=2))


def _right(verdicts: list[Any], truths: list[bool]) -> str:
    return f"{sum(v is t for v, t in zip(verdicts, truths, strict=True))} of {len(truths)}"


if __name__ == "__main__":
    main()
