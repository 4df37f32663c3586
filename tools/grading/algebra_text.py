"""Reads statements about operator algebras.

who is what       fermions: ... / f fermion, a boson / c are fermion annihilation operators /
                  F, G annihilate two distinct fermion modes / gamma_i are Majorana operators
brackets          {c_s, c_t^dagger} = delta_st / [a, a^dagger] = 1 / [q, p] = i hbar /
                  {gamma_j, gamma_k} = 2 delta_jk / [A, B] = AB - BA / [A, B] commutes with A
conventions       sigma^{+-} = (X +- iY)/2 / spin one half / S = 1 / gamma^2 = 1/2 /
                  [sigma^z, sigma^+] = 2 sigma^+ / hbar = 1 / P_12 swaps the spins
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from tools.errors import BadInput
from tools.grading.glyphs import GREEK
from tools.grading.spec import GradeSpec, OperatorSpec

_KIND_WORDS = (
    ("majorana", "majorana"),
    ("fermi", "fermion"),
    ("electron", "fermion"),
    ("boson", "boson"),
    ("phonon", "boson"),
    ("photon", "boson"),
    ("oscillator", "boson"),
    ("pauli", "pauli"),
)
_SPINS = {
    "one half": "1/2",
    "one-half": "1/2",
    "1/2": "1/2",
    "half": "1/2",
    "one": "1",
    "1": "1",
    "3/2": "3/2",
    "three halves": "3/2",
    "2": "2",
    "5/2": "5/2",
    "3": "3",
    "7/2": "7/2",
    "4": "4",
}
_BRACKET = re.compile(
    r"(?P<open>\\?[\[{])\s*(?P<a>[^,\[\]]+?)\s*,\s*(?P<b>[^\[\]]+?)\s*(?P<close>\\?[\]}])\s*=\s*"
    r"(?P<right>[^,;]+)"
)
_LADDER = re.compile(
    r"\\?(?:sigma|S|s|tau)(?:_\w+)?\^\{?(?:\+-|\\pm|\+/-|\+|±)\}?\s*=\s*(?P<right>.+)$"
)
_SQUARE = re.compile(
    r"\\?(?:gamma|eta|chi|xi)(?:_\{?\w+\}?)?\^\{?2\}?\s*=\s*(?P<right>1/2|1|\\frac\{?1\}?\{?2\}?)"
)
_LETTER = re.compile(r"^\\?(?:hat\{?\\?)?([A-Za-z]+)\}?(?:[_^(].*)?$")
_FILLER = frozenset(
    "are is the operators operator modes mode sites site annihilation creation annihilate "
    "annihilates create creates two three distinct different they commute commuting commutes "
    "anticommute hermitian mark hats hat and with each other species respectively denote "
    "generic noncommuting non relation relations no matrices matrix spinless complex dirac "
    "canonical spins spin local bosonic fermionic mutually on same different single mode a an "
    "free symbols do not relations general arbitrary pairwise standard usual".split()
)


_WORDS = frozenset(
    "also and as an any are be being both but by canonical case cyclic define defined denotes each "
    "for from have has here hence if in into inverse its let matrix means number numbers obey "
    "obeying of on one or our per satisfies satisfy satisfying so spin spins square squares "
    "standard such that the their them then these this to two we where which while with within "
    "without zero half hbar dagger delta gamma sigma tau eta chi psi phi alpha beta xi identity "
    "unit algebra usual relation relations commutation anticommutation commutator commutators "
    "anticommutator anticommutators anticommuting normalised normalized otherwise independent "
    "pair pairs all every element elements adjoint self real linear bounded hilbert space fock "
    "field fields ladder raising lowering raises lowers permutation permutes transposition "
    "exchange exchanges swap swaps label labels index indices component components vector "
    "vectors quantum mechanical mechanics convention conventions first second third not nor no "
    "other others length invertible unitary central number-valued noncommuting ordinary "
    "particles particle statistics species flavour flavours up down system chain lattice on "
    "site-independent acting act acts same lists list between across different commute "
    "anticommute anticommutes commutes do does operator-valued kronecker qubit qubits".split()
)
_UNKNOWN = re.compile(r"(?<![\\\w^_{])[A-Za-z]{3,}(?![\w\\^])")
_DEFINITION = re.compile(
    r"^\\?(?P<head>[A-Za-z]+(?:_(?:\{[^{}]*\}|\w))?)\s*=\s*(?P<right>.*[A-Za-z].*)$"
)
_MARKED = re.compile(r"dagger|\^\*|†")
_KET = r"\|\s*(\w|\\?[a-z]+)\s*(?:>|\\rangle)\s*(?:<|\\langle)\s*(\w|\\?[a-z]+)\s*\|"
_PROJECTOR = re.compile(rf"\\?(?:sigma|S|s|tau)(?:_\w+)?\^\{{?(?P<op>[-+])\}}?\s*=\s*{_KET}")
_EIGEN = re.compile(
    r"(?:\\?sigma\^\{?z\}?|\\?sigma_z|Z|S\^\{?z\}?)\s*\|\s*(0|up|\\uparrow)\s*(?:>|\\rangle)\s*=\s*(-?)"
)
_RAISING = {("0", "1"), ("up", "down"), ("uparrow", "downarrow"), ("u", "d")}


def read_algebra(spec: GradeSpec, statement: str) -> GradeSpec | None:
    """Reads a statement about operators; None when it is none.

    Raises:
        BadInput: for a statement of which only a part is about an algebra; names the rest.
    """
    clauses = re.split(r",\s*(?![^{\[(]*[}\])])", statement)
    definitions = [c for c in clauses if _operator_definition(c)]
    if definitions:
        rest = ", ".join(c for c in clauses if c not in definitions)
        found = spec if not rest else read_algebra(spec, rest)
        if found is None:
            return None
        texts = tuple(c.replace("†", "\\dagger") for c in definitions)
        return replace(found, relations=(*found.relations, *texts))
    # A chain such as [q_i,q_j] = [p_i,p_j] = 0 is two equations.
    statement = re.sub(
        r"([\]}])\s*=\s*(?=\\?[\[{][^=]*[\]}]\s*=\s*([^,;=]+))", r"\1 = \2, ", statement
    )
    read = _projectors(spec, statement) or _algebra(spec, statement)
    if read is not None:
        _refuse_rest(statement)
    return read


def _operator_definition(clause: str) -> bool:
    """Tells whether a clause defines a name by a formula of creation operators."""
    match = _DEFINITION.match(clause.strip())
    if match is None or not _MARKED.search(match["right"]) or match["head"] == "hbar":
        return False
    # gamma = gamma^dagger says that gamma is hermitian.
    head, right = (re.sub(r"\W|dagger|†", "", match[x]) for x in ("head", "right"))
    return head != right


def _refuse_rest(statement: str) -> None:
    """Refuses words that nothing here understands.

    Raises:
        BadInput: naming the first of them.
    """
    for word in _UNKNOWN.findall(statement):
        low = word.lower()
        if low in _WORDS or low in _FILLER or low.rstrip("s") in _WORDS | _FILLER:
            continue
        if any(root in low for root, _ in _KIND_WORDS) or low in GREEK:
            continue
        raise BadInput(
            f"Cannot read {word!r} in the convention {statement!r}.",
            "Say which operators are fermions, bosons, spins, Majoranas or free symbols, or give "
            "their commutators.",
        )


def _projectors(spec: GradeSpec, statement: str) -> GradeSpec | None:
    """Reads sigma^+ = |0><1| and the sign of Z|0>; None where there is no projector."""
    match = _PROJECTOR.search(statement)
    if match is None:
        return None
    pair = match[2].lstrip("\\"), match[3].lstrip("\\")
    if pair not in _RAISING and pair[::-1] not in _RAISING:
        return None
    raises = (pair in _RAISING) == (match["op"] == "+")
    sign = _EIGEN.search(statement)
    if sign and sign[2]:
        raises = not raises
    known = [("X", "pauli"), ("sigma", "pauli")]
    ops = spec.operators
    species = _merge(ops.species, known)
    return _with(
        spec, replace(ops, sigma_ladder="1/2", z_sign=1 if raises else -1, species=species)
    )


def _algebra(spec: GradeSpec, statement: str) -> GradeSpec | None:
    ops = spec.operators
    lower = statement.lower()
    found = False
    central = re.search(
        r"\[(\w+),\s*(\w+)\] (?:commutes with|is central|is a c-?number)", statement
    )
    if central:
        return _with(spec, replace(ops, central=True, species=_merge(ops.species, [("*", "free")])))
    hermitian = re.match(
        r"^(\w(?:\s*(?:,|and)\s*\w)*)\s+(?:are\s+|is\s+)?hermitian\b", statement, re.I
    )
    if hermitian:
        letters = re.findall(r"\b\w\b", hermitian[1])
        free = [(x, "free") for x in letters]
        ops = replace(ops, hermitian=tuple(letters), species=_merge(ops.species, free))
        return _with(spec, ops)
    unitary = re.match(r"^(\w(?:\s*(?:,|and)\s*\w)*)\s+(?:are\s+|is\s+)?(?:a\s+)?unitar", statement)
    if unitary:
        letters = re.findall(r"\b\w\b", unitary[1])
        free = [(x, "free") for x in letters]
        ops = replace(ops, unitary=tuple(letters), species=_merge(ops.species, free))
        return _with(spec, ops)
    if re.fullmatch(
        r"[A-Z](?:\s*(?:,|and|,\s*and)\s*[A-Z])*\s+are\s+(?:linear |arbitrary |invertible )*"
        r"(?:operators|matrices)",
        statement,
    ):
        return _with(spec, replace(ops, species=_merge(ops.species, [("*", "free")])))
    if re.search(r"\bcentral\b|\bc[- ]number\b", lower):
        return _with(spec, replace(ops, central=True, species=_merge(ops.species, [("*", "free")])))
    if re.fullmatch(r"spin[- ]?s", lower):
        return _with(spec, replace(ops, species=_merge(ops.species, [("S", "spin")])))
    ladder = _LADDER.search(re.sub(r"\((?:no|with)[^)]*\)", "", statement))
    if ladder:
        read = _ladder(ladder["right"])
        if read is None:
            return None
        ops, found = replace(ops, sigma_ladder=read[0], z_sign=read[1]), True
        ops = replace(ops, species=_merge(ops.species, [("X", "pauli"), ("sigma", "pauli")]))
    square = _SQUARE.search(statement)
    if square:
        half = "2" in square["right"]
        ops, found = replace(ops, majorana_square="1/2" if half else "1"), True
    for match in _BRACKET.finditer(statement):
        read_ops = _bracket(ops, match)
        if read_ops is None:
            return None
        ops, found = read_ops, True
    spin = re.search(
        r"\bspin[- ](one[- ]half|three halves|\d(?:/2)?|half|one)\b", lower
    ) or re.search(r"\bs\s*=\s*(\d/2|1|2)\b", lower)
    if spin:
        length = _SPINS.get(spin[1].replace("-half", " half"), "")
        if not length:
            raise BadInput(
                f"Cannot read the spin {spin[1]!r} in {statement!r}.",
                f"Give one of {', '.join(sorted(set(_SPINS.values())))}.",
            )
        ops, found = replace(ops, spin=length), True
        ops = replace(ops, species=_merge(ops.species, [("S", "spin"), ("sigma", "pauli")]))
    if re.search(r"\bswap|\bpermut|\bexchanges? the", lower):
        ops, found = replace(ops, swaps=True), True
    if "=1" in lower.replace(" ", "") and "hbar" in lower:
        ops, found = replace(ops, hbar_one=True), True
    named = _species(statement)
    if named:
        ops, found = replace(ops, species=_merge(ops.species, named)), True
    if re.search(r"\bhats? (?:mark|denote)", lower):
        found = True
    if "xy=iz" in lower.replace(" ", ""):
        pauli = [("X", "pauli"), ("sigma", "pauli")]
        ops, found = replace(ops, species=_merge(ops.species, pauli)), True
    if re.search(r"\^(?:\{)?\\?dagger\}? creates\b", lower):
        found = True
    return _with(spec, ops) if found else None


def _with(spec: GradeSpec, ops: OperatorSpec) -> GradeSpec:
    return replace(spec, operators=ops)


def _merge(
    known: tuple[tuple[str, str], ...], new: list[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    table = dict(known)
    for letter, kind in new:
        table.setdefault(letter, kind)
    return tuple(table.items())


def _fraction(text: str) -> str | None:
    text = text.replace(" ", "").strip("()")
    text = re.sub(r"\\frac\{?(\d)\}?\{?(\d)\}?", r"\1/\2", text)
    try:
        return str(Fraction(text))
    except (ValueError, ZeroDivisionError):
        return None


def _ladder(text: str) -> tuple[str, int] | None:
    """Reads the factor f and the sign of z from f (X +- iY)."""
    plain = text.replace(" ", "").replace("\\", "").replace("pm", "+-").replace("mp", "-+")
    plain = (
        plain.replace("±", "+-").replace("∓", "-+").replace("sigma^x", "X").replace("sigma^y", "Y")
    )
    plain = (
        plain.replace("sigma_x", "X")
        .replace("sigma_y", "Y")
        .replace("S^x", "X")
        .replace("S^y", "Y")
    )
    match = re.search(r"X(\+-|-\+|\+|-)iY", plain)
    if match is None:
        return None
    outside = (plain[: match.start()] + plain[match.end() :]).replace("()", "").strip("*()")
    sign = 1 if match[1] in ("+-", "+") else -1
    if not outside:
        return "1", sign
    factor = _fraction(outside if not outside.startswith("/") else "1" + outside)
    factor = factor or _fraction(outside.replace("(", "").replace(")", ""))
    return (factor, sign) if factor else None


def _base(text: str) -> str | None:
    match = _LETTER.match(text.strip())
    return match[1] if match else None


def _bracket(ops: OperatorSpec, match: re.Match[str]) -> OperatorSpec | None:
    """Reads one commutator or anticommutator equation."""
    curly = "{" in match["open"]
    a, b, right = match["a"], match["b"], match["right"].strip()
    first, second = _base(a), _base(b)
    if first is None or second is None:
        return None
    daggered = "dagger" in a + b or "†" in a + b
    plain = right.replace(" ", "").replace("\\", "")
    species: list[tuple[str, str]]
    if curly and daggered:
        species = [(first, "fermion"), ("*", "fermion")]
    elif curly and plain == "0":
        species = [(first, "fermion")]
        if first in dict(ops.species):
            species = []
    elif curly and "delta" in plain:
        factor = plain.split("delta")[0].strip("*") or "1"
        read = _fraction(factor)
        if read is None:
            return None
        ops = replace(ops, majorana_square=str(Fraction(read) / 2))
        species = [(first, "majorana")]
    elif not curly and daggered:
        species = [(first, "boson"), ("*", "boson")]
    elif not curly and plain.startswith("i") and first != second and len(first + second) == 2:
        if not re.fullmatch(r"i(?:\*?hbar)?(?:\*?delta_?\{?\w*\}?)?", plain):
            return None
        ops = replace(ops, commutator="i*hbar" if "hbar" in plain else "i")
        species = [(first, "position"), (second, "momentum")]
    elif not curly and plain == f"{first}{second}-{second}{first}":
        species = []
    elif not curly and first == second and re.search(r"\b[zxy]\b|\^[zxy+]", a + b):
        kind = "pauli" if first in ("sigma", "tau") else "spin"
        species = [(first, kind)]
        if kind == "spin" and "hbar" in plain:
            ops = replace(ops, hbar_one=False)
    elif not curly and plain == "0":
        species = []
    else:
        return None
    return replace(ops, species=_merge(ops.species, species))


def _species(statement: str) -> list[tuple[str, str]]:
    """Reads who is what: names before or after a word such as fermion."""
    lower = statement.lower()
    out: list[tuple[str, str]] = []
    if re.search(
        r"\bgeneric\b|\bnon-?commuting\b|\bfree (?:algebra|symbols)\b|\bdo not commute\b", lower
    ):
        names = _names(re.split(r"\bgeneric\b|\bnon-?commut|\bfree\b|\bdo not\b", statement)[0])
        return [*((n, "free") for n in names), ("*", "free")]
    head = re.split(r":\s|:$", statement)[0]
    for clause in re.split(
        r",\s*(?=[A-Za-z\\_{}]+\s+(?:(?:is|are)\s+)?(?:an?\s+)?(?:fermi|boson|majorana|pauli|spin))",
        head,
    ):
        low = clause.lower()
        kind = next((k for word, k in _KIND_WORDS if word in low), None)
        if kind is None and re.search(r"\bspins?\b(?! one| 1| half)", low) and "operators" in low:
            for name in _names(clause):
                out.append((name, "pauli" if name in ("sigma", "tau") else "spin"))
            continue
        if kind is None:
            continue
        names = _names(clause)
        out.extend((name, kind) for name in names)
        if not names and kind in ("fermion", "boson"):
            out.append(("*", kind))
        elif not names and kind == "majorana":
            out.append(("gamma", kind))
        elif not names and kind == "pauli":
            out.extend([("X", "pauli"), ("sigma", "pauli")])
        elif len(names) > 0 and kind in ("fermion", "boson") and "annihil" not in low:
            continue
    return out


def _names(text: str) -> list[str]:
    """Lists the operator letters in front of the words of a clause."""
    text = re.sub(r"[\[{][^\]}]*[\]}]\s*=?\s*\S*", " ", text)
    out = []
    for word in re.findall(r"\\?[A-Za-z]+(?:_\{?\w+\}?)?", text):
        base = word.lstrip("\\").split("_")[0]
        if base.lower() in _FILLER and len(base) > 1:
            continue
        if any(base.lower().startswith(w) for w, _ in _KIND_WORDS) or (
            base.lower() == "a"
            and not re.match(r"\s*a\s+(?:is|are)\b", text)
            and (
                re.search(r"\ba (?:fermi|boson|spin|majorana|pauli)", text)
                and "_" not in word
                and not re.search(r"\ba,|, a\b", text)
                and len(re.findall(r"\ba\b", text)) == 1
                and re.search(r"\bis a\b|\bare a\b", text)
            )
        ):
            continue
        if len(base) == 1 or base in (
            "gamma",
            "sigma",
            "tau",
            "eta",
            "chi",
            "psi",
            "phi",
            "alpha",
            "beta",
            "xi",
            "eta",
        ):
            out.append(base)
    return list(dict.fromkeys(out))
