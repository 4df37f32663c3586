"""Density-based pruning: quotas against a solver, and what a cluster keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from tools.errors import BadInput
from tools.pruning.density import complexity, quotas, select_by_density
from tools.pruning.prototypes import Clusters, spherical_kmeans


def clustered(seed: int = 0, n: int = 300, k: int = 6) -> tuple[np.ndarray, Clusters]:
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((n, 5))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return x, spherical_kmeans(x, k, draw)


def test_complexity_is_the_product_of_two_mean_distances() -> None:
    x, clusters = clustered()
    centres = clusters.centroids.astype(float)
    for j, found in enumerate(complexity(clusters, neighbours=2)):
        intra = np.mean([1 - float(v @ centres[j]) for v in x[clusters.cell == j]])
        others = sorted(1 - float(centres[j] @ c) for i, c in enumerate(centres) if i != j)
        assert found == pytest.approx(intra * np.mean(others[:2]), rel=1e-5)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40)), min_size=2, max_size=8),
    st.floats(0.05, 2),
    st.data(),
)
def test_quotas_add_up_and_stay_within_the_sizes(parts, temperature, data) -> None:
    sizes = np.array([size for _, size in parts])
    if not sizes.sum():
        return
    count = data.draw(st.integers(1, int(sizes.sum())))
    weights = np.array([weight for weight, _ in parts])
    found = quotas(weights, sizes, count, temperature=temperature)
    assert found.sum() == count
    assert (found <= sizes).all()
    assert (found >= 0).all()
    if count >= (sizes > 0).sum():
        assert (found[sizes > 0] >= 1).all()


def test_quotas_solve_the_quadratic_programme() -> None:
    weights, sizes = np.array([0.1, 0.3, 0.35, 0.2]), np.array([50, 20, 60, 10])
    for count in (8, 40, 90, 130):
        p = np.exp(weights / 0.1) / np.exp(weights / 0.1).sum()
        solved = minimize(
            lambda x, wanted=p * count: ((x - wanted) ** 2).sum(),
            np.full(4, count / 4),
            bounds=[(1, n) for n in sizes],
            constraints={"type": "eq", "fun": lambda x, n=count: x.sum() - n},
            method="SLSQP",
        )
        assert np.abs(quotas(weights, sizes, count, temperature=0.1) - solved.x).max() < 1.01


def test_the_furthest_rows_of_each_cluster_stay() -> None:
    _, clusters = clustered(3)
    kept = select_by_density(clusters, 120)
    assert kept.sum() == 120
    for j in range(6):
        own = clusters.cell == j
        gone = clusters.distances()[own & ~kept]
        assert not len(gone) or clusters.distances()[own & kept].min() >= gone.max()


def test_a_complex_cluster_keeps_a_larger_share() -> None:
    sizes = np.array([100, 100])
    tame, wild = quotas(np.array([0.1, 0.2]), sizes, 60).tolist()
    assert wild > 2 * tame
    even = quotas(np.array([0.1, 0.2]), sizes, 60, temperature=100).tolist()
    assert abs(even[0] - even[1]) <= 1


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(BadInput, match="1 to 5"):
        quotas(np.ones(2), np.array([2, 3]), 6)
    with pytest.raises(BadInput, match="temperature"):
        quotas(np.ones(2), np.array([2, 3]), 4, temperature=0)
    with pytest.raises(BadInput, match="two clusters"):
        complexity(clustered(k=1)[1])
