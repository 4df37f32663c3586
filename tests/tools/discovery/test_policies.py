"""What every policy has in common, and that each does what its name says."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.discovery.archive import Archive
from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.contrast import Contrast, Score, Split
from tools.discovery.policies import Policy, create, names
from tools.discovery.policies.cells import Cells
from tools.discovery.policies.clusters import Clusters
from tools.discovery.policies.pareto import Front
from tools.errors import BadInput, NotFound

PATHS = [("a",), ("a", "b"), ("c",), ("c", "d"), ("e",)]
SETS = [[], PATHS[:1], PATHS[:2], PATHS[2:3], PATHS[2:4], [PATHS[0], PATHS[4]]]


def member(
    archive: Archive,
    score: float | None,
    *,
    kind: int = 0,
    source: str = "pass",
    parents: tuple[int, ...] = (),
) -> Member:
    outcome = Outcome.CRASHED if score is None else Outcome.OK
    concepts = archive.tree.close(SETS[kind])
    return Member(len(archive), Candidate.of(source), Evaluation(outcome, score), parents, concepts)


def filled(scores: list[float | None], kinds: list[int] | None = None) -> Archive:
    archive = Archive()
    for i, score in enumerate(scores):
        archive.add(member(archive, score, kind=kinds[i % len(kinds)] if kinds else 0))
    return archive


def shares(policy: Policy, archive: Archive, draws: int = 4000) -> dict[int, float]:
    """How often each member is the first parent."""
    rng = np.random.default_rng(0)
    counted = Counter(policy.select(archive, rng, 1)[0] for _ in range(draws))
    return {id: n / draws for id, n in counted.items()}


def assert_close(found: dict[int, float], expected: dict[int, float], draws: int = 4000) -> None:
    for id in found.keys() | expected.keys():
        p = expected.get(id, 0.0)
        error = math.sqrt(max(p * (1 - p), 1 / draws) / draws)
        assert found.get(id, 0.0) == pytest.approx(p, abs=4.5 * error), id


scores = st.lists(st.one_of(st.none(), st.integers(-3, 3).map(float)), max_size=40)


@pytest.mark.parametrize("name", names())
@settings(max_examples=15, deadline=None)
@given(scores=scores, count=st.integers(1, 5), seed=st.integers(0, 99))
def test_parents_are_different_eligible_and_as_many_as_there_are(
    name: str, scores: list[float | None], count: int, seed: int
) -> None:
    archive = filled(scores, [0, 1, 2, 3, 4, 5])
    chosen = create(name).select(archive, np.random.default_rng(seed), count)
    eligible = {m.id for m in archive.eligible}
    assert len(chosen) == len(set(chosen)) == min(count, len(eligible))
    assert set(chosen) <= eligible


@pytest.mark.parametrize("name", names())
def test_a_resumed_run_chooses_as_if_it_had_never_stopped(name: str) -> None:
    """Member by member with choices between, or all at once: the indexes end up the same."""
    luck = np.random.default_rng(1)
    policy, running = create(name), Archive()
    for id in range(150):
        policy.select(running, luck, 2)
        score = None if id % 7 == 3 else float(luck.normal())
        parents = (id // 2,) if id else ()
        running.add(member(running, score, kind=int(luck.integers(6)), parents=parents))
    resumed = Archive(running.tree)
    for each in running.members:
        resumed.add(each)
    for seed in range(30):
        first, second = (
            policy.select(archive, np.random.default_rng(seed), 3) for archive in (running, resumed)
        )
        assert first == second


def test_uniform_gives_every_success_the_same_chance_and_failures_none() -> None:
    archive = filled([1.0, None, 5.0, -2.0, None, 0.0])
    assert_close(shares(create("uniform"), archive), dict.fromkeys((0, 2, 3, 5), 0.25))


def test_failures_are_chosen_while_nothing_has_succeeded() -> None:
    archive = filled([None, None])
    for name in names():
        assert set(create(name).select(archive, np.random.default_rng(0), 2)) == {0, 1}


def test_greedy_takes_the_best_and_then_the_next_best() -> None:
    archive = filled([1.0, 3.0, None, 2.0, 3.0])
    assert create("greedy").select(archive, np.random.default_rng(0), 3) == (1, 4, 3)


def test_k_elites_draws_evenly_from_the_k_best() -> None:
    archive = filled([float(i) for i in range(20)])
    assert_close(shares(create("k-elites", k=4), archive), dict.fromkeys((16, 17, 18, 19), 0.25))


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_softmax_follows_its_formula(temperature: float) -> None:
    values = np.array([0.0, 1.0, 2.5, -1.0, 3.0])
    weights = np.exp(values / values.std() / temperature)
    archive = filled([*values.tolist(), None])
    expected = dict(enumerate((weights / weights.sum()).tolist()))
    assert_close(shares(create("softmax", temperature=temperature), archive), expected)


def test_softmax_does_not_overflow_when_a_score_leaps() -> None:
    archive = filled([float(i % 3) for i in range(120)])
    policy = create("softmax")
    policy.select(archive, np.random.default_rng(0), 1)
    archive.add(member(archive, 1e9))
    assert shares(policy, archive, 200) == {120: 1.0}


def test_clusters_anneal_towards_the_best_and_start_anew() -> None:
    policy = Clusters(temperature=2.0, period=100)
    heat = [policy.temperature_at(n) for n in (0, 50, 99, 100)]
    assert heat == pytest.approx([2.0, 1.0, 0.02, 2.0])
    best = {}
    for n in (100, 150, 199, 200):
        archive = filled([float(i % 4) for i in range(n)])
        counted = shares(policy, archive, 2000)
        best[n] = sum(p for id, p in counted.items() if id % 4 == 3)
    assert best[100] < best[150] < best[199] == 1.0
    assert best[200] == pytest.approx(best[100], abs=0.06)


def test_clusters_draw_by_cluster_score_not_by_its_size() -> None:
    """Ninety-nine programs share one score, one has another; when hot each cluster gets half."""
    archive = filled([0.0] * 99 + [0.1])
    policy = create("clusters", temperature=1e6, period=1000)
    assert shares(policy, archive)[99] == pytest.approx(0.5, abs=0.04)


def test_clusters_prefer_the_shorter_program() -> None:
    archive = Archive()
    for size in (100, 1000):
        archive.add(member(archive, 1.0, source="#" * size))
    expected = 1 / (1 + math.exp(-900 / 1000))
    found = shares(create("clusters"), archive)
    assert_close(found, {0: expected, 1: 1 - expected})


def test_map_elites_fills_its_cells_and_chooses_each_as_often() -> None:
    """One niche is far better; a policy by score would never return to the other."""
    kinds = [1, 3]
    archive = filled([float(10 * (i % 2) + i // 20) for i in range(40)], kinds)
    cells = archive.index(Cells, archive.tree, "concepts")
    assert cells.elites == [20, 21]  # the first of the higher scores in either niche
    assert_close(shares(create("map-elites"), archive), {20: 0.5, 21: 0.5})
    archive.add(member(archive, 5.0, kind=5))
    archive.add(member(archive, 2.0, kind=2))  # the niche of kind 1: same top concept, higher score
    assert cells.elites == [41, 21, 40]


def test_map_elites_by_size_separates_long_from_short() -> None:
    archive = Archive()
    for size, score in ((10, 1.0), (11, 2.0), (1000, 0.0)):
        archive.add(member(archive, score, source="#" * size))
    assert set(shares(create("map-elites", niche="size"), archive, 100)) == {1, 2}


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 5)), max_size=25))
def test_the_front_is_what_comparing_all_pairs_gives(points: list[tuple[int, int]]) -> None:
    archive = Archive()
    for size, score in points:
        archive.add(member(archive, float(score), source="#" * size))

    def beaten(i: int) -> bool:
        size, score = points[i]
        return any(
            (s <= size and v >= score) and ((s, v) != (size, score) or j < i)
            for j, (s, v) in enumerate(points)
            if j != i
        )

    expected = [i for i in range(len(points)) if not beaten(i)]
    assert sorted(archive.index(Front).ids) == expected
    if points:
        assert set(shares(create("pareto"), archive, 300)) == set(expected)


def test_ccts_follows_its_formula() -> None:
    values: list[float | None] = [1.0, 2.0, None, 0.0, -1.0, 3.0, 0.5, None, 2.5, 0.2, 1.5, -0.5]
    kinds = [1, 2, 3, 4, 3, 2, 0, 4, 2, 5, 1, 3]
    archive = filled(values, kinds)
    split = Split(0.25, 3)
    for each in archive.members:
        split.add(each)
    model = Contrast(split, archive.tree, Score())
    ok = [m for m in archive.members if m.score is not None]
    y = np.array([m.score for m in ok])
    exponent = np.array([model.score(m.concepts) for m in ok]) + 0.8 * (y - y.mean()) / y.std()
    weights = np.exp(exponent / 1.5)
    expected = 0.2 / len(ok) + 0.8 * weights / weights.sum()
    policy = create("ccts", tau=1.5, fitness=0.8, epsilon=0.2)
    assert_close(shares(policy, archive), dict(zip([m.id for m in ok], expected, strict=True)))


def test_ccts_among_the_best_only() -> None:
    archive = filled([float(i) for i in range(30)], [1, 2, 3, 4])
    policy = create("ccts", top=5, epsilon=0.0)
    assert set(shares(policy, archive, 500)) <= {25, 26, 27, 28, 29}
    everyone = create("ccts", top=1000, epsilon=0.0)
    assert_close(shares(everyone, archive), shares(create("ccts", epsilon=0.0), archive))


def test_ccts_is_uniform_until_it_is_warm_and_where_it_explores() -> None:
    archive = filled([float(i) for i in range(8)], [1, 3])
    even = dict.fromkeys(range(8), 1 / 8)
    assert_close(shares(create("ccts", warmup=9), archive), even)
    assert_close(shares(create("ccts", epsilon=1.0), filled([1.0] * 8, [1, 3])), even)
    assert max(shares(create("ccts", warmup=8, tau=0.2), archive).values()) > 0.2


def test_ccts_sees_through_noise_what_a_lucky_score_hides() -> None:
    """Concept `c` helps and `a` hurts; one program with `a` was lucky and leads the ranking."""
    luck = np.random.default_rng(0)
    means = {1: -1.0, 3: 1.0}
    archive = Archive()
    for i in range(60):
        kind = 1 if i % 2 else 3
        archive.add(member(archive, means[kind] + float(luck.normal()), kind=kind))
    archive.add(member(archive, 6.0, kind=1))
    helpful = archive.tree.find(("c",))
    helped = {m.id for m in archive.members if helpful in m.concepts}
    assert create("greedy").select(archive, luck, 1) == (60,)
    concept = create("ccts", fitness=0.0, epsilon=0.0)
    assert sum(p for id, p in shares(concept, archive, 1000).items() if id in helped) > 0.95


def test_every_name_makes_its_policy_and_spelling_is_lenient() -> None:
    assert [create(name).name for name in names()] == list(names())
    assert {"numerator only", "denominator only", "avoid only", "seek only"} < set(names())
    assert create("Avoid-Only") == create("avoid only")
    assert create("ccts", alpha=0.5, tau=2.0) == create("ccts", tau=2.0, alpha=0.5)


def test_an_unknown_name_or_option_is_refused_with_what_there_is() -> None:
    with pytest.raises(NotFound, match="uniform, greedy, k-elites"):
        create("best")
    with pytest.raises(BadInput, match="It takes: k"):
        create("k-elites", size=3)
    with pytest.raises(BadInput, match="It takes none"):
        create("greedy", k=3)
    with pytest.raises(BadInput, match="tau"):
        create("seek only", temperature=3)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("k-elites", {"k": 0}),
        ("softmax", {"temperature": 0.0}),
        ("clusters", {"period": 0}),
        ("map-elites", {"niche": "colour"}),
        ("islands", {"islands": 1}),
        ("ccts", {"gamma": 1.0}),
        ("ccts", {"epsilon": 1.5}),
        ("ccts", {"tau": 0.0}),
        ("ccts", {"top": 0}),
        ("ccts", {"alpha": 0.0}),
    ],
)
def test_an_option_out_of_range_is_refused(name: str, options: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=next(iter(options))):
        create(name, **options)
