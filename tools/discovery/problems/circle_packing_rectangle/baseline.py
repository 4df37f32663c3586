"""One run of SLSQP in the square, the rectangle that needs no choice."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize


def solve(n: int, seed: int) -> dict[str, Any]:
    """Returns a width and n circles [x, y, r]."""
    rng = np.random.default_rng(seed)
    rows = max(1, round(n**0.5))
    centres = np.array(
        [
            ((k // rows + 0.3 + 0.4 * (k % rows % 2)) / -(-n // rows), (k % rows + 0.5) / rows)
            for k in range(n)
        ]
    )
    centres += rng.normal(0, 0.01, centres.shape)
    i, j = np.triu_indices(n, 1)

    def slack(flat: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x, y, r = flat.reshape(3, n)
        apart = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 - (r[i] + r[j]) ** 2
        return np.concatenate([apart, x - r, 1 - x - r, y - r, 1 - y - r])

    start = np.concatenate([centres[:, 0], centres[:, 1], np.full(n, 0.3 / rows)])
    found = minimize(
        lambda flat: -flat[2 * n :].sum(),
        start,
        jac=lambda flat: np.repeat([0.0, 0.0, -1.0], n),
        constraints={"type": "ineq", "fun": slack},
        bounds=[(0, 1)] * (3 * n),
        options={"maxiter": 20},
    )
    rows_of = found.x.reshape(3, n).T.tolist()
    return {"width": 1.0, "circles": rows_of}
