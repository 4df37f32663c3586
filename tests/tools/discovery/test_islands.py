"""Islands: everybody gets children, the best travel, and nobody else does."""

import random
from collections import Counter, deque

import numpy as np
import pytest

from tools.discovery.archive import Archive
from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.policies import create
from tools.discovery.policies.islands import Islands


def add(archive: Archive, score: float, parents: tuple[int, ...] = ()) -> int:
    evaluation = Evaluation(Outcome.OK, score)
    archive.add(Member(len(archive), Candidate.of("pass"), evaluation, parents))
    return len(archive) - 1


def evolve(evaluations: int, lanes: int = 1, **options: int) -> tuple[Archive, Islands]:
    """Runs from one seed with `lanes` proposals under way, answers coming back out of order."""
    policy, archive = create("islands", **options), Archive()
    add(archive, 0.0)
    rng, order = np.random.default_rng(0), random.Random(0)
    under_way: deque[tuple[int, ...]] = deque()
    while len(archive) < evaluations:
        while len(under_way) < lanes:
            under_way.append(policy.select(archive, rng, 1))
        under_way.rotate(order.randrange(lanes))
        add(archive, float(rng.normal()), under_way.popleft())
    islands = archive.index(Islands, options["islands"], options["interval"])
    return archive, islands


@pytest.mark.parametrize("lanes", [1, 3, 16])
def test_every_island_gets_its_share_of_children_from_a_single_seed(lanes: int) -> None:
    _, islands = evolve(600, lanes, islands=4, interval=40)
    born = Counter(home[0] for home in islands.homes[1:])
    assert set(born) == {0, 1, 2, 3}
    assert min(born.values()) > 0.6 * 600 / 4


@pytest.mark.parametrize("lanes", [1, 16])
def test_without_migration_no_line_crosses_from_one_island_to_another(lanes: int) -> None:
    archive, islands = evolve(400, lanes, islands=4, interval=10_000)
    assert islands.migrations == []
    for member in archive.members[1:]:
        mother = member.parents[0]
        assert mother == 0 or islands.homes[mother] == islands.homes[member.id]


def test_the_best_of_each_island_settles_on_the_next_one_and_has_children_there() -> None:
    archive, islands = evolve(400, islands=4, interval=40)
    assert {target for _, target in islands.migrations} == {0, 1, 2, 3}
    for migrant, target in islands.migrations:
        assert {target, (target - 1) % 4} <= set(islands.homes[migrant])
    crossings = [
        member
        for member in archive.members[1:]
        if any(
            member.parents[0] == migrant and islands.homes[member.id][0] == target
            for migrant, target in islands.migrations
        )
    ]
    assert len(crossings) > 10


def test_migration_sends_the_best_and_only_when_it_is_time() -> None:
    archive = Archive()
    islands = archive.index(Islands, 2, 6)
    seed = add(archive, 0.0)
    for score in (5.0, 1.0, 7.0, 2.0):  # ids 1, 3 go to island 1, ids 2, 4 to island 0
        add(archive, score, (seed,))
    assert [islands.homes[i] for i in range(5)] == [(0, 1), (1,), (0,), (1,), (0,)]
    assert islands.migrations == []
    add(archive, 3.0, (2,))  # the sixth member, a child of island 0
    assert islands.migrations == [(5, 1), (3, 0)]
    assert islands.homes[5] == islands.homes[3] == (0, 1)
    assert islands.homes[1] == (1,)
    assert [id for _, id in islands.rankings[0].first(2)] == [3, 5]


def test_a_child_of_two_parents_lives_where_both_do() -> None:
    archive = Archive()
    islands = archive.index(Islands, 3, 1000)
    seed = add(archive, 0.0)
    one = add(archive, 1.0, (seed,))  # id 1, island 1
    two = add(archive, 1.0, (seed,))  # id 2, island 2
    assert islands.homes[add(archive, 0.0, (seed, two))] == (2,)
    assert islands.homes[add(archive, 0.0, (one, two))] == (1,)
