"""Exact arithmetic that several verifiers share: integers and fractions only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction

_DIGITS = Context(prec=40)


def whole(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """Returns integers and one common denominator that stand for the values exactly."""
    denominator = math.lcm(*(value.denominator for value in values), 1)
    return [v.numerator * (denominator // v.denominator) for v in values], denominator


def root_below(value: Fraction, bits: int = 80) -> Fraction:
    """Returns a rational number at most sqrt(value), with a relative error below 2^(1 - bits)."""
    if value <= 0:
        return Fraction(0)
    # The shift makes the integer root have `bits` bits whatever the size of the value.
    size = value.numerator.bit_length() - value.denominator.bit_length()
    shift = 2 * bits - size + (size & 1)
    scaled = (
        (value.numerator << shift) // value.denominator
        if shift >= 0
        else value.numerator // (value.denominator << -shift)
    )
    return Fraction(math.isqrt(scaled)) / Fraction(2) ** (shift // 2)


def convolve(first: Sequence[int], second: Sequence[int]) -> list[int]:
    """Returns the full convolution c_k = sum_i a_i b_(k-i) of nonnegative integers, exactly.

    The sequences are packed into two big integers with room for every c_k, and multiplied once
    (Kronecker substitution): the product holds all c_k side by side.
    """
    terms = min(len(first), len(second))
    bits = max(first).bit_length() + max(second).bit_length() + terms.bit_length()
    width = bits // 8 + 1
    product = _packed(first, width) * _packed(second, width)
    length = len(first) + len(second) - 1
    text = product.to_bytes(width * (length + 1), "little")
    return [int.from_bytes(text[width * k : width * (k + 1)], "little") for k in range(length)]


def convolve_signed(values: Sequence[int]) -> list[int]:
    """Returns the convolution of a sequence of integers with itself, exactly."""
    plus = [max(value, 0) for value in values]
    minus = [max(-value, 0) for value in values]
    # (p - q)*(p - q) = p*p + q*q - 2 p*q, each with nonnegative entries.
    parts = convolve(plus, plus), convolve(minus, minus), convolve(plus, minus)
    return [pp + qq - 2 * pq for pp, qq, pq in zip(*parts, strict=True)]


def grid(values: Sequence[Fraction], bits: int = 52) -> list[int]:
    """Returns integers near the values times a common factor, the largest of `bits` bits.

    A step function on this grid is a function like any other: where the objective does not depend
    on scale, it is judged exactly in place of the one handed in.
    """
    integers, _ = whole(values)
    largest = max((abs(value) for value in integers), default=0)
    excess = largest.bit_length() - bits
    if excess <= 0:
        return integers
    half = 1 << (excess - 1)
    return [(value + half) >> excess for value in integers]


def log_ratio_below(a: int, b: int, c: int) -> Fraction:
    """Returns a rational lower bound, good to 30 digits, on log(a/b) / log(c), for a >= b, c >= 2.

    Decimal logarithms are correctly rounded to 40 digits, so each is wrong by under 1e-38 here.
    """
    slack = Decimal("1e-36")
    over = _DIGITS.subtract(_DIGITS.ln(Decimal(a)), _DIGITS.ln(Decimal(b)))
    value = _DIGITS.divide(
        _DIGITS.subtract(over, slack), _DIGITS.add(_DIGITS.ln(Decimal(c)), slack)
    )
    return Fraction(max(Decimal(0), value.quantize(Decimal("1e-30"), "ROUND_FLOOR", _DIGITS)))


def _packed(values: Sequence[int], width: int) -> int:
    return int.from_bytes(b"".join(v.to_bytes(width, "little") for v in values), "little")
