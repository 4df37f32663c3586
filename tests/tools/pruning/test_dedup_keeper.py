"""The keeper: one survivor per group, no removal without a kept twin, orders, sizes, batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.pruning.dedup import exact, planted
from tools.pruning.dedup.keeper import (
    Decisions,
    apply_rule,
    decide,
    make_order,
    with_copies,
)
from tools.pruning.dedup.pairs import Pairs, Rows, TooManyPairs
from tools.pruning.dedup.target import decide_for_size


class Known:
    """A search that looks pairs up in a matrix, and counts those it held at a time."""

    def __init__(self, similarity: np.ndarray, threshold: float) -> None:
        self.matrix, self.threshold, self.size = similarity, threshold, len(similarity)
        self.most = 0

    def within(self, rows: Rows) -> Iterator[Pairs]:
        i, j = np.nonzero(np.triu(self.matrix[np.ix_(rows, rows)] >= self.threshold, 1))
        self.most = max(self.most, len(i))
        yield Pairs(rows[i], rows[j], self.matrix[rows[i], rows[j]])

    def between(self, rows: Rows, others: Rows) -> Iterator[Pairs]:
        i, j = np.nonzero(self.matrix[np.ix_(rows, others)] >= self.threshold)
        yield Pairs(rows[i], others[j], self.matrix[rows[i], others[j]])

    def similarity(self, left: Rows, right: Rows) -> np.ndarray:
        return self.matrix[left, right]


def by_hand(matrix: np.ndarray, order: Rows, threshold: float) -> np.ndarray:
    kept: list[int] = []
    for row in order:
        if not any(matrix[row, other] >= threshold for other in kept):
            kept.append(int(row))
    mask = np.zeros(len(matrix), bool)
    mask[kept] = True
    return mask


def symmetric(rng: np.random.Generator, n: int, levels: int = 20) -> np.ndarray:
    half = np.triu(rng.integers(0, levels, (n, n)) / levels, 1)
    return half + half.T


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 25), st.integers(1, 20))
def test_greedy_is_the_rule_said_in_words_and_leaves_no_orphan(seed: int, n: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, order, threshold = symmetric(rng, n), rng.permutation(n), cut / 20
    found = decide(Known(matrix, threshold), order)
    assert np.array_equal(found.kept, by_hand(matrix, order, threshold))
    rank = np.argsort(order)
    for row in np.flatnonzero(~found.kept):
        twin = found.twin[row]
        assert found.kept[twin]
        assert rank[twin] < rank[row]
        allowed = [k for k in np.flatnonzero(found.kept) if rank[k] < rank[row]]
        assert found.similarity[row] == matrix[row, twin] == max(matrix[row, allowed])
        assert found.similarity[row] >= threshold
    assert np.isnan(found.similarity[found.kept]).all()
    assert np.array_equal(found.kept[found.group()], np.ones(n, bool))


def test_batches_too_large_for_memory_change_nothing_but_the_pairs_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.pruning.dedup.keeper._LEAST_BATCH", 64)
    n = 900
    labels = np.random.default_rng(0).integers(0, 3, n)  # three groups of three hundred copies

    class Groups(Known):
        def __init__(self) -> None:
            self.size, self.threshold, self.most = n, 1.0, 0

        def within(self, rows: Rows) -> Iterator[Pairs]:
            for label in range(3):
                mine = rows[labels[rows] == label]
                i, j = np.triu_indices(len(mine), 1)
                self.most = max(self.most, len(i))
                yield Pairs(mine[i], mine[j], np.ones(len(i)))

        def between(self, rows: Rows, others: Rows) -> Iterator[Pairs]:
            for label in range(3):
                mine, kept = rows[labels[rows] == label], others[labels[others] == label]
                yield Pairs(
                    np.repeat(mine, len(kept)),
                    np.tile(kept, len(mine)),
                    np.ones(len(mine) * len(kept)),
                )

    order = np.random.default_rng(1).permutation(n)
    found = decide(Groups(), order, budget=64**2 // 2)
    firsts = [order[labels[order] == label][0] for label in range(3)]
    assert sorted(np.flatnonzero(found.kept)) == sorted(firsts)
    assert {int(t) for t in found.twin[~found.kept]} == {int(f) for f in firsts}
    with pytest.raises(TooManyPairs):
        Pairs.join(Groups().within(np.arange(n)), 64**2 // 2)


def test_on_a_chain_greedy_keeps_twenty_and_the_released_rule_two() -> None:
    vectors = planted.chain()
    search = Known(vectors @ vectors.T, planted.CHAIN_THRESHOLD)
    order = make_order("furthest", 40, vectors @ vectors.mean(axis=0))
    assert decide(search, order).kept.sum() == 20
    released = decide(search, order, rule="semdedup")
    assert sorted(np.flatnonzero(released.kept)) == [0, 39]
    assert not released.kept[released.twin[~released.kept]].all()
    assert set(released.group()) == {0, 39}


def test_orders_say_who_survives() -> None:
    matrix = np.ones((4, 4))
    values = np.array([2.0, 9.0, 9.0, 1.0])
    survivors = {}
    for name in ("first", "highest", "lowest", "furthest", "nearest"):
        found = decide(Known(matrix, 0.5), make_order(name, 4, values))
        survivors[name] = int(np.flatnonzero(found.kept)[0])
    assert survivors == {"first": 0, "highest": 1, "lowest": 3, "furthest": 3, "nearest": 1}


def test_an_order_needs_finite_values() -> None:
    with pytest.raises(BadInput, match="Row 1 has the value nan"):
        make_order("highest", 2, np.array([1.0, np.nan]))
    with pytest.raises(BadInput, match="Name a column"):
        make_order("highest", 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 25), st.data())
def test_a_size_is_met_exactly_and_every_removal_stays_justified(
    seed: int, n: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    matrix, order = symmetric(rng, n), rng.permutation(n)
    least = int(decide(Known(matrix, 0.05), order).kept.sum())
    count = data.draw(st.integers(least, n))
    sized = decide_for_size(lambda t: Known(matrix, t), (0.8, 0.4, 0.05), order, count)
    found = sized.decisions
    assert found.kept.sum() == count
    removed = np.flatnonzero(~found.kept)
    assert found.kept[found.twin[removed]].all()
    assert (found.similarity[removed] >= sized.threshold).all()
    assert np.array_equal(found.similarity[removed], matrix[removed, found.twin[removed]])


def test_a_size_out_of_reach_is_refused_with_the_size_within_reach() -> None:
    with pytest.raises(BadInput, match="removes only 0 and keeps 3"):
        decide_for_size(lambda t: Known(np.zeros((3, 3)), t), (0.9, 0.5), np.arange(3), 2)
    with pytest.raises(BadInput, match="Cannot keep 4 of 3"):
        decide_for_size(lambda t: Known(np.zeros((3, 3)), t), (0.9,), np.arange(3), 4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 20))
def test_copies_share_the_fate_of_their_original(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, n, n)
    base = symmetric(rng, n)
    np.fill_diagonal(base, 1.0)
    matrix = base[np.ix_(label, label)]
    order = rng.permutation(n)
    keys = np.frombuffer(b"".join(int(x).to_bytes(16, "big") for x in label), "V16")
    original = exact.originals(keys, order)
    unique = np.flatnonzero(original == np.arange(n))
    place = np.full(n, -1)
    place[unique] = np.arange(len(unique))
    inner = place[order[place[order] >= 0]]
    small = decide(Known(matrix[np.ix_(unique, unique)], 0.7), inner)
    found = with_copies(unique, original, small, order)
    assert np.array_equal(found.kept, by_hand(matrix, order, 0.7))
    removed = np.flatnonzero(~found.kept)
    assert found.kept[found.twin[removed]].all()
    assert np.array_equal(found.similarity[removed], matrix[removed, found.twin[removed]])


def test_pairs_are_joined_once_each_and_in_order() -> None:
    parts = [
        Pairs(np.array([3, 1]), np.array([2, 0]), np.array([0.9, 0.8])),
        Pairs(np.array([2]), np.array([3]), np.array([0.9])),
    ]
    joined = Pairs.join(parts)
    assert joined.left.tolist() == [0, 2]
    assert joined.right.tolist() == [1, 3]
    assert apply_rule(joined, np.arange(4)).kept.tolist() == [True, False, True, False]


def test_nothing_similar_keeps_everything() -> None:
    found = decide(Known(np.zeros((5, 5)), 0.5), np.arange(5))
    assert found.kept.all()
    assert isinstance(found, Decisions)
    assert found.group().tolist() == [0, 1, 2, 3, 4]
