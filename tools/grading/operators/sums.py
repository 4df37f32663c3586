"""Sums over indices, and indices replaced by labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import Literal

from tools.errors import BadInput
from tools.grading.operators import indexed
from tools.grading.operators.conventions import Index, Label
from tools.grading.operators.operator import Operator


def total(
    operator: Operator,
    indices: Sequence[Index],
    over: Hashable,
    where: Literal["all", "distinct", "less"],
) -> Operator:
    """Returns the sum over indices; see `Algebra.total`."""
    algebra = operator.algebra
    if where == "less":
        if len(indices) != 2:
            raise BadInput(f"An ordered sum over {len(indices)} indices.", "Give two.")
        i, j = indices
        # [i < j] = (1 - delta_ij + s_ij) / 2 with s antisymmetric: only the part of the summand
        # that is antisymmetric too can feel s.
        order = algebra.indexed("sign", i, j, symmetry="antisymmetric")
        operator = (1 - algebra.delta(i, j) + order) / 2 * operator
    if where == "distinct":
        for i, j in combinations(indices, 2):
            operator = (1 - algebra.delta(i, j)) * operator
    for index in indices:
        values = over if isinstance(over, (list, tuple, range)) else None
        values = algebra.values.get(index.name, values)
        if values is None:
            bound = indexed.bind(operator.words(), index, over)
            operator = Operator(algebra, None, {}, bound)
        else:
            parts = [substituted(operator, index, value) for value in values]
            operator = sum(parts, algebra.zero)
    return operator


def substituted(operator: Operator, index: Index, label: Label) -> Operator:
    """Returns the operator with an index replaced by another label."""
    algebra = operator.algebra
    rule = indexed.Substitution(index, label)
    result = Operator(algebra, operator.where, operator.table)
    for (ranges, word), c in operator.pending.items():
        word, c = indexed.relabel_word(word, rule), indexed.relabel(c, rule)
        labels = [x for letter in word for x in letter.labels]
        if ranges or indexed.symbolic_atoms(c) or any(isinstance(x, Index) for x in labels):
            result = result + Operator(algebra, None, {}, {(ranges, word): c})
        else:
            result = result + Operator(algebra, None, algebra.word_table(word)) * c
    return result
