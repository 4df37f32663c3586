"""How a policy sees a proof: states as one symbol a place, steps as law and place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.passn.proofs.terms import LONGEST, NAMES, SYMBOLS, Step, steps_from
from tools.passn.proofs.theorems import Theorem
from tools.passn.tasks import Examples

FEATURES = 2 * LONGEST * len(SYMBOLS)
TACTICS = len(NAMES) * LONGEST  # a tactic is a law and a place


def tactic(step: Step) -> int:
    """Returns a step's number among all tactics."""
    return NAMES.index(step.rule) * LONGEST + step.position


def features(states: Sequence[tuple[str, str]]) -> NDArray[np.uint8]:
    """Encodes states (term, target): a one for the symbol at each place, shape (n, FEATURES)."""
    table = np.zeros((len(states), 2, LONGEST, len(SYMBOLS)), np.uint8)
    for row, state in enumerate(states):
        for side, term in enumerate(state):
            for place, symbol in enumerate(term):
                table[row, side, place, SYMBOLS.index(symbol)] = 1
    return table.reshape(len(states), FEATURES)


def legal(terms: Sequence[str]) -> NDArray[np.bool_]:
    """Returns which tactics each term allows, shape (n, TACTICS)."""
    table = np.zeros((len(terms), TACTICS), np.bool_)
    for row, term in enumerate(terms):
        table[row, [tactic(step) for step in steps_from(term)]] = True
    return table


def examples(theorems: Sequence[Theorem]) -> Examples:
    """Returns the proofs as examples of one step after another, padded to the longest.

    Raises:
        BadInput: if there is no theorem, or one without a step.
    """
    if not theorems:
        raise BadInput("There are no theorems to learn from.", "Give at least one.")
    longest = max(len(theorem.proof) for theorem in theorems)
    inputs = np.zeros((len(theorems), longest, FEATURES), np.uint8)
    answers = np.zeros((len(theorems), longest), np.int64)
    allowed = np.zeros((len(theorems), longest, TACTICS), np.bool_)
    mask = np.zeros((len(theorems), longest), np.bool_)
    for row, theorem in enumerate(theorems):
        count = len(theorem.proof)
        inputs[row, :count] = features([(state, theorem.target) for state in theorem.states])
        answers[row, :count] = [tactic(step) for step in theorem.proof]
        allowed[row, :count] = legal(theorem.states)
        mask[row, :count] = True
    tensors = (torch.from_numpy(array) for array in (inputs, answers, mask, allowed))
    return Examples(*tensors)
