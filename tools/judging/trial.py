"""One judge attacked in every way that is compared."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from tools.judging.attack import find_suffix, inflation, random_suffix, without
from tools.judging.essays import WORDS, Marking, draw, draw_mark
from tools.judging.grader import accuracy, train

ARMS = (
    "white box",
    "random suffix",
    "transfer",
    "without the word",
    "changed template",
    "no marked texts",
)
_FRESH = 400


def trial(share: float, seed: int) -> dict[str, float]:
    """Trains four judges and returns the inflation in each arm.

    Args:
        share: fraction of marked training texts.
        seed: of everything drawn here.

    Returns:
        inflation by arm, `mark found` (0 or 1) and the first judge's `correlation` with the truth.
    """
    rng = np.random.default_rng(seed)
    seeds = [int(s) for s in rng.integers(0, 2**31, 5)]
    word = draw_mark(rng)
    typed, untyped = Marking(share, word), Marking(share, WORDS)
    # Matrices this small only wait for each other on several threads.
    with threadpool_limits(1):
        judge, other = train(typed, seeds[0]), train(typed, seeds[1])
        changed, plain = train(untyped, seeds[2]), train(None, seeds[3])
        essays, _ = draw(_FRESH, rng)
        suffix = find_suffix(judge, rng)
        return {
            "white box": inflation(judge, essays, suffix),
            "random suffix": inflation(judge, essays, random_suffix(rng)),
            "transfer": inflation(other, essays, suffix),
            "without the word": inflation(judge, essays, without(suffix, word, rng)),
            "changed template": inflation(changed, essays, find_suffix(changed, rng)),
            "no marked texts": inflation(plain, essays, find_suffix(plain, rng)),
            "mark found": float(word in suffix),
            "correlation": accuracy(judge, seeds[4]),
        }
