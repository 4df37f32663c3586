"""Exact pass@N: the probability of the one right answer is known, so nothing is sampled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tools.passn.estimators import exact_pass_at
from tools.passn.objectives import step_log_p
from tools.passn.tasks import Examples
from tools.passn.train import Record

Floats = NDArray[np.float64]

DRAWS = tuple(2**i for i in range(13))  # N = 1 .. 4096
TEMPERATURES = tuple(round(2 ** (i / 3), 4) for i in range(-3, 13))  # 0.5 .. 16
_CHUNK = 1000  # examples at once


@torch.no_grad()
def logits_of(model: nn.Module, examples: Examples) -> Tensor:
    """Returns teacher-forced logits of all examples, shape (n, steps, vocabulary)."""
    order = torch.arange(len(examples), device=examples.answers.device)
    batches = (examples.take(order[at : at + _CHUNK]) for at in range(0, len(order), _CHUNK))
    return torch.cat([model(batch.inputs, batch.answers) for batch in batches])


def tempered_log_p(logits: Tensor, examples: Examples, temperature: float) -> Floats:
    """Returns log p(y|x) of each right answer when every token is drawn at a temperature.

    p_T(token) is proportional to p(token)^(1/T), step by step, as samplers do; for answers of more
    than one token this is not the whole answer's distribution raised to 1/T.
    """
    steps = step_log_p((logits / temperature).log_softmax(dim=2), examples)
    return np.asarray(steps.sum(dim=1, dtype=torch.float64).cpu().numpy())


def pass_table(
    logits: Tensor, examples: Examples, temperatures: Sequence[float], draws: Sequence[int]
) -> list[list[float]]:
    """Returns mean pass@N, one row a temperature, one column a number of draws."""
    rows = []
    for temperature in temperatures:
        log_p = tempered_log_p(logits, examples, temperature)
        rows.append([float(x) for x in exact_pass_at(log_p, draws).mean(axis=0)])
    return rows


@torch.no_grad()
def greedy(model: nn.Module, examples: Examples) -> tuple[Tensor, Tensor]:
    """Completes each input with the most likely token at every step.

    Returns:
        The completions (n, steps), and the probability of each as a whole: the confidence.
    """
    tokens = torch.zeros_like(examples.answers)
    log_confidence = torch.zeros(len(tokens), dtype=torch.float64, device=tokens.device)
    for step in range(tokens.shape[1]):
        so_far = Examples(examples.inputs, tokens, examples.mask)
        best = logits_of(model, so_far)[:, step].double().log_softmax(dim=1).max(dim=1)
        tokens[:, step] = best.indices
        log_confidence += best.values
    return tokens, log_confidence.exp()


def measure(
    model: nn.Module,
    validation: Examples,
    test: Examples,
    *,
    temperatures: Sequence[float] = TEMPERATURES,
    draws: Sequence[int] = DRAWS,
) -> Record:
    """Measures a model: pass@N at every temperature on both parts, greedy accuracy, confidence.

    Returns:
        `temperatures`; `validation` and `test` (rows: temperatures, columns: draws); `greedy` and
        `confidence` (means over the test part: greedy completions that are right, and their
        probability).
    """
    tokens, confidence = greedy(model, test)
    right = (tokens == test.answers).all(dim=1)
    return {
        "temperatures": list(temperatures),
        "validation": pass_table(logits_of(model, validation), validation, temperatures, draws),
        "test": pass_table(logits_of(model, test), test, temperatures, draws),
        "greedy": float(right.double().mean()),
        "confidence": float(confidence.mean()),
    }
