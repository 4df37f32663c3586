import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from tools.errors import BadInput
from tools.pruning.theory import learn, margin_law
from tools.pruning.theory.saddle import Solution


def paper_residuals(s: Solution, f: float, keep: str, theta: float) -> tuple[float, float]:
    """Returns the relative residuals of the paper's first two saddle-point equations.

    Written from the paper's own variables, with plain quadrature in t and z.
    """
    law = margin_law(f, keep)  # type: ignore[arg-type]
    r, rho, kappa = s.R, s.rho, s.kappa
    cos, sin2 = math.cos(theta), math.sin(theta) ** 2
    lam = math.sqrt(sin2 - r**2 - rho**2 + 2 * rho * r * cos)
    rest = 1 - rho**2
    node, weight = np.polynomial.legendre.leggauss(60)
    edges = kappa - 14 * np.concatenate([[1.0], 2.0 ** -np.arange(1.0, 14.0), [0.0]])
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    t = (middle[:, None] + half[:, None] * node).ravel()[:, None]
    dt = (half[:, None] * weight).ravel()
    z = law.z[None, :]
    delta = z**2 * (rho**2 + cos**2 - 2 * rho * r * cos) + 2 * t * z * (r * cos - rho) + t**2 * sin2
    first = dt @ (np.exp(-delta / (2 * lam**2)) * (kappa - t)) @ law.weights
    gamma = z * (rho * r - cos) - t * (r - rho * cos)
    normal = np.exp(-((t - rho * z) ** 2) / (2 * rest)) / math.sqrt(2 * math.pi * rest)
    tail = ndtr(-gamma / (math.sqrt(rest) * lam))
    second = dt @ (normal * tail * (kappa - t) ** 2) @ law.weights
    left_one = (r - rho * cos) / sin2
    left_two = 1 - (rho**2 + r**2 - 2 * rho * r * cos) / sin2
    return (
        float(s.alpha / (math.pi * lam) * first / left_one - 1),
        float(2 * s.alpha * second / left_two - 1),
    )


@pytest.mark.parametrize(
    ("alpha_tot", "f", "keep", "degrees"),
    [(6, 0.5, "hard", 20), (6, 0.5, "easy", 20), (10, 0.2, "hard", 40), (2, 0.8, "easy", 70)],
)
def test_the_solution_satisfies_the_equations_of_the_paper(
    alpha_tot: float, f: float, keep: str, degrees: float
) -> None:
    theta = math.radians(degrees)
    solution = learn(alpha_tot, f, keep, theta)  # type: ignore[arg-type]
    assert paper_residuals(solution, f, keep, theta) == pytest.approx((0, 0), abs=1e-6)


@pytest.mark.parametrize(
    ("alpha", "error"),
    [(1, 0.2657), (2, 0.1885), (4, 0.1137), (8, 0.0609), (16, 0.0311)],
)
def test_without_pruning_it_is_the_classical_perceptron(alpha: float, error: float) -> None:
    assert learn(alpha).error == pytest.approx(error, abs=6e-5)


def test_with_much_data_the_error_falls_as_the_known_constant_over_alpha() -> None:
    # Opper, Kinzel, Kleinz, Nehl (1990): 0.5005 / alpha for the perceptron of maximal stability.
    assert learn(400).error * 400 == pytest.approx(0.5005, abs=1e-4)


def test_with_little_data_the_student_is_the_sum_of_its_examples() -> None:
    # R = sqrt(2 alpha / pi) for Hebb's rule to leading order.
    assert pytest.approx(math.sqrt(2e-6 / math.pi), rel=1e-3) == learn(1e-6).R


@pytest.mark.parametrize("keep", ["hard", "easy"])
def test_keeping_everything_is_no_pruning_whatever_the_probe(keep: str) -> None:
    plain = learn(3.0).error
    assert learn(3.0, 1.0, keep, 0.7).error == pytest.approx(plain, abs=1e-9)  # type: ignore[arg-type]
    assert learn(3.0, 1 - 1e-7, keep, 0.7).error == pytest.approx(plain, abs=1e-5)  # type: ignore[arg-type]


@pytest.mark.parametrize("keep", ["hard", "easy"])
def test_an_almost_perfect_probe_is_a_perfect_one(keep: str) -> None:
    perfect = learn(6.0, 0.5, keep).error  # type: ignore[arg-type]
    assert learn(6.0, 0.5, keep, 1e-7).error == pytest.approx(perfect, abs=1e-6)  # type: ignore[arg-type]


def test_examples_on_the_boundary_teach_nothing_below_the_capacity_and_everything_above() -> None:
    # The hardest examples of a huge pool lie on the teacher's boundary, where their labels are a
    # random dichotomy: separable in other ways up to two examples a dimension (Cover 1965).
    f = 1e-4
    assert learn(1.6 / f, f).error > 0.3
    assert learn(2.6 / f, f).error < 1e-3


@pytest.mark.parametrize(
    ("alpha_tot", "hard", "easy"),
    [(1, 0.406, 0.250), (3, 0.215, 0.143), (5, 0.0998, 0.0994), (8, 0.061, 0.068)],
)
def test_half_the_pool_by_a_perfect_probe(alpha_tot: float, hard: float, easy: float) -> None:
    assert learn(alpha_tot, 0.5, "hard").error == pytest.approx(hard, abs=6e-4)
    assert learn(alpha_tot, 0.5, "easy").error == pytest.approx(easy, abs=6e-4)


@settings(max_examples=25, deadline=None)
@given(
    alpha_tot=st.floats(0.02, 200),
    f=st.floats(0.02, 1),
    keep=st.sampled_from(["hard", "easy"]),
    theta=st.floats(0, math.pi / 2),
)
def test_every_problem_has_its_solution_and_a_start_does_not_change_it(
    alpha_tot: float, f: float, keep: str, theta: float
) -> None:
    found = learn(alpha_tot, f, keep, theta)  # type: ignore[arg-type]
    assert 0 < found.error <= 0.5
    assert found.kappa > 0
    near = learn(1.1 * alpha_tot, f, keep, theta)  # type: ignore[arg-type]
    again = learn(alpha_tot, f, keep, theta, start=near)  # type: ignore[arg-type]
    assert again.error == pytest.approx(found.error, abs=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 0.5), "alpha_tot = 0.0"),
        ((1.0, 0.0), "f = 0.0"),
        ((1.0, 1.5), "f = 1.5"),
        ((1.0, 0.5, "hard", 2.0), "theta = 2.0"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        learn(*arguments)  # type: ignore[arg-type]
