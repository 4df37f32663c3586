"""What a warm parent has imported, and used once, before it forks children.

Importing is not enough: numpy and scipy load a good part of themselves at first use, and every
child would pay for that again.
"""

from __future__ import annotations

import importlib

# What programs use most; imported where the profile has the package.
_MODULES = {
    "plain": (
        "bisect", "collections", "copy", "dataclasses", "fractions", "functools", "heapq",
        "itertools", "json", "math", "operator", "random", "re", "statistics", "string", "time",
        "typing", "decimal", "enum", "array", "cmath",
    ),
    "numpy": ("numpy", "numpy.linalg", "numpy.random", "numpy.fft", "numpy.polynomial"),
    "scipy": ("scipy.optimize", "scipy.spatial", "scipy.special", "scipy.sparse", "scipy.linalg"),
}  # fmt: skip

PROFILES = tuple(_MODULES)
"""In order: each has what those before it have."""


def warm_up(profile: str) -> None:
    """Imports what a profile names and uses it once."""
    for name in PROFILES[: PROFILES.index(profile) + 1]:
        for module in _MODULES[name]:
            importlib.import_module(module)
        _EXERCISES[name]()


def _exercise_plain() -> None:
    import fractions
    import json
    import random
    import traceback

    generator = random.Random(0)
    json.loads(json.dumps({"a": [generator.random(), float(fractions.Fraction(1, 3)), None]}))
    exec(compile("def f(x: int) -> int:\n    return x + 1\n", "warm-up", "exec"), {})  # noqa: S102
    try:
        raise ValueError("warm-up")
    except ValueError as error:
        traceback.format_exception(error)


def _exercise_numpy() -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(24, 24))
    matrix = matrix @ matrix.T + np.eye(24)
    np.linalg.solve(matrix, rng.random(24))
    np.linalg.eigh(matrix)
    np.fft.ifft(np.fft.fft(matrix[0]))
    rng.permutation(24), rng.integers(0, 9, 9), rng.choice(24, 3, replace=False)
    points = np.linspace(0.0, 1.0, 24)
    np.sqrt(points), np.exp(points), np.sort(points), np.argsort(points), np.unique(points)
    np.einsum("ij,j->i", matrix, points), np.where(points > 0.5, points, 0.0), np.cumsum(points)
    repr(matrix[:2, :2]), matrix.tolist()
    # What programs draw from without seeding it is the same for each of them.
    np.random.seed(0)


def _exercise_scipy() -> None:
    import numpy as np
    from scipy import optimize, spatial

    def bowl(x: np.ndarray) -> float:
        return float(((x - 1) ** 2).sum())

    start = np.zeros(3)
    wall = {"type": "ineq", "fun": lambda x: 2 - x.sum()}
    optimize.minimize(bowl, start, method="SLSQP", constraints=[wall], bounds=[(-2, 2)] * 3)
    optimize.minimize(bowl, start, method="L-BFGS-B")
    optimize.minimize(bowl, start, method="Nelder-Mead", options={"maxiter": 5})
    optimize.linprog([-1.0, -1.0], A_ub=[[1.0, 2.0]], b_ub=[1.0], bounds=[(0, 1), (0, 1)])
    optimize.least_squares(lambda x: x - 1, start)
    spatial.distance.pdist(np.eye(3))
    spatial.ConvexHull(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.2, 0.2]]))


_EXERCISES = {
    "plain": _exercise_plain,
    "numpy": _exercise_numpy,
    "scipy": _exercise_scipy,
}
