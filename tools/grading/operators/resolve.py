r"""The unique normal form of operators with symbolic indices and sums.

Whether two symbolic modes coincide decides how their letters multiply. So each word is split into
cases, u = v (substitute, remember delta_uv where both are free) and u != v, for every pair of modes
that could coincide; in each case all modes are different and the kernels for concrete modes give
the product. The normal form is a table over

    delta_pi  sum_{bound}  coefficient  M,    all modes of the monomial M different,

with one representative for every block of equal free indices. Conditions u != v left over from
modes that dropped out (X_i X_i = 1) are released by [u != v] = 1 - delta_uv; a bound index that
appears nowhere any more counts the sites of its range. The form is unique: evaluated at different
values of all free indices only the terms without delta survive, their monomials on different
modes are linearly independent for different orbits under renaming of the bound indices, and the
rest follows by induction over coarser partitions. It holds for systems with more sites than
indices, and for sums of shifted indices on a chain longer than the shifts.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from tools.errors import BadInput
from tools.grading.monomials import GradingLimit
from tools.grading.operators.conventions import Index, Label, Letter
from tools.grading.operators.indexed import (
    Canonical,
    Pending,
    Substitution,
    atom_labels,
    label_order,
    ordered_pair,
    relabel,
    relabel_word,
)
from tools.grading.operators.renaming import Case, Pair, labels_of, smallest_name, words_of
from tools.grading.polynomial import Polynomial

if TYPE_CHECKING:
    from tools.grading.operators.algebra import Algebra

MAX_STEPS = 8_000
MAX_INDICES = 8


class Resolution:
    """Brings terms to normal form under the facts of one algebra."""

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra
        self.result: Canonical = {}

    def run(self, words: Pending) -> Canonical:
        """Returns the table; entries are never zero."""
        cases = [
            Case(
                tuple((f"#{n}", over) for n, over in enumerate(ranges)),
                (),
                frozenset(),
                Polynomial({monomial: c}),
                word,
            )
            for (ranges, word), value in words.items()
            for monomial, c in (Polynomial.number(1) * value)
        ]
        for case in cases:
            met = {x.name for x in labels_of(case) if isinstance(x, Index)}
            if len(met) > MAX_INDICES:
                raise GradingLimit(
                    f"{len(met)} symbolic indices meet in one term.", f"Use up to {MAX_INDICES}."
                )
        steps = 0
        while cases:
            case = cases.pop()
            cases += self._step(case)
            steps += 1
            if steps + len(cases) > MAX_STEPS:
                raise GradingLimit("The symbolic indices make too many cases.", "Use fewer.")
        return {key: c for key, c in self.result.items() if c}

    def _step(self, case: Case) -> list[Case]:
        """Returns the cases that one case splits into; none when it is settled and recorded."""
        if index := self._valued(case):
            return self._by_value(case, index)
        for atom in case.value.atoms():
            if atom[0] == "delta":
                i, j = atom_labels(atom)
                ((monomial, c),) = case.value.table.items()
                rest = Polynomial({tuple(f for f in monomial if f[0] != atom): c})
                return self.equal(case._replace(value=rest), i, j)
        for word in words_of(case):
            for a, b in combinations(dict.fromkeys(word), 2):
                if open_pair := self._open(a, b, case.distinct):
                    u, v = open_pair
                    apart = case._replace(distinct=case.distinct | {ordered_pair(u, v)})
                    return [apart, *self.equal(case, u, v)]
        return self._evaluate(case)

    def _valued(self, case: Case) -> Index | None:
        """Returns a free index in the case whose values have been declared."""
        for label in labels_of(case):
            if isinstance(label, Index) and label.name in self.algebra.values:
                return Index(label.name)
        return None

    def _by_value(self, case: Case, index: Index) -> list[Case]:
        """Splits F(s) into F(w) + sum_{v != w} delta_sv (F(v) - F(w)), w the last value.

        The last delta is left out because all of them add up to one.
        """
        *others, last = self.algebra.values[index.name]
        base = [
            new._replace(deltas=tuple(pair for pair in new.deltas if pair[0] != index))
            for new in self.equal(case, index, last)
        ]
        cases = list(base)
        for v in others:
            cases += self.equal(case, index, v)
            cases += [b._replace(value=-b.value, deltas=(*b.deltas, (index, v))) for b in base]
        return cases

    def apart(self, u: Label, v: Label, distinct: frozenset[Pair] = frozenset()) -> bool:
        """Says whether two labels are known to differ."""
        if not isinstance(u, Index) and not isinstance(v, Index):
            return u != v
        if isinstance(u, Index) and isinstance(v, Index) and u.name == v.name:
            return u.shift != v.shift
        pair = ordered_pair(u, v)
        return pair in distinct or pair in self.algebra.apart

    def _open(self, a: Letter, b: Letter, distinct: frozenset[Pair]) -> Pair | None:
        """Returns the first pair of labels that decides whether two letters share a mode."""
        if a.labels == b.labels or len(a.labels) != len(b.labels):
            return None
        if self.algebra.site(a.species) != self.algebra.site(b.species):
            return None
        if self.algebra.is_free(a.species):
            return None
        pairs = [(u, v) for u, v in zip(a.labels, b.labels, strict=True) if u != v]
        if any(self.apart(u, v, distinct) for u, v in pairs):
            return None
        return pairs[0]

    def equal(self, case: Case, u: Label, v: Label) -> list[Case]:
        """Returns the case with u = v substituted, or nothing if that cannot be."""
        if u == v:
            return [case]
        if self.apart(u, v, case.distinct):
            return []
        names = dict(case.ranges)
        u, v = sorted(
            (u, v), key=lambda x: (isinstance(x, Index) and x.name in names, label_order(x))
        )
        # v goes: a bound index if there is one, else the later free index.
        assert isinstance(v, Index)
        if (
            v.name in names
            and isinstance(u, Index)
            and names.get(u.name, names[v.name]) != names[v.name]
        ):
            raise BadInput(
                f"Sums over different ranges meet: {names[u.name]!r} and {names[v.name]!r}.",
                "Say how the ranges overlap by writing the sums over one of them.",
            )
        rule = Substitution(v, u)
        name, target = v.name, rule.label

        distinct = set()
        for x, y in case.distinct:
            x, y = rule(x), rule(y)
            if x == y:
                return []
            if not self.apart(x, y):
                distinct.add(ordered_pair(x, y))
        value = relabel(case.value, rule)
        if not value:
            return []
        deltas = tuple((source, rule(other)) for source, other in case.deltas)
        if name not in names:
            deltas += ((Index(name), target),)
        ranges = tuple(item for item in case.ranges if item[0] != name)
        return [Case(ranges, deltas, frozenset(distinct), value, relabel_word(case.word, rule))]

    def _evaluate(self, case: Case) -> list[Case]:
        """Multiplies out a word on different modes; records it, or releases a condition."""
        value = case.value.substitute(
            lambda atom: self.algebra.expected(atom) if atom[0] == "expect" else None
        )
        left: list[Case] = []
        space = self.algebra.space
        for key, c in self.algebra.word_table(case.word).items():
            word = space.word(key)
            for monomial, number in value * c:
                new = case._replace(word=word, value=Polynomial({monomial: number}))
                needed = {
                    ordered_pair(*pair)
                    for letters in words_of(new)
                    for a, b in combinations(dict.fromkeys(letters), 2)
                    if (pair := self._open(a, b, frozenset()))
                }
                if extra := sorted(case.distinct - needed, key=repr):
                    free = new._replace(distinct=case.distinct - {extra[0]})
                    left.append(free)
                    left += self.equal(free._replace(value=-free.value), *extra[0])
                else:
                    self._record(new)
        return left

    def _record(self, case: Case) -> None:
        value, ranges = case.value, []
        present = {label.name for label in labels_of(case) if isinstance(label, Index)}
        for name, over in case.ranges:
            if name in present:
                ranges.append((name, over))
            else:
                value = value * self.algebra.size(over)
        found = smallest_name(case._replace(value=value, ranges=tuple(ranges)), self.algebra)
        if found is not None:
            key, plain = found
            self.result[key] = self.result.get(key, Polynomial({})) + plain
