"""The search for rows whose embeddings point the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.dedup import calibration, cells
from tools.pruning.dedup.cells import Cells
from tools.pruning.dedup.lanes import Lanes, in_threads
from tools.pruning.dedup.pairs import Pairs, Rows, stacked
from tools.pruning.dedup.products import Vectors, prepare
from tools.pruning.dedup.progress import Arrays, Checkpoints, Progress, silent
from tools.pruning.dedup.work import AllPairs, Find, InCells, Work, divided

ALL_PAIRS = 20_000
"""Up to this many rows all pairs are compared: cells would save less than they cost."""

_SAMPLE, _MOST = 4096, 24_576  # rows compared with all others to calibrate
_PLENTY = 4000  # pairs: three quarters of them bound the recall by 0.999
_GROUPS = 6  # samples of neighbouring rows
_ASSIGNED = 1 << 25  # products of rows with centroids in one part


class SemanticSearch:
    """Pairs of unit vectors whose cosine reaches a threshold.

    With few rows, or where visits would cost as much, all pairs are compared in blocks of the upper
    triangle. Otherwise natives and visitors of cells are. Memory beyond the vectors themselves, in
    bytes, for n rows, d columns, k cells and v visits a row, while E pairs are held:

        4 n (h + 1) + 4 k (k + 2 d) + n (36 + 12 v) + 128 MiB a core + 72 E.

    Attributes:
        size: n.
        threshold: least cosine.
        products: the vectors and how they are multiplied.
        cells: the cells, or None where all pairs are compared.
        calibration: how sure it is to find a pair.
        visits: cells that a row visits on average, v.
    """

    def __init__(
        self,
        vectors: Vectors,
        threshold: float,
        *,
        recall: float = 0.999,
        rng: Callable[[str], np.random.Generator],
        cell_count: int | None = None,
        device: str = "cpu",
        progress: Progress = silent,
        checkpoints: Checkpoints | None = None,
        lanes: Lanes = in_threads,
    ) -> None:
        """Prepares the search: coordinates, cells, reach.

        Args:
            vectors: unit rows, shape (n, d), float32.
            threshold: least cosine of a pair, -1 < threshold <= 1.
            recall: share of pairs to be found; 1 asks for certainty.
            rng: makes a generator of that name, as `Run.rng` does; the same name gives the same.
            cell_count: number of cells; by default about 2 sqrt(n), or all pairs for few rows.
            device: "cpu" or a torch device.
            progress: shows it.
            checkpoints: keeps what is done.
            lanes: carries out the parts of a search.
        """
        if not -1 < threshold <= 1:
            raise BadInput(f"A cosine of {threshold} cannot be asked for.", "Give 0 to 1.")
        if vectors.ndim != 2:
            raise BadInput(f"The vectors have the shape {vectors.shape}.", "Give one row a vector.")
        self.size, self.threshold, self.recall = len(vectors), threshold, recall
        self.progress, self._lanes = progress, lanes
        self._saved = checkpoints or Checkpoints(None)
        self._rng = rng
        self.cells: Cells | None = None
        self.calibration = calibration.certain(threshold)
        self.visits = 0.0
        if self.size <= ALL_PAIRS and cell_count is None:
            sample = [calibration.sample_rows(self.size, 4096, rng("coordinates"))]
            self.products = prepare(vectors, threshold, sample, self._new_head, device)
            return
        count = min(cell_count or cells.usual_count(self.size), self.size)
        self._with_cells(vectors, count, device)

    def _with_cells(self, vectors: Vectors, count: int, device: str) -> None:
        steps = iter(self.progress(range(4), "preparing the search"))
        next(steps)
        made = self._saved.arrays(
            "centroids", lambda: {"centroids": cells.train(vectors, count, self._rng("centroids"))}
        )
        centroids = made["centroids"]
        next(steps)
        sample = calibration.sample_rows(self.size, _GROUPS * 2048, self._rng("coordinates"))
        # Rows that will be multiplied with each other lie near each other.
        near = sample[np.argsort((vectors[sample] @ centroids.T).argmax(axis=1), kind="stable")]
        groups = np.array_split(near, _GROUPS)
        self.products = prepare(vectors, self.threshold, groups, self._new_head, device)
        next(steps)
        if self.recall < 1:
            self.calibration = calibration.calibrate(
                self.products, centroids, self._sampled_pairs(), self.threshold, self.recall
            )
        next(steps)
        next(steps, None)
        reach = self.calibration.reach
        few = vectors[calibration.sample_rows(self.size, 2048, self._rng("visits"))]
        probe = cells.assign(few, centroids, slice(0, len(few)), reach)
        compared = self.size * (self.size / count) * (len(probe["visitor"]) / len(few) + 0.5)
        if compared > self.size**2 / 2:
            self.calibration = calibration.certain(self.threshold)
            return
        step = max(1, _ASSIGNED // count)
        slices = [slice(at, min(at + step, self.size)) for at in range(0, self.size, step)]
        apart = cells.distances(centroids)
        assigned = self._lanes(
            lambda part: cells.assign(vectors, centroids, part, reach, apart), slices
        )
        parts = list(self.progress(assigned, "sorting rows into cells", total=len(slices)))
        self.cells = cells.gather(parts, count)
        self.visits = len(self.cells.visitor) / self.size

    def _new_head(self, shape: tuple[int, int]) -> Vectors:
        return np.empty(shape, np.float32)

    def _sampled_pairs(self) -> Pairs:
        """Returns all pairs of sampled rows with any other; more rows while they have few."""
        count = _SAMPLE
        order = self._rng("calibration").permutation(self.size)
        found: list[Pairs] = []
        done = 0
        while True:
            rows = np.sort(order[done:count])
            name = f"sample-{done}"
            made = self._saved.arrays(name, lambda rows=rows: self._pairs_of(rows))  # type: ignore[misc]
            found.append(Pairs(made["left"], made["right"], made["similarity"]))
            done = min(count, self.size)
            total = sum(map(len, found))
            if total >= _PLENTY or done >= min(_MOST, self.size):
                break
            count = 2 * done
        return stacked(found)

    def _pairs_of(self, rows: Rows) -> Arrays:
        work = AllPairs(rows, np.arange(self.size))
        find = Find(self.products, self.threshold, work, best_only=False)
        strips = np.array_split(np.arange(len(work.cost())), len(work.cost()))
        found = stacked([Pairs.none(), *self._lanes(find, strips)])
        return as_arrays(found.where(found.left != found.right))

    # -- the search --------------------------------------------------------------------------------

    def within(self, rows: Rows) -> Iterator[Pairs]:
        """Yields the pairs among `rows`; a pair may come twice."""
        yield from self._carry_out(rows, None)

    def between(self, rows: Rows, others: Rows) -> Iterator[Pairs]:
        """Yields the most similar of `others` for each of `rows` that has one, part by part."""
        yield from self._carry_out(rows, others)

    def similarity(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """Returns cosines in float64."""
        return self.products.similarity(left, right)

    def _carry_out(self, rows: Rows, others: Rows | None) -> Iterator[Pairs]:
        find = Find(self.products, self.threshold, self._work(rows, others), others is not None)
        parts = divided(find.work)
        label = "comparing rows" if others is None else "comparing with kept rows"
        key = blake2b(rows.tobytes() + (b"" if others is None else others.tobytes()), digest_size=8)
        names = [f"pairs-{key.hexdigest()}-{number}" for number in range(len(parts))]
        missing = [
            part for part, name in zip(parts, names, strict=True) if not self._saved.has(name)
        ]
        computed = self._lanes(find, missing)
        for name in self.progress(names, label):
            made = self._saved.arrays(name, lambda: as_arrays(next(computed)))
            yield Pairs(made["left"], made["right"], made["similarity"])

    def _work(self, rows: Rows, others: Rows | None) -> Work:
        if self.cells is None:
            return AllPairs(rows, others)
        return InCells(self.cells, self._mask(rows), None if others is None else self._mask(others))

    def _mask(self, rows: Rows) -> NDArray[np.bool_]:
        mask = np.zeros(self.size, bool)
        mask[rows] = True
        return mask


def as_arrays(pairs: Pairs) -> Arrays:
    """Returns the three arrays of pairs by name."""
    return {"left": pairs.left, "right": pairs.right, "similarity": pairs.similarity}
