"""Recognises units in the token stream, by name and without loading the unit library."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.grading.tokens import Token
from tools.grading.tree import Const, Func, Node, Num
from tools.grading.walk import symbols

_PREFIXES = "Y Z E P T G M k h da d c m u μ \\mu n p f a".split()
_PREFIXABLE = (
    "m s g A K mol cd Hz N Pa J W C V F S Wb T H eV l L cal bar Ohm ohm G Oe B b Bq Gy Ci meV"
).split()
_PLAIN = (
    "min h hr d day days year years yr hour hours minute minutes second seconds sec secs ms "
    "degree degrees deg rad radian radians atm torr Torr angstrom ang bohr hartree Hartree "
    "rydberg Rydberg Ry ft foot feet inch inches mile miles mph kph lb lbs oz ton tons tonne "
    "meter meters metre metres kilometer kilometers kilometre kilometres centimeter centimeters "
    "millimeter millimeters nanometer nanometers gram grams kilogram kilograms liter liters "
    "litre litres joule joules watt watts newton newtons pascal pascals kelvin volt volts ampere "
    "amperes amp amps coulomb coulombs tesla teslas hertz electronvolt electronvolts week weeks "
    "month months gauss Gauss erg dyn mole moles celsius fahrenheit percent kWh "
    "cm km mm nm um pm fm kg mg keV MeV GeV TeV kJ kPa MPa GPa kHz MHz GHz THz mol "
    "dollars dollar cents cent"
).split()
UNITS = frozenset(_PLAIN) | frozenset(_PREFIXABLE) | {p + u for p in _PREFIXES for u in _PREFIXABLE}
"""Every unit name that is recognised, prefixes included."""

_FIXED = {"sec": "second", "secs": "second", "hr": "hour", "ang": "angstrom", "Ohm": "ohm"}
_PIECE = re.compile(
    r"\\(?:mu|Omega|AA|circ)|[A-Za-zμ]+|[-+]?\d+|\^|\*|/|\(|\)|\{|\}|\s+|\\[,;: !]|\."
)


def unit_expression(text: str) -> str | None:
    """Reads a unit such as `m/s^2` or `m\\,s^{-2}` into pint's syntax; None when it is none."""
    text = re.sub(r"\\(?:mathrm|text|rm|textrm)\s*\{([^{}]*)\}", r" \1 ", text)
    text = re.sub(r"\\mu\s*(?=[A-Za-z])", "u", text)
    text = re.sub(r"\\cdot|\\times|·", " ", text).replace("~", " ").strip()
    pieces = _PIECE.findall(text)
    if "".join(pieces) != text or not pieces:
        return None
    out: list[str] = []
    power = False
    named = False
    for piece in pieces:
        if piece.isspace() or (piece.startswith("\\") and piece[1:] in (",", ";", ":", " ", "!")):
            continue
        if piece in "{}":
            continue
        if piece in ("^", "/", "(", ")", "*", "."):
            if piece == "." and not named:
                return None
            power = piece == "^"
            out.append("**" if power else "*" if piece == "." else piece)
            continue
        if piece.lstrip("+-").isdigit():
            if not power and not (out and out[-1] == "/" and piece == "1"):
                return None
            out.append(f"({piece})")
            power = False
            continue
        name = {"\\Omega": "ohm", "\\AA": "angstrom", "\\mu": "u"}.get(piece, piece)
        name = name.replace("μ", "u")
        if name not in UNITS:
            return None
        if out and out[-1] not in ("*", "/", "(", "**"):
            out.append("*")
        out.append(_FIXED.get(name, name))
        named = True
    return "".join(out) if named and out[-1] not in ("*", "/", "**") else None


def unit_tokens(
    tokens: Sequence[Token], start: int, factors: Sequence[Node]
) -> tuple[str, int] | None:
    """Reads units written in text boxes after a number.

    Returns:
        The unit and the position after it, or None when no unit stands here.
    """
    if not all(_numeric(f) for f in factors):
        return None
    micro = tokens[start].kind == "cmd" and tokens[start].text == "mu"
    place = start + micro
    if place >= len(tokens) or tokens[place].kind != "text":
        return None
    collected = "u" if micro else ""
    best: tuple[str, int] | None = None
    while place < len(tokens):
        token = tokens[place]
        if token.kind == "text":
            collected += f"{token.text} " if collected == "u" else f" {token.text} "
        elif token.kind in ("num", "op", "open", "close") and token.text in "^/-{}" + "123456789":
            collected += token.text
        elif token.text == "cdot":
            collected += " "
        else:
            break
        place += 1
        unit = unit_expression(collected)
        if unit is not None:
            best = unit, place
    return best


def _numeric(node: Node) -> bool:
    if isinstance(node, Num | Const):
        return True
    return not symbols(node) and not (isinstance(node, Func) and node.name in ("mean", "percent"))
