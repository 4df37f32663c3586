import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from tools.errors import BadInput
from tools.pruning import average, el2n, grand, new_network
from tools.pruning.scores import rank_correlation


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_el2n_equals_a_hand_computation() -> None:
    # Odds 1:1, 3:1 and 1:3 make the probabilities 1/2, 3/4 and 1/4.
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0], [0.0, math.log(3)]])
    expected = torch.tensor([0.5, 0.25, 0.75]) * math.sqrt(2)
    torch.testing.assert_close(el2n(logits, torch.tensor([0, 0, 0])), expected)


def test_el2n_stays_between_zero_and_the_square_root_of_two() -> None:
    scores = el2n(100 * torch.randn(500, 7, generator=generator(0)), torch.arange(500) % 7)
    assert scores.min() >= 0
    assert scores.max() <= math.sqrt(2) + 1e-6


def test_el2n_refuses_labels_that_do_not_fit() -> None:
    with pytest.raises(BadInput, match=r"\(3, 2\).*\(4,\)"):
        el2n(torch.zeros(3, 2), torch.zeros(4, dtype=torch.int64))


@pytest.mark.parametrize("batch", [1, 5, 256])
def test_grand_equals_the_gradient_norms_taken_one_example_at_a_time(batch: int) -> None:
    network = new_network(6, 4, generator(1))
    inputs = torch.randn(12, 6, generator=generator(2))
    labels = torch.arange(12) % 4
    expected = []
    for x, y in zip(inputs, labels, strict=True):
        network.zero_grad()
        cross_entropy(network(x[None]), y[None]).backward()
        expected.append(math.sqrt(sum(float(w.grad.square().sum()) for w in network.parameters())))
    network.zero_grad()
    torch.testing.assert_close(grand(network, inputs, labels, batch=batch), torch.tensor(expected))
    assert all(w.grad is None for w in network.parameters()), "the model is left as it was"


def test_the_average_is_the_mean_over_networks_in_double_precision() -> None:
    mean = average(iter([torch.tensor([1.0, 5.0]), torch.tensor([2.0, 9.0])]))
    assert mean.dtype == torch.float64
    assert mean.tolist() == [1.5, 7.0]
    with pytest.raises(BadInput, match="at least one network"):
        average([])


def test_rank_correlation_sees_only_the_order() -> None:
    a = torch.tensor([0.1, 2.0, 3.0, 40.0])
    assert rank_correlation(a, a.exp()) == pytest.approx(1)
    assert rank_correlation(a, -a) == pytest.approx(-1)
    # Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15).
    assert rank_correlation(a, torch.tensor([2.0, 1.0, 4.0, 3.0])) == pytest.approx(0.6)
