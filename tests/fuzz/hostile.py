"""Hostile inputs for the grader: made from a grammar, then broken; the same number, the same input.

Every input is a function of a seed and a number, so one that goes wrong can be made again alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

CANARY = "ansatz-canary"
"""The file that every piece of injected code tries to make; nothing ever may."""

_ATOMS = (
    "x y z n k i e E_n E_{n-1} x_{i,j} \\alpha \\beta \\hbar \\pi \\infty 0 1 -1 2 3.14 0.1 1/3 "
    "10^{10} .5 5. 1e-9 1e999 \\aleph ∞ π ½ ² é 中 \\mathbb{R} \\emptyset \\ldots \\dots True None"
).split()
_OPERATORS = (
    "c_i^\\dagger c_j a^\\dagger a \\sigma^+ \\sigma^-_1 S^z \\gamma_1 \\hat{n} \\hat{x} \\hat{p} "
    "X_1 Y Z c_{k\\uparrow}^{\\dagger} |0\\rangle \\langle1| \\vec{S}_i b† P_{12} \\hat{c}^\\dagger"
).split()
_ONE = (
    "\\sqrt{%s} \\sin(%s) \\tanh\\frac{%s}{2} \\ln{%s} \\left(%s\\right) {%s} {{%s}} |%s| %s! %s!! "
    "\\langle%s\\rangle \\Gamma(%s) f(%s) \\boxed{%s} \\text{%s} $%s$ \\{%s\\} [%s) -%s \\pm%s "
    "\\lfloor%s\\rfloor \\bar{%s} \\exp(%s) e^{%s} (%s)^\\dagger \\operatorname{erf}(%s) %s^* "
    "\\mathrm{Tr}(%s) \\zeta(%s) \\frac{d}{dx}{%s} O(%s) %s\\% \\sqrt[3]{%s} \\overline{%s}"
).split()
_TWO = (
    "%s+%s|%s-%s|%s%s|%s*%s|%s/%s|\\frac{%s}{%s}|{%s}^{%s}|%s_{%s}|%s=%s|%s<%s|%s;%s|%s,%s|[%s,%s]"
    "|\\{%s,%s\\}|(%s,%s)|\\binom{%s}{%s}|\\sum_{k=%s}^{%s}k|\\sum_{i}^{n}{%s}{%s}|%s \\in %s"
    "|\\int_0^{%s}{%s}dx|\\prod_{k=1}^{%s}{%s}|\\lim_{n\\to%s}{%s}|%s \\text{ if } %s|%s\\otimes%s"
    "|\\begin{pmatrix}%s&%s\\end{pmatrix}|\\begin{cases}%s&%s\\end{cases}|%s \\cdot %s|%s \\to %s"
    "|\\max(%s,%s)|%s\\cup %s|%s \\bmod %s|\\log_{%s}{%s}|%s \\mathrm{kg}\\,%s \\mathrm{m}|%s\\\\%s"
).split("|")
_SOUP = (
    "{ } ( ) [ ] \\{ \\} ^ _ & \\\\ $ $$ % # ~ \\ \\left \\right \\frac \\sqrt \\sum \\int "
    "\\begin{ \\end{cases} \\boxed{ \\text{ \\dagger \\hat \\pm \\langle \\rangle | || ! !! = == <= ; , . "  # noqa: E501
    "' \" ` @ ? : \\not \\over \\choose \\middle| \\mathrm \\operatorname{ \\limits \\quad \\, \\;"
).split()
_CONTROL = (
    "\x00 \x01 \x07 \x08 \x0b \x1b[2J \x7f \u200b \u202e \ufeff \ud800 \U0001f600 \u0301 \r\n \t"
)
_CODE = (
    f"__import__('os').system('touch {CANARY}')",
    f"open('{CANARY}','w')",
    f"[c for c in ().__class__.__base__.__subclasses__()];open('{CANARY}','w')",
    f"exec(\"open('{CANARY}','w')\")",
    f"\\input{{|touch {CANARY}}}\\write18{{touch {CANARY}}}",
    f"lambda: open('{CANARY}','w')",
    "().__class__.__mro__",
    "sympy.sympify",
    "{0.__class__}",
    "${jndi:ldap://x}",
    "%s%s%n",
)
_TOWERS = (
    "9^{9^{9^{9}}}",
    "(10^{10^{10}})!",
    "2^{10^{18}}",
    "10^{-10^{12}}",
    "\\sum_{k=1}^{10^{12}}k!",
    "\\prod_{k=1}^{10^9}k",
    "\\binom{10^{9}}{5\\cdot10^8}",
    "(x+y+z+1)^{10000}",
    "\\int_0^{10^{9}}\\sin(x^{x})dx",
    "\\zeta(1+10^{-40})",
    "((a+b)^{99}(c+d)^{99})^{99}",
    "(a^\\dagger+a)^{500}",
    "c_1^\\dagger c_2 c_3^\\dagger c_4 c_5^\\dagger c_6 c_7^\\dagger c_8",
    "e^{a^\\dagger a}e^{a+a^\\dagger}",
    "99999999999999999999!",
    "J_{10^6}(10^9)",
    "\\sin(10^{10^5})",
    "\\gcd(10^{300},7^{400})",
)
_STATEMENTS = (
    "x real|n > 0|integers n >= s >= 1|all symbols positive|x in (0,1)|x = x|x = y, y = x|n odd"
    "|fermions: {c_s,c_t^dagger}=delta_st, {c_s,c_t}=0|[a,a^dagger]=1|[q,p]=i hbar|spin one half"
    "|Majorana: gamma_j hermitian, {gamma_j,gamma_k}=2 delta_jk|sigma^{+-}=(X +- iY)/2|S = 1"
    "|i and j distinct sites|ordered slots|gold given to 3 decimals|relative tolerance 1e-6"
    "|A, B generic non-commuting operators|spin S = 10^9|gold given to 99999999999 decimals"
    "|relative tolerance 1e-999999999|tolerance of 10^{-99999999999}|gamma^2 = 1/2|hbar = 1|exact"
    "|9^{9^{9^9}} > x > 9^{9^9}|x^2 > 2|rho = gamma tau/m|log base 10|angles in degrees|P_12 swaps"
).split("|")
_FIELDS = (
    "$x$; $y$|$(a,NC)$;$(b,NC)$|$a$; $b$; $c$|(s,\\uparrow,\\downarrow);$c_s$|$\\beta$;$\\omega$|("
    "|(x,NC|(NC)|;;;|$f$|(,)|$\\frac{$"
).split("|")


@dataclass(frozen=True)
class Attack:
    """One input: a pair of texts and the four fields that a spec is read from."""

    gold: str
    answer: str
    parameters: str | None = None
    functions: str | None = None
    assume: str | None = None
    context: str | None = None


def attack(seed: int, number: int) -> Attack:
    """Makes one input."""
    rng = Random(f"{seed}:{number}")
    gold = text(rng)
    answer = gold if rng.random() < 0.1 else broken(rng, gold) if rng.random() < 0.4 else text(rng)
    given: dict[str, str | None] = {}
    for name, source in (
        ("parameters", lambda: rng.choice(_FIELDS)),
        ("functions", lambda: rng.choice(_FIELDS)),
        ("assume", lambda: statements(rng)),
        ("context", lambda: statements(rng)),
    ):
        if rng.random() < (0.3 if name == "assume" else 0.08):
            found = source()
            given[name] = broken(rng, found) if rng.random() < 0.3 else found
    return Attack(gold, answer, **given)


def statements(rng: Random) -> str:
    """Makes convention statements, some of them nonsense."""
    pieces = [
        text(rng) if rng.random() < 0.15 else rng.choice(_STATEMENTS)
        for _ in range(rng.randint(1, 3))
    ]
    return "; ".join(pieces)


def text(rng: Random) -> str:
    """Makes one text: a formula, a broken one, soup, code, a tower, nesting, or far too much."""
    kinds: tuple[tuple[int, Callable[[], str]], ...] = (
        (40, lambda: formula(rng, rng.randint(0, 4))),
        (22, lambda: broken(rng, formula(rng, rng.randint(1, 4)))),
        (10, lambda: "".join(rng.choices(_SOUP + list(_ATOMS), k=rng.randint(1, 40)))),
        (8, lambda: formula(rng, 2).replace("x", rng.choice(_TOWERS))),
        (7, lambda: rng.choice(_TOWERS)),
        (4, lambda: rng.choice(_CODE)),
        (4, lambda: _nested(rng)),
        (3, lambda: "The answer is " + formula(rng, 2) + ", so \\boxed{" + formula(rng, 2) + "}."),
        (
            1,
            lambda: (
                rng.choice(["x+", "9", "(", "{", "\\frac", "\\sqrt{", " ", "a^\\dagger a "])
                * rng.choice([100, 5_000, 30_000])
            ),
        ),
        (1, lambda: "".join(chr(rng.randrange(0x3000)) for _ in range(rng.randint(0, 200)))),
    )
    weights, makers = zip(*kinds, strict=True)
    return str(rng.choices(makers, weights)[0]())


def formula(rng: Random, depth: int) -> str:
    """Makes a formula of the grammar, well formed if not always sensible."""
    if depth <= 0 or rng.random() < 0.1:
        return rng.choice(_OPERATORS if rng.random() < 0.25 else _ATOMS)
    if rng.random() < 0.4:
        return rng.choice(_ONE).replace("%s", formula(rng, depth - 1), 1)
    shape = rng.choice(_TWO)
    for _ in range(2):
        shape = shape.replace("%s", formula(rng, depth - 1), 1)
    return shape


def broken(rng: Random, whole: str) -> str:
    """Cuts, doubles, swaps and inserts in a text."""
    for _ in range(rng.randint(1, 3)):
        at, to = sorted(rng.randint(0, len(whole)) for _ in range(2))
        match rng.randrange(6):
            case 0:
                whole = whole[:at] + whole[to:]
            case 1:
                whole = whole[:to] + whole[at:]
            case 2:
                whole = whole[:at] + rng.choice(_SOUP) + whole[at:]
            case 3:
                whole = whole[:at] + rng.choice(_CONTROL.split(" ")) + whole[at:]
            case 4:
                whole = whole[:at] + whole[at:to][::-1] + whole[to:]
            case 5:
                whole = whole[:at] + rng.choice("{}()[]^_\\$") * rng.randint(1, 9) + whole[at:]
    return whole


def _nested(rng: Random) -> str:
    depth = rng.choice([5, 30, 79, 81, 500, 5_000])
    left, right = rng.choice(
        [("(", ")"), ("{", "}"), ("\\sqrt{", "}"), ("\\frac{1}{1+", "}"), ("x^{", "}"), ("|", "|"),
         ("\\left(", "\\right)"), ("[a,", "]"), ("\\langle ", "\\rangle"), ("f(", ")"), ("-", "")]
    )  # fmt: skip
    return left * depth + "x" + right * (depth if rng.random() < 0.8 else depth - 1)
