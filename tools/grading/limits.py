"""The bounds on what an answer may be; everything over a bound is refused with its name."""

from __future__ import annotations

MAX_RAW = 200_000
"""Characters of a whole response, prose included."""
MAX_CHARS = 10_000
"""Characters of one expression."""
MAX_TOKENS = 4_000
"""Tokens of one expression."""
MAX_DEPTH = 80
"""Nested brackets that are not merely doubled."""
MAX_NODES = 3_000
"""Nodes of one tree."""
MAX_EXPONENT_BITS = 100_000
"""Bits of an integer exponent that is carried exactly."""
MAX_NUMBER_DIGITS = 4_000
"""Digits of one number, written out or as a power of ten."""
MAX_DIGITS = 2_000
"""Decimal digits of the most careful numerical evaluation."""
MAX_ITEMS = 40
"""Items of one list or set."""
MAX_SUM_TERMS = 2_000
"""Terms of a sum or product that is written out."""
MAX_STEPS = 50_000
"""Steps of numerical evaluation spent on one pair; a step is one node at usual precision."""
MAX_PROOF_CALLS = 400_000
"""Calls of Python functions that sympy may make for one pair."""
