"""The words of the notation: functions, constants, relations, accents and separators."""

from __future__ import annotations

import re

from tools.grading.glyphs import GREEK

_SAME = (
    "sin cos tan cot sec csc sinh cosh tanh coth sech csch exp ln log sqrt abs erf erfc erfi "
    "max min det gcd lcm floor factorial zeta arg digamma polylog besselj bessely besseli besselk "
    "diff conj"
).split()
_ARCS = {
    f"{prefix}{name}": f"arc{name}"
    for name in "sin cos tan cot sec csc sinh cosh tanh coth sech csch".split()
    for prefix in ("arc", "a", "ar")
    if prefix != "ar" or name.endswith("h")
}
FUNCTIONS: dict[str, str] = (
    {name: name for name in _SAME}
    | _ARCS
    | {
        "Abs": "abs",
        "ceil": "ceil",
        "ceiling": "ceil",
        "binomial": "binom",
        "binom": "binom",
        "comb": "binom",
        "sgn": "sign",
        "sign": "sign",
        "Re": "re",
        "Im": "im",
        "re": "re",
        "im": "im",
        "tr": "trace",
        "Tr": "trace",
        "trace": "trace",
        "conjugate": "conj",
        "loggamma": "loggamma",
        "gamma": "gamma",
        "Gamma": "gamma",
        "tg": "tan",
        "ctg": "cot",
        "sinc": "sinc",
        "Ai": "airyai",
        "Bi": "airybi",
        "airyai": "airyai",
        "airybi": "airybi",
        "Li": "polylog",
        "heaviside": "heaviside",
        "Heaviside": "heaviside",
        "cosec": "csc",
        "Beta": "beta",
        "beta": "beta",
        "ellipk": "ellipk",
        "ellipe": "ellipe",
        "lambertw": "lambertw",
        "LambertW": "lambertw",
        "rank": "rank",
        "lg": "log10",
        "log10": "log10",
        "log2": "log2",
        "transpose": "transpose",
        "dagger": "dagger",
    }
)
"""Spelling of a function, as a command or as a word, and its name in the tree."""

ONLY_WITH_BRACKET = frozenset(
    "gamma Gamma beta Beta zeta max min re im comb rank tr arg Re Im Ai Bi Li conj digamma dagger "
    "transpose diff".split()
)
"""Functions whose spelling is also a name: they are functions only before a bracket."""

ARITIES: dict[str, tuple[int, int]] = {
    "log": (1, 2),
    "max": (1, 64),
    "min": (1, 64),
    "gcd": (2, 64),
    "lcm": (2, 64),
    **dict.fromkeys(
        "binom beta polylog besselj bessely besseli besselk hermite legendre laguerre chebyt "
        "chebyu diff".split(),
        (2, 2),
    ),
}
"""The least and the greatest number of arguments of functions that do not take exactly one."""

CONSTANTS = {
    "pi": "pi",
    "infty": "inf",
    "infinity": "inf",
    "inf": "inf",
    "oo": "inf",
    "nan": "undefined",
    "NaN": "undefined",
    "emptyset": "empty",
    "varnothing": "empty",
    "imath": "i",
    "ldots": "ellipsis",
    "cdots": "ellipsis",
    "dots": "ellipsis",
    "vdots": "ellipsis",
    "R": "R",
}
"""Constants by spelling; a lone letter is decided by the parser."""

SPOKEN = re.compile(r"^[A-Z]?[a-z']*[aeiouy][a-z']*$")
"""A run of letters that could be a word of a language."""

SETS = frozenset("RZNQC")
RELATIONS = {
    "=": "=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "!=": "!=",
    "->": "to",
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "lt": "<",
    "gt": ">",
    "ne": "!=",
    "neq": "!=",
    "approx": "approx",
    "simeq": "approx",
    "cong": "approx",
    "sim": "sim",
    "asymp": "sim",
    "propto": "propto",
    "equiv": "=",
    "coloneqq": "=",
    "in": "in",
    "to": "to",
    "rightarrow": "to",
    "longrightarrow": "to",
    "mapsto": "to",
}
"""Relation signs by spelling."""

MARKS = {
    "hat": "hat",
    "widehat": "hat",
    "tilde": "tilde",
    "widetilde": "tilde",
    "bar": "bar",
    "overline": "bar",
    "vec": "vec",
    "mathbf": "vec",
    "boldsymbol": "vec",
    "bm": "vec",
    "pmb": "vec",
    "mathcal": "cal",
    "mathscr": "cal",
    "mathfrak": "frak",
    "mathbb": "bb",
    "dot": "dot",
    "ddot": "ddot",
    "check": "check",
    "breve": "breve",
    "acute": "acute",
    "overrightarrow": "vec",
}
"""Accents and fonts that make another name of a letter."""

LETTERLIKE = frozenset([*GREEK, "hbar", "ell", "partial", "nabla", "Re", "Im", "aleph", "hslash"])
"""Commands that stand for one letter."""


SPIN_BASES = frozenset("sigma S tau s J L".split())
"""Letters whose superscript x, y, z is a component and not a power."""

MATRICES = frozenset(
    "pmatrix bmatrix Bmatrix vmatrix Vmatrix matrix smallmatrix array psmallmatrix".split()
)
ALIGNED = frozenset("aligned align align* gathered split equation equation* gather gather*".split())
