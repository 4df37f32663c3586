"""A search landscape with a known answer: a concept tree whose concepts have known utilities.

The paper (Leleu et al. 2026) has such an environment, but its tree, utilities, mutation operator
and parameters were not available to us: everything here is ours. The archive, the concept tree and
the policies are the real ones; only proposer and evaluator are stand-ins.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tools.discovery.archive import Archive
from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.contrast import Contrast, Score, Split
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.discovery.concepts import Path
    from tools.discovery.policies import Policy

Genome = frozenset[int]

_FAILED = Evaluation(Outcome.CRASHED, message="failed by lot")
_LEAST_SEEN = 5  # members with a concept before its learned ratio is compared with its utility


@dataclass(frozen=True)
class Setting:
    """What landscapes and their mutations are drawn from.

    Attributes:
        branching, depth: shape of the hidden tree, branching + ... + branching^depth concepts.
        helpful, harmful: fractions of the concepts of positive and of negative utility.
        gain, harm: mean size of a positive and of a negative utility (both exponential).
        noise: standard deviation of a single evaluation.
        failure: probability that an evaluation fails.
        edits: mean number of edits of a mutation beyond the first (Poisson).
        removal: probability that an edit removes a leaf instead of adding a concept.
        largest: concepts above which an edit always removes.
        popularity: shape of the gamma prior by which added concepts are chosen; it is independent
            of their utility, as habits of a proposer are.
    """

    branching: int = 4
    depth: int = 3
    helpful: float = 0.2
    harmful: float = 0.3
    gain: float = 1.0
    harm: float = 1.0
    noise: float = 1.0
    failure: float = 0.15
    edits: float = 1.0
    removal: float = 0.4
    largest: int = 14
    popularity: float = 0.7

    def __post_init__(self) -> None:
        fits = (
            self.branching >= 1
            and self.depth >= 1
            and 0 <= self.helpful <= 1 - self.harmful <= 1
            and 0 <= self.failure < 1
            and 0 <= self.removal <= 1
            and min(self.noise, self.edits, self.gain, self.harm) >= 0
            and self.popularity > 0
            and self.largest >= 1
        )
        if not fits:
            raise BadInput(
                f"No landscape can be drawn from {self}.",
                "Fractions lie in 0 .. 1 and add up to 1 at most; sizes and means are at least 0.",
            )


class Landscape:
    """One hidden tree with its utilities; genomes are sets of concepts closed under ancestors.

    Attributes:
        utility: of each concept by hidden number; the root is number 0 and worth nothing.
        paths: names of each concept from below the root.
    """

    def __init__(self, setting: Setting, seed: int) -> None:
        """Draws a landscape; the same seed gives the same one."""
        self.setting = setting
        self.parents, self.children, self.paths = _grow(setting.branching, setting.depth)
        rng = np.random.default_rng([seed, 0])
        count = len(self.parents)
        kind = rng.random(count)
        size = rng.exponential(size=count)
        self.utility = np.where(
            kind < setting.helpful,
            setting.gain * size,
            np.where(kind < setting.helpful + setting.harmful, -setting.harm * size, 0.0),
        )
        self.utility[0] = 0.0
        self.popularity: list[float] = rng.gamma(setting.popularity, size=count).tolist()

    def value(self, genome: Genome) -> float:
        """Returns the true utility of a genome: the sum over its concepts."""
        return float(sum(self.utility.item(v) for v in sorted(genome)))

    def optimum(self) -> float:
        """Returns the largest true utility of any genome, whatever its size."""
        best = [0.0] * len(self.parents)
        for v in reversed(range(len(self.parents))):  # children come after their parents
            below = sum(max(best[c], 0.0) for c in self.children[v])
            best[v] = float(self.utility[v]) + below
        return best[0]

    def mutate(self, genome: Genome, rng: random.Random) -> Genome:
        """Returns a genome changed by 1 + Poisson(edits) edits.

        An edit removes a random leaf with probability `removal`, always above `largest` concepts,
        never from an empty genome; else it adds a concept below the root or an active one, drawn
        by popularity.
        """
        active = set(genome)
        for _ in range(1 + _poisson(self.setting.edits, rng)):
            remove = rng.random() < self.setting.removal or len(active) > self.setting.largest
            if active and remove:
                leaves = [v for v in sorted(active) if active.isdisjoint(self.children[v])]
                active.remove(rng.choice(leaves))
                continue
            frontier = [
                c for v in (0, *sorted(active)) for c in self.children[v] if c not in active
            ]
            if frontier:
                weights = [self.popularity[c] for c in frontier]
                active.add(rng.choices(frontier, weights)[0])
        return frozenset(active)


@dataclass(frozen=True)
class Search:
    """A finished search.

    Attributes:
        archive: all that was tried.
        genomes: by member id.
        best: true utility of the best-scoring member after each evaluation.
    """

    archive: Archive
    genomes: list[Genome]
    best: list[float]


def search(landscape: Landscape, policy: Policy, seed: int, evaluations: int) -> Search:
    """Runs select, mutate, evaluate, record `evaluations` times, starting from the empty program.

    Noise and failure of evaluation t are the same for every policy under one seed, so that
    policies are compared on equal luck.

    Args:
        landscape: where.
        policy: what is tried out.
        seed: of mutations, noise and the policy's own draws.
        evaluations: how many children are made, at least 1.
    """
    if evaluations < 1:
        raise BadInput(f"evaluations = {evaluations}.", "Give at least 1.")
    setting = landscape.setting
    luck = np.random.default_rng([seed, 1])
    noise: list[float] = (setting.noise * luck.standard_normal(evaluations + 1)).tolist()
    fails: list[bool] = (luck.random(evaluations + 1) < setting.failure).tolist()
    mutation = random.Random(int(np.random.default_rng([seed, 2]).integers(2**63)))
    choice = np.random.default_rng([seed, 3])
    archive, genomes, values, best = Archive(), [Genome()], [0.0], []
    archive.add(_member(archive, landscape, genomes[0], noise[0], ()))
    for step in range(1, evaluations + 1):
        parents = policy.select(archive, choice, 1)
        genome = landscape.mutate(genomes[parents[0]], mutation)
        genomes.append(genome)
        values.append(landscape.value(genome))
        score = None if fails[step] else values[-1] + noise[step]
        archive.add(_member(archive, landscape, genome, score, parents))
        leader = archive.best()
        best.append(values[leader.id] if leader else 0.0)
    return Search(archive, genomes, best)


def measure(landscape: Landscape, done: Search) -> dict[str, float]:
    """Returns what a study compares.

    `auc` is the mean over time, `final` the last value of the true utility of the best-scoring
    member; `failed` the fraction of failures. `recovery` is Spearman's rank correlation over
    concepts of the learned log theta^H / theta^L with the true utility (0 with under 3 concepts).
    """
    archive = done.archive
    return {
        "auc": float(np.mean(done.best)),
        "final": done.best[-1],
        "failed": 1 - len(archive.ok) / len(archive),
        "recovery": recovery(landscape, archive),
    }


def recovery(landscape: Landscape, archive: Archive) -> float:
    """Returns how well the contrast of an archive ranks the concepts by their true utility."""
    split = Split(gamma=0.25, n_min=3)
    seen: dict[int, int] = {}
    for member in archive.members:
        split.add(member)
        for v in member.concepts:
            seen[v] = seen.get(v, 0) + 1
    ratio = Contrast(split, archive.tree, Score()).ratio()
    hidden = {path: number for number, path in enumerate(landscape.paths)}
    often = [v for v in sorted(seen) if seen[v] >= _LEAST_SEEN]
    learned = np.array([ratio[v] for v in often])
    true = np.array([landscape.utility[hidden[archive.tree.path(v)]] for v in often])
    if len(often) < 3 or np.ptp(learned) == 0 or np.ptp(true) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(learned), _ranks(true))[0, 1])


def _member(
    archive: Archive,
    landscape: Landscape,
    genome: Genome,
    score: float | None,
    parents: tuple[int, ...],
) -> Member:
    names = [landscape.paths[v] for v in sorted(genome)]
    evaluation = _FAILED if score is None else Evaluation(Outcome.OK, score)
    candidate = Candidate.of("\n".join("/".join(path) for path in names))
    return Member(len(archive), candidate, evaluation, parents, archive.tree.close(names))


def _grow(branching: int, depth: int) -> tuple[list[int], list[list[int]], list[Path]]:
    """Returns parents, children and paths of the full tree, level by level."""
    parents, children, paths = [0], [[]], [()]  # type: tuple[list[int], list[list[int]], list[Path]]
    level = [0]
    for _ in range(depth):
        below = []
        for v in level:
            for turn in range(branching):
                child = len(parents)
                parents.append(v)
                children.append([])
                children[v].append(child)
                paths.append((*paths[v], f"{'abcdefghijklmnopqrstuvwxyz'[turn % 26]}{turn // 26}"))
                below.append(child)
        level = below
    return parents, children, paths


def _poisson(mean: float, rng: random.Random) -> int:
    """Draws from a Poisson distribution by counting exponential gaps; for small means."""
    count, time = -1, 0.0
    while time <= mean:
        time += rng.expovariate(1.0)
        count += 1
    return count


def _ranks(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float]:
    """Returns ranks, equal values sharing their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: list[float] = (ends - (counts - 1) / 2)[place].tolist()
    return means
