"""The same search on two Ray workers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tools.pruning.dedup.lanes import OnRay, in_threads
from tools.pruning.dedup.pairs import Pairs
from tools.pruning.dedup.semantic import SemanticSearch

ray = pytest.importorskip("ray")


@pytest.fixture
def lanes() -> Iterator[OnRay]:
    yield OnRay(workers=2)
    ray.shutdown()


def test_ray_finds_what_threads_find(lanes: OnRay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.pruning.dedup.work._PRODUCTS", 200_000)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1500, 3)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    found = []
    for way in (in_threads, lanes):
        search = SemanticSearch(
            x,
            0.999,
            recall=1,
            rng=lambda name: np.random.default_rng(1),
            cell_count=10,
            lanes=way,
        )
        found.append(Pairs.join(search.within(np.arange(1500))))
    assert len(found[0]) > 100
    assert np.array_equal(found[0].left, found[1].left)
    assert np.array_equal(found[0].right, found[1].right)
    assert np.array_equal(found[0].similarity, found[1].similarity)
