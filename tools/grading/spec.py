"""What a question fixes about its answer: names, order, precision, domains, operator algebra.

Every policy has a default that is written down here; conventions are inputs and never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Literal

from tools.errors import BadInput
from tools.grading.choices import is_choice_list

Order = Literal["auto", "ordered", "unordered"]


@dataclass(frozen=True)
class OperatorSpec:
    """The operator algebra of a question.

    Attributes:
        species: pairs of a letter and its kind: fermion, boson, majorana, pauli, spin, position,
            momentum or free. The letter `*` stands for every letter that carries a dagger, and
            with the kind free for every capital letter.
        sigma_ladder: f in sigma^+- = f (X +- iY), as a fraction; 1/2 by default.
        z_sign: 1 where sigma^+ raises z, -1 where it lowers it; 1 by default.
        majorana_square: gamma^2 as a fraction; 1 by default.
        spin: the length S as a fraction, empty when it is not fixed.
        hbar_one: whether [S^x, S^y] = i S^z without hbar; true by default.
        commutator: [q, p] as a formula; i hbar by default.
        distinct: groups of labels that are pairwise different.
        all_distinct: whether every two different labels are different.
        central: whether the commutator of free symbols commutes with them.
        hermitian: free symbols that are their own adjoints.
        unitary: free symbols whose adjoint is their inverse.
        swaps: whether P_{12} exchanges two spins.
        commuting_species: whether different fermion species commute.
    """

    species: tuple[tuple[str, str], ...] = ()
    sigma_ladder: str = "1/2"
    z_sign: int = 1
    majorana_square: str = "1"
    spin: str = ""
    hbar_one: bool = True
    commutator: str = "i*hbar"
    distinct: tuple[tuple[str, ...], ...] = ()
    all_distinct: bool = False
    central: bool = False
    hermitian: tuple[str, ...] = ()
    unitary: tuple[str, ...] = ()
    swaps: bool = False
    commuting_species: bool = False

    @property
    def declared(self) -> bool:
        """Tells whether any species is declared."""
        return bool(self.species)


@dataclass(frozen=True)
class GradeSpec:
    """What one question fixes.

    Attributes:
        parameters: the names that an answer may use, as LaTeX.
        noncommuting: those of them that do not commute.
        functions: names of functions.
        choices: option letters of a multiple choice question.
        order: whether several answers are ordered; "auto" reads named and plain number slots of a
            question with declared parameters in order, solution lists in any order.
        decimals: decimals to which an answer is rounded before it is compared; None for exact.
        gold_decimals: whether the decimals written in the gold play that part.
        significant: significant digits to which both sides are compared; None for exact.
        absolute: an absolute tolerance as a fraction, empty for exact numbers.
        relative: a relative tolerance as a fraction, empty for exact numbers.
        percent: "fraction" reads 50% as 1/2; "strict" asks for a percent sign where the gold has
            one.
        units: "convert" compares in base units; "ignore" also accepts a number without its unit.
        domains: pairs of a name and its kind (real, positive, integer, complex, ...).
        relations: relations between names, as LaTeX.
        proof: "required" accepts two formulas as equal only where that is proved; "numeric" also
            where they agree at random points to 40 digits and more.
        log_base: the base of a `log` written without one, empty for e.
        degrees: whether angles without a unit are in degrees.
        families: letters of special functions with their order as a subscript, such as J, and the
            names of these, such as besselj.
        default_domain: the kind of undeclared names; empty for the common natural real domain.
        operators: the operator algebra.
        notes: statements that were read and change nothing, for the reader of the grade.
    """

    parameters: tuple[str, ...] = ()
    noncommuting: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    order: Order = "auto"
    decimals: int | None = None
    gold_decimals: bool = False
    significant: int | None = None
    absolute: str = ""
    relative: str = ""
    percent: Literal["fraction", "strict"] = "fraction"
    units: Literal["convert", "ignore"] = "convert"
    domains: tuple[tuple[str, str], ...] = ()
    relations: tuple[str, ...] = ()
    default_domain: str = ""
    proof: Literal["required", "numeric"] = "required"
    log_base: Literal["", "2", "10"] = ""
    degrees: bool = False
    families: tuple[tuple[str, str], ...] = ()
    operators: OperatorSpec = field(default_factory=OperatorSpec)
    notes: tuple[str, ...] = ()

    @classmethod
    def from_fields(
        cls,
        parameters: str | None = None,
        functions: str | None = None,
        assume: str | None = None,
        context: str | None = None,
    ) -> GradeSpec:
        """Reads the fields of a benchmark row.

        Args:
            parameters: a `;` list of LaTeX names in dollars; `(name, NC)` does not commute.
            functions: the same for functions; `(s, \\uparrow, \\downarrow)` lists the values of an
                index in the templates.
            assume: convention statements, separated by semicolons.
            context: convention statements, or the text of the question, which is searched for the
                decimals asked for only.

        Raises:
            BadInput: for a statement that cannot be read; names the statement.
        """
        from tools.grading.assume import read_context, read_statements

        spec = cls()
        if parameters is not None or functions:
            names, free = read_names(parameters or "")
            more, also_free = read_names(functions or "")
            spec = replace(
                spec,
                parameters=names,
                noncommuting=(*free, *also_free),
                functions=tuple(n for n in more if re.fullmatch(r"\\?[A-Za-z]\w*", n)),
                choices=names if is_choice_list(names) else (),
                # Declared parameters are the sign of a benchmark row, whose golds are rounded.
                gold_decimals=parameters is not None,
            )
        if assume:
            spec = read_statements(spec, assume)
        if context:
            spec = read_context(spec, context)
        return spec

    @property
    def tolerance(self) -> Fraction | None:
        """The relative tolerance as a number."""
        return Fraction(self.relative) if self.relative else None

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GradeSpec:
        """Makes a spec from plain JSON values.

        Raises:
            BadInput: for a field that does not exist.
        """
        known = {f.name for f in fields(cls)}
        unknown = set(data) - known
        if unknown:
            raise BadInput(
                f"A grading spec has no field {sorted(unknown)[0]!r}.",
                f"Use one of {', '.join(sorted(known))}.",
            )
        values = {k: _frozen(v) for k, v in data.items() if k != "operators"}
        inner = {k: _frozen(v) for k, v in dict(data.get("operators") or {}).items()}
        odd = set(inner) - {f.name for f in fields(OperatorSpec)}
        if odd:
            raise BadInput(f"An operator spec has no field {sorted(odd)[0]!r}.")
        return cls(**values, operators=OperatorSpec(**inner))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list | tuple) else value


def read_names(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Reads a `;` list of names; returns the commuting and the non-commuting ones.

    Raises:
        BadInput: for a bracket that is no known declaration.
    """
    text = text.replace("$", " ").strip()
    names: list[str] = []
    free: list[str] = []
    for piece in _split(text):
        piece = piece.strip()
        if not piece:
            continue
        if not piece.startswith("("):
            names.append(piece)
            continue
        if not piece.endswith(")"):
            raise BadInput(f"Cannot read the declaration {piece!r}.", "Close its bracket.")
        inside = [p.strip() for p in _split_top(piece[1:-1])]
        if inside[-1] == "NC" and len(inside) > 1:
            free.append(",".join(inside[:-1]))
        elif len(inside) > 1:
            # An index with its values, as in (s, \uparrow, \downarrow), names no variable.
            continue
        else:
            raise BadInput(f"Cannot read the declaration {piece!r}.", "Write (name, NC).")
    return tuple(names), tuple(free)


def _split(text: str) -> list[str]:
    """Splits at semicolons, and at commas between two brackets."""
    out: list[str] = []
    for part in text.split(";"):
        out.extend(re.split(r"(?<=\))\s*,\s*(?=\()", part))
    return out


def _split_top(text: str) -> list[str]:
    """Splits at commas outside braces."""
    out, depth = [""], 0
    for char in text:
        depth += (char in "{(") - (char in "})")
        if char == "," and depth == 0:
            out.append("")
        else:
            out[-1] += char
    return out
