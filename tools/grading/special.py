"""How each known function is computed, and where it chooses a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rule = Callable[..., tuple[Any, bool]]


def _real(ctx: Any, x: Any) -> bool:
    return bool(ctx.im(x) == 0)


def _need_real(ctx: Any, *values: Any) -> list[Any]:
    if not all(_real(ctx, x) for x in values):
        raise ValueError("an order between complex numbers")
    return [ctx.re(x) for x in values]


def _plain(name: str) -> Rule:
    return lambda ctx, *x: (getattr(ctx, name)(*x), False)


def _branching(name: str, natural: Callable[[Any], bool]) -> Rule:
    def rule(ctx: Any, x: Any) -> tuple[Any, bool]:
        return getattr(ctx, name)(x), _real(ctx, x) and not natural(ctx.re(x))

    return rule


def _log(ctx: Any, x: Any, base: Any = None) -> tuple[Any, bool]:
    if x == 0 or base in (0, 1):
        raise ValueError("a logarithm without a value")
    branched = _real(ctx, x) and ctx.re(x) < 0
    value = ctx.ln(x)
    return (value if base is None else value / ctx.ln(base)), bool(branched)


def _ordered(pick: Callable[..., Any]) -> Rule:
    return lambda ctx, *x: (pick(_need_real(ctx, *x)), False)


def _mod(ctx: Any, x: Any, y: Any) -> tuple[Any, bool]:
    x, y = _need_real(ctx, x, y)
    if y == 0:
        raise ValueError("a remainder by zero")
    return x - y * ctx.floor(x / y), False


def _integers(name: str) -> Rule:
    import math

    def rule(ctx: Any, *x: Any) -> tuple[Any, bool]:
        if not all(ctx.isint(v) and abs(v) < 10**30 for v in x):
            raise ValueError("not integers")
        return ctx.mpf(getattr(math, name)(*(int(v) for v in x))), False

    return rule


def _factorial(ctx: Any, n: Any) -> tuple[Any, bool]:
    if ctx.isint(n) and n < 0:
        raise ValueError("a pole of the factorial")
    return ctx.gamma(n + 1), False


def _factorial2(ctx: Any, n: Any) -> tuple[Any, bool]:
    if not ctx.isint(n) or n < -1:
        # Off the integers the double factorial has no agreed meaning.
        raise ValueError("a double factorial of a fraction")
    return ctx.fac2(n), False


def _binom(ctx: Any, n: Any, k: Any) -> tuple[Any, bool]:
    return ctx.binomial(n, k), False


def _sign(ctx: Any, x: Any) -> tuple[Any, bool]:
    return (x / abs(x) if x != 0 else ctx.mpf(0)), False


def _heaviside(ctx: Any, x: Any) -> tuple[Any, bool]:
    (x,) = _need_real(ctx, x)
    if x == 0:
        raise ValueError("the step itself")
    return ctx.mpf(1 if x > 0 else 0), False


_ELEMENTARY = "sin cos tan cot sec csc sinh cosh tanh coth sech csch".split()
SPECIAL: dict[str, Rule] = {
    **{name: _plain(name) for name in _ELEMENTARY},
    "log": _log,
    "abs": lambda ctx, x: (abs(x), False),
    "sign": _sign,
    "re": lambda ctx, x: (ctx.re(x), False),
    "im": lambda ctx, x: (ctx.im(x), False),
    "conj": lambda ctx, x: (ctx.conj(x), False),
    "arg": lambda ctx, x: (ctx.arg(x), False),
    "floor": lambda ctx, x: (ctx.floor(_need_real(ctx, x)[0]), False),
    "ceil": lambda ctx, x: (ctx.ceil(_need_real(ctx, x)[0]), False),
    "max": _ordered(max),
    "min": _ordered(min),
    "mod": _mod,
    "gcd": _integers("gcd"),
    "lcm": _integers("lcm"),
    "percent": lambda ctx, x: (x / 100, False),
    "factorial": _factorial,
    "factorial2": _factorial2,
    "binom": _binom,
    "gamma": _plain("gamma"),
    "loggamma": _plain("loggamma"),
    "digamma": _plain("digamma"),
    "zeta": _plain("zeta"),
    "beta": _plain("beta"),
    "erf": _plain("erf"),
    "erfc": _plain("erfc"),
    "erfi": _plain("erfi"),
    "airyai": _plain("airyai"),
    "airybi": _plain("airybi"),
    "besselj": _plain("besselj"),
    "bessely": _plain("bessely"),
    "besseli": _plain("besseli"),
    "besselk": _plain("besselk"),
    "polylog": _plain("polylog"),
    "hermite": _plain("hermite"),
    "legendre": _plain("legendre"),
    "laguerre": lambda ctx, n, x: (ctx.laguerre(n, 0, x), False),
    "chebyt": _plain("chebyt"),
    "chebyu": _plain("chebyu"),
    "ellipk": _plain("ellipk"),
    "ellipe": _plain("ellipe"),
    "lambertw": _plain("lambertw"),
    "heaviside": _heaviside,
    "arcsin": _branching("asin", lambda x: abs(x) <= 1),
    "arccos": _branching("acos", lambda x: abs(x) <= 1),
    "arctan": _plain("atan"),
    "arccot": _plain("acot"),
    "arcsec": _branching("asec", lambda x: abs(x) >= 1),
    "arccsc": _branching("acsc", lambda x: abs(x) >= 1),
    "arcsinh": _plain("asinh"),
    "arccosh": _branching("acosh", lambda x: x >= 1),
    "arctanh": _branching("atanh", lambda x: abs(x) < 1),
    "arccoth": _branching("acoth", lambda x: abs(x) > 1),
    "arcsech": _branching("asech", lambda x: 0 < x <= 1),
    "arccsch": _plain("acsch"),
}
"""Each function as a rule from context and arguments to value and whether a branch was chosen."""
