"""Density-based pruning: how much of a cluster is kept follows from how complex it is.

Abbas et al. (2024), arXiv:2401.04578, section 3. A cluster whose rows are spread out, far from
other clusters, says more with each row than a dense one among its like, and keeps more of them;
inside a cluster the rows furthest from the centroid stay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.prototypes import Clusters

NEIGHBOURS = 20
TEMPERATURE = 0.1


def complexity(clusters: Clusters, *, neighbours: int = NEIGHBOURS) -> NDArray[np.float64]:
    """Returns C_j = d_inter,j d_intra,j of each cluster, shape (k,).

    d_intra,j is the mean cosine distance of its rows to its centroid, d_inter,j the mean cosine
    distance of its centroid to the nearest others. An empty cluster has d_intra = 0.

    Args:
        clusters: with k >= 2 centroids.
        neighbours: nearest centroids that count, all where there are fewer.

    Raises:
        BadInput: if there is one cluster only: it has no other to be far from.
    """
    k = len(clusters.centroids)
    if k < 2:
        raise BadInput("Density needs at least two clusters.", "Ask for more clusters.")
    sizes = clusters.sizes
    sums = np.bincount(clusters.cell, weights=clusters.distances(), minlength=k)
    intra = sums / np.maximum(sizes, 1)
    centroids = clusters.centroids.astype(np.float64)
    apart = 1.0 - centroids @ centroids.T
    np.fill_diagonal(apart, np.inf)
    nearest = np.sort(apart, axis=1)[:, : min(neighbours, k - 1)]
    inter: NDArray[np.float64] = np.clip(nearest, 0.0, None).mean(axis=1)
    return inter * intra


def quotas(
    weights: NDArray[np.float64],
    sizes: NDArray[np.int64],
    count: int,
    *,
    temperature: float = TEMPERATURE,
) -> NDArray[np.int64]:
    """Returns how many rows each cluster keeps, shape (k,); they add up to `count`.

    With P = softmax(C / temperature) the authors solve the quadratic programme

        min sum_j (x_j - P_j N)^2   with   sum_j x_j = N,  low_j <= x_j <= n_j.

    Its conditions of optimality give x_j = clip(P_j N + mu, low_j, n_j) with one mu for all, found
    here by bisection; the parts after the comma then go to the largest remainders. low_j is one row
    of each cluster that has any, as long as that many are kept at all.

    Args:
        weights: complexity C_j, shape (k,).
        sizes: rows in each cluster n_j, shape (k,).
        count: rows to keep, N.
        temperature: above 0; small sharpens the differences, large keeps as many of each.

    Raises:
        BadInput: if the count or the temperature is out of range.
    """
    total = int(sizes.sum())
    if not 1 <= count <= total:
        raise BadInput(f"Cannot keep {count} of {total} rows.", f"Keep 1 to {total}.")
    if temperature <= 0:
        raise BadInput(f"A temperature of {temperature:g} has no meaning.", "Give one above 0.")
    scaled: NDArray[np.float64] = weights / temperature
    p = np.exp(scaled - scaled.max())
    wanted = count * p / p.sum()
    low = np.minimum(sizes, 1) if count >= int((sizes > 0).sum()) else np.zeros_like(sizes)
    lower, upper = -float(wanted.max()), float(sizes.max())
    for _ in range(200):
        mu = (lower + upper) / 2
        if np.clip(wanted + mu, low, sizes).sum() < count:
            lower = mu
        else:
            upper = mu
    exact = np.clip(wanted + upper, low, sizes)
    whole: NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
    for j in np.argsort(whole - exact, kind="stable"):
        if whole.sum() == count:
            break
        whole[j] += whole[j] < sizes[j]
    assert whole.sum() == count, "rounding can always be made up for within the sizes"
    return whole


def select_by_density(
    clusters: Clusters,
    count: int,
    *,
    temperature: float = TEMPERATURE,
    neighbours: int = NEIGHBOURS,
) -> NDArray[np.bool_]:
    """Keeps `count` rows: each cluster its quota, and of its rows those furthest from its centroid.

    Args:
        clusters: of all rows, best after semantic duplicates are gone, as the authors do it.
        count: rows to keep.
        temperature: see `quotas`.
        neighbours: see `complexity`.

    Returns:
        bool, shape (n,).

    Raises:
        BadInput: see `complexity` and `quotas`.
    """
    number = quotas(
        complexity(clusters, neighbours=neighbours), clusters.sizes, count, temperature=temperature
    )
    # By cluster, the furthest first; a row's place in its cluster decides.
    order = np.lexsort((np.arange(len(clusters.cell)), clusters.cosine, clusters.cell))
    starts = np.cumsum(clusters.sizes) - clusters.sizes
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - starts[clusters.cell[order]]
    kept: NDArray[np.bool_] = place < number[clusters.cell]
    return kept
