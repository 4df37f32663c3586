"""Which token belongs to which answer, padded and packed."""

from __future__ import annotations

import pytest
import torch

from tools.errors import BadInput
from tools.passn.sequences import find_sequences

X = -100


def test_rows_are_answers_when_padded() -> None:
    labels = torch.tensor([[X, X, 5, 6], [X, 7, X, X]])
    found = find_sequences(labels)
    log_p = torch.tensor([[9.0, 9.0, -1.0, -2.0], [9.0, -4.0, 9.0, 9.0]])
    assert found.total(log_p).tolist() == [-3, -4]


def test_the_first_token_of_a_row_is_never_counted() -> None:
    found = find_sequences(torch.tensor([[5, 6, 7]]))
    assert found.total(torch.tensor([[9.0, -1.0, -2.0]])).tolist() == [-3]


def test_position_numbers_tell_packed_answers_apart() -> None:
    labels = torch.tensor([[5, 6, 7, 5, 6, 5, X, 6]])
    positions = torch.tensor([[0, 1, 2, 0, 1, 0, 1, 2]])
    found = find_sequences(labels, positions)
    log_p = -torch.tensor([[1.0, 2, 4, 8, 16, 32, 64, 128]])
    assert found.total(log_p).tolist() == [-6, -16, -128]


def test_one_answer_in_several_turns_stays_one_when_rows_are_whole() -> None:
    labels = torch.tensor([[X, 5, X, 6], [X, 5, 6, 6]])
    assert find_sequences(labels).count == 2
    assert find_sequences(labels[:1], packed=False).count == 1
    assert find_sequences(labels[:1], packed=True).count == 2


def test_padding_that_looks_like_empty_sequences_is_passed_over() -> None:
    labels = torch.tensor([[X, 5, X, 6, X, X], [X, 5, 6, 7, 8, 9]])
    positions = torch.tensor([[0, 1, 0, 1, 0, 0], [0, 1, 2, 3, 4, 5]])
    found = find_sequences(labels, positions)
    assert found.total(-torch.ones(2, 6)).tolist() == [-1, -1, -5]


def test_one_row_with_several_runs_is_refused_until_it_is_said_what_they_are() -> None:
    with pytest.raises(BadInput, match=r"packed.*position_ids"):
        find_sequences(torch.tensor([[X, 5, X, 6]]))


def test_labels_that_hide_every_token_are_refused() -> None:
    with pytest.raises(BadInput, match="every token of row 1"):
        find_sequences(torch.tensor([[X, 5], [X, X]]))
    with pytest.raises(BadInput, match="every token of row 0"):
        find_sequences(torch.tensor([[5, X]]))
    with pytest.raises(BadInput, match="every token of a batch"):
        find_sequences(torch.tensor([[X, X]]), torch.tensor([[0, 1]]))


def test_position_numbers_of_another_shape_are_refused() -> None:
    with pytest.raises(BadInput, match="batch, length"):
        find_sequences(torch.ones(1, 3, dtype=torch.long), torch.zeros(3, 1, 3))
