"""Coverage: how many problems are solved within k answers, for k up to the number of answers drawn.

Every problem is answered several times (16 unless more are asked for), each answer a row of its own
in the journal. pass@k is the unbiased estimate, with errors over problems. At an endpoint the
answers are the model's. Without one a small decoder, trained on other products by the seed, writes
down products of two two-digit numbers, of which it knows some in part; its probability of the right
answer is known, so the exact pass@k stands beside the estimate. `--path` takes the user's problems
in the format of `tools.passn.problems`.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evals import scorers, solvers
from evals.context import Context
from evals.sample import Answer, Sample, Score, Scorer, Solver, Suite
from evals.suites import Options, spread
from tools.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor, nn

    from tools.grading.spec import GradeSpec
    from tools.passn.tasks import Task

ANSWERS = 16
"""Answers to each problem unless more are asked for: one answer makes no curve."""
INSTRUCTIONS = "Give the final answer alone in a single \\boxed{}."
_PROBLEMS, _HELD_OUT = 64, 400
_TRAINING, _EPOCHS, _RATE, _BATCH, _WIDTH = 3000, 12, 3e-3, 64, 64
_PRODUCT = re.compile(r"(\d\d)\s*\*\s*(\d\d)\b")


def build(options: Options) -> Suite:
    """Builds the suite from products nobody has trained on, or from a file of problems.

    Raises:
        BadInput: naming the line of the file that cannot be used.
    """
    if options.path:
        samples, specs = _own(options)
    else:
        samples, specs = products(options.seed)[: options.samples or _PROBLEMS], {}
    spec_of = _specs(specs)
    return Suite(
        "passn",
        "Solved within k answers (offline: by a small trained policy)",
        1,
        samples,
        solvers.fixed(options.answers) if options.answers else drawing(options.seed),
        scorer(spec_of, _budgets(_answers(options))),
        _answers(options),
        check=lambda sample: _trouble(sample, spec_of(sample)),
    )


def products(seed: int) -> list[Sample]:
    """Returns the problems that the policy of this seed has not seen."""
    return [
        Sample(f"{a} * {b}", f"Compute {a} * {b}.", str(a * b))
        for a, b in (_factors(row) for row in _task(seed).test.inputs)
    ]


def drawing(seed: int) -> Solver:
    """Makes the solver: the model at the endpoint, or without one the policy of this seed."""
    ask = solvers.chat(INSTRUCTIONS)
    lock = threading.Lock()
    trained: list[Policy] = []

    def draw(sample: Sample, epoch: int) -> Answer:
        found = _PRODUCT.search(str(sample.question))
        if not found:
            raise BadInput(
                "The embedded policy writes down products of two-digit numbers and nothing else.",
                "Set an endpoint (OPENAI_BASE_URL) and a model for other problems.",
            )
        with lock:
            if not trained:
                trained.append(Policy(seed))
            return trained[0].answer(int(found[1]), int(found[2]), epoch)

    async def solve(sample: Sample, context: Context) -> Answer:
        import asyncio

        if context.model.offline:
            return await asyncio.to_thread(draw, sample, context.epoch)
        return await ask(sample, context)

    return solve


def scorer(spec_of: Callable[[Sample], GradeSpec | None], budgets: Sequence[int]) -> Scorer:
    """Makes the scorer: the symbolic grader, and the exact pass@k where p is known.

    Exact pass@k is 1 - (1 - p)^k for the probability p of the right answer.
    """
    grade = scorers.symbolic(spec_of)

    async def score(sample: Sample, answer: Answer) -> Score:
        found = await grade(sample, answer)
        p = (answer.data or {}).get("p_right")
        if p is None:
            return found
        return replace(found, parts={f"exact_pass@{k}": 1 - (1 - p) ** k for k in budgets})

    return score


class Policy:
    """A small decoder that writes down a product digit by digit, trained by cross-entropy."""

    def __init__(self, seed: int) -> None:
        """Trains it: seconds on one core, the same weights for the same seed."""
        import torch

        from tools.passn import models
        from tools.passn.objectives import Objective
        from tools.passn.train import Training, one_thread

        task, generator = _task(seed), torch.Generator().manual_seed(seed)
        decoder = models.Decoder(
            task.tokens, task.inputs, task.vocabulary, task.train.answers.shape[1], _WIDTH
        )
        self._model: nn.Module = models.draw_weights(decoder, generator)
        self._seed, self._steps = seed, task.train.answers.shape[1]
        training = Training(
            self._model,
            Objective("ce"),
            task.train,
            lambda model, epoch: {},
            generator=generator,
            learning_rate=_RATE,
            batch=_BATCH,
        )
        with one_thread():
            for _ in range(_EPOCHS):
                training.advance()

    def answer(self, a: int, b: int, turn: int) -> Answer:
        """Draws an answer; its confidence is its own probability.

        Args:
            a, b: the factors, of two digits each.
            turn: which of the answers to this product, counted from 0; each is a draw of its own.
        """
        import torch

        from tools.passn.train import one_thread

        luck = np.random.default_rng([self._seed, a, b, turn]).random(self._steps)
        right = [int(digit) for digit in f"{a * b:0{self._steps}d}"]
        # The first row is drawn, the second is the right answer, whose probability is read off.
        tokens = torch.tensor([[0] * self._steps, right])
        prompt = torch.tensor([_prompt(a, b)] * 2)
        confidence = 1.0
        with one_thread(), torch.no_grad():
            for step, chance in enumerate(luck):
                shares = self._shares(prompt, tokens)[0, step]
                digit = min(int(np.searchsorted(np.cumsum(shares), chance)), len(shares) - 1)
                tokens[0, step] = digit
                confidence *= float(shares[digit])
            steps = self._shares(prompt, tokens)[1, range(self._steps), right]
        drawn = int("".join(map(str, tokens[0].tolist())))
        data = {"p_right": min(1.0, float(np.prod(steps)))}
        return Answer(f"\\boxed{{{drawn}}}", confidence=min(1.0, confidence), data=data)

    def _shares(self, prompt: Tensor, tokens: Tensor) -> np.ndarray:
        """Returns the probabilities of every digit, shape (rows, steps, digits)."""
        return np.asarray(self._model(prompt, tokens).double().softmax(dim=2).numpy())


@functools.lru_cache(maxsize=2)
def _task(seed: int) -> Task:
    from tools.passn.tasks import multiplication

    rng = np.random.default_rng(seed)
    return multiplication(rng, digits=2, train=_TRAINING, validation=1, test=_HELD_OUT)


def _prompt(a: int, b: int) -> list[int]:
    from tools.passn.tasks import EQUALS, TIMES

    return [a // 10, a % 10, TIMES, b // 10, b % 10, EQUALS]


def _factors(prompt: Tensor) -> tuple[int, int]:
    tens, ones, _, other_tens, other_ones, _ = prompt.tolist()
    return 10 * tens + ones, 10 * other_tens + other_ones


def _own(options: Options) -> tuple[list[Sample], dict[str, GradeSpec]]:
    from tools.passn.problems import read_problems

    assert options.path is not None
    samples, specs = [], {}
    for number, problem in enumerate(read_problems(options.path), 1):
        name = f"problem {number}"
        tags = {"cluster": problem.cluster} if problem.cluster else {}
        samples.append(Sample(name, problem.question, problem.gold, problem.cluster, tags))
        specs[name] = problem.spec()
    return spread(samples, options.samples), specs


def _specs(specs: dict[str, GradeSpec]) -> Callable[[Sample], GradeSpec | None]:
    # Another wording of a sample has its name and a comma before it.
    return lambda sample: specs.get(sample.id) or specs.get(sample.id.partition(",")[0])


def _answers(options: Options) -> int:
    return options.epochs if options.epochs > 1 else ANSWERS


def _budgets(answers: int) -> list[int]:
    return [4**i for i in range(8) if 4**i <= answers]


def _trouble(sample: Sample, spec: GradeSpec | None) -> str:
    """Returns why a gold is unusable: it must be graded correct against itself."""
    from tools.grading.service import grade

    found = grade(str(sample.gold), str(sample.gold), spec)
    return "" if found.verdict == "correct" else found.reason
