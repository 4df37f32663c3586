"""Spherical k-means, prototype distances, SemDeDup and D4 on data whose answer is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tools.errors import BadInput
from tools.pruning.d4 import d4, semdedup
from tools.pruning.prototypes import Vectors, spherical_kmeans, usual_count


def rng(name: str = "", seed: int = 0) -> np.random.Generator:
    return np.random.default_rng([seed, *name.encode()])


def unit(x: np.ndarray) -> Vectors:
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def blobs(sizes: tuple[int, ...], spread: float, d: int = 8, seed: int = 1) -> Vectors:
    """Groups around different axes."""
    draw = rng(seed=seed)
    centres = np.eye(d)[np.repeat(np.arange(len(sizes)), sizes)]
    return unit(centres + spread * draw.standard_normal(centres.shape))


def test_groups_are_found_and_distances_are_those_of_a_slow_loop() -> None:
    vectors = blobs((30, 40, 50), 0.05)
    found = min(
        (spherical_kmeans(vectors, 3, rng(seed=s)) for s in range(8)),
        key=lambda c: float(c.distances().sum()),
    )
    assert found.converged
    assert sorted(found.sizes.tolist()) == [30, 40, 50]
    assert len(set(found.cell[:30].tolist())) == 1
    slow = [min(1 - float(np.dot(x, c)) for c in found.centroids) for x in vectors]
    assert found.distances() == pytest.approx(slow, abs=1e-6)


def test_the_mean_cosine_never_falls_from_round_to_round() -> None:
    vectors = unit(rng().standard_normal((400, 6)))
    means = [spherical_kmeans(vectors, 12, rng("k"), rounds=r).cosine.mean() for r in range(12)]
    assert all(b >= a - 1e-7 for a, b in itertools.pairwise(means))
    assert means[-1] > means[0] + 0.01


def test_a_cluster_without_rows_starts_again_elsewhere() -> None:
    # Two of the first centroids are the same row, so one of them starts empty.
    vectors = np.concatenate([np.repeat(blobs((1,), 0.0), 50, axis=0), blobs((5, 5, 5), 0.02)])
    found = spherical_kmeans(vectors, 6, rng("empty"))
    assert len(set(found.cell.tolist())) >= 3
    assert found.distances().max() < 0.5


@pytest.mark.parametrize("count", [0, 11])
def test_clusters_that_cannot_be_are_refused(count: int) -> None:
    with pytest.raises(BadInput, match="1 to 10"):
        spherical_kmeans(blobs((10,), 0.1), count, rng())
    assert usual_count(1) == 1
    assert usual_count(10_000) == 100


def with_copies() -> tuple[Vectors, int]:
    """40 rows far apart, and a near-copy of each."""
    base = unit(rng("base").standard_normal((40, 24)))
    copies = unit(base + 0.01 * rng("copies").standard_normal(base.shape))
    return np.concatenate([base, copies]), len(base)


def test_semdedup_meets_the_size_and_takes_the_near_copies_first() -> None:
    vectors, n = with_copies()
    found = semdedup(vectors, n, rng)
    assert int(found.kept.sum()) == n
    assert (found.kept[:n] ^ found.kept[n:]).all(), "one of each pair stays"
    assert found.threshold > 0.9
    # Of two the one further from its centroid stays.
    first, second = found.score[:n], found.score[n:]
    assert ((first > second) == found.kept[:n]).all()


def test_d4_removes_copies_and_then_the_most_prototypical() -> None:
    vectors, n = with_copies()
    found = d4(vectors, 20, rng, distinct=0.5)
    assert int(found.kept.sum()) == 20
    assert int(found.duplicate.sum()) == n
    assert not (found.kept & found.duplicate).any()
    left = ~found.duplicate
    assert found.score[found.kept].min() >= found.score[left & ~found.kept].max()


def test_d4_without_a_second_stage_is_semdedup() -> None:
    vectors, _ = with_copies()
    assert (d4(vectors, 70, rng).kept == semdedup(vectors, 70, rng).kept).all()
    assert semdedup(vectors, len(vectors), rng).kept.all()


def test_rows_that_differ_are_not_called_duplicates_to_meet_a_size() -> None:
    with pytest.raises(BadInput, match="keep more, or choose by a score"):
        semdedup(unit(np.eye(12)), 4, rng)


@pytest.mark.parametrize("count", [4, 11])
def test_d4_of_rows_without_duplicates_prunes_the_most_prototypical(count: int) -> None:
    found = d4(unit(np.eye(12)), count, rng)
    assert int(found.kept.sum()) == count
    assert not found.duplicate.any()
    assert found.score[found.kept].min() >= found.score[~found.kept].max()
