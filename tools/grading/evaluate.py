"""The value of a tree at a point, to any precision, with a record of what the value rests on.

The record says whether a branch was chosen (a root or logarithm of a negative number), how many
digits sums may have absorbed (1 - tanh 1000 needs 870 digits to be seen), and to how many digits
integrals and infinite sums can be trusted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from tools.grading.errors import OutOfBudget, OverLimit
from tools.grading.limits import MAX_EXPONENT_BITS, MAX_PROOF_CALLS, MAX_STEPS, MAX_SUM_TERMS
from tools.grading.special import SPECIAL
from tools.grading.tree import (
    Add,
    Binder,
    Cases,
    Const,
    Deriv,
    Func,
    Mul,
    Node,
    Num,
    PlusMinus,
    Pow,
    Quantity,
    Relation,
    Sym,
)

_LOCAL = threading.local()
_MAX_LOG2 = 40
_MAX_MAG = 3_000
_ANY_SIZE = frozenset("log abs sign re im conj max min percent".split())
_HEAVY = frozenset(
    "zeta polylog besselj bessely besseli besselk airyai airybi ellipk ellipe lambertw beta "
    "hermite legendre laguerre chebyt chebyu".split()
)
_HEAVY_STEPS = 200
_MAX_SERIES = 150  # terms from which an infinite sum is extrapolated
_ABSORBING = frozenset("tanh coth sinh cosh sech csch erf erfc tan".split())


def start_budget(steps: int = MAX_STEPS, calls: int = MAX_PROOF_CALLS) -> None:
    """Sets how many evaluation steps, and calls in proofs, this thread may spend on a pair."""
    _LOCAL.steps = steps
    _LOCAL.calls = calls


def spend(steps: int) -> None:
    """Takes steps from the budget.

    Raises:
        OutOfBudget: when it is used up.
    """
    left = getattr(_LOCAL, "steps", MAX_STEPS) - steps
    _LOCAL.steps = left
    if left < 0:
        raise OutOfBudget("The comparison takes too many steps.")


def calls_left() -> int:
    """Returns how many calls in proofs are left to this thread for the pair at hand."""
    return int(getattr(_LOCAL, "calls", MAX_PROOF_CALLS))


def spend_calls(calls: int) -> None:
    """Takes calls in proofs from the budget."""
    _LOCAL.calls = max(0, calls_left() - calls)


class NoNumber(Exception):
    """The tree has no value at this point: a pole, an undefined form, or an unknown part."""


class Opaque(NoNumber):
    """The tree holds a part that no number can be given to."""


def context() -> Any:
    """Returns this thread's own mpmath context, so that precision is never shared."""
    found = getattr(_LOCAL, "context", None)
    if found is None:
        from mpmath.ctx_mp import MPContext

        found = _LOCAL.context = MPContext()
    return found


