"""The semantic search: nothing is missed where that is promised, and recall is what is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.pruning.dedup import calibration, cells, semantic
from tools.pruning.dedup.pairs import Pairs
from tools.pruning.dedup.products import Products, prepare
from tools.pruning.dedup.progress import Checkpoints
from tools.pruning.dedup.semantic import SemanticSearch


def rng(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def clustered(n: int, d: int, seed: int = 0, spread: float = 0.4) -> np.ndarray:
    """Unit vectors around a few centres, with many pairs about any threshold."""
    g = np.random.default_rng(seed)
    centres = g.standard_normal((12, d))
    x = centres[g.integers(0, 12, n)] + spread * g.standard_normal((n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def true_pairs(x: np.ndarray, threshold: float) -> set[tuple[int, int]]:
    y = x.astype(np.float64)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    i, j = np.nonzero(np.triu(y @ y.T >= threshold, 1))
    return set(zip(i.tolist(), j.tolist(), strict=True))


def found_pairs(search: SemanticSearch) -> set[tuple[int, int]]:
    pairs = Pairs.join(search.within(np.arange(search.size)))
    assert (pairs.similarity >= search.threshold - 1e-9).all()
    return set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 1000),
    st.sampled_from([3, 24, 70]),
    st.sampled_from([0.5, 0.8, 0.95, 0.999]),
    st.sampled_from([None, 1, 7, 30]),
)
def test_certain_searches_find_exactly_the_true_pairs(
    seed: int, d: int, threshold: float, count: int | None
) -> None:
    x = clustered(300, d, seed)
    search = SemanticSearch(x, threshold, recall=1, rng=rng, cell_count=count)
    assert search.calibration.certified
    assert found_pairs(search) == true_pairs(x, threshold)


def test_cells_are_used_and_visits_find_the_pairs_that_borders_split() -> None:
    x = clustered(2500, 3, spread=2.0)
    threshold = 0.9995
    search = SemanticSearch(x, threshold, recall=1, rng=rng, cell_count=12)
    assert search.cells is not None
    native = search.cells.native
    truth = true_pairs(x, threshold)
    split = {(i, j) for i, j in truth if native[i] != native[j]}
    assert len(split) > 10
    assert found_pairs(search) == truth
    compared = np.diff(search.cells.cell_starts) * (
        np.diff(search.cells.cell_starts) / 2 + np.diff(search.cells.starts)
    )
    assert compared.sum() < len(x) ** 2 / 4
    alone = cells.assign(x, cells.train(x, 12, rng("centroids")), slice(0, len(x)), reach=0.0)
    assert len(alone["visitor"]) < search.visits * len(x)


def test_rows_against_others_give_the_best_of_each() -> None:
    x = clustered(900, 8, spread=0.6)
    for count in (None, 9):
        search = SemanticSearch(x, 0.98, recall=1, rng=rng, cell_count=count)
        rows, others = np.arange(0, 900, 2), np.arange(1, 900, 2)
        best: dict[int, float] = {}
        for part in search.between(rows, others):
            for left, value in zip(part.left.tolist(), part.similarity.tolist(), strict=True):
                best[left] = max(best.get(left, 0.0), value)
        y = x.astype(np.float64)
        y /= np.linalg.norm(y, axis=1, keepdims=True)
        most = (y[rows] @ y[others].T).max(axis=1)
        expected = {int(r): m for r, m in zip(rows, most, strict=True) if m >= 0.98}
        assert best.keys() == expected.keys()
        assert all(abs(best[r] - m) < 1e-9 for r, m in expected.items())


def planted_far_apart(n: int, d: int, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    g = np.random.default_rng(3)
    x = g.standard_normal((n, d))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    half = n // 2
    cosine = g.uniform(threshold + 1e-6, 1, (half, 1))
    away = x[half : 2 * half]
    away -= (away * x[:half]).sum(axis=1, keepdims=True) * x[:half]
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    x[half : 2 * half] = cosine * x[:half] + np.sqrt(1 - cosine**2) * away
    return x.astype(np.float32), np.stack([np.arange(half), np.arange(half, 2 * half)], axis=1)


def test_a_calibrated_search_finds_what_it_promises_at_less_work() -> None:
    x, pairs = planted_far_apart(12_000, 96, 0.95)
    search = SemanticSearch(x, 0.95, recall=0.999, rng=rng, cell_count=60)
    sure = search.calibration
    assert search.cells is not None
    assert not sure.certified
    assert sure.reach < calibration.furthest_reach(0.95)
    assert sure.pairs > 2000
    assert sure.recall_at_least() <= sure.found / sure.pairs <= sure.recall_at_most()
    found = found_pairs(search)
    reached = search.similarity(pairs[:, 0], pairs[:, 1]) >= 0.95
    wanted = [(int(i), int(j)) for i, j in pairs[reached]]
    assert sum(pair in found for pair in wanted) >= 0.999 * len(wanted)


def test_few_coordinates_bound_the_product_from_above() -> None:
    x = clustered(400, 48)
    groups = [np.arange(400)]
    products = prepare(x, 0.99, groups, lambda shape: np.empty(shape, np.float32))
    assert products.head.shape[1] < 48
    bound = products.head @ products.head.T
    assert (bound >= x.astype(np.float64) @ x.T.astype(np.float64) - products.slack).all()


def test_a_product_of_all_coordinates_and_a_dense_block_agree() -> None:
    x = clustered(700, 16, spread=0.05)
    rows = np.arange(700)
    products = Products(x, x)
    parts = list(products.pairs(rows, rows, 0.9, upper=True))
    pairs = Pairs.join(parts)
    assert len(pairs) > 0.02 * 700**2  # dense: computed by one product in float64
    one_by_one = products.similarity(pairs.left, pairs.right)
    assert np.abs(pairs.similarity - one_by_one).max() <= 1.1e-12  # the last decimal that is kept


def test_a_killed_search_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = clustered(1500, 8, spread=0.6)
    monkeypatch.setattr("tools.pruning.dedup.work._PRODUCTS", 50_000)

    def search() -> SemanticSearch:
        saved = Checkpoints(tmp_path)
        return SemanticSearch(x, 0.99, recall=1, rng=rng, cell_count=12, checkpoints=saved)

    first = search().within(np.arange(1500))
    before = [next(first), next(first)]
    first.close()
    kept = len(list(tmp_path.glob("pairs-*.npz")))
    again = search()
    computed = []
    monkeypatch.setattr(
        again,
        "_lanes",
        lambda find, items: (computed.append(i) or find(i) for i in items),
    )
    parts = list(again.within(np.arange(1500)))
    assert kept >= 2
    assert len(computed) == len(parts) - kept
    assert np.array_equal(parts[0].left, before[0].left)
    assert np.array_equal(parts[1].similarity, before[1].similarity)
    assert {*zip(*(stack(parts, s) for s in ("left", "right")), strict=True)} >= true_pairs(x, 0.99)


def stack(parts: list[Pairs], side: str) -> list[int]:
    low = np.concatenate([np.minimum(p.left, p.right) for p in parts])
    high = np.concatenate([np.maximum(p.left, p.right) for p in parts])
    return (low if side == "left" else high).tolist()


def test_equal_seeds_give_equal_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "ALL_PAIRS", 100)
    x = clustered(2000, 32)
    a, b = (
        Pairs.join(SemanticSearch(x, 0.9, rng=rng, cell_count=20).within(np.arange(2000)))
        for _ in range(2)
    )
    assert np.array_equal(a.left, b.left)
    assert np.array_equal(a.similarity, b.similarity)


def test_what_cannot_be_searched_is_refused() -> None:
    with pytest.raises(BadInput, match=r"cosine of 1\.5"):
        SemanticSearch(clustered(10, 4), 1.5, rng=rng)
    with pytest.raises(BadInput, match="shape"):
        SemanticSearch(np.ones(4, np.float32), 0.5, rng=rng)


def test_torch_multiplies_as_numpy_does() -> None:
    pytest.importorskip("torch")
    x = clustered(700, 24)
    rows, others = np.arange(0, 700, 2), np.arange(1, 700, 2)
    # Any name but "cpu" goes through torch; a GPU does the same with "cuda".
    a, b = (
        Pairs.join(Products(x, x, device).pairs(rows, others, 0.95)) for device in ("cpu", "cpu:0")
    )
    assert len(a) > 100
    assert np.array_equal(a.left, b.left)
    assert np.array_equal(a.right, b.right)
    assert np.array_equal(a.similarity, b.similarity)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 9), st.integers(1, 400), st.sampled_from([0.0, 0.1, 2]))
def test_cells_hold_exactly_the_rows_that_live_in_them_and_that_visit(
    seed: int, count: int, step: int, reach: float
) -> None:
    x = clustered(400, 3, seed, spread=1.0)
    centroids = cells.train(x, count, np.random.default_rng(seed))
    parts = [
        cells.assign(x, centroids, slice(at, min(at + step, len(x))), reach)
        for at in range(0, len(x), step)
    ]
    native = np.concatenate([part["native"] for part in parts])
    visits = np.concatenate(
        [np.stack([part["visited"], part["visitor"]], axis=1) for part in parts]
    )
    made = cells.gather(parts, count)
    assert made.count == count
    for cell in range(count):
        assert np.array_equal(made.natives(cell), np.flatnonzero(native == cell))
        assert np.array_equal(made.visitors(cell), visits[visits[:, 0] == cell, 1])
    # Whatever lies within the reach of a border visits, and nobody visits at home.
    assert not (native[visits[:, 1]] == visits[:, 0]).any()
    if reach == 2:
        assert len(visits) == len(x) * (count - 1)
