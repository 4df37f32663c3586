import pytest
import torch
from torch import nn

from tools.passn.models import Decoder, Perceptron, draw_weights, parameter_count


def build(kind: str, seed: int = 0) -> nn.Module:
    model = (
        Perceptron(5, 7, 3, width=16) if kind == "perceptron" else Decoder(12, 4, 7, 3, 16, 2, 4)
    )
    return draw_weights(model, torch.Generator().manual_seed(seed))


def some_inputs(kind: str, count: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    if kind == "perceptron":
        return torch.randn(count, 5, generator=generator)
    return torch.randint(12, (count, 4), generator=generator)


@pytest.mark.parametrize("kind", ["perceptron", "decoder"])
def test_a_step_sees_earlier_tokens_and_no_others(kind: str) -> None:
    model, inputs = build(kind), some_inputs(kind)
    answers = torch.randint(7, (6, 3), generator=torch.Generator().manual_seed(2))
    logits = model(inputs, answers)
    assert logits.shape == (6, 3, 7)
    for changed in range(3):
        others = answers.clone()
        others[:, changed] = (others[:, changed] + 1) % 7
        moved = (model(inputs, others) - logits).abs().amax(dim=(0, 2)) > 1e-7
        assert moved.tolist() == [step > changed for step in range(3)]


@pytest.mark.parametrize("kind", ["perceptron", "decoder"])
def test_the_generator_alone_decides_the_weights(kind: str) -> None:
    torch.manual_seed(7)
    one = build(kind)
    torch.manual_seed(8)
    again, other = build(kind), build(kind, seed=1)
    for a, b in zip(one.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    assert any(
        not torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)
    )


def test_the_large_decoder_has_ten_million_parameters() -> None:
    model = Decoder(12, 8, 10, 6, width=384, layers=6)
    assert 10_000_000 < parameter_count(model) < 11_000_000


def test_a_perceptron_has_the_layers_asked_for() -> None:
    two, four = Perceptron(5, 7, 1, 16, 2), Perceptron(5, 7, 1, 16, 4)
    assert parameter_count(four) - parameter_count(two) == 2 * (16 * 16 + 16)
