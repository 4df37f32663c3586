"""The value of a gold at a point: LaTeX read by the grader's parser, numbers or matrices put in.

Scalars go through the grader's own evaluation. Operators are evaluated here by multiplying explicit
matrices in the order written, with none of the grader's normal-ordering rules, so that a gold is
judged by the algebra itself and not by the code it serves to test.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tools.errors import BadInput
from tools.grading import reading
from tools.grading.evaluate import Evaluation
from tools.grading.problems.problem import Problem
from tools.grading.problems.recompute.sample import Matrix, Value
from tools.grading.spec import GradeSpec
from tools.grading.tree import Add, Brackets, Func, Listing, Mul, Node, Pow, Sym
from tools.grading.walk import symbols

_DIGITS = 25


def read(problem: Problem) -> Node:
    """Reads the gold into a tree, exactly as the grader does.

    Raises:
        Unreadable: when the gold is no well-formed answer.
    """
    return reading.read(problem.gold, problem.spec)


def slots(node: Node) -> tuple[Node, ...]:
    """The entries of a list, or the one entry there is; pairs in brackets stay together."""
    return node.items if isinstance(node, Listing) else (node,)


def entries(node: Node) -> tuple[Node, ...] | None:
    """The items of an ordered pair or longer tuple; None for anything else."""
    if isinstance(node, Brackets) and len(node.items) > 1:
        return node.items
    return None


class Point:
    """Numbers and matrices for the names in a gold.

    Args:
        values: LaTeX name to number or matrix, as a `Sample` carries it.
        spec: the declarations with which the names are read, as in the gold itself.
    """

    def __init__(self, values: Mapping[str, Value], spec: GradeSpec) -> None:
        self._numbers: dict[Sym, complex] = {}
        self._matrices: dict[Sym, Matrix] = {}
        for text, value in values.items():
            symbol = reading.read(text, spec)
            if not isinstance(symbol, Sym):
                raise BadInput(f"{text!r} is no name.", "Give values to plain names only.")
            if isinstance(value, np.ndarray):
                self._matrices[symbol] = value
            else:
                self._numbers[symbol] = value

    def number(self, node: Node) -> complex:
        """The value of a scalar."""
        return complex(Evaluation(self._numbers, _DIGITS).run(node))

    def matrix(self, node: Node) -> Matrix:
        """The value of an operator; a scalar in a sum stands for a multiple of the identity."""
        value = self._value(node)
        return value if isinstance(value, np.ndarray) else value * self._identity()

    def _identity(self) -> Matrix:
        size = next(iter(self._matrices.values())).shape[0]
        return np.eye(size, dtype=complex)

    def _value(self, node: Node) -> Value:
        if symbols(node).isdisjoint(self._matrices):
            return self.number(node)
        match node:
            case Sym():
                return self._matrices[node]
            case Add(terms=terms):
                total = np.zeros_like(self._identity())
                for term in terms:
                    total = total + self.matrix(term)
                return total
            case Mul(factors=factors):
                out: Value = 1.0
                for factor in factors:
                    value = self._value(factor)
                    both = isinstance(out, np.ndarray) and isinstance(value, np.ndarray)
                    out = out @ value if both else out * value  # type: ignore[operator]
                return out
            case Pow(base=base, exponent=exponent):
                power = self.number(exponent).real
                if power < 0 or not power.is_integer():
                    raise BadInput(f"An operator has the power {power}.", "Use whole powers.")
                result: Matrix = np.linalg.matrix_power(self.matrix(base), int(power))
                return result
            case Func(name="dagger", args=(inner,)):
                adjoint: Matrix = self.matrix(inner).conj().T
                return adjoint
        raise BadInput(
            f"A gold contains an operator inside {type(node).__name__}.",
            "Write operator golds as sums and products.",
        )
