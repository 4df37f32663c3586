"""Carries out matrix arithmetic on trees, so that matrices are compared entry by entry."""

from __future__ import annotations

from tools.grading.errors import Undecided
from tools.grading.tree import (
    MINUS_ONE,
    ZERO,
    Add,
    Brackets,
    Func,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    add,
    func,
    mul,
    neg,
    number,
)
from tools.grading.walk import rebuild, walk

_MAX_SIZE = 8


def has_matrix(node: Node) -> bool:
    """Tells whether a tree holds a matrix, or a tuple that is transposed into one."""
    return any(
        isinstance(part, Matrix)
        or _nested(part)
        or (isinstance(part, Func) and part.name == "transpose" and _tuple(part.args[0]))
        for part in walk(node)
    )


def _nested(node: Node) -> bool:
    """Tells whether a tree is a matrix in code syntax, a list of rows in square brackets."""
    return (
        isinstance(node, Brackets)
        and node.left == "["
        and bool(node.items)
        and all(
            isinstance(row, Brackets) and row.left == "[" and row.right == "]" for row in node.items
        )
        and len({len(row.items) for row in node.items if isinstance(row, Brackets)}) == 1
    )


def _tuple(node: Node) -> bool:
    return isinstance(node, Brackets) and node.left in "(["


def worked_out(node: Node) -> Node:
    """Returns the tree with its matrix arithmetic carried out.

    Raises:
        Undecided: for shapes that do not fit, or sizes beyond the bounds.
    """
    if isinstance(node, Func) and node.name == "transpose" and _tuple(node.args[0]):
        (inner,) = node.args
        assert isinstance(inner, Brackets)
        return Matrix(tuple((x,) for x in inner.items))
    if _nested(node) and isinstance(node, Brackets):
        rows = tuple(row.items for row in node.items if isinstance(row, Brackets))
        return worked_out(Matrix(rows))
    node = rebuild(node, worked_out)
    match node:
        case Add() if any(isinstance(t, Matrix) for t in node.terms):
            return _sum(list(node.terms))
        case Mul() if any(isinstance(f, Matrix) for f in node.factors):
            return _product(list(node.factors))
        case Pow(base=Matrix() as base, exponent=Num(value=value)):
            if value.denominator != 1 or abs(value) > 32:
                raise Undecided("Only small whole powers of a matrix are carried out.")
            return _power(base, int(value))
        case Func(name="det" | "abs", args=(Matrix() as matrix,)):
            return _determinant(matrix)
        case Func(name="trace", args=(Matrix() as matrix,)):
            return add(*(row[i] for i, row in enumerate(_square(matrix).rows)))
        case Func(name="transpose", args=(Matrix() as matrix,)):
            return Matrix(tuple(zip(*matrix.rows, strict=True)))
        case Func(name="dagger", args=(Matrix() as matrix,)):
            flipped = zip(*matrix.rows, strict=True)
            return Matrix(tuple(tuple(func("conj", x) for x in row) for row in flipped))
        case Func(name="conj", args=(Matrix() as matrix,)):
            return Matrix(tuple(tuple(func("conj", x) for x in row) for row in matrix.rows))
    return node


def _square(matrix: Matrix) -> Matrix:
    if any(len(row) != len(matrix.rows) for row in matrix.rows) or len(matrix.rows) > _MAX_SIZE:
        raise Undecided("A square matrix of moderate size is needed here.")
    return matrix


def _sum(terms: list[Node]) -> Node:
    matrices = [t for t in terms if isinstance(t, Matrix)]
    if len(matrices) != len(terms):
        raise Undecided("A number is added to a matrix.")
    shapes = {tuple(len(row) for row in m.rows) for m in matrices}
    if len(shapes) > 1:
        raise Undecided("Matrices of different shapes are added.")
    first = matrices[0]
    return Matrix(
        tuple(
            tuple(add(*(m.rows[i][j] for m in matrices)) for j in range(len(first.rows[i])))
            for i in range(len(first.rows))
        )
    )


def _product(factors: list[Node]) -> Node:
    scale = [f for f in factors if not isinstance(f, Matrix)]
    result: Matrix | None = None
    for factor in factors:
        if isinstance(factor, Matrix):
            result = factor if result is None else _times(result, factor)
    assert result is not None
    if len(result.rows) == 1 and len(result.rows[0]) == 1 and len(factors) - len(scale) > 1:
        return mul(*scale, result.rows[0][0])
    return Matrix(tuple(tuple(mul(*scale, x) for x in row) for row in result.rows))


def _times(a: Matrix, b: Matrix) -> Matrix:
    if len(a.rows[0]) != len(b.rows) or max(len(a.rows), len(b.rows)) > _MAX_SIZE:
        raise Undecided("The shapes of two multiplied matrices do not fit.")
    columns = list(zip(*b.rows, strict=True))
    return Matrix(
        tuple(
            tuple(add(*(mul(x, y) for x, y in zip(row, column, strict=True))) for column in columns)
            for row in a.rows
        )
    )


def _power(base: Matrix, n: int) -> Node:
    size = len(_square(base).rows)
    if n < 0:
        base, n = _inverse(base), -n
    result = Matrix(tuple(tuple(number(int(i == j)) for j in range(size)) for i in range(size)))
    for _ in range(n):
        result = _times(result, base)
    return result


def _minor(matrix: Matrix, i: int, j: int) -> Matrix:
    return Matrix(
        tuple(
            tuple(x for c, x in enumerate(row) if c != j)
            for r, row in enumerate(matrix.rows)
            if r != i
        )
    )


def _determinant(matrix: Matrix) -> Node:
    rows = _square(matrix).rows
    if len(rows) > 5:
        raise Undecided("Determinants are expanded up to five rows.")
    if len(rows) == 1:
        return rows[0][0]
    terms: list[Node] = []
    for j, entry in enumerate(rows[0]):
        if entry == ZERO:
            continue
        cofactor = mul(entry, _determinant(_minor(matrix, 0, j)))
        terms.append(neg(cofactor) if j % 2 else cofactor)
    return add(*terms)


def _inverse(matrix: Matrix) -> Matrix:
    rows = _square(matrix).rows
    scale = Pow(_determinant(matrix), MINUS_ONE)
    size = len(rows)
    if size == 1:
        return Matrix(((scale,),))
    return Matrix(
        tuple(
            tuple(
                mul(number((-1) ** (i + j)), scale, _determinant(_minor(matrix, j, i)))
                for j in range(size)
            )
            for i in range(size)
        )
    )
