import numpy as np
import pytest
import torch

from tools.errors import BadInput
from tools.passn import tasks
from tools.passn.tasks import Examples


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_equal_seeds_make_equal_tasks_and_others_do_not() -> None:
    sizes = {"train": 20, "validation": 5, "test": 5}
    one, again = tasks.teacher(rng(), **sizes), tasks.teacher(rng(), **sizes)
    assert torch.equal(one.train.inputs, again.train.inputs)
    assert torch.equal(one.test.answers, again.test.answers)
    assert not torch.equal(one.train.inputs, tasks.teacher(rng(1), **sizes).train.inputs)


def test_spelling_an_answer_changes_its_digits_and_nothing_else() -> None:
    sizes = {"train": 50, "validation": 5, "test": 5}
    whole = tasks.teacher(rng(), **sizes)
    for tokens, base in ((2, 16), (4, 4), (8, 2)):
        spelled = tasks.teacher(rng(), answer_tokens=tokens, **sizes)
        assert spelled.vocabulary == base
        powers = base ** torch.arange(tokens - 1, -1, -1)
        assert torch.equal((spelled.train.answers * powers).sum(1), whole.train.answers[:, 0])
        assert torch.equal(spelled.train.inputs, whole.train.inputs)


def test_answers_cannot_be_spelled_in_three_digits() -> None:
    with pytest.raises(BadInput, match=r"answer_tokens = 3.*1, 2, 4, 8"):
        tasks.teacher(rng(), answer_tokens=3)


def test_a_product_is_written_digit_by_digit() -> None:
    task = tasks.multiplication(rng(), train=300, validation=50, test=50)
    for part in (task.train, task.validation, task.test):
        for prompt, answer in zip(part.inputs.tolist(), part.answers.tolist(), strict=True):
            a, b = 10 * prompt[0] + prompt[1], 10 * prompt[3] + prompt[4]
            assert prompt[2] == tasks.TIMES
            assert prompt[5] == tasks.EQUALS
            assert min(a, b) >= 10
            assert int("".join(map(str, answer))) == a * b


def test_no_pair_of_factors_is_on_both_sides_even_swapped() -> None:
    everything = tasks.available_products(2)
    task = tasks.multiplication(rng(), train=everything - 200, validation=100, test=100)

    def pairs(part: Examples) -> set[frozenset[tuple[int, ...]]]:
        return {frozenset({tuple(row[:2]), tuple(row[3:5])}) for row in part.inputs.tolist()}

    parts = [pairs(part) for part in (task.train, task.validation, task.test)]
    assert sum(map(len, parts)) == everything == len(set.union(*parts))


def test_more_products_than_there_are_cannot_be_had() -> None:
    assert tasks.available_products(1) == 45
    with pytest.raises(BadInput, match=r"46 different products .* there are 45"):
        tasks.multiplication(rng(), digits=1, train=44, validation=1, test=1)


def test_an_empty_answer_is_named() -> None:
    mask = torch.tensor([[True, True], [False, False]])
    with pytest.raises(BadInput, match="answer of example 1 is empty"):
        Examples(torch.zeros(2, 3), torch.zeros(2, 2, dtype=torch.int64), mask)
    with pytest.raises(BadInput, match="no examples"):
        Examples(torch.zeros(0, 3), torch.zeros(0, 2, dtype=torch.int64), mask[:0])
