import math

import numpy as np
import pytest
from sklearn.svm import SVC

from tools.errors import BadInput
from tools.pruning.theory import crossover, frontier, learn, pool_for_error, random_error, simulate
from tools.pruning.theory.simulation import max_margin


def test_the_crossover_is_where_hard_and_easy_meet() -> None:
    at = crossover(0.5)
    assert at == pytest.approx(5.048, abs=2e-3)
    assert at is not None
    hard, easy = learn(at, 0.5, "hard").error, learn(at, 0.5, "easy").error
    assert hard == pytest.approx(easy, abs=1e-6)


def test_a_probe_that_knows_nothing_has_no_crossover() -> None:
    assert crossover(0.5, math.pi / 2) is None


def test_pruning_nothing_has_no_crossover_to_ask_for() -> None:
    with pytest.raises(BadInput, match="prunes nothing"):
        crossover(1.0)


def test_the_frontier_beats_random_and_no_fixed_fraction_beats_it() -> None:
    (best,) = frontier([3.84], largest_pool=32)
    assert best.alpha_tot <= 32 * (1 + 1e-9)
    assert best.error == pytest.approx(0.0157, abs=2e-4)
    assert best.random == pytest.approx(0.1176, abs=2e-4)
    for f in (0.12, 0.2, 0.5, 1.0):
        assert best.error <= learn(3.84 / f, f).error + 1e-6


def test_an_imperfect_probe_sets_a_floor_to_the_best_fraction() -> None:
    theta = math.radians(20)
    (best,) = frontier([4.0], theta)
    assert best.f == pytest.approx(0.40, abs=0.02)
    assert best.error < learn(4.0 / 0.1, 0.1, "hard", theta).error


def test_the_frontier_refuses_a_set_larger_than_its_pool() -> None:
    with pytest.raises(BadInput, match="more than the pool"):
        frontier([10.0], largest_pool=5.0)


@pytest.mark.parametrize("alpha", [0.05, 1.0, 7.0, 300.0])
def test_the_pool_for_an_error_inverts_the_learning_curve(alpha: float) -> None:
    assert pool_for_error(random_error(alpha)) == pytest.approx(alpha, rel=1e-5)


def test_an_error_beyond_guessing_has_no_pool() -> None:
    with pytest.raises(BadInput, match="has no alpha"):
        pool_for_error(0.5)


def test_the_student_is_the_support_vector_machine_without_slack() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 20))
    labelled = x * np.sign(x[:, :1])
    ours = max_margin(labelled)
    # Both signs of every example, so that the machine's offset vanishes.
    machine = SVC(kernel="linear", C=1e8, tol=1e-9)
    machine.fit(np.vstack([labelled, -labelled]), np.repeat([1, -1], len(labelled)))
    assert ours == pytest.approx(machine.coef_[0], rel=1e-3, abs=1e-5)
    assert (labelled @ ours).min() == pytest.approx(1.0, abs=1e-9)


def test_contradictory_examples_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot be separated"):
        max_margin(np.array([[1.0, 0.0], [-1.0, 0.0]]))


def test_arms_share_their_pool_and_keeping_everything_makes_them_one() -> None:
    errors = simulate(
        2.0, 1.0, 0.3, ("hard", "easy", None), dimension=30, rng=np.random.default_rng(1)
    )
    assert errors[0] == pytest.approx(errors[1], abs=1e-9)
    assert errors[0] == pytest.approx(errors[2], abs=1e-9)
    assert 0 < errors[0] < 0.5


def test_theory_predicts_an_imperfect_probe_that_ruins_hard_examples() -> None:
    rng = np.random.default_rng(2)
    theta = math.radians(40)
    found = [simulate(10.0, 0.2, theta, ("hard", None), dimension=100, rng=rng) for _ in range(10)]
    hard, random = np.mean(found, axis=0)
    assert hard > random
    stderr = np.std([row[0] for row in found], ddof=1) / math.sqrt(10)
    assert abs(hard - learn(10.0, 0.2, "hard", theta).error) < 4 * stderr + 0.005
