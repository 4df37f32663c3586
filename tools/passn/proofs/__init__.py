"""Equational proofs: a small proof environment whose every step is checked.

A theorem says that one term of a commutative ring equals another; a proof is a list of steps, each
using one law at one place. A policy proposes steps, a search tries them, and a checker that knows
neither of them decides what is a proof.
"""
