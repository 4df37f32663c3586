"""Random theorems with a proof each, and a split in which no test theorem was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.errors import BadInput
from tools.passn.proofs.terms import LETTERS, NUMBERS, OPERATIONS, Step, rename, steps_from

LONGEST_PROOF = 12
_PATIENCE = 400  # draws for one theorem before the request is called impossible


@dataclass(frozen=True)
class Theorem:
    """An equation with the proof it was made from.

    Attributes:
        start, target: terms in prefix notation.
        proof: leads from one to the other and never comes back to a term it left; there may be
            shorter ones.
    """

    start: str
    target: str
    proof: tuple[Step, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """The term before each step."""
        return (self.start, *(step.result for step in self.proof[:-1]))


@dataclass(frozen=True)
class Split:
    """Theorems to learn from, to choose with, and to be tested on."""

    train: tuple[Theorem, ...]
    validation: tuple[Theorem, ...]
    test: tuple[Theorem, ...]


def split(
    rng: np.random.Generator,
    *,
    train: int,
    validation: int,
    test: int,
    shortest: int = 1,
    longest: int = 4,
) -> Split:
    """Draws theorems whose proofs have `shortest` to `longest` steps, evenly.

    An equation counts as seen if training shows it in any form: read either way, with other
    letters, or as what remains to be shown in the middle of a training proof. Nothing seen, and
    nothing twice, is among the theorems of the other two parts.

    Raises:
        BadInput: if the lengths make no sense or so many different theorems cannot be found.
    """
    if not 1 <= shortest <= longest <= LONGEST_PROOF:
        raise BadInput(
            f"Proofs of {shortest} to {longest} steps cannot be drawn.",
            f"Give 1 <= shortest <= longest <= {LONGEST_PROOF}.",
        )
    if min(train, validation, test) < 1:
        raise BadInput("Each part needs at least one theorem.")
    seen: set[tuple[str, str]] = set()
    parts: list[tuple[Theorem, ...]] = []
    lengths = range(shortest, longest + 1)
    for part, count in enumerate((train, validation, test)):
        chosen: list[Theorem] = []
        tries = 0
        while len(chosen) < count:
            tries += 1
            if tries > _PATIENCE * count:
                raise BadInput(
                    f"Only {len(chosen)} of {count} different theorems were found.",
                    "Ask for fewer theorems or longer proofs.",
                )
            theorem = draw(rng, lengths[len(chosen) % len(lengths)])
            if theorem is None or key(theorem.start, theorem.target) in seen:
                continue
            chosen.append(theorem)
            seen.add(key(theorem.start, theorem.target))
            if part == 0:
                seen.update(key(state, theorem.target) for state in theorem.states)
        parts.append(tuple(chosen))
    return Split(*parts)


def draw(rng: np.random.Generator, length: int) -> Theorem | None:
    """Draws a term of 3 to 5 leaves and walks `length` steps; None where the walk gets stuck."""
    terms = [rename(_term(rng, int(rng.integers(3, 6))))[0]]
    proof: list[Step] = []
    for _ in range(length):
        ways = [step for step in steps_from(terms[-1]) if step.result not in terms]
        if not ways:
            return None
        # First the law, then the place: commuting applies almost everywhere.
        rules = sorted({step.rule for step in ways})
        rule = rules[int(rng.integers(len(rules)))]
        places = [step for step in ways if step.rule == rule]
        proof.append(places[int(rng.integers(len(places)))])
        terms.append(proof[-1].result)
    return Theorem(terms[0], terms[-1], tuple(proof))


def key(start: str, target: str) -> tuple[str, str]:
    """Returns the same value for an equation, its mirror image, and both with other letters."""
    one, two = rename(start, target), rename(target, start)
    return min((one[0], one[1]), (two[0], two[1]))


def _term(rng: np.random.Generator, leaves: int) -> str:
    if leaves == 1:
        number = rng.random() < 0.2
        return str(rng.choice(list(NUMBERS if number else LETTERS)))
    left = int(rng.integers(1, leaves))
    operation = OPERATIONS[int(rng.integers(2))]
    return operation + _term(rng, left) + _term(rng, leaves - left)
