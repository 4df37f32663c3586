"""Parts of programs: sets of residues with distinct differences, from finite fields."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.int64]]
Rng = np.random.Generator


def is_prime(p: int) -> bool:
    """Tells whether a number is prime."""
    return p > 1 and all(p % q for q in range(2, int(p**0.5) + 1))


def prime_at_least(p: int) -> int:
    """Returns the least prime that is not smaller."""
    while not is_prime(p):
        p += 1
    return p


def singer(q: int, rng: Rng) -> tuple[Array, int]:
    """Returns q + 1 residues modulo q^2 + q + 1 with each difference once, for a prime q.

    They are the exponents i for which the power x^i of a generator of the field of q^3 elements
    has no square term: a line of the projective plane. Random cubics are tried for a generator.
    """
    modulus = q * q + q + 1
    while True:
        a, b, c = (int(v) for v in rng.integers(0, q, 3))
        found, power = [], (1, 0, 0)
        for exponent in range(modulus):
            if power[2] == 0:
                found.append(exponent)
            low, mid, top = power
            # x times the power, with x^3 = a + b x + c x^2.
            power = (top * a % q, (low + top * b) % q, (mid + top * c) % q)
        if len(found) == q + 1 and spread(np.array(found), modulus):
            return np.array(found), modulus


def bose(q: int, rng: Rng) -> tuple[Array, int]:
    """Returns q residues modulo q^2 - 1 with distinct differences, for a prime q.

    They are the exponents i for which x^i - x lies in the prime field, for a generator x of the
    field of q^2 elements.
    """
    modulus = q * q - 1
    while True:
        a, b = (int(v) for v in rng.integers(0, q, 2))
        found, power = [], (1, 0)
        for exponent in range(modulus):
            if power[1] == 1:
                found.append(exponent)
            power = (power[1] * a % q, (power[0] + power[1] * b) % q)
        if len(found) == q and spread(np.array(found), modulus):
            return np.array(found), modulus


def ruzsa(p: int, rng: Rng) -> tuple[Array, int]:
    """Returns p - 1 residues modulo p(p - 1) with distinct differences, for a prime p.

    Residue i has the remainders i modulo p - 1 and g^i modulo p, for a generator g.
    """
    modulus = p * (p - 1)
    while True:
        g, found, power = int(rng.integers(1, p)), [], 1
        for i in range(1, p):
            power = power * g % p
            found.append((p * i - (p - 1) * power) % modulus)
        if len(set(found)) == p - 1 and spread(np.array(found), modulus):
            return np.array(found), modulus


def spread(residues: Array, modulus: int) -> bool:
    """Tells whether all differences of distinct residues differ."""
    gaps = (residues[:, None] - residues[None]) % modulus
    values = gaps[~np.eye(len(residues), dtype=bool)]
    return len(np.unique(values)) == len(values)
