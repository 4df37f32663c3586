"""Near and exact duplicates of texts: true Jaccard similarities, found with the stated recall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.pruning.dedup import exact, planted
from tools.pruning.dedup.keeper import decide
from tools.pruning.dedup.minhash import NearSearch, bands, found_at, signatures
from tools.pruning.dedup.pairs import Pairs
from tools.pruning.dedup.shingles import ShingleSets, batched, shingle_sets


def search_in(texts: list[str], threshold: float, length: int = 3, **more: float) -> NearSearch:
    sets = shingle_sets([exact.canonical(t) for t in texts], length)
    return NearSearch(sets, signatures(sets, np.random.default_rng(0)), threshold, **more)


def jaccard(a: str, b: str, length: int) -> float:
    x, y = (
        {tuple(w[i : i + length]) for i in range(max(1, len(w) - length + 1))}
        for w in (a.split(), b.split())
    )
    return len(x & y) / len(x | y)


_TEXT = st.lists(st.sampled_from("a b c dd e'f é 漢字".split()), min_size=1, max_size=9).map(
    " ".join
)


@settings(max_examples=80, deadline=None)
@given(st.lists(_TEXT, min_size=2, max_size=6), st.integers(1, 4))
def test_similarities_are_those_of_the_sets_of_shingles(texts: list[str], length: int) -> None:
    search = search_in(texts, 0.5, length)
    i, j = np.triu_indices(len(texts), 1)
    expected = [jaccard(texts[a], texts[b], length) for a, b in zip(i, j, strict=True)]
    assert search.similarity(i, j).tolist() == expected


def test_shingles_of_characters_suit_scripts_without_blanks() -> None:
    sets = shingle_sets(["深度学习模型", "深度学习方法", "深"], 2, "character")
    assert np.diff(sets.starts).tolist() == [5, 5, 1]
    assert len(np.intersect1d(sets.hashes[:5], sets.hashes[5:10])) == 3


def test_blocks_of_texts_joined_are_the_texts_at_once() -> None:
    texts = [f"w{i} w{i % 7} w{i % 3} end" for i in range(50)]
    whole = shingle_sets(texts, 2)
    blocks = list(batched(texts, characters=60))
    assert len(blocks) > 5
    joined = ShingleSets.join([shingle_sets(block, 2) for block in blocks])
    assert np.array_equal(joined.starts, whole.starts)
    assert np.array_equal(joined.hashes, whole.hashes)


def test_a_signature_agrees_as_often_as_the_sets_are_similar() -> None:
    words = [f"w{i}" for i in range(300)]
    sets = shingle_sets([" ".join(words[:200]), " ".join(words[50:250])], 1)
    signature = signatures(sets, np.random.default_rng(0), 4000)
    assert abs((signature[0] == signature[1]).mean() - 150 / 250) < 4 * (0.24 / 4000) ** 0.5


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.8, (25, 5)), (0.5, (64, 2)), (1.0, (1, 128))]
)
def test_bands_are_the_longest_that_find_enough(
    threshold: float, expected: tuple[int, int]
) -> None:
    b, r = bands(threshold, 0.999)
    assert (b, r) == expected
    assert found_at(threshold, b, r) >= 0.999
    assert r == 128 or found_at(threshold, 128 // (r + 1), r + 1) < 0.999


def test_a_recall_out_of_reach_is_refused() -> None:
    with pytest.raises(BadInput, match="128 hashes cannot find"):
        bands(0.01, 0.999)
    with pytest.raises(BadInput, match="Jaccard similarity of 0"):
        search_in(["a", "b"], 0)


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_planted_pairs_are_found_and_nothing_under_the_threshold(threshold: float) -> None:
    made = planted.texts(threshold, np.random.default_rng(1), exact=False)
    search = search_in(made.texts, threshold)
    pairs = Pairs.join(search.within(np.arange(search.size)))
    assert (pairs.similarity >= threshold).all()
    found = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    wanted = search.similarity(made.pairs[:, 0], made.pairs[:, 1]) >= threshold
    assert wanted.all()
    known = sum((min(p), max(p)) in found for p in made.pairs.tolist())
    assert known >= 0.999 * len(made.pairs)
    assert (made.groups[pairs.left] == made.groups[pairs.right]).all()


def test_rows_against_kept_ones_find_what_the_pairs_say() -> None:
    made = planted.texts(0.7, np.random.default_rng(2), exact=False)
    search = search_in(made.texts, 0.7)
    rows = np.arange(search.size)
    mine, others = rows[::2], rows[1::2]
    left = {int(i) for part in search.between(mine, others) for i in part.left}
    pairs = Pairs.join(search.within(rows))
    odd, even = pairs.left % 2, pairs.right % 2
    expected = {*pairs.left[(odd == 0) & (even == 1)], *pairs.right[(odd == 1) & (even == 0)]}
    assert left == {int(i) for i in expected}


def test_each_candidate_is_told_once() -> None:
    search = search_in(["one two three four five six"] * 6, 0.5)
    parts = list(search.within(np.arange(6)))
    assert sum(map(len, parts)) == 15
    assert decide(search, np.arange(6)).kept.tolist() == [True] + [False] * 5


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Hello  World\n", "hello world", True),
        ("ﬁne", "fine", True),
        ("Straße", "STRASSE", True),
        ("a b", "ab", False),
    ],
)
def test_texts_are_the_same_but_for_case_blanks_and_forms(a: str, b: str, same: bool) -> None:
    assert (exact.canonical(a) == exact.canonical(b)) is same


def test_originals_come_first_in_the_order() -> None:
    keys = exact.digests([b"x", b"y", b"x", b"x"])
    assert exact.originals(keys, np.arange(4)).tolist() == [0, 1, 0, 0]
    assert exact.originals(keys, np.array([3, 2, 1, 0])).tolist() == [3, 1, 3, 3]
    found = exact.decide_exactly(exact.originals(keys, np.arange(4)))
    assert found.kept.tolist() == [True, True, False, False]
    assert found.twin.tolist() == [-1, -1, 0, 0]
