"""Cost of choosing a parent and recording a child, from 10 to 100,000 archived programs.

    python benchmarks/discovery_archive.py [--largest N]

For every selection policy: an archive of n members with concepts of a tree of 84, then processor
time of select (one parent) plus add, averaged over a window in which the archive grows by 4 % (at
least 10 members), so that what a policy renews now and then is paid for in full. Sizes of one
policy are measured in turn, three rounds, the fastest round of each counts. The limit: at 100,000
no more than three times the cost at 100.

Beside it stand two figures of OpenEvolve 0.4.0, measured by us on two cores of another machine with
an endpoint without latency: a whole iteration (its workers are sent the population each time) took
6.9 ms at the start and 80.5 ms with 1,000 programs. They are not the same work: ours is the
archive's and the policy's share of an iteration, without proposal and evaluation.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np

from tools.discovery.archive import Archive
from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.concepts import ConceptTree
from tools.discovery.contrast import PARTS
from tools.discovery.policies import Policy, create, names
from tools.discovery.synthetic import Landscape, Setting
from tools.plots import CYCLE, FAINT, GREY, new_figure

SIZES = (10, 100, 1_000, 10_000, 100_000)
OPENEVOLVE_MS = {"at the start": 6.9, "with 1,000 programs": 80.5}
LIMIT = 3.0
ROUNDS = 3


def members(count: int) -> tuple[ConceptTree, list[Member]]:
    """Makes members along random walks of mutation, a seventh of them failed."""
    landscape = Landscape(Setting(), 0)
    walk, luck = random.Random(0), np.random.default_rng(0)
    tree, made = ConceptTree(), []
    genome = frozenset[int]()
    for id in range(count):
        genome = landscape.mutate(genome, walk)
        failed = luck.random() < 1 / 7
        score = None if failed else landscape.value(genome) + float(luck.normal())
        evaluation = Evaluation(Outcome.CRASHED if failed else Outcome.OK, score)
        source = "#" * int(luck.integers(200, 4000))
        concepts = tree.close(landscape.paths[v] for v in sorted(genome))
        parents = (int(luck.integers(id)),) if id else ()
        made.append(Member(id, Candidate.of(source), evaluation, parents, concepts))
    return tree, made


def window(size: int) -> int:
    return max(10, size // 25)


def microseconds(policy: Policy, tree: ConceptTree, made: list[Member], size: int) -> float:
    """Returns processor microseconds for one select and add at this size."""
    repeats = max(1, 400 // window(size))
    spent = 0.0
    for _ in range(repeats):
        archive, rng = Archive(tree), np.random.default_rng(0)
        for member in made[:size]:
            archive.add(member)
        policy.select(archive, rng, 1)  # builds the index from the past; not part of an iteration
        start = time.process_time()
        for member in made[size : size + window(size)]:
            policy.select(archive, rng, 1)
            archive.add(member)
        spent += time.process_time() - start
    return 1e6 * spent / (repeats * window(size))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    sizes = [n for n in SIZES if n <= parser.parse_args().largest]
    tree, made = members(sizes[-1] + window(sizes[-1]))
    table = {}
    for name in names():
        policy = create(name)
        rounds = [[microseconds(policy, tree, made, n) for n in sizes] for _ in range(ROUNDS)]
        best = [min(costs) for costs in zip(*rounds, strict=True)]
        table[name] = {str(n): round(cost, 1) for n, cost in zip(sizes, best, strict=True)}
        table[name]["flatness"] = round(best[-1] / best[min(1, len(best) - 1)], 2)
        print(f"{name:18s}" + "".join(f"{cost:9.1f}" for cost in best), flush=True)
    worst = max(row["flatness"] for row in table.values())
    draw(table, sizes)
    result = {
        "microseconds an iteration (select + add)": table,
        "largest flatness, 100,000 against 100": worst,
        "limit": LIMIT,
        "within the limit": worst <= LIMIT,
        "OpenEvolve 0.4.0, whole iteration, ms (cited)": OPENEVOLVE_MS,
        "OpenEvolve 0.4.0, ratio from start to 1,000 programs (cited)": round(80.5 / 6.9, 1),
    }
    print(json.dumps(result))


def draw(table: dict[str, dict[str, float]], sizes: list[int]) -> None:
    figure, (axes,) = new_figure(
        width=8.4,
        height=4.6,
        title="Choosing a parent and recording a child costs the same at any size",
        subtitle="processor time of select + add, by policy; crosses: whole iterations of a peer",
    )
    shown = [name for name in table if name not in PARTS]  # the ablations cost what ccts costs
    for place, name in enumerate(shown):
        row = table[name]
        marker = "os^vD<>"[place // len(CYCLE)]
        costs = [row[str(n)] for n in sizes]
        axes.plot(sizes, costs, marker=marker, color=CYCLE[place % len(CYCLE)], label=name)
    axes.plot([1, 1000], [1000 * ms for ms in OPENEVOLVE_MS.values()], "X", color=GREY)
    for x, (when, ms) in zip((1, 1000), OPENEVOLVE_MS.items(), strict=True):
        axes.annotate(
            f"OpenEvolve 0.4.0 {when}: {ms} ms",
            (x, 1000 * ms),
            xytext=(8 if x == 1 else -8, 0),
            ha="left" if x == 1 else "right",
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=FAINT,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("archived programs")
    axes.set_ylabel("microseconds an iteration")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9, frameon=False)
    figure.savefig(Path(__file__).parent / "results" / "discovery_archive.png", dpi=150)


if __name__ == "__main__":
    main()
