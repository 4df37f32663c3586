import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.pruning import kept_count, select_at_random, select_by_score
from tools.pruning.select import target_count

# Few distinct values, so that ties are the rule.
SCORES = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=40).map(torch.tensor)


@st.composite
def scores_and_count(draw: st.DrawFn) -> tuple[torch.Tensor, int]:
    scores = draw(SCORES)
    return scores, draw(st.integers(1, len(scores)))


@settings(deadline=None)
@given(scores_and_count(), st.sampled_from(["hard", "easy"]))
def test_exactly_so_many_different_examples_are_kept_in_ascending_order(case, end) -> None:
    scores, count = case
    kept = select_by_score(scores, count, end).tolist()
    assert len(kept) == count
    assert kept == sorted(set(kept))
    assert set(kept) <= set(range(len(scores)))


@settings(deadline=None)
@given(scores_and_count())
def test_hard_and_easy_are_complements(case) -> None:
    scores, count = case
    hard = select_by_score(scores, count, "hard").tolist()
    rest = len(scores) - count
    easy = select_by_score(scores, rest, "easy").tolist() if rest else []
    assert sorted(hard + easy) == list(range(len(scores)))


@settings(deadline=None)
@given(scores_and_count())
def test_no_example_left_out_is_harder_than_one_kept(case) -> None:
    scores, count = case
    hard = select_by_score(scores, count, "hard")
    left_out = [i for i in range(len(scores)) if i not in hard.tolist()]
    assert not left_out or scores[hard].min() >= scores[left_out].max()


def test_equal_scores_are_taken_in_their_given_order() -> None:
    scores = torch.tensor([1.0, 2.0, 1.0, 2.0, 1.0])
    assert select_by_score(scores, 3, "hard").tolist() == [0, 1, 3]
    assert select_by_score(scores, 2, "easy").tolist() == [2, 4]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_min=True))
def test_a_fraction_keeps_the_nearest_count_and_never_none(examples: int, keep: float) -> None:
    count = kept_count(examples, keep)
    assert 1 <= count <= examples
    assert count == 1 or abs(count - keep * examples) <= 0.5 + 1e-9


def test_halves_are_rounded_up() -> None:
    assert kept_count(5, 0.5) == 3
    assert kept_count(1347, 0.5) == 674


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.data())
def test_a_random_subset_has_the_asked_size_and_depends_on_the_seed_alone(n, seed, data) -> None:
    count = data.draw(st.integers(1, n))
    first, again = (
        select_at_random(n, count, torch.Generator().manual_seed(seed)).tolist() for _ in range(2)
    )
    assert first == again == sorted(set(first))
    assert len(first) == count
    assert 0 <= first[0] <= first[-1] < n


@pytest.mark.parametrize("count", [0, 4, -1])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(BadInput, match="between 1 and 3"):
        select_by_score(torch.zeros(3), count, "hard")
    with pytest.raises(BadInput, match="between 1 and 3"):
        select_at_random(3, count, torch.Generator())


def test_a_score_that_cannot_be_ranked_is_named() -> None:
    with pytest.raises(BadInput, match="example 1 is nan"):
        select_by_score(torch.tensor([0.0, float("nan"), 1.0]), 1, "hard")


def test_the_middle_is_the_window_around_the_median() -> None:
    values = torch.tensor([0.1, 0.9, 0.5, 0.3, 0.7, 0.2, 0.8, 0.4])
    kept = select_by_score(values, 4, "middle")
    assert sorted(values[kept].tolist()) == pytest.approx([0.3, 0.4, 0.5, 0.7])


@settings(deadline=None)
@given(scores_and_count(), st.floats(0, 0.9))
def test_skipped_scores_are_never_kept(case, skip: float) -> None:
    values, count = case
    skipped = int(skip * len(values) + 0.5)
    if len(values) - skipped < count:
        with pytest.raises(BadInput, match="Skip less"):
            select_by_score(values, count, "hard", skip=skip)
        return
    for window in ("hard", "easy", "middle"):
        kept = select_by_score(values, count, window, skip=skip)
        assert len(set(kept.tolist())) == count
        top = values.argsort(descending=True, stable=True)[:skipped]
        assert not set(kept.tolist()) & set(top.tolist())


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(3, 60), st.floats(0, 1), st.data())
def test_balance_gives_every_class_its_share_and_meets_the_count(seed, n, balance, data) -> None:
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (n,), generator=draw)
    values = torch.rand(n, generator=draw) + labels  # class 2 is hardest throughout
    count = data.draw(st.integers(1, n))
    for window in ("hard", "easy", "middle"):
        kept = select_by_score(values, count, window, classes=labels, balance=balance)
        assert len(set(kept.tolist())) == len(kept) == count
        for c in range(3):
            of_class = int((labels == c).sum())
            assert int((labels[kept] == c).sum()) >= int(balance * count * of_class / n)


def test_without_balance_one_class_may_vanish_and_with_it_none_does() -> None:
    labels = torch.tensor([0] * 10 + [1] * 10)
    values = torch.arange(20.0)
    assert labels[select_by_score(values, 10, "hard")].tolist() == [1] * 10
    half = labels[select_by_score(values, 10, "hard", classes=labels, balance=0.4)]
    assert half.bincount().tolist() == [2, 8]
    even = select_by_score(values, 10, "hard", classes=labels, balance=1)
    assert even.tolist() == [5, 6, 7, 8, 9, 15, 16, 17, 18, 19]


def test_a_target_is_a_fraction_or_a_number() -> None:
    assert target_count(10, 0.25) == 3
    assert target_count(10, 1) == 10
    assert target_count(10, 7) == 7
    for wrong in (2.5, 11, -1):
        with pytest.raises(BadInput):
            target_count(10, wrong)


def test_smaller_random_parts_lie_within_larger_ones() -> None:
    small, large = (
        set(select_at_random(50, k, torch.Generator().manual_seed(3)).tolist()) for k in (10, 30)
    )
    assert small < large
