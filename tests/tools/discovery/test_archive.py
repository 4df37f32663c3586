import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.discovery.archive import Archive
from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.ranking import SortedKeys
from tools.errors import BadInput


def member(id: int, score: float | None, **fields: object) -> Member:
    outcome = Outcome.CRASHED if score is None else Outcome.OK
    return Member(id, Candidate.of("pass"), Evaluation(outcome, score), **fields)  # type: ignore[arg-type]


class Heard:
    """An index that remembers what it was fed."""

    def __init__(self) -> None:
        self.ids: list[int] = []

    def add(self, member: Member) -> None:
        self.ids.append(member.id)


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3).map(float)), max_size=30))
def test_best_and_top_follow_score_and_then_age(scores: list[float | None]) -> None:
    archive = Archive()
    for id, score in enumerate(scores):
        archive.add(member(id, score))
    ranked = sorted((-s, i) for i, s in enumerate(scores) if s is not None)
    assert archive.top(len(scores) + 1) == [i for _, i in ranked]
    best = archive.best()
    assert (best.id if best else None) == (ranked[0][1] if ranked else None)
    assert [m.id for m in archive.ok] == [i for i, s in enumerate(scores) if s is not None]
    assert list(archive.eligible) == list(archive.ok or archive.members)


def test_sorted_keys_stay_sorted_through_many_blocks() -> None:
    keys: SortedKeys[tuple[int, int]] = SortedKeys()
    drawn = [(random.Random(i).randrange(500), i) for i in range(5000)]
    for key in drawn:
        keys.add(key)
    assert list(keys) == sorted(drawn)
    assert len(keys) == 5000
    assert [keys.first(n) for n in (0, 1, 700, 6000)] == [
        sorted(drawn)[:n] for n in (0, 1, 700, 6000)
    ]


def test_an_index_hears_of_every_member_once_whenever_it_is_asked_for() -> None:
    archive = Archive()
    for id in range(3):
        archive.add(member(id, 1.0))
    late = archive.index(Heard)
    archive.add(member(3, None))
    assert archive.index(Heard) is late
    assert late.ids == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (member(2, 1.0), "next member must have id 1"),
        (member(1, 1.0, parents=(1,)), "is not in the archive"),
        (member(1, float("nan")), "not finite"),
        (member(1, 1.0, concepts=frozenset({2})), "not closed under ancestors"),
        (member(1, 1.0, concepts=frozenset({0, 1})), "without the root"),
        (member(1, 1.0, concepts=frozenset({9})), "not closed"),
        (Member(1, Candidate.of(""), Evaluation(Outcome.OK)), "OK members have a score"),
    ],
)
def test_a_member_that_does_not_fit_is_refused(bad: Member, message: str) -> None:
    archive = Archive()
    archive.tree.close([("a", "b")])
    archive.add(member(0, 1.0, concepts=frozenset({1, 2})))
    with pytest.raises(BadInput, match=message):
        archive.add(bad)
    assert len(archive) == 1
