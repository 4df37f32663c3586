"""Normal ordering, side by side with OpenFermion and sympy.physics.secondquant.

    python benchmarks/normal_ordering.py [--peer /path/to/python] [--quick]

Three families, each over growing sizes so that the growth shows: the fermion word
c_1..c_n c_1^dag..c_n^dag, the boson word (b b^dag)^n, and nested commutators [H, [H, ... n_1up]] of
a Hubbard ring of eight sites. Every program gets the same operator already written in its own
terms; what is timed is bringing it to normal order (for the commutators: all nested commutators up
to the depth). Times are the best of several runs in processor milliseconds, the term counts of all
programs must agree, and a size is skipped once its predecessor took over two seconds. `--peer` is
an interpreter that has openfermion; it runs in a process of its own. wicks remembers words it has
seen, so it gets new mode names every time. The last line is the whole table as JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

LIMITS = {"fermion n=10": 10.0, "boson n=10": 1000.0, "hubbard depth=6": 5.0}
PATIENCE_MS = 2000.0
SIZES = {
    "fermion": ("n", [2, 4, 6, 8, 10]),
    "boson": ("n", [2, 4, 6, 8, 10]),
    "hubbard": ("depth", [1, 2, 3, 4, 5, 6]),
}
Row = dict[str, Any]


def best(work: Callable[[], int]) -> tuple[float, int]:
    """Returns (processor milliseconds, terms): the best of runs that fill about half a second."""
    times: list[float] = []
    while len(times) < 15 and (sum(times) < 500 or len(times) < 2):
        start = time.process_time()
        terms = work()
        times.append(1000 * (time.process_time() - start))
        if times[-1] > PATIENCE_MS:
            break
    return min(times), terms


def measure(families: dict[str, Callable[[int], Callable[[], int]]]) -> dict[str, Row]:
    """Returns {"family size": {"ms", "terms"}}, each family up to the size that takes too long."""
    rows: dict[str, Row] = {}
    for family, build in families.items():
        unit, sizes = SIZES[family]
        for size in sizes:
            ms, terms = best(build(size))
            rows[f"{family} {unit}={size}"] = {"ms": round(ms, 4), "terms": terms}
            if ms > PATIENCE_MS:
                break
    return rows


def ring(sites: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Returns hopping pairs (p, q) and doubly occupied pairs of modes 2 site + spin."""
    hops = []
    for i in range(sites):
        j = (i + 1) % sites
        hops += [(2 * a + s, 2 * b + s) for s in (0, 1) for a, b in ((i, j), (j, i))]
    return hops, [(2 * i, 2 * i + 1) for i in range(sites)]


def ours() -> dict[str, Row]:
    """Times this project."""
    from tools.grading.operators import Algebra, commutator

    algebra = Algebra()
    c, b = algebra.fermion("c"), algebra.boson("b")

    def fermion(n: int) -> Callable[[], int]:
        word = [c(p) for p in range(n)] + [c.create(p) for p in range(n)]
        return lambda: len(algebra.product(word).table)

    def boson(n: int) -> Callable[[], int]:
        word = [b(), b.create()] * n
        return lambda: len(algebra.product(word).table)

    def hubbard(depth: int) -> Callable[[], int]:
        hops, doubles = ring(8)
        h = algebra.zero
        for p, q in hops:
            h = h - c.create(p) * c(q)
        for p, q in doubles:
            h = h + 4 * c.number(p) * c.number(q)

        def work() -> int:
            nested = c.number(0)
            for _ in range(depth):
                nested = commutator(h, nested)
            return len(nested.table)

        return work

    return measure({"fermion": fermion, "boson": boson, "hubbard": hubbard})


