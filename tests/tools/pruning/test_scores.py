import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from tools.errors import BadInput
from tools.pruning import average, el2n, grand, new_network, scores
from tools.pruning.scores import rank_correlation
from tools.pruning.scores.agreement import needed_correlation
from tools.pruning.scores.gradients import chunk_size


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


def slow_norm(model: nn.Module, x: torch.Tensor, y: torch.Tensor, of: str = "") -> float:
    """One backward pass for one example; the weights whose name begins with `of`."""
    model.zero_grad()
    cross_entropy(model(x[None]), y[None]).backward()
    named = [w for name, w in model.named_parameters() if name.startswith(of)]
    return math.sqrt(sum(float(w.grad.square().sum()) for w in named if w.grad is not None))


def test_grand_serves_convolutions_and_fixed_statistics_and_leaves_frozen_weights_out() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 5)
    )
    model(torch.randn(20, 1, 6, 6))  # running statistics other than 0 and 1
    model.eval()
    model[0].weight.requires_grad_(False)
    inputs, labels = torch.randn(7, 1, 6, 6), torch.arange(7) % 5
    expected = [slow_norm(model, x, y) for x, y in zip(inputs, labels, strict=True)]
    found = grand(model, inputs, labels)
    torch.testing.assert_close(found, torch.tensor(expected), rtol=1e-4, atol=1e-6)


