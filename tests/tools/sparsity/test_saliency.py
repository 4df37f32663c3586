import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy

from tools.errors import BadInput
from tools.sparsity.masks import apply_masks, masks_of
from tools.sparsity.networks import new_network
from tools.sparsity.saliency import grasp, magnitude, snip, synaptic_flow, synflow, uniform
from tools.sparsity.schedule import prune


@settings(max_examples=20, deadline=None)
@given(
    widths=st.lists(st.integers(1, 9), min_size=2, max_size=6),
    seed=st.integers(0, 1000),
    density=st.floats(0.3, 1),
)
def test_flow_is_conserved_from_layer_to_layer(
    widths: list[int], seed: int, density: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    network = new_network(widths, generator)
    masks = {
        name: (torch.rand(mask.shape, generator=generator) < density).float()
        for name, mask in masks_of(network).items()
    }
    flow = synaptic_flow(network, masks, torch.zeros(1, widths[0]))
    product = torch.ones(widths[0], dtype=torch.float64)
    for name, mask in masks.items():
        weight = network.get_parameter(name).detach().double()
        product = (weight * mask).abs() @ product
    # Normalisation divides by sqrt(1 + 1e-5) after every layer but the last.
    expected = float(product.sum()) / (1 + 1e-5) ** ((len(widths) - 2) / 2)
    assert flow.total == pytest.approx(expected, rel=1e-12)
    assert flow.conservation_error < 1e-12


def test_flow_is_conserved_in_a_convolutional_network_with_biases() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(3, 5, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(20, 4),
    )
    model(torch.randn(8, 1, 8, 8))  # running statistics that must not matter
    before = {k: v.clone() for k, v in model.state_dict().items()}
    flow = synaptic_flow(model, masks_of(model), torch.zeros(1, 1, 8, 8))
    assert flow.total > 0
    assert flow.conservation_error < 1e-12
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert model.training


def test_nothing_flows_through_a_network_that_is_cut() -> None:
    network = new_network([4, 5, 3], torch.Generator().manual_seed(0))
    masks = masks_of(network)
    masks["3.weight"].zero_()
    flow = synaptic_flow(network, masks, torch.zeros(1, 4))
    assert flow.total == 0
    assert flow.conservation_error == 0


def test_iterated_flow_leaves_one_weight_a_layer_at_the_largest_compression() -> None:
    network = new_network([12, 20, 20, 20, 3], torch.Generator().manual_seed(1))
    total = 12 * 20 + 2 * 400 + 60

    def score(model: nn.Module, masks: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return synflow(model, masks, torch.zeros(1, 12))

    left = prune(network, score, total / 4, 100)
    assert [int(mask.sum()) for mask in left.values()] == [1, 1, 1, 1]
    assert synaptic_flow(network, left, torch.zeros(1, 12)).total > 0
    once = prune(network, score, total / 4, 1)
    assert min(int(mask.sum()) for mask in once.values()) == 0


def test_a_flow_too_large_for_the_numbers_is_refused() -> None:
    model = nn.Sequential(*[nn.Linear(2, 2) for _ in range(4)])
    with torch.no_grad():
        for layer in model:
            layer.weight.fill_(1e38)
    many = nn.Sequential(*[model for _ in range(3)])
    with pytest.raises(BadInput, match="synaptic flow is inf"):
        synaptic_flow(many, masks_of(many), torch.zeros(1, 2))


def small() -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    return model, torch.randn(10, 3, dtype=torch.float64), torch.randint(0, 2, (10,))


def test_snip_is_the_change_of_loss_to_first_order() -> None:
    model, x, y = small()
    scores = snip(model, masks_of(model), x, y)
    weight, step = model[0].weight, 1e-6
    with torch.no_grad():
        kept = float(weight[1, 2])
        losses = []
        for shift in (step, -step):
            weight[1, 2] = kept * (1 + shift)
            losses.append(float(cross_entropy(model(x), y)))
        weight[1, 2] = kept
    assert float(scores["0.weight"][1, 2]) == pytest.approx(
        abs(losses[0] - losses[1]) / (2 * step), rel=1e-5
    )


def test_grasp_is_the_change_of_the_gradient_norm() -> None:
    model, x, y = small()
    scores = grasp(model, masks_of(model), x, y)
    weights = [model[0].weight, model[2].weight]

    def half_norm() -> float:
        slopes = torch.autograd.grad(cross_entropy(model(x), y), weights)
        return float(sum(s.square().sum() for s in slopes)) / 2

    step = 1e-5
    kept = float(weights[1][0, 3].detach())
    values = []
    for shift in (step, -step):
        with torch.no_grad():
            weights[1][0, 3] = kept * (1 + shift)
        values.append(half_norm())
    with torch.no_grad():
        weights[1][0, 3] = kept
    slope = (values[0] - values[1]) / (2 * step)
    assert float(scores["2.weight"][0, 3]) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("method", ["synflow", "snip", "grasp", "magnitude", "uniform"])
def test_every_score_sees_the_masks_and_a_masked_module_as_it_would_a_plain_one(
    method: str,
) -> None:
    model, x, y = small()
    masks = {name: torch.ones_like(mask) for name, mask in masks_of(model).items()}
    masks["0.weight"][:2] = 0

    def score() -> dict[str, torch.Tensor]:
        if method in ("snip", "grasp"):
            return {"snip": snip, "grasp": grasp}[method](model, masks, x, y)
        if method == "uniform":
            return uniform(model, masks, torch.Generator().manual_seed(0))
        return synflow(model, masks, x) if method == "synflow" else magnitude(model, masks)

    plain = score()
    apply_masks(model, masks)
    model(x)
    masked = score()
    assert bool((plain["0.weight"][:2] == -torch.inf).all())
    for name, found in plain.items():
        assert torch.allclose(found, masked[name])
        assert bool(found[masks[name] == 1].isfinite().all())
