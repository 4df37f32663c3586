import pytest
import torch

from tools.errors import Cancelled
from tools.pruning import accuracy, experiments, new_network, train_network
from tools.pruning.train import BATCH, batches, one_thread, steps_for


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blobs() -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(90) % 3
    centers = 3 * torch.eye(3)
    return centers[labels] + torch.randn(90, 3, generator=generator(7)), labels


def weights(network: torch.nn.Module) -> torch.Tensor:
    return torch.cat([w.detach().flatten() for w in network.parameters()])


def test_training_learns_what_can_be_learned() -> None:
    inputs, labels = blobs()
    network = train_network(inputs, labels, 3, steps=100, generator=generator())
    assert accuracy(network, inputs, labels) > 0.95


def test_equal_seeds_give_equal_weights_and_the_global_state_is_left_alone() -> None:
    inputs, labels = blobs()
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = train_network(inputs, labels, 3, steps=20, generator=generator(4))
    torch.manual_seed(2)
    again = train_network(inputs, labels, 3, steps=20, generator=generator(4))
    other = train_network(inputs, labels, 3, steps=20, generator=generator(5))
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))
    torch.manual_seed(1)
    assert torch.equal(before, torch.random.get_rng_state())


def test_no_steps_leave_the_network_as_it_was_made() -> None:
    inputs, labels = blobs()
    trained = train_network(inputs, labels, 3, steps=0, generator=generator(2))
    assert torch.equal(weights(trained), weights(new_network(3, 3, generator(2))))


def test_first_weights_lie_within_the_bound_of_their_fan_in() -> None:
    network = new_network(25, 3, generator())
    for layer, bound in ((network[0], 1 / 5), (network[2], 1 / 8)):
        for parameter in layer.parameters():
            assert parameter.abs().max() <= bound
    assert float(network[0].weight.detach().std()) == pytest.approx(1 / 5 / 3**0.5, rel=0.05)


@pytest.mark.parametrize("examples", [1, 10, 64, 100])
def test_every_step_sees_a_full_batch_and_every_example_comes_round_equally_often(
    examples: int,
) -> None:
    seen = torch.cat(list(batches(examples, 10, generator())))
    assert len(seen) == 10 * BATCH
    counts = seen.bincount(minlength=examples)
    assert counts.max() - counts.min() <= 1


def test_training_stops_when_it_is_told_to() -> None:
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled("enough")

    inputs, labels = blobs()
    with pytest.raises(Cancelled):
        train_network(inputs, labels, 3, steps=50, generator=generator(), before_step=stop)
    assert calls == 3


def test_steps_cover_the_epochs() -> None:
    assert steps_for(0, 100) == 0
    assert steps_for(1, 65) == 2
    assert steps_for(3, 64) == 3


def test_the_cost_estimate_knows_the_batch_size() -> None:
    assert experiments._BATCH == BATCH


def test_the_number_of_threads_is_restored_whatever_happens() -> None:
    torch.set_num_threads(2)

    def fail() -> None:
        with one_thread():
            assert torch.get_num_threads() == 1
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        fail()
    assert torch.get_num_threads() == 2
