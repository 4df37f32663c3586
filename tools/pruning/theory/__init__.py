"""How much pruning should help: the perceptron that learns from a teacher on chosen examples.

A teacher perceptron labels Gaussian inputs; a probe that stands at an angle to the teacher ranks
them by margin; a maximum-margin perceptron learns from the hardest or the easiest part. In the
limit of many dimensions its test error follows from three equations, solved here, and the direct
simulation stands beside them.

Paper: Sorscher, Geirhos, Shekhar, Ganguli, Morcos (2022), "Beyond neural scaling laws: beating
power law scaling via data pruning", arXiv:2206.14486, section 2 and appendix A.
"""

from __future__ import annotations

from tools.pruning.theory.curves import crossover, frontier, pool_for_error, random_error
from tools.pruning.theory.law import MarginLaw, margin_law
from tools.pruning.theory.saddle import Solution, learn
from tools.pruning.theory.simulation import simulate

__all__ = [
    "MarginLaw",
    "Solution",
    "crossover",
    "frontier",
    "learn",
    "margin_law",
    "pool_for_error",
    "random_error",
    "simulate",
]
