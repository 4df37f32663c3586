"""Compares two scalars by their values at random points, at a precision that is raised until the
difference is either resolved or bounded.

A difference that stays when the precision is doubled refutes equality. A difference that shrinks
with the precision at every point supports it; this counts as agreement only when the digits
carried exceed what the sums in the formulas can hide.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tools.grading.domains import Domain, points, starred
from tools.grading.errors import OutOfBudget, OverLimit
from tools.grading.evaluate import Evaluation, NoNumber, Opaque
from tools.grading.limits import MAX_DIGITS
from tools.grading.magnitude import clearly_different
from tools.grading.outcome import Outcome, no, open_question, yes
from tools.grading.tree import Node, Sym
from tools.grading.walk import symbols

_DIGITS = 40
_WANTED = 6
_ENOUGH = 3
_TRIES = 60


def compare_numbers(left: Node, right: Node, domain: Domain) -> Outcome:
    """Compares two scalar trees on a domain.

    Args:
        left: one side.
        right: the other side.
        domain: what the free names may be.
    """
    names = sorted(symbols(left) | symbols(right), key=lambda s: s.name)
    if not names:
        return _constants(left, right)
    if any(part.marks == ("unnamed",) for part in names):
        return open_question("A bound variable has no name.")
    return _sampled(left, right, names, domain)


def _constants(left: Node, right: Node) -> Outcome:
    if clearly_different(left, right):
        return no("numeric refutation", "The two constants have different orders of magnitude.")
    try:
        sign, text = _at_point(left, right, {}, careful=True)
    except OverLimit as error:
        return open_question(error.problem)
    except Opaque as error:
        return open_question(f"A part has no number: {error}.")
    except NoNumber as error:
        return _undefined(left, right, error)
    if sign == "different":
        return no("numeric refutation", f"The values differ: {text}.")
    if sign == "same":
        return yes("numeric agreement", f"The values agree {text}.")
    return open_question(f"The values are too close to tell apart: {text}.")


def _undefined(left: Node, right: Node, error: NoNumber) -> Outcome:
    """Refutes when one constant has a value and the other has none."""
    defined = []
    for node in (left, right):
        try:
            Evaluation({}, _DIGITS).run(node)
            defined.append(True)
        except NoNumber:
            defined.append(False)
        except OverLimit as limit:
            return open_question(limit.problem)
    if defined[0] != defined[1]:
        side = "second" if defined[0] else "first"
        return no("numeric refutation", f"The {side} expression has no value ({error}).")
    return open_question(f"Neither side has a value ({error}).")


def _sampled(left: Node, right: Node, names: list[Sym], domain: Domain) -> Outcome:
    free = frozenset(names)
    conjugated = starred(left, right) - set(domain.kinds)
    if conjugated:
        kinds = dict(domain.kinds) | dict.fromkeys(conjugated, "complex")
        domain = Domain(kinds, domain.relations, domain.default)
    declared = domain.declared(free)
    problem = "no point with values on both sides was found"
    # Natural points first; a choice of branch is accepted only where nothing else is left.
    for integers, natural in ((False, not declared), (True, True), (False, False)):
        if (integers and declared) or (not natural and not declared and integers):
            continue
        agreed, tried, hidden = 0, 0, ""
        for point in points(names, domain, integers):
            tried += 1
            if tried > _TRIES * (4 if domain.relations else 1) or agreed >= _WANTED:
                break
            try:
                if not _allowed(domain, point):
                    continue
                if natural and not _natural(left, right, point):
                    continue
                sign, text = _at_point(left, right, point, careful=agreed < 2)
            except Opaque as error:
                return open_question(f"A part has no number: {error}.")
            except OutOfBudget as error:
                return open_question(error.problem)
            except NoNumber as error:
                problem = str(error)
                continue
            except OverLimit as error:
                problem = error.problem
                continue
            if sign == "different":
                return no("numeric refutation", f"At {_show(point)} the values differ: {text}.")
            if sign == "close":
                hidden = text
                continue
            agreed += 1
        if agreed >= _ENOUGH:
            return yes(
                "numeric agreement",
                f"The values agree {text} at {agreed} random points of the domain.",
            )
        if hidden:
            return open_question(f"The values are too close to tell apart: {hidden}.")
    return open_question(f"Too few points to compare at: {problem}.")


def _allowed(domain: Domain, point: dict[Sym, complex | Fraction]) -> bool:
    if not domain.relations:
        return True
    evaluation = Evaluation(point, 20)
    evaluation._values = {
        k: evaluation.ctx.mpmathify(v)
        if not isinstance(v, Fraction)
        else evaluation.ctx.mpf(v.numerator) / v.denominator
        for k, v in point.items()
    }
    try:
        return all(evaluation.holds(relation) for relation in domain.relations)
    except NoNumber:
        # A relation between names that do not occur here says nothing about this pair.
        return True


def _natural(left: Node, right: Node, point: dict[Sym, complex | Fraction]) -> bool:
    for node in (left, right):
        evaluation = Evaluation(point, 15)
        evaluation.run(node)
        if evaluation.branched:
            return False
    return True


def _at_point(
    left: Node, right: Node, point: dict[Sym, complex | Fraction], careful: bool
) -> tuple[str, str]:
    """Compares at one point: same, different or close, with the evidence in words."""
    digits = _DIGITS
    gap, scale, absorbed, trusted = _gap(left, right, point, digits)
    if trusted is not None:
        return _trusting(gap, scale, trusted)
    if gap != 0 and gap > scale * Fraction(1, 10**12):
        again, scale2, _, _ = _gap(left, right, point, 2 * digits)
        if abs(again - gap) <= 1e-3 * abs(again):
            return "different", f"by {_short(again)} against {_short(scale2)}"
    wanted = max(2 * digits, int(2 * absorbed) + 60) if careful or gap else digits
    while wanted <= MAX_DIGITS:
        finer, scale, absorbed, _ = _gap(left, right, point, wanted)
        if finer == 0 or finer <= scale * 10 ** (-(wanted - 12)):
            if 2 * absorbed + 20 <= wanted or not careful:
                return "same", f"to {wanted} digits"
        elif (gap != 0 and abs(finer - gap) <= 1e-3 * abs(finer)) or (
            finer > scale * 10 ** (-(wanted - 20)) and 2 * absorbed + 20 <= wanted and gap == 0
        ):
            return "different", f"by {_short(finer)} against {_short(scale)}"
        elif gap != 0 and finer < gap * 10 ** (-(wanted - digits) + 12):
            # Both sides cancel to zero: the difference follows the precision down.
            return "same", f"to {wanted} digits after cancellation"
        gap, digits = finer, wanted
        wanted = max(2 * wanted, int(2 * absorbed) + 60)
    return "close", f"they agree to {digits} digits, but sums may hide {int(absorbed)}"


def _gap(
    left: Node, right: Node, point: dict[Sym, complex | Fraction], digits: int
) -> tuple[Any, Any, float, int | None]:
    first, second = Evaluation(point, digits), Evaluation(point, digits)
    a, b = first.run(left), second.run(right)
    with first.ctx.workdps(digits + 8):
        gap, scale = abs(a - b), max(abs(a), abs(b))
    trusts = [t for t in (first.trusted, second.trusted) if t is not None]
    return gap, scale, max(first.absorbed, second.absorbed), min(trusts) if trusts else None


def _trusting(gap: Any, scale: Any, trusted: int) -> tuple[str, str]:
    """Judges values that integration or summation gives to a known number of digits only."""
    if gap <= scale * 10.0 ** -(trusted - 2) or (scale < 1e-12 and gap < 1e-12):
        return "same", f"to {trusted - 2} digits by quadrature or summation"
    if gap > scale * 1e-6:
        return "different", f"by {_short(gap)} against {_short(scale)}"
    return "close", f"quadrature or summation leaves a difference of {_short(gap)}"


def _short(value: Any) -> str:
    from mpmath import mag, nstr

    size = int(mag(value)) if value else 0
    # Decimal digits of a number with millions of bits would take minutes to work out.
    return str(nstr(value, 4)) if abs(size) < 10_000 else f"2^{size}"


def _show(point: dict[Sym, complex | Fraction]) -> str:
    shown = [
        f"{k.name} = {float(v):.4g}" if isinstance(v, Fraction) else f"{k.name} = {v:.3g}"
        for k, v in list(point.items())[:4]
    ]
    return ", ".join(shown) + (", ..." if len(point) > 4 else "")
