"""Reads everything that stands between delimiters: groups, intervals, bars, kets, environments."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tools.grading.errors import Malformed, Unsupported
from tools.grading.names import Names
from tools.grading.tree import (
    Brackets,
    Cases,
    Ket,
    Listing,
    Matrix,
    Node,
    Sym,
    div,
    func,
    mul,
)
from tools.grading.vocabulary import ALIGNED, MATRICES

_CLOSERS = frozenset({")", "]", "\\}"})
_OTHERWISE = frozenset({"otherwise", "else", "other", "elsewhere"})
_CONDITION = frozenset({"if", "for", "when", "where", "for all", "if and only if", "and", ","})


class Rules(Names, ABC):
    """The rules of the grammar that call each other across files."""

    bars: int = 0
    french: bool = False

    @abstractmethod
    def bracket(self, call: bool = False) -> Node:
        """Reads a bracket."""

    @abstractmethod
    def relation(self) -> Node:
        """Reads a chain of relations, or one expression."""

    @abstractmethod
    def listing(self) -> Node:
        """Reads items side by side, or one relation."""

    @abstractmethod
    def term(self) -> Node:
        """Reads a product."""

    @abstractmethod
    def power(self) -> Node:
        """Reads an atom with its powers and factorials."""

    @abstractmethod
    def exponent(self) -> Node:
        """Reads what stands after a caret."""

    @abstractmethod
    def bare(self) -> Node:
        """Reads a function argument without brackets."""

    @abstractmethod
    def argument(self) -> Node:
        """Reads the argument of a command."""

    @abstractmethod
    def called(self, node: Node) -> Node:
        """Reads the arguments of a name that is a function; else returns the name."""

    @abstractmethod
    def declared(self, name: str) -> bool:
        """Tells whether a spelling is declared as a variable."""

    @abstractmethod
    def reread(self, text: str) -> Node | None:
        """Reads the content of a text box as a formula; None when it is none."""

    @abstractmethod
    def big(self, name: str) -> Node:
        """Reads a sum, product, integral or limit."""

    @abstractmethod
    def derivative(self) -> Node | None:
        """Reads a derivative written as a fraction; None when the fraction is none."""

    @abstractmethod
    def inline_derivative(self) -> Node | None:
        """Reads a derivative written with a slash; None when none stands here."""

    @abstractmethod
    def nabla(self) -> Node:
        """Reads what a nabla, already read, is applied to."""

    @abstractmethod
    def partial(self) -> Node:
        """Reads a derivative written with the variable as a subscript."""

    @abstractmethod
    def plain_derivative(self, args: tuple[Node, ...]) -> Node:
        """Makes a derivative from the arguments of `diff`."""


class Bracketed(Rules):
    """A cursor that reads delimited parts."""

    def group(self) -> Node:
        """Reads a brace group, with infix `\\over` and `\\choose`."""
        self.expect("{")
        outer, self.bars = self.bars, 0
        if self.peek().text == "}" and self.peek().kind == "close":
            raise Malformed("A group is empty.")
        node = self.listing()
        if self.accept("over"):
            node = div(node, self.listing())
        elif self.accept("choose"):
            node = func("binom", node, self.listing())
        self.expect("}")
        self.bars = outer
        if isinstance(node, Sym) and self.peek().text == "_":
            return self.decorate(node)
        return Brackets("\\{", "\\}", node.items) if isinstance(node, Listing) else node

    def bracketed(self) -> Node:
        """Reads a bracket that only groups."""
        node = self.bracket(call=True)
        if isinstance(node, Brackets):
            raise Malformed("Expected one value in brackets.")
        return node

    def bracket(self, call: bool = False) -> Node:
        """Reads a bracket: one item is a group, several are a tuple, interval or set."""
        if self.peek().text == "{":
            return self.group()
        left = self.take().text
        outer, self.bars = self.bars, 0
        items: list[Node] = []
        while not self._closes():
            items.append(self._entry(left))
            while self.peek().kind in ("gap", "newline"):
                self.at += 1
            token = self.peek()
            if token.text in (",", ";") and token.kind == "op":
                self.at += 1
                if self._closes():
                    raise Malformed("An item is missing before a closing bracket.")
            elif token.kind == "text" and token.text.strip(" ,") in ("and", "or"):
                self.at += 1
            elif not self._closes():
                raise Malformed(f"Expected a closing bracket but found {self.shown()}.")
        right = self.take().text
        self.bars = outer
        if call and len(items) == 1:
            return items[0]
        if left != "\\{" and len(items) == 1:
            if (left, right) not in (("(", ")"), ("[", "]")):
                raise Malformed(f"The brackets {left} and {right} do not belong together.")
            return items[0]
        if (left == "\\{") != (right == "\\}"):
            raise Malformed(f"The brackets {left} and {right} do not belong together.")
        if left == "(" and not items:
            raise Malformed("Brackets with nothing between them.")
        return Brackets(left, right, tuple(items))

    def _closes(self) -> bool:
        token = self.peek()
        if token.kind == "end":
            raise Malformed("A bracket is opened and never closed.")
        return (token.kind == "close" and token.text in _CLOSERS) or (
            self.french and token.text == "[" and self.at == len(self.tokens) - 2
        )

    def _entry(self, left: str) -> Node:
        if left != "\\{":
            return self.relation()
        self.bars += 1
        item = self.relation()
        self.bars -= 1
        if self.peek().text in ("|", ":") and self.peek().kind == "op":
            self.at += 1
            conditions = [self.relation()]
            while self.accept(","):
                conditions.append(self.relation())
            return func("such_that", item, *conditions)
        return item

    def bar(self) -> Node:
        """Reads an absolute value or a ket."""
        label = self._label_to("rangle", self.at + 1)
        if label is not None:
            return Ket(label)
        self.expect("|")
        doubled = self.peek().text == "|" and self.peek(1).text != "|" and not self.peek().spaced
        if doubled and self._count_bars() >= 3:
            self.expect("|")
        else:
            doubled = False
        self.bars += 1
        inner = self.relation()
        self.bars -= 1
        self.expect("|")
        if doubled:
            self.expect("|")
        return func("norm" if doubled else "abs", inner)

    def _count_bars(self) -> int:
        return sum(t.text == "|" for t in self.tokens[self.at :])

    def _label_to(self, end: str, start: int) -> str | None:
        """Reads the tokens up to `end` as a label when no bar stands in between; moves past."""
        for place in range(start, len(self.tokens)):
            token = self.tokens[place]
            if token.text == end and token.kind in ("cmd", "op"):
                if place == start:
                    return None
                self.at = place + 1
                return "".join(t.text for t in self.tokens[start:place] if t.text not in "{}")
            if token.text in ("|", "langle", "rangle", ";", "=") or token.kind == "end":
                return None
        return None

    def angle(self) -> Node:
        """Reads an average, a bra, or a matrix element, after the opening angle."""
        label = self._label_to("|", self.at)
        if label is None:
            outer, self.bars = self.bars, 0
            inner = self.listing()
            self.expect("rangle")
            self.bars = outer
            if isinstance(inner, Listing):
                return Brackets("(", ")", inner.items)
            return func("mean", inner)
        bra = Ket(label, bra=True)
        ket = self._label_to("rangle", self.at)
        if ket is not None:
            return mul(bra, Ket(ket))
        token = self.peek()
        if token.kind in ("end", "close", "op", "newline", "gap") or token.text in ("langle",):
            return bra
        start = self.at
        self.bars += 1
        try:
            middle = self.term()
        except Malformed:
            self.at = start
            return bra
        finally:
            self.bars -= 1
        if self.peek().text != "|":
            self.at = start
            return bra
        ket = self._label_to("rangle", self.at + 1)
        if ket is None:
            self.at = start
            return bra
        return mul(bra, middle, Ket(ket))

    def environment(self) -> Node:
        """Reads cases, a matrix or aligned lines, after `\\begin`."""
        name = "".join(t.text for t in self.raw_group())
        outer, self.bars = self.bars, 0
        if name == "array":
            self.raw_group()
        if name in ("cases", "dcases", "rcases"):
            node: Node = self._cases()
        elif name in MATRICES:
            matrix = Matrix(tuple(self._rows()))
            if len({len(row) for row in matrix.rows}) > 1:
                raise Malformed("The rows of a matrix differ in length.")
            node = func("det", matrix) if name in ("vmatrix", "Vmatrix") else matrix
        elif name in ALIGNED:
            depth_end = self._drop_ampersands()
            node = self.listing()
            if self.at > depth_end:
                raise Malformed(f"The environment {name} is not closed.")
        else:
            raise Unsupported(f"The environment {name[:30]!r} is not known here.")
        self.expect("end")
        self.raw_group()
        self.bars = outer
        return node

    def _drop_ampersands(self) -> int:
        for place in range(self.at, len(self.tokens)):
            if self.tokens[place].text == "end":
                break
        else:
            raise Malformed("An environment is opened and never closed.")
        kept = [t for t in self.tokens[self.at : place] if t.text != "&"]
        removed = place - self.at - len(kept)
        self.tokens[self.at : place] = kept
        return place - removed

    def _rows(self) -> list[tuple[Node, ...]]:
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while True:
            if self.peek().text == "end":
                break
            if self.peek().kind == "newline":
                self._newline()
                rows.append(tuple(row))
                row = []
                continue
            row.append(self.relation())
            if self.accept("&"):
                continue
            if self.peek().kind != "newline" and self.peek().text != "end":
                raise Malformed(f"Expected the end of a cell but found {self.shown()}.")
        if row:
            rows.append(tuple(row))
        return [r for r in rows if r]

    def _newline(self) -> None:
        self.at += 1
        if self.peek().text == "[" and self.peek(1).kind == "num" and self.peek(2).kind == "let":
            while not self.accept("]"):
                if self.take().kind == "end":
                    raise Malformed("A row spacing is not closed.")

    def _cases(self) -> Node:
        branches: list[tuple[Node, Node | None]] = []
        while self.peek().text != "end":
            value = self.relation()
            while self.peek().text in (",", "&") or self.peek().kind == "gap":
                self.at += 1
            branches.append((value, self._condition()))
            if self.peek().kind == "newline":
                self._newline()
            elif self.peek().text != "end":
                raise Malformed(f"Expected the next case but found {self.shown()}.")
        return Cases(tuple(branches))

    def _condition(self) -> Node | None:
        conditions: list[Node] = []
        while self.peek().kind != "newline" and self.peek().text != "end":
            token = self.peek()
            word = token.text.strip(" .,:").lower()
            if token.kind == "text" and (word in _OTHERWISE or word in _CONDITION or not word):
                self.at += 1
                if word in _OTHERWISE:
                    return None
                continue
            if token.text in (",", "&", ".", "land", "wedge") or token.kind == "gap":
                self.at += 1
                continue
            if token.kind == "let" and token.run.lower() in _OTHERWISE | _CONDITION:
                self.at += len(token.run)
                if token.run.lower() in _OTHERWISE:
                    return None
                continue
            if token.kind == "end":
                raise Malformed("The cases are opened and never closed.")
            conditions.append(self.relation())
        if not conditions:
            return None
        return conditions[0] if len(conditions) == 1 else func("all", *conditions)
