import math

import numpy as np
import pytest
import torch
from torch import nn

from tools.passn import exact
from tools.passn.models import Perceptron, draw_weights
from tools.passn.objectives import Objective, step_log_p
from tools.passn.tasks import Examples
from tools.passn.train import log_probs


def examples(count: int = 30, steps: int = 2, tokens: int = 3) -> Examples:
    generator = torch.Generator().manual_seed(3)
    return Examples(
        torch.randn(count, 4, generator=generator),
        torch.randint(tokens, (count, steps), generator=generator),
        torch.ones(count, steps, dtype=torch.bool),
    )


def model(steps: int = 2, tokens: int = 3) -> nn.Module:
    # Larger weights than drawn, so that the model is sure of some answers.
    made = draw_weights(Perceptron(4, tokens, steps, 16), torch.Generator().manual_seed(0))
    with torch.no_grad():
        for weights in made.parameters():
            weights.mul_(3)
    return made


def sequence_chances(made: nn.Module, data: Examples, temperature: float) -> torch.Tensor:
    """Returns the probability of all nine answers of every example, by enumeration."""
    chances = []
    for first in range(3):
        for second in range(3):
            answers = torch.tensor([[first, second]]).repeat(len(data), 1)
            steps = made(data.inputs, answers).double() / temperature
            log_p = steps.log_softmax(2).gather(2, answers[:, :, None]).sum(dim=(1, 2))
            chances.append(log_p.exp())
    return torch.stack(chances, dim=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@torch.no_grad()
def test_exact_pass_at_n_is_that_of_drawing_whole_answers(temperature: float) -> None:
    made, data = model(), examples()
    chances = sequence_chances(made, data, temperature)
    assert torch.allclose(chances.sum(1), torch.ones(30, dtype=torch.float64))
    p = chances[torch.arange(30), data.answers[:, 0] * 3 + data.answers[:, 1]].numpy()
    found = exact.pass_table(exact.logits_of(made, data), data, [temperature], (1, 4, 64))
    for column, n in enumerate((1, 4, 64)):
        assert found[0][column] == pytest.approx(float(np.mean(1 - (1 - p) ** n)), rel=1e-5)


@torch.no_grad()
def test_exact_pass_at_n_agrees_with_answers_really_drawn() -> None:
    made, data = model(), examples()
    chances = sequence_chances(made, data, 1.0)
    drawn = torch.multinomial(
        chances, 4000, replacement=True, generator=torch.Generator().manual_seed(0)
    )
    right = drawn == (data.answers[:, 0] * 3 + data.answers[:, 1])[:, None]
    sampled = right.view(30, 1000, 4).any(2).double().mean()
    [[found]] = exact.pass_table(exact.logits_of(made, data), data, [1.0], (4,))
    assert found == pytest.approx(float(sampled), abs=0.01)


@torch.no_grad()
def test_greedy_completions_and_their_probability_are_those_of_single_steps() -> None:
    made, data = model(), examples()
    tokens, confidence = exact.greedy(made, data)
    first = made(data.inputs, torch.zeros(30, 2, dtype=torch.int64))[:, 0].argmax(1)
    assert torch.equal(tokens[:, 0], first)
    chances = sequence_chances(made, data, 1.0)
    of_greedy = chances[torch.arange(30), tokens[:, 0] * 3 + tokens[:, 1]]
    assert torch.allclose(confidence, of_greedy, rtol=1e-5)


def test_measuring_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made, data = model(), examples()
    whole = exact.logits_of(made, data)
    monkeypatch.setattr(exact, "_CHUNK", 7)
    assert torch.allclose(exact.logits_of(made, data), whole, atol=1e-6)


def test_objectives_are_what_their_names_say() -> None:
    data = examples()
    table = log_probs(model(), data).double()
    steps = step_log_p(table, data)
    whole = steps.sum(1)
    losses = {
        kind: Objective(kind, value).losses(table, data)  # type: ignore[arg-type]
        for kind, value in (("ce", 1), ("dco", 8), ("dco_step", 8), ("ua", 16), ("smoothing", 0.1))
    }
    p = whole.exp()
    assert torch.allclose(losses["ce"], -whole)
    assert torch.allclose(losses["dco"], -(1 - (1 - p) ** 8).log())
    by_step = -(1 - (1 - steps.exp()) ** 8).log()
    assert torch.allclose(losses["dco_step"], by_step.sum(1))
    assert torch.allclose(losses["ua"], losses["dco_step"])  # 16 draws for two steps
    smooth = -0.9 * whole - 0.1 * table.mean(2).sum(1)
    assert torch.allclose(losses["smoothing"], smooth)


def test_a_token_that_is_not_legal_has_no_share() -> None:
    data = examples()
    legal = torch.zeros(30, 2, 3, dtype=torch.bool)
    legal.scatter_(2, data.answers[:, :, None], value=True)
    only = Examples(data.inputs, data.answers, data.mask, legal)
    table = log_probs(model(), only)
    assert torch.allclose(step_log_p(table, only), torch.zeros(30, 2))
    smoothed = Objective("smoothing", 0.1).losses(table, only)
    assert smoothed.isfinite().all()
    assert float(smoothed.detach().abs().max()) < 1e-6
    assert math.isclose(float(table.detach().exp().sum()), 60, rel_tol=1e-6)
