import numpy as np
import pytest

from tools.errors import BadInput
from tools.passn.proofs import theorems
from tools.passn.proofs.terms import rename
from tools.passn.proofs.theorems import key


def split(seed: int = 0, **values: int) -> theorems.Split:
    sizes = {"train": 120, "validation": 30, "test": 60, "longest": 4} | values
    return theorems.split(np.random.default_rng(seed), **sizes)


def test_equal_seeds_draw_equal_theorems() -> None:
    assert split() == split()
    assert split() != split(1)


def test_no_test_theorem_was_seen_in_any_form() -> None:
    drawn = split()
    shown = {key(state, t.target) for t in drawn.train for state in t.states}
    held_out = [key(t.start, t.target) for t in (*drawn.validation, *drawn.test)]
    assert not shown & set(held_out)
    assert len(set(held_out)) == len(held_out)


def test_an_equation_is_the_same_mirrored_or_with_other_letters() -> None:
    assert key("+ab", "+ba") == key("+ba", "+ab") == key("+cd", "+dc")
    assert key("+ab", "+ba") != key("+ab", "+bb")


def test_proof_lengths_are_spread_evenly_and_never_return() -> None:
    drawn = split(shortest=2)
    lengths = [len(t.proof) for t in drawn.train]
    assert [lengths.count(n) for n in (2, 3, 4)] == [40, 40, 40]
    for theorem in drawn.train:
        visited = [*theorem.states, theorem.target]
        assert len(set(visited)) == len(visited)
        assert rename(theorem.start) == (theorem.start,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"shortest": 3, "longest": 2}, "Proofs of 3 to 2 steps"),
        ({"longest": 99}, "Proofs of 1 to 99 steps"),
        ({"test": 0}, "at least one theorem"),
        ({"longest": 1, "train": 100_000}, "different theorems were found"),
    ],
)
def test_requests_that_cannot_be_met_are_explained(
    values: dict[str, int], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theorems, "_PATIENCE", 0.01)
    with pytest.raises(BadInput, match=message):
        split(**values)