def openfermion() -> dict[str, Row]:
    """Times OpenFermion; called in the peer's interpreter."""
    from openfermion import BosonOperator, FermionOperator, normal_ordered

    def fermion(n: int) -> Callable[[], int]:
        word = FermionOperator(tuple((p, k) for k in (0, 1) for p in range(n)))
        return lambda: len(normal_ordered(word).terms)

    def boson(n: int) -> Callable[[], int]:
        word = BosonOperator(((0, 0), (0, 1)) * n)
        return lambda: len(normal_ordered(word).terms)

    def hubbard(depth: int) -> Callable[[], int]:
        hops, doubles = ring(8)
        h = FermionOperator()
        for p, q in hops:
            h += FermionOperator(((p, 1), (q, 0)), -1)
        for p, q in doubles:
            h += FermionOperator(((p, 1), (p, 0), (q, 1), (q, 0)), 4)
        h = normal_ordered(h)

        def work() -> int:
            nested = FermionOperator(((0, 1), (0, 0)))
            for _ in range(depth):
                nested = normal_ordered(h * nested - nested * h)
                nested.compress()
            return len(nested.terms)

        return work

    return measure({"fermion": fermion, "boson": boson, "hubbard": hubbard})


def secondquant() -> dict[str, Row]:
    """Times sympy.physics.secondquant.wicks; it does fermions only, and few of them."""
    from sympy import Dummy
    from sympy.physics.secondquant import AnnihilateFermion, CreateFermion, wicks

    def fermion(n: int) -> Callable[[], int]:
        def work() -> int:
            modes = [Dummy(f"p{k}", above_fermi=True) for k in range(n)]
            word = [AnnihilateFermion(p) for p in modes] + [CreateFermion(p) for p in modes]
            product: Any = 1
            for factor in word:
                product = product * factor
            return len(wicks(product).expand().args)

        return work

    SIZES["fermion"] = ("n", [2, 4])
    return measure({"fermion": fermion})


def from_peer(interpreter: str) -> dict[str, Row] | None:
    """Returns OpenFermion's rows, or None (said aloud) where it cannot be imported."""
    command = [interpreter, __file__, "--as-peer"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no output"]
        print(f"OpenFermion is skipped: {interpreter} says {reason[0]}")
        return None
    rows: dict[str, Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


def main() -> int:
    """Measures, prints growth tables and JSON; 1 where a stated ratio is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", default=sys.executable, help="interpreter with openfermion")
    parser.add_argument("--quick", action="store_true", help="leave out secondquant")
    parser.add_argument("--as-peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_peer:
        print(json.dumps(openfermion()))
        return 0
    mine, peer = ours(), from_peer(options.peer)
    again = ours()
    for name, row in again.items():
        # Before and after the peer: a load that came and went hurts neither side alone.
        mine[name]["ms"] = min(mine[name]["ms"], row["ms"])
    slow = {} if options.quick else secondquant()
    missed = report(mine, peer or {}, slow)
    print(json.dumps({"ours": mine, "openfermion": peer, "secondquant": slow, "missed": missed}))
    return 1 if missed else 0


def report(mine: dict[str, Row], peer: dict[str, Row], slow: dict[str, Row]) -> list[str]:
    """Prints the growth table; returns which stated ratios are missed."""
    print(f"{'':18}{'terms':>8}{'ours ms':>12}{'openfermion':>14}{'ratio':>10}{'secondquant':>14}")
    missed: list[str] = []
    for name, row in mine.items():
        other, third = peer.get(name), slow.get(name)
        ratio = float(Fraction(other["ms"]) / Fraction(row["ms"])) if other else None
        cells = (
            f"{other['ms']:14.3f}{ratio:10.1f}" if other and ratio else f"{'-':>14}{'-':>10}",
            f"{third['ms']:14.1f}" if third else f"{'-':>14}",
        )
        print(f"{name:18}{row['terms']:8d}{row['ms']:12.4f}{cells[0]}{cells[1]}")
        if other and other["terms"] != row["terms"]:
            missed.append(f"{name}: {row['terms']} terms against {other['terms']}")
        if ratio is not None and ratio < LIMITS.get(name, 0):
            missed.append(f"{name}: {ratio:.1f} times, {LIMITS[name]:.0f} wanted")
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
