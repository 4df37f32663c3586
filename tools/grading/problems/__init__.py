r"""Our own condensed-matter problems, each with a gold that a script here computes again.

Published golds are often wrong, so none is trusted on its word: `load` gives the problems of
`data/*.toml`, one file for each of the eight categories; `recompute` holds one function per
problem that finds the answer by a road other than the stated derivation (exact diagonalisation,
enumeration, quadrature, explicit tensor networks); `verify` reads the LaTeX gold with the grader's
own parser and compares the two. A parametric answer is compared at several random parameter
points, an operator answer as a matrix.

Example:
    >>> from tools.grading.problems import load, verify
    >>> problem = load()[0]
    >>> verify(problem).agrees
    True
"""

from tools.grading.problems.check import Reproduction, compare, verify
from tools.grading.problems.problem import Category, Kind, Problem, load, read_file

__all__ = [
    "Category",
    "Kind",
    "Problem",
    "Reproduction",
    "compare",
    "load",
    "read_file",
    "verify",
]
