"""Direct-answer tasks that are learnt from scratch: every example has one right answer.

Both tasks are learnable only in part, because that is where pass@N and pass@1 part ways: a model
that generalises fully or not at all has nothing to gain from its budget of samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tools.errors import BadInput

FEATURES = 24  # inputs of the teacher
TEACHER_UNITS = 64
ANSWERS = 256  # right answers of the teacher before they are spelled

TIMES, EQUALS = 10, 11  # tokens of a multiplication besides the ten digits


@dataclass(frozen=True)
class Examples:
    """Examples as a model is trained and measured on.

    Attributes:
        inputs: shape (n, features) as float32, or (n, prompt) as int64 tokens; of a proof, one
            state for each step: (n, steps, features).
        answers: int64, shape (n, steps): the tokens of the right answer, or the tactics of a proof.
        mask: bool, shape (n, steps): which steps exist; answers may differ in length.
        legal: bool, shape (n, steps, vocabulary): which tokens a step may choose from; None for
            all.
    """

    inputs: Tensor
    answers: Tensor
    mask: Tensor
    legal: Tensor | None = None

    def __post_init__(self) -> None:
        """Raises: BadInput: if there is no example, or one without any step."""
        if len(self.answers) == 0:
            raise BadInput("There are no examples to learn from.", "Give at least one.")
        empty = (~self.mask.any(dim=1)).nonzero().flatten().tolist()
        if empty:
            raise BadInput(
                f"The answer of example {empty[0]} is empty: it has no token to learn.",
                "Give every example an answer of at least one token.",
            )

    def __len__(self) -> int:
        return len(self.answers)

    def take(self, chosen: Tensor) -> Examples:
        """Returns the examples of these indices."""
        legal = None if self.legal is None else self.legal[chosen]
        return Examples(self.inputs[chosen], self.answers[chosen], self.mask[chosen], legal)

    def to(self, device: str) -> Examples:
        """Returns the examples on a device."""
        legal = None if self.legal is None else self.legal.to(device)
        return Examples(
            self.inputs.to(device), self.answers.to(device), self.mask.to(device), legal
        )


@dataclass(frozen=True)
class Task:
    """A task with its three parts: training, choosing (temperature, epoch) and testing.

    Attributes:
        vocabulary: number of tokens an answer is written in.
        inputs: width of the inputs: features, or the length of a prompt of tokens.
        tokens: size of the vocabulary of prompts, 0 for inputs that are real vectors.
    """

    train: Examples
    validation: Examples
    test: Examples
    vocabulary: int
    inputs: int
    tokens: int = 0


def teacher(
    rng: np.random.Generator,
    *,
    answer_tokens: int = 1,
    train: int = 3000,
    validation: int = 1000,
    test: int = 2000,
) -> Task:
    """Makes the task of imitating a random network with one of 256 answers.

    x ~ N(0, I_24); the answer is the argmax of V tanh(W x), with W of shape (64, 24), entries
    N(0, 1/24), and V of shape (256, 64), entries N(0, 1). With `answer_tokens` > 1 the same answer
    is spelled in that many digits of base 256^(1/answer_tokens), most significant first: the same
    problems, but the model answers token by token.

    Args:
        rng: decides the teacher and the examples.
        answer_tokens: 1, 2, 4 or 8.
        train, validation, test: number of examples, at least 1.
    """
    base = round(ANSWERS ** (1 / answer_tokens)) if answer_tokens >= 1 else 0
    if base < 2 or base**answer_tokens != ANSWERS:
        raise BadInput(
            f"answer_tokens = {answer_tokens}: {ANSWERS} answers cannot be spelled in that many"
            " digits.",
            "Allowed: 1, 2, 4, 8.",
        )
    hidden = rng.normal(size=(TEACHER_UNITS, FEATURES)) / math.sqrt(FEATURES)
    out = rng.normal(size=(ANSWERS, TEACHER_UNITS))
    x = rng.normal(size=(train + validation + test, FEATURES))
    answer = np.argmax(np.tanh(x @ hidden.T) @ out.T, axis=1)
    powers = base ** np.arange(answer_tokens - 1, -1, -1)
    digits = torch.from_numpy(answer[:, None] // powers % base)
    parts = _split(torch.from_numpy(x).float(), digits, (train, validation, test))
    return Task(*parts, vocabulary=base, inputs=FEATURES)


def multiplication(
    rng: np.random.Generator,
    *,
    digits: int = 2,
    train: int = 4000,
    validation: int = 1000,
    test: int = 2000,
) -> Task:
    """Makes the task of writing down a product at once, without working: `37*52=` -> `1924`.

    Both factors have `digits` digits (no leading zero), the product is padded to 2 `digits`. All
    pairs are different ordered pairs; a pair and its mirror image (a, b), (b, a) fall on the same
    side of the split, so that no test product was seen in training.

    Args:
        rng: decides which pairs are taken.
        digits: digits of a factor, 1 to 4.
        train, validation, test: number of examples, at least 1; together at most all pairs.
    """
    low = 10 ** (digits - 1)
    high = 10 * low
    pairs = _unordered_pairs(rng, low, high, train + validation + test)
    flip = rng.random(len(pairs)) < 0.5
    a, b = np.where(flip, pairs[:, 1], pairs[:, 0]), np.where(flip, pairs[:, 0], pairs[:, 1])
    sign = np.full((len(a), 1), TIMES), np.full((len(a), 1), EQUALS)
    prompt = np.hstack([_digits(a, digits), sign[0], _digits(b, digits), sign[1]])
    answer = _digits(a * b, 2 * digits)
    parts = _split(torch.from_numpy(prompt), torch.from_numpy(answer), (train, validation, test))
    return Task(*parts, vocabulary=10, inputs=prompt.shape[1], tokens=12)


def available_products(digits: int) -> int:
    """Returns how many different products of two `digits`-digit factors can be asked for."""
    numbers = 9 * int(10 ** (digits - 1))
    return numbers * (numbers + 1) // 2


def _unordered_pairs(rng: np.random.Generator, low: int, high: int, count: int) -> np.ndarray:
    """Draws `count` different pairs low <= a <= b < high."""
    available = (high - low) * (high - low + 1) // 2
    if not 1 <= count <= available:
        raise BadInput(
            f"{count} different products were asked for, of factors {low} to {high - 1} there are"
            f" {available}.",
            "Take fewer examples, or more digits.",
        )
    chosen = rng.choice(available, size=count, replace=False)
    # Row b of the triangle holds the pairs (0, b) .. (b, b) and begins at b (b + 1) / 2.
    b = ((np.sqrt(8.0 * chosen + 1) - 1) / 2).astype(np.int64)
    b -= b * (b + 1) // 2 > chosen
    b += (b + 1) * (b + 2) // 2 <= chosen
    return np.stack([chosen - b * (b + 1) // 2, b], axis=1) + low


def _digits(numbers: np.ndarray, length: int) -> np.ndarray:
    """Writes numbers in decimal, padded with zeros: shape (n, length)."""
    return numbers[:, None] // 10 ** np.arange(length - 1, -1, -1) % 10


def _split(
    inputs: Tensor, answers: Tensor, sizes: tuple[int, int, int]
) -> tuple[Examples, Examples, Examples]:
    mask = torch.ones_like(answers, dtype=torch.bool)
    first, second = sizes[0], sizes[0] + sizes[1]
    one, two, three = (
        Examples(inputs[part], answers[part], mask[part])
        for part in (slice(first), slice(first, second), slice(second, None))
    )
    return one, two, three