class Evaluation:
    """Evaluates trees at one point.

    Args:
        values: the value of each free name.
        digits: decimal digits of the working precision.

    Attributes:
        branched: whether a root or logarithm of a negative number was taken.
        absorbed: decimal digits that sums may hide.
        trusted: decimal digits that integrals and infinite sums are good for, None when exact.
    """

    def __init__(self, values: Mapping[Sym, complex | Fraction], digits: int) -> None:
        self.ctx = context()
        self.digits = digits
        self.branched = False
        self.absorbed = 0.0
        self.trusted: int | None = None
        self._weight = 1 + digits // 60
        self._bound = 0
        self._given = values
        self._values: dict[Sym, Any] = {}

    def run(self, node: Node) -> Any:
        """Returns the value of a tree.

        Raises:
            NoNumber: where it has none.
            OverLimit: where it is too large or too long to compute.
        """
        with self.ctx.workdps(self.digits + 8):
            self._values = {
                name: self.ctx.mpf(v.numerator) / v.denominator
                if isinstance(v, Fraction)
                else self.ctx.mpmathify(v)
                for name, v in self._given.items()
            }
            try:
                value = self.value(node)
            except (ZeroDivisionError, ValueError, OverflowError) as error:
                raise NoNumber(str(error)) from None
            except self.ctx.NoConvergence:
                raise OverLimit("A numerical method did not converge.") from None
            if not self.ctx.isfinite(value):
                raise NoNumber("not a finite number")
            return value

    def value(self, node: Node) -> Any:
        """Returns the value of a part; call `run` from outside."""
        ctx = self.ctx
        spend(self._weight)
        match node:
            case Num(value=v):
                return ctx.mpf(v.numerator) / v.denominator
            case Sym():
                if node not in self._values:
                    raise Opaque(f"no value for {node.name}")
                return self._values[node]
            case Const():
                return self._constant(node.name)
            case Add():
                return self._sum([self.value(t) for t in node.terms])
            case Mul():
                out = ctx.mpf(1)
                for factor in node.factors:
                    out = out * self.value(factor)
                return out
            case Pow(base=base, exponent=exponent):
                return self._power(base, exponent)
            case Func():
                return self._function(node)
            case Cases():
                for branch, condition in node.branches:
                    if condition is None or self.holds(condition):
                        return self.value(branch)
                raise NoNumber("no case applies")
            case Binder():
                return self._binder(node)
            case PlusMinus() | Deriv() | Quantity():
                raise Opaque("a part without a single value")
        raise Opaque("a part without a number")

    def _constant(self, name: str) -> Any:
        match name:
            case "pi":
                return +self.ctx.pi
            case "e":
                return +self.ctx.e
            case "i":
                return self.ctx.mpc(0, 1)
            case "inf":
                return self.ctx.inf
        raise Opaque(f"{name} is not a number")

    def _sum(self, terms: list[Any]) -> Any:
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        sizes = [self.ctx.mag(t) for t in terms if t and self.ctx.isfinite(t)]
        if len(sizes) > 1:
            self.absorbed = max(self.absorbed, (max(sizes) - min(sizes)) * 0.302)
        if self.ctx.isnan(total):
            raise NoNumber("an undefined form")
        return total

    def _power(self, base_node: Node, exponent_node: Node) -> Any:
        ctx = self.ctx
        base, exponent = self.value(base_node), self.value(exponent_node)
        if base == 0:
            if ctx.re(exponent) > 0:
                return ctx.mpf(0)
            raise NoNumber("zero to a power that is not positive")
        if not (ctx.isfinite(base) and ctx.isfinite(exponent)):
            if self._bound and ctx.re(exponent) < 0:
                return ctx.mpf(0)
            raise NoNumber("a power with infinity")
        if ctx.mag(exponent) > _MAX_MAG:
            raise OverLimit("An exponent is too large to be computed.")
        growth = exponent * ctx.ln(base)
        if ctx.mag(growth) > _MAX_LOG2:
            if self._bound and ctx.im(growth) == 0:
                # Far out in an integral: as good as zero or infinity.
                return ctx.mpf(0) if growth < 0 else ctx.inf
            raise OverLimit("A power is too large to be computed.")
        if ctx.mag(exponent) > 20:
            # A large power multiplies the relative error of its base.
            self.absorbed = max(self.absorbed, ctx.mag(exponent) * 0.302)
        if isinstance(exponent_node, Num) and exponent_node.value.denominator == 1:
            if abs(exponent_node.value.numerator).bit_length() > MAX_EXPONENT_BITS:
                raise OverLimit("An exponent is too large to be computed.")
            return base ** int(exponent_node.value)
        whole = ctx.isint(exponent)
        if ctx.im(base) == 0 and ctx.re(base) < 0 and not whole:
            self.branched = True
        return base ** (int(ctx.re(exponent)) if whole and ctx.im(exponent) == 0 else exponent)

    def _function(self, node: Func) -> Any:
        ctx = self.ctx
        name = node.name
        rule: Callable[..., Any] | None = SPECIAL.get(name)
        if rule is None:
            raise Opaque(f"{name} has no number")
        args = [self.value(x) for x in node.args]
        if name not in _ANY_SIZE and any(ctx.mag(a) > _MAX_MAG for a in args):
            raise OverLimit("An argument is too large to be computed.")
        if name in _ABSORBING:
            reach = abs(ctx.re(args[0])) if name != "tan" else abs(ctx.im(args[0]))
            if ctx.mag(reach) > 30:
                raise OverLimit("An argument is too large to be computed.")
            reach = reach * reach if name.startswith("erf") else 2 * reach
            self.absorbed = max(self.absorbed, float(reach) * 0.4343)
        elif name in _HEAVY:
            spend(_HEAVY_STEPS * self._weight)
            if any(ctx.mag(a) > 10 for a in args):
                raise OverLimit("An argument is too large to be computed.")
        elif name in ("factorial", "gamma", "binom", "factorial2") and any(
            ctx.mag(a) > 64 for a in args
        ):
            raise OverLimit("An argument is too large to be computed.")
        value, branched = rule(ctx, *args)
        self.branched = self.branched or branched
        return value

    def holds(self, condition: Node) -> bool:
        """Tells whether a relation holds at this point.

        Raises:
            NoNumber: where it cannot be evaluated.
        """
        if isinstance(condition, Func) and condition.name == "all":
            return all(self.holds(x) for x in condition.args)
        if not isinstance(condition, Relation):
            raise Opaque("not a relation")
        values = [self.value(x) for x in condition.sides]
        return all(
            _compare(self.ctx, values[i], op, values[i + 1]) for i, op in enumerate(condition.ops)
        )

    def _binder(self, node: Binder) -> Any:
        if node.lower is None or (node.kind != "limit" and node.upper is None):
            raise Opaque("no bounds")
        lower = self.value(node.lower)
        if node.kind == "limit":
            return self._limit(node, lower)
        assert node.upper is not None
        upper = self.value(node.upper)
        if node.kind != "integral" and (self.ctx.im(lower) != 0 or self.ctx.im(upper) != 0):
            raise NoNumber("a sum with a complex bound")
        if node.kind != "integral":
            lower, upper = self.ctx.re(lower), self.ctx.re(upper)
        if node.kind == "integral":
            return self._integral(node, lower, upper)
        inf = self.ctx.inf
        if node.kind == "sum" and (lower == -inf or upper == inf) and lower < upper:
            return self._series(node, lower, upper)
        if not self.ctx.isint(lower):
            raise NoNumber("a sum from a fraction")
        if not self.ctx.isint(upper):
            raise NoNumber("a sum to a fraction")
        if upper < lower - 1:
            raise NoNumber("a sum that ends before it starts")
        if upper - lower > MAX_SUM_TERMS:
            raise OverLimit(f"A sum has more than {MAX_SUM_TERMS} terms.")
        out = self.ctx.mpf(0 if node.kind == "sum" else 1)
        for k in range(int(lower), int(upper) + 1):
            part = self._at(node, self.ctx.mpf(k))
            out = out + part if node.kind == "sum" else out * part
        return out

    def _at(self, node: Binder, value: Any) -> Any:
        before = self._values.get(node.var)
        self._values[node.var] = value
        self._bound += 1
        try:
            return self.value(node.body)
        finally:
            self._bound -= 1
            if before is None:
                del self._values[node.var]
            else:
                self._values[node.var] = before

    def _integral(self, node: Binder, lower: Any, upper: Any) -> Any:
        self.trusted = min(self.trusted or 15, 15)
        with self.ctx.workdps(24):
            value, error = self.ctx.quad(
                lambda t: self._at(node, t), [lower, upper], error=True, maxdegree=7
            )
        if error > 1e-16 * max(1, abs(value)):
            raise OverLimit("An integral does not converge quickly.")
        return value

    def _series(self, node: Binder, lower: Any, upper: Any) -> Any:
        """Sums a series by Richardson and Shanks, trusted only to half of its digits."""
        inf = self.ctx.inf
        if lower != -inf and not self.ctx.isint(lower):
            raise NoNumber("a sum from a fraction")
        if upper != inf and not self.ctx.isint(upper):
            raise NoNumber("a sum to a fraction")
        self.trusted = min(self.trusted or 14, 14)
        count = 0

        def term(k: Any) -> Any:
            nonlocal count
            count += 1
            # The table of the extrapolation is quadratic in the terms and built anew as they grow.
            spend(int(count**1.5) // 16)
            if upper != inf:
                return self._at(node, upper - k)
            if lower != -inf:
                return self._at(node, lower + k)
            return self._at(node, k) + self._at(node, -1 - k)

        with self.ctx.workdps(24):
            # Without convergence there is no value, rather than the last guess.
            value = self.ctx.nsum(term, [0, inf], maxterms=_MAX_SERIES, strict=True)
        if not self.ctx.isfinite(value):
            raise OverLimit("A series does not converge quickly.")
        return value

    def _limit(self, node: Binder, point: Any) -> Any:
        """Goes towards the point in two large steps; the value must settle between them."""
        ctx = self.ctx
        values = []
        with ctx.workdps(140):
            for power in (18, 36):
                step = ctx.mpf(10) ** power
                near = (
                    step if point == ctx.inf else -step if point == -ctx.inf else point + 1 / step
                )
                values.append(self._at(node, near))
        gap = abs(values[1] - values[0])
        if gap > ctx.mpf(10) ** -14 * max(1, abs(values[1])):
            raise OverLimit("A limit does not settle.")
        self.trusted = min(self.trusted or 14, 14)
        return values[1]


def _compare(ctx: Any, left: Any, op: str, right: Any) -> bool:
    if op in ("=", "!="):
        return bool((left == right) == (op == "="))
    if ctx.im(left) != 0 or ctx.im(right) != 0:
        raise NoNumber("an order between complex numbers")
    left, right = ctx.re(left), ctx.re(right)
    match op:
        case "<":
            return bool(left < right)
        case ">":
            return bool(left > right)
        case "<=":
            return bool(left <= right)
        case ">=":
            return bool(left >= right)
    raise Opaque(f"{op} is no order")
