"""Fuzzes the grader; a crash, a hang or executed code ends it with status 1.

    python tests/fuzz/fuzz_grading.py                         100,000 inputs made from the grammar
    python tests/fuzz/fuzz_grading.py --only 4711             that one input again, in this process
    python tests/fuzz/fuzz_grading.py --atheris 300           coverage-guided, for 300 seconds

The first goes through the guarded service, as a user's answers do. Counted apart:

- crash: an error inside the decision, or a worker that ended by itself;
- hang: a decision that only the wall cap ended;
- escape: an error that reached the caller, or a file made by code in an input;
- contained: a budget in processor time, memory or size that did its work. These are no failures.

atheris is no dependency of ours: `pip install atheris` where that run is wanted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.hostile import CANARY, Attack, attack  # noqa: E402

from tools.errors import BadInput  # noqa: E402
from tools.grading.grade import Grade, grade_unguarded  # noqa: E402
from tools.grading.service import grade, open_pool  # noqa: E402
from tools.grading.spec import GradeSpec  # noqa: E402

_CRASHES = ("The decision ended its process", "The grader failed on this pair")
_HANG = "The decision did not end within"
_CONTAINED = ("The decision took more than", "The decision needed more memory", "Gold, answer and",
              "The canonical forms are too long")  # fmt: skip


def main() -> int:
    """Runs what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="grade this one input in this process")
    parser.add_argument("--atheris", type=int, metavar="SECONDS", help="coverage-guided instead")
    parser.add_argument("--out", type=Path, help="write the report here, as JSON")
    options = parser.parse_args()
    if options.only is not None:
        print(one(attack(options.seed, options.only)))
        return 0
    if options.atheris:
        return guided(options.atheris, options.seed)
    report = storm(options.count, options.seed, options.workers)
    text = json.dumps(report, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")
    return int(any(report[k] for k in ("crashes", "hangs", "escapes")))


def spec_of(given: Attack) -> GradeSpec | None:
    """Reads the fields of an input; None where they are refused."""
    try:
        return GradeSpec.from_fields(given.parameters, given.functions, given.assume, given.context)
    except BadInput:
        return None


def one(given: Attack) -> Grade | None:
    """Grades one input in this process; None where its fields are refused."""
    print(asdict(given))
    spec = spec_of(given)
    return None if spec is None else grade_unguarded(given.gold, given.answer, spec)


def storm(count: int, seed: int, workers: int) -> dict[str, Any]:
    """Sends inputs through the guarded service and counts what comes back."""
    counts: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    slow: list[tuple[float, int]] = []
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_pool(workers=workers) as pool,
        ThreadPoolExecutor(workers) as threads,
    ):
        before = {p / CANARY for p in (Path.cwd(), Path(folder), Path.home())}

        def try_one(number: int) -> tuple[int, str, float, str]:
            given = attack(seed, number)
            start = time.perf_counter()
            try:
                spec = spec_of(given)
                if spec is None:
                    return number, "refused", time.perf_counter() - start, ""
                found = grade(given.gold, given.answer, spec, pool=pool)
            except Exception as error:  # noqa: BLE001  (any error here is what is looked for)
                return number, "escape", time.perf_counter() - start, repr(error)[:300]
            return number, kind(found), time.perf_counter() - start, found.reason[:300]

        for at in range(0, count, 1000):
            for number, what, seconds, why in threads.map(
                try_one, range(at, min(at + 1000, count))
            ):
                counts[what] += 1
                slow.append((seconds, number))
                if what in ("crash", "hang", "escape"):
                    failures.append({"number": number, "what": what, "why": why})
            slow = sorted(slow, reverse=True)[:5]
            if any(path.exists() for path in before):
                failures.append({"number": at, "what": "escape", "why": "code was executed"})
                counts["escape"] += 1
            print(f"\r{min(at + 1000, count)}/{count} {dict(counts)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return {
        "inputs": count,
        "seed": seed,
        "crashes": counts["crash"],
        "hangs": counts["hang"],
        "escapes": counts["escape"],
        "contained_by_a_budget": counts["contained"],
        "refused_fields": counts["refused"],
        "verdicts": {k: counts[k] for k in ("correct", "incorrect", "ungradable")},
        "slowest": [{"number": n, "wall_seconds": round(s, 3)} for s, n in slow],
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "failures": failures[:50],
    }


def kind(found: Grade) -> str:
    """Sorts a grade: its verdict, or what went wrong behind it."""
    if found.verdict == "ungradable":
        if found.reason.startswith(_CRASHES):
            return "crash"
        if found.reason.startswith(_HANG):
            return "hang"
        if found.reason.startswith(_CONTAINED):
            return "contained"
    return found.verdict


def guided(seconds: int, seed: int) -> int:
    """Lets atheris look for inputs that raise out of the parser or the grader."""
    try:
        import atheris
    except ImportError:
        print(
            "atheris is not installed here: pip install atheris, or run without --atheris.",
            file=sys.stderr,
        )
        return 2

    with atheris.instrument_imports(include=["tools.grading"], enable_loader_override=False):
        _reload_grading()
        from tools.errors import BadInput as Refused
        from tools.grading.grade import grade_unguarded as decide
        from tools.grading.spec import GradeSpec as Spec

    def target(data: bytes) -> None:
        parts = data.decode("utf-8", "surrogateescape").split("\x00")
        gold, answer, assume = (*parts, "", "")[:3]
        try:
            spec = Spec.from_fields(assume=assume or None)
        except Refused:
            return
        decide(gold, answer or gold, spec)

    with tempfile.TemporaryDirectory() as folder:
        for number in range(300):
            given = attack(seed, number)
            whole = "\x00".join((given.gold, given.answer, given.assume or ""))
            Path(folder, str(number)).write_bytes(whole.encode("utf-8", "replace")[:2000])
        options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=4000"]
        atheris.Setup([sys.argv[0], folder, *options, "-max_len=2000"], target)
        atheris.Fuzz()
    return 0


def _reload_grading() -> None:
    """Forgets the modules that were imported without instruments."""
    for name in [n for n in sys.modules if n.startswith("tools.grading")]:
        del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main())
