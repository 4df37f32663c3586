"""Factors of common units to SI base units, exact; other units are left to pint."""

from __future__ import annotations

import re
from fractions import Fraction

Dimension = tuple[Fraction, ...]
"""Exponents of metre, kilogram, second, ampere, kelvin, mole, candela and money."""

_SHORT = ("m", "kg", "s", "A", "K", "mol", "cd", "money")
AXES = tuple(
    f"[{name}]"
    for name in "length mass time current temperature substance luminosity money".split()
)
"""The base dimensions, named as pint names them."""


def _dimension(**powers: int) -> Dimension:
    return tuple(Fraction(powers.get(axis, 0)) for axis in _SHORT)


_ENERGY = _dimension(kg=1, m=2, s=-2)
_CHARGE_QUANTUM = Fraction(1602176634, 10**28)
_SYMBOLS: dict[str, tuple[Fraction, Dimension]] = {
    "m": (Fraction(1), _dimension(m=1)),
    "s": (Fraction(1), _dimension(s=1)),
    "g": (Fraction(1, 1000), _dimension(kg=1)),
    "A": (Fraction(1), _dimension(A=1)),
    "K": (Fraction(1), _dimension(K=1)),
    "mol": (Fraction(1), _dimension(mol=1)),
    "cd": (Fraction(1), _dimension(cd=1)),
    "Hz": (Fraction(1), _dimension(s=-1)),
    "N": (Fraction(1), _dimension(kg=1, m=1, s=-2)),
    "Pa": (Fraction(1), _dimension(kg=1, m=-1, s=-2)),
    "J": (Fraction(1), _ENERGY),
    "W": (Fraction(1), _dimension(kg=1, m=2, s=-3)),
    "C": (Fraction(1), _dimension(A=1, s=1)),
    "V": (Fraction(1), _dimension(kg=1, m=2, s=-3, A=-1)),
    "F": (Fraction(1), _dimension(kg=-1, m=-2, s=4, A=2)),
    "S": (Fraction(1), _dimension(kg=-1, m=-2, s=3, A=2)),
    "Wb": (Fraction(1), _dimension(kg=1, m=2, s=-2, A=-1)),
    "T": (Fraction(1), _dimension(kg=1, s=-2, A=-1)),
    "H": (Fraction(1), _dimension(kg=1, m=2, s=-2, A=-2)),
    "ohm": (Fraction(1), _dimension(kg=1, m=2, s=-3, A=-2)),
    "eV": (_CHARGE_QUANTUM, _ENERGY),
    "L": (Fraction(1, 1000), _dimension(m=3)),
    "l": (Fraction(1, 1000), _dimension(m=3)),
    "bar": (Fraction(100_000), _dimension(kg=1, m=-1, s=-2)),
    "cal": (Fraction(4184, 1000), _ENERGY),
}
_TIME = _dimension(s=1)
_WORDS: dict[str, tuple[Fraction, Dimension]] = {
    "min": (Fraction(60), _TIME),
    "minute": (Fraction(60), _TIME),
    "h": (Fraction(3600), _TIME),
    "hour": (Fraction(3600), _TIME),
    "day": (Fraction(86400), _TIME),
    "d": (Fraction(86400), _TIME),
    "week": (Fraction(604800), _TIME),
    "second": (Fraction(1), _TIME),
    "meter": (Fraction(1), _dimension(m=1)),
    "metre": (Fraction(1), _dimension(m=1)),
    "gram": (Fraction(1, 1000), _dimension(kg=1)),
    "kilogram": (Fraction(1), _dimension(kg=1)),
    "kilometer": (Fraction(1000), _dimension(m=1)),
    "kilometre": (Fraction(1000), _dimension(m=1)),
    "centimeter": (Fraction(1, 100), _dimension(m=1)),
    "millimeter": (Fraction(1, 1000), _dimension(m=1)),
    "nanometer": (Fraction(1, 10**9), _dimension(m=1)),
    "liter": (Fraction(1, 1000), _dimension(m=3)),
    "litre": (Fraction(1, 1000), _dimension(m=3)),
    "joule": (Fraction(1), _ENERGY),
    "newton": (Fraction(1), _SYMBOLS["N"][1]),
    "watt": (Fraction(1), _SYMBOLS["W"][1]),
    "volt": (Fraction(1), _SYMBOLS["V"][1]),
    "tesla": (Fraction(1), _SYMBOLS["T"][1]),
    "kelvin": (Fraction(1), _dimension(K=1)),
    "pascal": (Fraction(1), _SYMBOLS["Pa"][1]),
    "coulomb": (Fraction(1), _SYMBOLS["C"][1]),
    "electronvolt": (_CHARGE_QUANTUM, _ENERGY),
    "angstrom": (Fraction(1, 10**10), _dimension(m=1)),
    "rad": (Fraction(1), _dimension()),
    "radian": (Fraction(1), _dimension()),
    "dollar": (Fraction(1), _dimension(money=1)),
    "cent": (Fraction(1, 100), _dimension(money=1)),
    "kWh": (Fraction(3_600_000), _ENERGY),
    "inch": (Fraction(254, 10_000), _dimension(m=1)),
    "mile": (Fraction(1_609_344, 1000), _dimension(m=1)),
    "ft": (Fraction(3048, 10_000), _dimension(m=1)),
}
_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18,
}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z]+|\*\*|[*/()]|-?\+?\d+")


def _named(name: str) -> tuple[Fraction, Dimension] | None:
    known = _SYMBOLS.get(name) or _WORDS.get(name) or _WORDS.get(name.removesuffix("s"))
    if known is not None:
        return known
    for prefix, power in _PREFIXES.items():
        base = _SYMBOLS.get(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if base is not None:
            return base[0] * Fraction(10) ** power, base[1]
    return None


def factor(unit: str) -> tuple[Fraction, Dimension] | None:
    """Returns factor and dimension of a unit expression; None where a name is not in the table."""
    tokens = _TOKEN.findall(unit)
    position = 0

    def product() -> tuple[Fraction, Dimension] | None:
        nonlocal position
        value, dimension = Fraction(1), _dimension()
        divide = False
        while position < len(tokens) and tokens[position] != ")":
            token = tokens[position]
            position += 1
            if token in "*/":
                divide = token == "/"
                continue
            if token == "(":
                part = product()
                position += 1
            elif token.isalpha():
                part = _named(token)
            else:
                part = (Fraction(1), _dimension()) if token.strip("+-") == "1" else None
            if part is None:
                return None
            power = 1
            if position < len(tokens) and tokens[position] == "**":
                # Powers are always written as **(n).
                power = int(tokens[position + 2])
                position += 4
            power = -power if divide else power
            value *= part[0] ** power
            dimension = tuple(d + p * power for d, p in zip(dimension, part[1], strict=True))
            divide = False
        return value, dimension

    return product()
