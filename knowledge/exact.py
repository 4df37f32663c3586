"""The exact index: cosine with every vector, by NumPy.

Up to about 50,000 passages no approximate index is worth its trouble for speed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ExactIndex:
    """Ids and their unit vectors in memory."""

    def __init__(self, ids: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Takes n ids and a matrix of shape (n, dimension)."""
        self._ids = list(ids)
        self._matrix = matrix

    def query(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """Returns the n nearest as (id, cosine), nearest first; ties in the order of ids given."""
        import numpy as np

        cosines = self._matrix @ vector
        order = np.argsort(-cosines, kind="stable")[:n]
        return [(self._ids[place], float(cosines[place])) for place in order]