class Tokens(nn.Module):
    """A layer over places, in-place activations, tied weights, and one layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.over_places, self.twice = nn.Linear(6, 12), nn.Linear(12, 12, bias=False)
        self.tied, self.to_it = nn.Linear(12, 12), nn.Linear(12, 12)
        self.to_it.weight = self.tied.weight
        self.frozen, self.last = nn.Linear(12, 12), nn.Linear(12, 4)
        self.frozen.requires_grad_(False)
        self.act = nn.ReLU(inplace=True)
        self.shift = nn.Parameter(torch.randn(12))
        with torch.no_grad():
            # So that the gradients of the first layer are no smaller than those of the last.
            for layer in (self.twice, self.tied, self.frozen):
                layer.weight.mul_(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.act(self.over_places(x)).mean(dim=1)
        h = self.twice(self.act(self.twice(h))) + self.shift
        h = self.act(self.to_it(self.act(self.tied(h))))
        logits: torch.Tensor = self.last(self.act(self.frozen(h)))
        return logits


@pytest.mark.parametrize("factored", [True, False])
def test_grand_is_right_whichever_layers_it_can_factor(
    factored: bool,
) -> None:
    torch.manual_seed(3)
    model = Tokens()
    if factored:
        # Half of the weights decides; let it count only the others.
        for weight in (model.twice.weight, model.tied.weight):
            weight.requires_grad_(False)
    found = scores.linear.factored_layers(model, torch.randn(1, 3, 6))
    assert set(found) == ({"over_places", "frozen", "last"} if factored else set())
    inputs, labels = torch.randn(5, 3, 6), torch.arange(5) % 4
    expected = [slow_norm(model, x, y) for x, y in zip(inputs, labels, strict=True)]
    result = grand(model, inputs, labels, batch=2)
    torch.testing.assert_close(result, torch.tensor(expected), rtol=1e-4, atol=1e-6)
    assert not any(module._forward_hooks for module in model.modules()), "no hook is left behind"


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(4)])
def test_grand_refuses_layers_that_mix_examples_or_draw(layer: nn.Module) -> None:
    model = nn.Sequential(nn.Linear(4, 4), layer, nn.Linear(4, 2))
    with pytest.raises(BadInput, match=r"layer .1.*model\.eval"):
        grand(model, torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64))


def test_chunks_shrink_so_that_gradients_their_squares_and_a_copy_fit() -> None:
    weights = [torch.zeros(1000), torch.zeros(24)]
    assert chunk_size(weights, memory=10 * 3 * 4 * 1024) == 10
    assert chunk_size(weights, memory=1) == 1
    assert chunk_size(weights) == 1024


@pytest.mark.parametrize("bias", [True, False])
def test_last_layer_grand_is_the_gradient_norm_of_that_layer(bias: bool) -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4, bias=bias))
    inputs, labels = torch.randn(9, 6), torch.arange(9) % 4
    expected = [slow_norm(model, x, y, of="2") for x, y in zip(inputs, labels, strict=True)]
    features = model[:-1](inputs).detach()
    logits = model[-1](features).detach()
    found = scores.grand_last_layer(logits, features, labels, bias=bias)
    torch.testing.assert_close(found, torch.tensor(expected), rtol=1e-4, atol=1e-6)


def test_margin_entropy_and_loss_equal_sums_taken_one_example_at_a_time() -> None:
    logits = 3 * torch.randn(30, 4, generator=generator(3))
    labels = torch.arange(30) % 4
    for i, (row, label) in enumerate(zip(logits.double().tolist(), labels.tolist(), strict=True)):
        total = sum(math.exp(v) for v in row)
        p = [math.exp(v) / total for v in row]
        others = max(v for k, v in enumerate(p) if k != label)
        assert float(scores.margin(logits, labels)[i]) == pytest.approx(others - p[label], abs=1e-5)
        spread = -sum(v * math.log(v) for v in p)
        assert float(scores.entropy(logits)[i]) == pytest.approx(spread, abs=1e-5)
        loss = -math.log(p[label])
        assert float(scores.cross_entropies(logits, labels)[i]) == pytest.approx(loss, rel=1e-4)


def test_a_sure_prediction_has_no_entropy_and_a_margin_of_one() -> None:
    sure = torch.tensor([[500.0, 0.0, 0.0]])
    assert float(scores.entropy(sure)) == 0
    assert float(scores.margin(sure, torch.tensor([0]))) == -1
    assert float(scores.margin(sure, torch.tensor([2]))) == 1


def test_forgetting_counts_steps_from_right_to_wrong_and_puts_the_never_learned_on_top() -> None:
    # Rows: examples; columns: epochs.
    right = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]).bool()
    counter = scores.Forgetting(4)
    for epoch in range(4):
        order = torch.randperm(4, generator=generator(epoch))
        for chosen in order.split(3):
            counter.see(chosen, right[chosen, epoch])
    assert counter.scores().tolist() == [0, 2, 4, 1]
    assert counter.never_learned.tolist() == [False, False, True, False]
    with pytest.raises(BadInput, match="same example twice"):
        counter.see(torch.tensor([1, 1]), torch.tensor([True, False]))


def test_memorization_and_influence_are_differences_of_shares() -> None:
    members = torch.rand(40, 6, generator=generator(5)) < 0.6
    right = torch.rand(40, 6, generator=generator(6)) < 0.5
    test = torch.rand(40, 3, generator=generator(7)) < 0.5

    def share(answers: torch.Tensor, inside: torch.Tensor) -> float:
        chosen = [bool(a) for a, i in zip(answers, inside, strict=True) if i]
        return sum(chosen) / len(chosen)

    found = scores.memorization(members, right)
    on_test = scores.influence(members, test)
    for i in range(6):
        own = members[:, i]
        assert float(found[i]) == pytest.approx(share(right[:, i], own) - share(right[:, i], ~own))
        for j in range(3):
            expected = share(test[:, j], own) - share(test[:, j], ~own)
            assert float(on_test[i, j]) == pytest.approx(expected)
    with pytest.raises(BadInput, match="0 were trained on example 2"):
        scores.memorization(members & (torch.arange(6) != 2), right)


@settings(deadline=None)
@given(st.integers(4, 12), st.integers(20, 60), st.integers(0, 99))
def test_every_example_is_in_some_subset_and_out_of_another(models: int, n: int, seed: int) -> None:
    members = scores.memory.subset_members(models, n, 0.7, generator(seed))
    inside = members.sum(dim=0)
    assert members.sum(dim=1).unique().tolist() == [min(n - 1, int(0.7 * n + 0.5))]
    assert (inside > 0).all()
    assert (inside < models).all()


def test_too_few_models_for_memorization_are_refused() -> None:
    with pytest.raises(BadInput, match="at least 4 models"):
        scores.memory.subset_members(3, 100, 0.7, generator(0))


def test_a_loader_is_scored_in_its_order_and_the_model_keeps_its_mode() -> None:
    model = new_network(5, 3, generator(8)).train()
    inputs, labels = torch.randn(50, 5, generator=generator(9)), torch.arange(50) % 3
    data = TensorDataset(inputs, labels)
    found = scores.score_batches(model, DataLoader(data, batch_size=16), el2n)
    torch.testing.assert_close(found, el2n(model(inputs).detach(), labels))
    assert model.training
    with pytest.raises(BadInput, match="shuffle=False"):
        scores.score_batches(model, DataLoader(data, batch_size=16, shuffle=True), el2n)


def test_reliability_is_spearman_browns_and_has_its_inverse() -> None:
    assert scores.reliability(0.5, 1) == 0.5
    assert scores.reliability(0.5, 3) == pytest.approx(0.75)
    assert scores.reliability(needed_correlation(0.8, 10), 10) == pytest.approx(0.8)
