import pytest
import torch
from torch import nn

from tools.errors import BadInput
from tools.sparsity import networks
from tools.sparsity.masks import apply_masks, masks_of, survivors
from tools.sparsity.networks import accuracy, new_network, train
from tools.sparsity.rewinding import find_ticket
from tools.sparsity.saliency import magnitude
from tools.sparsity.schedule import densities, prune


def network(seed: int = 0) -> nn.Sequential:
    return new_network([6, 10, 3], torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("schedule", ["exponential", "linear"])
def test_densities_fall_to_the_compression(schedule: str) -> None:
    found = densities(50.0, 7, schedule)  # type: ignore[arg-type]
    assert len(found) == 7
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(1 / 50)


def test_each_exponential_round_keeps_the_same_share() -> None:
    found = densities(16.0, 4)
    assert found == pytest.approx([1 / 2, 1 / 4, 1 / 8, 1 / 16])


@pytest.mark.parametrize(("compression", "rounds"), [(0.5, 1), (2.0, 0), (float("nan"), 1)])
def test_an_impossible_schedule_is_refused(compression: float, rounds: int) -> None:
    with pytest.raises(BadInput, match="Cannot compress"):
        densities(compression, rounds)


def test_pruning_keeps_exactly_the_count_asked_for_and_leaves_the_model_alone() -> None:
    model = network()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    left = prune(model, magnitude, 9.0, 3)
    assert sum(survivors(left).values()) == 10
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_pruned_weights_stay_pruned() -> None:
    model = network()
    first = prune(model, magnitude, 3.0)
    apply_masks(model, first)
    second = prune(model, magnitude, 6.0)
    for name, mask in second.items():
        assert bool((mask <= first[name]).all())
    assert sum(survivors(second).values()) == 15


def test_a_ticket_holds_the_rewound_weights_under_the_masks_of_the_trained_ones() -> None:
    start = network()
    rounds = []

    def to_the_end(model: nn.Module, number: int) -> None:
        rounds.append(number)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 2:  # what was small is large after training
                    parameter.copy_(1 / parameter)

    ticket = find_ticket(start, to_the_end, keep=0.5, rounds=2)
    assert rounds == [0, 1]
    masks = masks_of(ticket)
    assert sum(survivors(masks).values()) == 23  # 90 -> 45 -> 22.5
    weights = torch.cat(
        [
            w.detach().abs().flatten()
            for n, w in start.named_parameters()
            if "w" in n and w.ndim == 2
        ]
    )
    kept = torch.cat([m.flatten().bool() for m in masks.values()])
    assert weights[kept].max() <= weights[~kept].min()
    assert torch.equal(ticket.get_parameter("0.weight_orig"), start.get_parameter("0.weight"))


def test_a_ticket_needs_something_to_prune() -> None:
    with pytest.raises(BadInput, match=r"keep 1\.0 of the weights in 2 rounds"):
        find_ticket(network(), lambda model, number: None, keep=1.0, rounds=2)


def test_a_training_in_two_parts_takes_the_steps_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(networks, "MOMENTUM", 1e-9)  # the only thing that starts anew
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(1))
    y = (x[:, 0] > 0).long()
    whole, parts = network(), network()

    def train_part(model: nn.Module, **part: int) -> None:
        train(model, x, y, steps=9, generator=torch.Generator().manual_seed(2), **part)

    train_part(whole)
    train_part(parts, last=4)
    train_part(parts, first=4)
    for ours, theirs in zip(parts.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert not torch.equal(next(whole.parameters()), next(network().parameters()))


def test_training_a_masked_network_learns_and_leaves_masked_weights_out() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(300, 6, generator=generator)
    y = (x[:, 0] > 0).long()
    model = network()
    apply_masks(model, prune(model, magnitude, 2.0))
    train(model, x, y, steps=300, generator=generator)
    assert accuracy(model, x, y) > 0.9
    mask = masks_of(model)["0.weight"]
    assert bool((model[0].weight[mask == 0] == 0).all())
