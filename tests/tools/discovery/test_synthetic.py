import math
import random
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.discovery.policies import create
from tools.discovery.synthetic import Landscape, Setting, measure, recovery, search
from tools.errors import BadInput

QUIET = Setting(noise=0.0, failure=0.0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.integers(1, 60))
def test_mutation_keeps_genomes_closed_and_within_their_size(seed: int, steps: int) -> None:
    landscape = Landscape(Setting(largest=5, edits=2.0), seed)
    rng, genome = random.Random(seed), frozenset[int]()
    for _ in range(steps):
        genome = landscape.mutate(genome, rng)
        assert 0 not in genome
        assert all(landscape.parents[v] in genome | {0} for v in genome)
    # Only the edits of one mutation can lead above the limit, and each of them ends that.
    assert len(genome) <= 6


def test_mutation_follows_popularity_and_not_utility() -> None:
    landscape = Landscape(Setting(depth=1, removal=0.0, edits=0.0), 3)
    rng = random.Random(0)
    first = [next(iter(landscape.mutate(frozenset(), rng))) for _ in range(4000)]
    total = sum(landscape.popularity[1:])
    for v in range(1, 5):
        p = landscape.popularity[v] / total
        assert first.count(v) / 4000 == pytest.approx(p, abs=4 * math.sqrt(0.25 / 4000))


def test_the_optimum_is_that_of_trying_every_closed_set() -> None:
    for seed in range(20):
        landscape = Landscape(Setting(branching=2, depth=2, helpful=0.4, harmful=0.4), seed)
        everything = chain.from_iterable(combinations(range(1, 7), k) for k in range(7))
        closed = [
            frozenset(s) for s in everything if all(landscape.parents[v] in (0, *s) for v in s)
        ]
        best = max(map(landscape.value, closed))
        assert landscape.optimum() == pytest.approx(best)


def test_utilities_are_drawn_in_the_given_shares() -> None:
    setting = Setting(branching=10, depth=3, helpful=0.3, harmful=0.5, gain=2.0)
    utility = Landscape(setting, 0).utility[1:]
    assert (utility > 0).mean() == pytest.approx(0.3, abs=0.05)
    assert (utility < 0).mean() == pytest.approx(0.5, abs=0.05)
    assert utility[utility > 0].mean() == pytest.approx(2.0, abs=0.4)


def test_a_search_replays_bit_for_bit_and_another_seed_differs() -> None:
    landscape = Landscape(Setting(), 0)
    a, b, c = (search(landscape, create("ccts"), seed, 80) for seed in (5, 5, 6))
    assert [(m.score, m.parents) for m in a.archive.members] == [
        (m.score, m.parents) for m in b.archive.members
    ]
    assert a.best == b.best
    assert a.best != c.best


def test_every_policy_meets_the_same_luck() -> None:
    landscape = Landscape(Setting(), 0)
    runs = [search(landscape, create(name), 7, 60) for name in ("uniform", "ccts")]
    luck = [
        [
            None if m.score is None else round(m.score - landscape.value(run.genomes[m.id]), 9)
            for m in run.archive.members
        ]
        for run in runs
    ]
    assert luck[0] == luck[1]
    assert runs[0].genomes != runs[1].genomes


def test_without_noise_or_failure_the_score_is_the_true_utility() -> None:
    landscape = Landscape(QUIET, 1)
    done = search(landscape, create("k-elites"), 1, 60)
    assert [m.score for m in done.archive.members] == [landscape.value(g) for g in done.genomes]
    assert done.best == sorted(done.best)
    assert done.best[-1] <= landscape.optimum()
    assert measure(landscape, done)["auc"] == pytest.approx(np.mean(done.best))


def test_the_archive_holds_the_concepts_of_each_genome() -> None:
    landscape = Landscape(Setting(), 2)
    done = search(landscape, create("islands"), 2, 60)
    for member, genome in zip(done.archive.members, done.genomes, strict=True):
        named = {done.archive.tree.path(v) for v in member.concepts}
        assert named == {landscape.paths[v] for v in genome}


def test_failures_come_as_often_as_set() -> None:
    landscape = Landscape(Setting(failure=0.4), 0)
    failed = measure(landscape, search(landscape, create("uniform"), 0, 1500))["failed"]
    assert failed == pytest.approx(0.4, abs=0.05)


def test_noise_spreads_scores_around_the_true_utility_as_set() -> None:
    landscape = Landscape(Setting(noise=0.7), 0)
    done = search(landscape, create("uniform"), 0, 1500)
    gaps = [m.score - landscape.value(done.genomes[m.id]) for m in done.archive.ok if m.score]
    assert np.std(gaps) == pytest.approx(0.7, rel=0.06)
    assert np.mean(gaps) == pytest.approx(0.0, abs=0.08)


def test_the_contrast_recovers_the_true_utilities_from_a_long_search() -> None:
    landscape = Landscape(QUIET, 4)
    long = search(landscape, create("uniform"), 4, 1500)
    assert recovery(landscape, long.archive) > 0.5
    short = search(landscape, create("uniform"), 4, 4)
    assert recovery(landscape, short.archive) == 0.0


@pytest.mark.parametrize(
    "bad", [{"helpful": 0.8, "harmful": 0.5}, {"failure": 1.0}, {"noise": -1.0}, {"depth": 0}]
)
def test_a_setting_that_cannot_be_drawn_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="No landscape"):
        Setting(**bad)  # type: ignore[arg-type]


def test_a_search_without_evaluations_is_refused() -> None:
    with pytest.raises(BadInput, match="evaluations = 0"):
        search(Landscape(QUIET, 0), create("uniform"), 0, 0)
