"""Reads statements about names: their kinds, relations between them, and definitions.

A kind is any sensible set of the words real, complex, positive, negative, nonnegative, nonzero,
integer, natural, even and odd, before or after the names, or membership in a named set.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tools.errors import BadInput
from tools.grading.errors import Unreadable
from tools.grading.parse import parse
from tools.grading.spec import GradeSpec
from tools.grading.tree import INFINITY, Brackets, Listing, Relation, Sym, neg
from tools.grading.walk import symbols, walk

_WORDS = (
    "strictly real reals complex positive negative nonnegative non-negative nonzero non-zero "
    "integer integers integral natural naturals even odd finite and"
).split()
_KIND = (
    r"(?:(?:" + "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)) + r")(?:\s+|\b))+"
)
_SAME = {"reals": "real", "integers": "integer", "integral": "integer", "naturals": "natural"}
_SAME |= {"non-negative": "nonnegative", "non-zero": "nonzero"}
_SETS = {"Z": "integer", "N": "natural", "R": "real", "C": "complex", "Z^+": "natural"}
_SETS |= {"R^+": "positive", "Z_{>0}": "natural", "R_{>0}": "positive", "N_0": "integer"}
_SETS |= {"R_+": "positive", "Z_+": "natural"}
_MEMBER = re.compile(
    r"^(?P<names>.+?)\s*(?:\\in\b|\bin\b|∈)\s*\\?(?:mathbb|mathbf)?\s*\{?(?P<set>[ZNRC])\}?"
    r"(?P<mark>(?:\^|_)\{?(?:\+|>0|0)\}?)?$"
)


def kind_of(text: str) -> str:
    """Reads a kind in words; empty where the words make none.

    `nonnegative integer` is a kind of its own, since no other holds both; `nonzero` adds nothing
    to a name that is compared at random points.
    """
    words = set(re.split(r"[\s,]+", text.lower().strip())) - {"and", "strictly", "finite", ""}
    if not words or not words <= set(_WORDS):
        return ""
    words = {_SAME.get(word, word) for word in words}
    for kind in ("even", "odd", "natural"):
        if kind in words:
            return kind
    if "integer" in words:
        signs = {"positive": "natural", "nonnegative": "whole", "negative": "negative integer"}
        return next((k for w, k in signs.items() if w in words), "integer")
    for kind in ("positive", "nonnegative", "negative", "complex"):
        if kind in words:
            return kind
    return "real"


_NOUN = r"(?:\s+(?:numbers?|variables?|parameters?|constants?|values?|symbols?|quantit(?:y|ies)))?"
_NAME = r"(?:\\?[A-Za-z]+(?:_\{?[\w\\,]+\}?)?(?:\^\{?\*\}?)?'*)"
_NAMES = rf"{_NAME}(?:\s*(?:,|and|,\s*and|&)\s*{_NAME})*"
_AFTER = re.compile(
    rf"^({_NAMES})\s*(?:is|are|be|:|being)?\s*(?:a|an|all|both)?\s*({_KIND}){_NOUN}$"
)
_BEFORE = re.compile(rf"^(?:for|with|all|any)?\s*({_KIND}){_NOUN}\s+({_NAMES})$")
_ALL = re.compile(
    rf"^(?:all|every|the)\s+(?:other\s+)?(?:symbols?|variables?|parameters?|names?|quantities|constants?)"
    rf"\s*(?:is|are|be)?\s*(?:taken\s+)?(?:as\s+)?({_KIND})$"
)


def _split_names(text: str) -> list[str]:
    return [n for n in re.split(r"\s*(?:,|&|\band\b)\s*", text) if n]


def _with_domains(spec: GradeSpec, names: list[str], kind: str) -> GradeSpec:
    pairs = tuple((name, kind) for name in names)
    return replace(spec, domains=(*spec.domains, *pairs))


def read_domain(spec: GradeSpec, statement: str) -> GradeSpec | None:
    """Reads the kinds of names, several in one statement too; None for anything else."""
    text = statement.strip()
    everything = _ALL.match(text.lower())
    if everything:
        return replace(spec, default_domain=kind_of(everything[1]))
    member = _MEMBER.match(text)
    if member and re.fullmatch(_NAMES, member["names"]):
        mark = (member["mark"] or "").replace("{", "").replace("}", "")
        kind = _SETS.get(member["set"] + mark.replace("_>0", "_{>0}"))
        return None if kind is None else _with_domains(spec, _split_names(member["names"]), kind)
    after = _AFTER.match(text)
    if after:
        return _with_domains(spec, _split_names(after[1]), kind_of(after[2]))
    before = _BEFORE.match(text)
    if before:
        return _with_domains(spec, _split_names(before[2]), kind_of(before[1]))
    suffixed = re.match(rf"^(.*[<>=].*?\w)\s*,?\s+({_KIND}){_NOUN}$", text)
    if suffixed:
        inner = read_relations(spec, suffixed[1])
        if inner is not None:
            return _with_domains(inner, _relation_names(suffixed[1]), kind_of(suffixed[2]))
    joined = re.match(rf"^({_NAMES}\s+(?:{_KIND}){_NOUN})\s+(?:with|and|,)\s+(.*[<>=].*)$", text)
    if joined:
        inner = read_domain(spec, joined[1])
        return None if inner is None else read_relations(inner, joined[2])
    prefixed = re.match(rf"^(?:for|with)?\s*({_KIND})\s+(?=\S*\s*[<>=,\\])(.+)$", text)
    if prefixed:
        inner = read_relations(spec, prefixed[2])
        if inner is not None:
            names = _relation_names(prefixed[2])
            return _with_domains(inner, names, kind_of(prefixed[1]))
    # Several statements may share one clause, as in `n integer, x real` or `a > 0, x real`.
    parts = re.split(r"\s*,\s*(?![^{(\[]*[})\]])|\s+and\s+", text)
    if len(parts) > 1:
        return _several(spec, parts)
    return None


def _several(spec: GradeSpec, parts: list[str]) -> GradeSpec | None:
    pending: list[str] = []
    rules: tuple[Callable[[GradeSpec, str], GradeSpec | None], ...] = (read_domain, read_relations)
    for part in parts:
        pending.append(part)
        joined = ", ".join(pending)
        for rule in rules:
            if len(pending) > 1 and rule is read_domain and not _AFTER.match(joined):
                continue
            found = rule(spec, joined)
            if found is not None:
                spec, pending = found, []
                break
    return None if pending else spec


def _parsed(text: str) -> list[Relation] | None:
    text = re.sub(r"\b(?:for|with|where|and)\b", ",", text)
    text = re.sub(r"(?<!\\)\bdagger\b", r"\\dagger", text)
    text = re.sub(r"\s+in\s+(?=[\[(])", r" \\in ", text)
    text = text.replace("<=", r"\le ").replace(">=", r"\ge ").strip(" ,")
    try:
        node = parse(text)
    except Unreadable:
        return None
    items = node.items if isinstance(node, Listing) else (node,)
    out: list[Relation] = []
    waiting: list[Sym] = []
    for item in items:
        if isinstance(item, Sym):
            waiting.append(item)
        elif isinstance(item, Relation):
            out.extend(Relation(item.ops, (name, *item.sides[1:])) for name in waiting)
            waiting = []
            out.append(_bounded(item))
        else:
            return None
    return None if waiting or not out else out


def _bounded(relation: Relation) -> Relation:
    """Writes membership in an interval as a chain of inequalities."""
    if relation.ops != ("in",) or not isinstance(relation.sides[1], Brackets):
        return relation
    interval = relation.sides[1]
    if interval.left not in "([" or len(interval.items) != 2:
        return relation
    ops = "<=" if interval.left == "[" else "<", "<=" if interval.right == "]" else "<"
    low, high = interval.items
    if low == neg(INFINITY):
        return Relation(ops[1:], (relation.sides[0], high))
    if high == INFINITY:
        return Relation(ops[:1], (low, relation.sides[0]))
    return Relation(ops, (low, relation.sides[0], high))


def _relation_names(text: str) -> list[str]:
    names: set[str] = set()
    for relation in _parsed(text) or []:
        names |= {s.name for s in symbols(relation)}
    return sorted(names)


def read_relations(spec: GradeSpec, statement: str) -> GradeSpec | None:
    """Reads relations between names and definitions; None for anything else."""
    if not re.search(r"[<>=]|\\[lg]e|\bin\b|\\in\b|\\ne", statement):
        return None
    found = _parsed(statement)
    if found is None or any(op in ("to", "sim", "propto") for r in found for op in r.ops):
        return None
    if any(isinstance(x, Brackets) and len(x.items) > 1 for r in found for x in walk(r)):
        # Commutators and tuples say nothing about values.
        return None
    return replace(spec, relations=(*spec.relations, statement))


def relations_of(spec: GradeSpec) -> tuple[Relation, ...]:
    """Returns the relations of a spec as trees."""
    return tuple(r for text in spec.relations for r in _parsed(text) or ())


def domains_of(spec: GradeSpec) -> dict[Sym, str]:
    """Returns the declared kinds of names as trees."""
    out: dict[Sym, str] = {}
    for text, kind in spec.domains:
        try:
            node = parse(text)
        except Unreadable:
            raise BadInput(f"Cannot read the name {text!r} in a domain.") from None
        if isinstance(node, Sym):
            out[node] = kind
    return out
