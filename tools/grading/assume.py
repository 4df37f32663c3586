"""The grammar of short convention statements, as people write them in a rubric.

Statements are separated by semicolons. Each is one of:

    names and domains    x real / x, y > 0 / integers n >= s >= 1 / all symbols positive
    relations            x^2 > 2 / |x| < a / t_1, t_2 > 0 / x in (0,1)
    definitions          rho = gamma tau / m, put in for the name wherever it stands
    order                ordered slots / unordered solution list / order does not matter
    precision            gold given to 3 decimals / 3 significant figures / exact /
                         relative tolerance 1e-9 / absolute tolerance 1e-6
    labels               i and j distinct sites / i != j / labels 0 and 1 are distinct sites
    operators            see `algebra_text`
    remarks              read literally / both denote the solution set in x

A statement that fits none of these is an error that quotes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from tools.errors import BadInput
from tools.grading.algebra_text import read_algebra
from tools.grading.errors import Unreadable
from tools.grading.parse import parse
from tools.grading.spec import GradeSpec
from tools.grading.tree import INFINITY, Brackets, Listing, Relation, Sym, neg
from tools.grading.walk import symbols

_NUMBERS = dict(
    zip("zero one two three four five six seven eight nine ten".split(), range(11), strict=True)
)
_KINDS = {
    "real": "real",
    "reals": "real",
    "complex": "complex",
    "positive": "positive",
    "strictly positive": "positive",
    "nonnegative": "nonnegative",
    "non-negative": "nonnegative",
    "negative": "negative",
    "integer": "integer",
    "integers": "integer",
    "integral": "integer",
    "natural": "natural",
    "naturals": "natural",
    "positive integer": "natural",
    "positive integers": "natural",
    "positive real": "positive",
    "positive reals": "positive",
    "real positive": "positive",
    "real and positive": "positive",
    "real nonzero": "real",
    "real and nonzero": "real",
    "nonzero real": "real",
    "nonzero": "real",
    "non-zero": "real",
    "nonnegative integer": "integer",
    "nonnegative integers": "integer",
    "even": "even",
    "odd": "odd",
    "even integer": "even",
    "odd integer": "odd",
}
_KIND = "|".join(sorted((re.escape(k) for k in _KINDS), key=len, reverse=True))
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
_DECIMALS = re.compile(r"\b(\d+|" + "|".join(_NUMBERS) + r")\s+(?:decimals?|digits?\s+after)\b")
_PLACES = re.compile(r"\bto\s+(\d+|" + "|".join(_NUMBERS) + r")\s+decimal\s+places?\b")
_TOLERANCE = re.compile(
    r"\b(?:relative\s+)?tolerance\s*(?:of|is|=|:)?\s*(\d*\.?\d+(?:e[-+]?\d+)?|10\^\{?-\d+\}?)"
    r"\s*(%|percent)?"
)
_SIGNIFICANT = re.compile(
    r"\b(\d+|" + "|".join(_NUMBERS) + r")\s+significant\s+(?:digits?|figures?)\b"
)
_REMARKS = (
    r"\bsolution sets?\b",
    r"\bread literally\b",
    r"\brubric may\b",
    r"\bas written\b",
    r"\bcyclic\b",
    r"\bboth (?:sides )?are sets?\b",
    r"\bis (?:a variable|the imaginary unit|euler)",
    r"^exact arithmetic$",
    r"^percent (?:equals|as|is) (?:a )?fraction$",
    r"^log (?:is|=|means) (?:natural|ln)\b",
    r"^(?:different|distinct) (?:sites|modes|spins) commute$",
    r"^[a-z](?:, [a-z])*,? (?:and )?[a-z] (?:all )?commute$",
    r"\bnatural log",
    r"\bprincipal (?:branch|value)",
    r"\bradians?\b",
    r"^exact(?:ly)?(?: (?:comparison|equality|values?|numbers?))?$",
    r"^(?:no|without) (?:tolerance|assumptions?|conventions?|relations?)$",
    r"\bsame (?:quantity|variable)\b",
    r"\bcase[- ]sensitive\b",
)


def read_statements(spec: GradeSpec, text: str) -> GradeSpec:
    """Adds the statements of a rubric to a spec.

    Raises:
        BadInput: for a statement that cannot be read; quotes it.
    """
    for statement in text.split(";"):
        statement = " ".join(statement.split()).strip(" .")
        if statement:
            spec = _read(spec, statement)
    return spec


def read_context(spec: GradeSpec, text: str) -> GradeSpec:
    """Adds short statements, or only the decimals asked for when the text is a whole question.

    Raises:
        BadInput: for a short statement that cannot be read; quotes it.
    """
    if len(text) < 240 and "boxed" not in text:
        return read_statements(spec, text)
    decimals = _PLACES.search(text.lower()) or _DECIMALS.search(text.lower())
    note = "the question was searched for the number of decimals only"
    spec = replace(spec, notes=(*spec.notes, note))
    return replace(spec, decimals=_count(decimals[1])) if decimals else spec


def _count(text: str) -> int:
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def _read(spec: GradeSpec, statement: str) -> GradeSpec:
    for rule in (_precision, _order, _labels, read_algebra, _domain, _relations, _remark):
        found = rule(spec, statement)
        if found is not None:
            return found
    raise BadInput(
        f"Cannot read the convention {statement!r}.",
        "Write domains (x > 0, n integer), order, decimals, or an operator algebra.",
    )


def _precision(spec: GradeSpec, statement: str) -> GradeSpec | None:
    lower = statement.lower()
    significant = _SIGNIFICANT.search(lower)
    if significant:
        return replace(spec, significant=_count(significant[1]))
    tolerance = _TOLERANCE.search(lower)
    if tolerance and "absolute" in lower:
        number = tolerance[1].replace("10^", "1e").strip("{}").replace("{", "")
        return replace(spec, absolute=str(Fraction(number)))
    if tolerance:
        number = tolerance[1].replace("10^", "1e").strip("{}").replace("{", "")
        value = Fraction(number) / (100 if tolerance[2] else 1)
        return replace(spec, relative=str(value), gold_decimals=False)
    decimals = _PLACES.search(lower) or _DECIMALS.search(lower)
    if decimals:
        return replace(spec, decimals=_count(decimals[1]))
    if "nearest integer" in lower or "whole number" in lower:
        return replace(spec, decimals=0)
    return None


def _order(spec: GradeSpec, statement: str) -> GradeSpec | None:
    lower = statement.lower()
    free = r"\bunordered\b|\border (?:is |of \w+ )*(?:free|irrelevant|does not matter|not relevant)"
    if re.search(free + r"|\bany order\b|\bset of solutions\b|\bas a set\b", lower):
        return replace(spec, order="unordered")
    if re.search(
        r"\bordered\b|\border (?:matters|is fixed|carries|is relevant)|\bin order\b", lower
    ):
        return replace(spec, order="ordered")
    return None


_LABEL = r"[A-Za-z0-9]'?"
_DISTINCT = re.compile(
    rf"^(?:the\s+)?(?:labels?|sites?|indices|index|modes?|orbitals?)?\s*"
    rf"({_LABEL}(?:\s*(?:,|and|,\s*and)\s*{_LABEL})+)\s+(?:are\s+)?(?:\w+\s+)?(?:distinct|different)\b"
)
_UNEQUAL = re.compile(rf"^({_LABEL})\s*(?:!=|\\neq?|≠|\\not=)\s*({_LABEL})$")


def _labels(spec: GradeSpec, statement: str) -> GradeSpec | None:
    match = _DISTINCT.match(statement)
    group: tuple[str, ...] = ()
    if match:
        group = tuple(x for x in re.split(r"\s*(?:,|\band\b)\s*", match[1]) if x)
    elif unequal := _UNEQUAL.match(statement):
        group = unequal.groups()
    elif re.match(
        r"^(?:all|different) (?:labels?|sites?|indices|modes?)\b.*\b(?:distinct|different)",
        statement,
    ):
        return replace(spec, operators=replace(spec.operators, all_distinct=True))
    if not group:
        return None
    inner = replace(spec.operators, distinct=(*spec.operators.distinct, group))
    return replace(spec, operators=inner)


def _split_names(text: str) -> list[str]:
    return [n for n in re.split(r"\s*(?:,|&|\band\b)\s*", text) if n]


def _with_domains(spec: GradeSpec, names: list[str], kind: str) -> GradeSpec:
    pairs = tuple((name, kind) for name in names)
    return replace(spec, domains=(*spec.domains, *pairs))


def _domain(spec: GradeSpec, statement: str) -> GradeSpec | None:
    text = statement.strip()
    everything = _ALL.match(text.lower())
    if everything:
        return replace(spec, default_domain=_KINDS[everything[1]])
    after = _AFTER.match(text)
    if after:
        return _with_domains(spec, _split_names(after[1]), _KINDS[after[2]])
    before = _BEFORE.match(text)
    if before:
        return _with_domains(spec, _split_names(before[2]), _KINDS[before[1]])
    suffixed = re.match(rf"^(.*[<>=].*?\w)\s*,?\s+({_KIND}){_NOUN}$", text)
    if suffixed:
        inner = _relations(spec, suffixed[1])
        if inner is not None:
            return _with_domains(inner, _relation_names(suffixed[1]), _KINDS[suffixed[2]])
    joined = re.match(rf"^({_NAMES}\s+(?:{_KIND}){_NOUN})\s+(?:with|and|,)\s+(.*[<>=].*)$", text)
    if joined:
        inner = _domain(spec, joined[1])
        return None if inner is None else _relations(inner, joined[2])
    prefixed = re.match(rf"^(?:for|with)?\s*({_KIND})\s+(?=\S*\s*[<>=,\\])(.+)$", text)
    if prefixed:
        inner = _relations(spec, prefixed[2])
        if inner is not None:
            names = _relation_names(prefixed[2])
            return _with_domains(inner, names, _KINDS[prefixed[1]])
    # Several statements may share one clause, as in `n integer, x real` or `a > 0, x real`.
    parts = re.split(r"\s*,\s*(?![^{(\[]*[})\]])|\s+and\s+", text)
    if len(parts) > 1:
        return _several(spec, parts)
    return None


def _several(spec: GradeSpec, parts: list[str]) -> GradeSpec | None:
    pending: list[str] = []
    rules: tuple[Callable[[GradeSpec, str], GradeSpec | None], ...] = (_domain, _relations)
    for part in parts:
        pending.append(part)
        joined = ", ".join(pending)
        for rule in rules:
            if len(pending) > 1 and rule is _domain and not _AFTER.match(joined):
                continue
            found = rule(spec, joined)
            if found is not None:
                spec, pending = found, []
                break
    return None if pending else spec


def _parsed(text: str) -> list[Relation] | None:
    text = re.sub(r"\b(?:for|with|where|and)\b", ",", text)
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


def _relations(spec: GradeSpec, statement: str) -> GradeSpec | None:
    if not re.search(r"[<>=]|\\[lg]e|\bin\b|\\in\b|\\ne", statement):
        return None
    if re.match(r"^(?:\\?hbar)\s*=\s*1$", statement):
        return replace(spec, operators=replace(spec.operators, hbar_one=True))
    found = _parsed(statement)
    if found is None or any(op in ("to", "sim", "propto") for r in found for op in r.ops):
        return None
    return replace(spec, relations=(*spec.relations, statement))


def _remark(spec: GradeSpec, statement: str) -> GradeSpec | None:
    if any(re.search(pattern, statement.lower()) for pattern in _REMARKS):
        return replace(spec, notes=(*spec.notes, statement))
    return None


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
