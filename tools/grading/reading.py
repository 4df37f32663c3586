"""Turns an extracted text into a tree: words, bare quantities, or a formula."""

from __future__ import annotations

import re

from tools.grading.canonical import Canonical
from tools.grading.errors import Unreadable
from tools.grading.glyphs import VARIANTS
from tools.grading.limits import MAX_NODES
from tools.grading.parse import parse
from tools.grading.ratio import NotCanonical, NoValue
from tools.grading.spec import GradeSpec
from tools.grading.tree import (
    PI,
    Brackets,
    Func,
    Listing,
    Mul,
    Node,
    Pow,
    Quantity,
    Relation,
    Text,
    mul,
    number,
)
from tools.grading.unit_text import unit_expression
from tools.grading.walk import rebuild, size, walk
from tools.grading.words import is_words, math_word

_BARE_UNIT = re.compile(
    r"^(?P<value>[-+]?[\d.,]+(?:[eE][-+]?\d+|\s*(?:\\times|\*|x)\s*10\^\{?-?\d+\}?)?)\s*(?P<unit>[A-Za-zμ°][^=]*)$"
)
_VARIANT = re.compile(r"\\(var(?:epsilon|theta|phi|rho|sigma|kappa|pi))(?![A-Za-z])")
_LOG = re.compile(r"\\log(?![A-Za-z])(?!\s*_)|(?<![A-Za-z\\])log(?=\s*[({])")
_CIRCULAR = frozenset("sin cos tan cot sec csc".split())
_INVERSE = frozenset("arcsin arccos arctan".split())
_PER_DEGREE = Pow(number(180), number(-1))
_SHOWN = 300


def read(text: str, spec: GradeSpec, like: Node | None = None) -> Node:
    """Reads one side.

    Args:
        text: the extracted answer.
        spec: names and functions that are declared.
        like: the other side, once it is read: a unit without a text box is a unit only beside
            another quantity.

    Raises:
        Unreadable: when it is neither words nor a formula.
    """
    word = math_word(text)
    if word is not None:
        return word
    if is_words(text):
        return Text(text)
    quantity = _bare_quantity(text, spec, like)
    if quantity is not None:
        return quantity
    names = frozenset(_plain_name(n) for n in spec.parameters)
    text = _one_glyph(text)
    if spec.log_base:
        text = _LOG.sub(rf"\\log_{{{spec.log_base}}}", text)
    functions = frozenset(_plain_name(n) for n in spec.functions)
    tree = parse(text, names, functions, dict(spec.families))
    return _in_degrees(tree) if spec.degrees else tree


def _in_degrees(node: Node) -> Node:
    """Reads angles without a unit as degrees, in trigonometric functions and out of inverse ones.

    An angle with its unit, 30^\\circ, is read as 30 pi/180 before; as a whole value it is taken
    back to its number of degrees, inside a function it stays.
    """
    if isinstance(node, Func) and node.name in _CIRCULAR:
        if any(x in (_PER_DEGREE, PI) for x in walk(node)):
            return node
        return Func(node.name, tuple(mul(_in_degrees(x), PI, _PER_DEGREE) for x in node.args))
    if isinstance(node, Mul) and node.factors[-2:] == (PI, _PER_DEGREE):
        return mul(*node.factors[:-2])
    node = rebuild(node, _in_degrees)
    if isinstance(node, Func) and node.name in _INVERSE:
        return mul(node, number(180), Pow(PI, number(-1)))
    return node


def _plain_name(name: str) -> str:
    return name.strip().lstrip("\\")


def _one_glyph(text: str) -> str:
    """Replaces glyph variants of a letter by the letter, unless the text uses both."""
    if "\\var" not in text:
        return text

    def plain(match: re.Match[str]) -> str:
        letter = VARIANTS[match[1]]
        both = re.search(rf"\\{letter}(?![A-Za-z])", text)
        return match[0] if both else f"\\{letter}"

    return _VARIANT.sub(plain, text)


def _bare_quantity(text: str, spec: GradeSpec, like: Node | None) -> Node | None:
    """Reads `5 km` without a text box, when the unit cannot be a product of declared names."""
    match = _BARE_UNIT.match(text.strip())
    if match is None or spec.parameters:
        return None
    unit = unit_expression(match["unit"])
    if unit is None:
        return None
    beside = like is not None and any(isinstance(x, Quantity) for x in walk(like))
    letters = re.sub(r"[^A-Za-z]", "", match["unit"])
    spaced = text.strip()[match.end("value") :].startswith(" ")
    if not beside and not (spaced and len(letters) > 1):
        return None
    try:
        return Quantity(parse(match["value"]), unit)
    except Unreadable:
        return None


def shown(node: Node, text: str) -> str:
    """Returns the canonical form of a scalar for display, or the text where there is none."""
    if isinstance(node, Relation | Listing | Brackets | Text) or size(node) > MAX_NODES // 20:
        return text[:_SHOWN]
    try:
        return str(Canonical().ratio(node))[:_SHOWN]
    except (NotCanonical, NoValue, ValueError):
        return text[:_SHOWN]
