"""Reads the smallest parts of a formula: numbers, names, groups, functions, fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tools.grading.brackets import Bracketed
from tools.grading.errors import Malformed, Unsupported
from tools.grading.families import BESSEL, OF_AN_ORDER, unmistakable
from tools.grading.glyphs import GREEK
from tools.grading.names import marked
from tools.grading.tokens import Token
from tools.grading.tree import (
    IMAGINARY,
    MINUS_ONE,
    Brackets,
    Const,
    E,
    Func,
    Node,
    Num,
    Pow,
    Sym,
    div,
    func,
    number,
)
from tools.grading.vocabulary import (
    ARITIES,
    CONSTANTS,
    FUNCTIONS,
    LETTERLIKE,
    MARKS,
    ONLY_WITH_BRACKET,
    SETS,
    SPOKEN,
)

_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"})
_BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
_BIG = frozenset({"sum", "prod", "int", "lim", "intop"})
_CONJUGATED = frozenset({"z", "w", "psi", "phi"})
_ORDERS = frozenset({"O", "o"})
_INVERTIBLE = frozenset("sin cos tan cot sec csc sinh cosh tanh coth sech csch".split())


def numeral(text: str) -> Num:
    """Reads a written number exactly and remembers its decimals."""
    digits, _, power = text.lower().partition("e")
    whole, dot, decimals = digits.partition(".")
    value = Fraction(int((whole + decimals) or "0"), 10 ** len(decimals))
    shift = int(power) if power else 0
    value = value * 10**shift if shift >= 0 else value / 10**-shift
    return Num(value, max(0, len(decimals) - shift) if dot or power else None)


class Atoms(Bracketed):
    """A cursor that reads atoms; sums and products come from the class above it.

    Attributes:
        families: letters of special functions that carry their order as a subscript.
    """

    families: Mapping[str, str] = {}

    def atom(self) -> Node:
        """Reads one atom.

        Raises:
            Malformed: when no atom can start here.
            Unsupported: when a command is not known.
        """
        token = self.peek()
        match token.kind:
            case "num":
                return self._number()
            case "let":
                return self._letter()
            case "cmd":
                return self._command()
            case "open":
                return self.bracket()
            case "text":
                return self._text()
        if token.text == "|":
            return self.bar()
        if token.text == "]" and self.at == 0:
            return self.bracket()
        if token.text == "..." and token.kind == "op":
            self.at += 1
            return Const("ellipsis")
        if token.text == "currency":
            self.at += 1
            return self.atom()
        raise Malformed(f"Expected a value but found {self.shown()}.")

    def _number(self) -> Node:
        token = self.take()
        value = numeral(token.text)
        if "." in token.text and self.peek().text in ("overline", "bar", "dot"):
            return self._repeating(token.text)
        if value.decimals is None and self.peek().text in _FRACTIONS:
            start = self.at
            fraction = self.atom()
            proper = isinstance(fraction, Num) and 0 < fraction.value < 1
            if isinstance(fraction, Num) and proper and self._literal(start + 1):
                # Two literal numbers are never multiplied by putting them side by side.
                return Num(value.value + fraction.value)
            self.at = start
        return value

    def _literal(self, place: int) -> bool:
        """Tells whether a fraction at this place is written with digits."""
        token = self.tokens[place]
        return token.kind == "num" or (token.text == "{" and self.tokens[place + 1].kind == "num")

    def _repeating(self, written: str) -> Num:
        """Reads a repeating decimal such as `0.1\\overline{6}`."""
        self.take()
        digits = "".join(t.text for t in self.raw_group())
        if not digits.isdigit() or "e" in written.lower():
            raise Malformed("Expected the repeating digits of a decimal.")
        places = len(written.partition(".")[2])
        tail = Fraction(int(digits), (10 ** len(digits) - 1) * 10**places)
        return Num(numeral(written).value + tail)

    def _word(self) -> str:
        """Shows the rest of the run of letters that starts here."""
        letters: list[str] = []
        while (token := self.peek(len(letters))).kind == "let" and (
            not letters or token.place == self.peek(len(letters) - 1).place + 1
        ):
            letters.append(token.text)
        return "".join(letters)

    def _letter(self) -> Node:
        if self.peek().text == "d" and not self.plain and not self.declared("d"):
            derivative = self.inline_derivative()
            if derivative is not None:
                return derivative
        word = self._word()
        if not self.plain and len(word) > 1 and word not in FUNCTIONS:
            glued = word[:-1]
            if glued in FUNCTIONS and len(glued) > 2 and glued not in ONLY_WITH_BRACKET:
                word = glued
        if self._is_function(word, len(word)):
            self.at += len(word)
            return self.function(FUNCTIONS[word])
        if len(word) > 1 and (word in CONSTANTS or word in GREEK or word in ("hbar", "undefined")):
            self.at += len(word)
            if word in CONSTANTS:
                return Const(CONSTANTS[word])
            return self.named(word)
        if self.plain and len(word) > 1:
            self.at += len(word)
            return self.named(word)
        self._refuse_words(word)
        letter = self.take().text
        if letter in _ORDERS and self.peek().text == "(" and not self.declared(letter):
            return func("O" if letter == "O" else "o", self.bracketed())
        if self.plain and letter == "I" and not self.declared("I"):
            return IMAGINARY
        return self.named(letter)

    def _refuse_words(self, word: str) -> None:
        """Refuses words, whose letters would otherwise be multiplied: print(0) is not zero.

        Raises:
            Malformed: for a spoken word, or an unknown name before a bracket.
        """
        if self.peek().place or len(word) < 3:
            return
        if any(word[i:] in FUNCTIONS for i in range(1, len(word) - 1)):
            return
        before_bracket = self.peek(len(word)).text == "(" and not self.peek(len(word)).spaced
        spoken = len(word) > 3 and SPOKEN.match(word)
        called = before_bracket and (len(word) > 3 or self._bracket_of_numbers(len(word)))
        if spoken or called:
            raise Malformed(f"Cannot read the word {word[:40]!r} in a formula.")

    def _bracket_of_numbers(self, ahead: int) -> bool:
        """Tells whether the bracket that stands `ahead` holds no letter."""
        while self.peek(ahead).kind not in ("end", "close"):
            if self.peek(ahead).kind in ("let", "cmd"):
                return False
            ahead += 1
        return True

    def _is_function(self, word: str, length: int) -> bool:
        if word not in FUNCTIONS or self.declared(word) or len(word) < 2:
            return False
        return word not in ONLY_WITH_BRACKET or self.peek(length).text in ("(", "[")

    def named(self, base: str, marks: tuple[str, ...] = ()) -> Node:
        """Reads a name, the constants e and i, or a call of a function with this name."""
        family = "" if marks else self._family(base)
        if family:
            return self.function(family)
        node = self.name(base, marks)
        if isinstance(node, Sym) and node == Sym(base, marks) and not marks:
            if base == "e" and not self.declared("e"):
                return E
            if base == "i" and not self.declared("i"):
                return IMAGINARY
        return self.called(node)

    def _family(self, letter: str) -> str:
        """Names the function when a letter with its order and a bracket follow, as in J_\\nu(x)."""
        declared = self.families.get(letter, "")
        if self.peek().text != "_" or self.peek().kind != "op" or self.declared(letter):
            return ""
        start = self.at
        self.at += 1
        order = self.raw_group()
        if self.accept("^"):
            self.raw_group()
        token = self.peek()
        self.at = start
        if token.text != "(" or token.kind != "open" or token.spaced:
            return ""
        return declared or (BESSEL[letter] if unmistakable(letter, order) else "")

    def _text(self) -> Node:
        token = self.take()
        content = token.text.strip()
        if content.startswith("$") and content.endswith("$"):
            content = content.strip("$")
        if content in FUNCTIONS and (
            token.run.startswith("operatorname")
            or content not in ONLY_WITH_BRACKET
            or self.peek().text in ("(", "[", "{", "_")
        ):
            return self.function(FUNCTIONS[content])
        if content in CONSTANTS and len(content) > 1:
            return Const(CONSTANTS[content])
        if len(content) == 1 and content.isalpha():
            return self.named(content)
        if content.lower().replace(".", "").replace(" ", "") in ("hc", "cc"):
            return Sym(content.lower().replace(".", "").replace(" ", ""), ("word",))
        if content.replace(" ", "").replace("-", "").isalpha() and len(content) > 1:
            # Only an operator name may be followed by its arguments; other words are products.
            return self.name(content, ("word",))
        inner = self.reread(content)
        if inner is None:
            raise Malformed(f"Cannot read the words {content[:40]!r} inside a formula.")
        return inner

    def _command(self) -> Node:
        if self.peek().text == "partial":
            derivative = self.inline_derivative()
            if derivative is not None:
                return derivative
        token = self.take()
        name = token.text
        if name in _FRACTIONS:
            return self._fraction()
        if name in _BINOMIALS:
            return func("binom", self.argument(), self.argument())
        if name == "sqrt":
            return self._root()
        if name in _BIG:
            return self.big(name)
        if name == "begin":
            return self.environment()
        if name in MARKS:
            return self._accent(name)
        if name in ("boxed", "fbox", "ensuremath", "mathop", "mathrel", "mathbin", "mathord"):
            return self.argument()
        if name == "langle":
            return self.angle()
        if name in ("lfloor", "lceil"):
            inner = self.relation()
            self.expect("rfloor" if name == "lfloor" else "rceil")
            return func("floor" if name == "lfloor" else "ceil", inner)
        if name == "Gamma" and self.peek().text == "(" and not self.declared("Gamma"):
            return self.function("gamma")
        if name == "zeta" and self.peek().text == "(" and not self.declared("zeta"):
            return self.function("zeta")
        if name in FUNCTIONS and name not in GREEK:
            if name in ("Re", "Im") and self.peek().text == "_":
                return self.named(name)
            return self.function(FUNCTIONS[name])
        if name == "partial" and self.peek().text == "_":
            return self.partial()
        if name == "nabla":
            return self.nabla()
        if name in CONSTANTS:
            return Const(CONSTANTS[name])
        if name in LETTERLIKE:
            return self.named("hbar" if name == "hslash" else name)
        if name in ("uparrow", "downarrow", "ast", "star", "circ", "top", "Box", "square"):
            return self.named(name)
        raise Unsupported(f"The command \\{name} is not known here.")

    def _fraction(self) -> Node:
        start = self.at
        derivative = self.derivative()
        if derivative is not None:
            return derivative
        self.at = start
        return div(self.argument(), self.argument())

    def _root(self) -> Node:
        degree: Node = number(2)
        if self.accept("["):
            degree = self.relation()
            self.expect("]")
        inner = self.bracketed() if self.peek().text == "(" else self.argument()
        return Pow(inner, div(number(1), degree))

    def argument(self) -> Node:
        """Reads the argument of a command: a group, one digit, or one atom."""
        token = self.peek()
        if token.kind == "open" and token.text == "{":
            return self.group()
        if token.kind == "num" and len(token.text) > 1:
            self.tokens[self.at : self.at + 1] = [
                Token("num", token.text[0]),
                Token("num", token.text[1:], run="glued"),
            ]
            return numeral(self.take().text)
        if token.kind == "num":
            return numeral(self.take().text)
        if token.kind == "let" and not self.plain:
            return self.letter_argument(self.take().text)
        return self.atom()

    def letter_argument(self, letter: str) -> Node:
        """Reads a single letter as TeX does for an unbraced argument."""
        if letter == "e" and not self.declared("e"):
            return E
        if letter == "i" and not self.declared("i"):
            return IMAGINARY
        return Sym(letter)

    def _accent(self, command: str) -> Node:
        mark = MARKS[command]
        start = self.at
        if mark == "bb":
            inside = self.raw_group()
            if len(inside) == 1 and inside[0].text in SETS and self.peek().text not in ("_", "^"):
                return Const(inside[0].text)
            if len(inside) == 1 and inside[0].kind == "let":
                return self.decorate(Sym(inside[0].text))
            if len(inside) == 1 and inside[0].text == "1":
                return number(1)
            self.at = start
        if (mark == "cal" and self.peek(1).text == "O") or (
            self.peek().text == "O" and mark == "cal"
        ):
            inside = self.raw_group()
            if [t.text for t in inside if t.text not in "{}"] == ["O"] and self.peek().text == "(":
                return func("O", self.bracketed())
            self.at = start
        if self.peek().kind == "let" and not self.plain:
            letter = self.take().text
            if mark == "bar" and (command == "overline" or letter in _CONJUGATED):
                return func("conj", self.decorate(Sym(letter)))
            return self.called(self.decorate(Sym(letter, (mark,))))
        if self.peek().kind == "text":
            return self.atom()
        inner = self.argument()
        if isinstance(inner, Num):
            return inner
        if inner in (IMAGINARY, E):
            letter = "i" if inner == IMAGINARY else "e"
            if mark == "vec" and command != "vec":
                return inner
            return self.called(self.decorate(Sym(letter, (mark,))))
        if (
            mark == "bar"
            and isinstance(inner, Sym)
            and (command == "overline" or inner.base in _CONJUGATED)
        ):
            return func("conj", self.decorate(inner))
        named = marked(inner, mark)
        if named is None:
            return func("conj", inner) if mark == "bar" else inner
        return self.called(self.decorate(named)) if isinstance(named, Sym) else named

    def function(self, name: str) -> Node:
        """Reads a function with its power, its base and its argument, bare or bracketed."""
        power: Node | None = None
        base: Node | None = None
        while self.peek().text in ("^", "_") and self.peek().kind == "op":
            if self.take().text == "^":
                power = self.exponent()
            else:
                base = self.argument()
        if name in ("log", "ln") and base is not None:
            inner = self.bracketed() if self.peek().text in ("(", "[") else self.bare()
            node: Node = func("log", inner, base)
        elif name in ("max", "min", "gcd", "lcm") or self.peek().text in ("(", "["):
            node = self._with_arguments(name, base)
        elif name in ("det", "trace", "re", "im", "arg", "sign"):
            node = func(name, self.power())
        else:
            node = func(name, self.bare())
        if power is None:
            return self.finish(node)
        if power == MINUS_ONE and name in _INVERTIBLE and isinstance(node, Func):
            return func(f"arc{name}", *node.args)
        return Pow(self.finish(node), power)

    def _with_arguments(self, name: str, base: Node | None) -> Node:
        inner = self.bracket(call=True)
        args = inner.items if isinstance(inner, Brackets) and len(inner.items) != 1 else (inner,)
        if base is not None and name in OF_AN_ORDER:
            args = (base, *args)
        if base is not None and name in ("max", "min"):
            raise Unsupported("An optimum over a variable is not evaluated here.")
        if name == "diff":
            return self.plain_derivative(args)
        return self.finish(func(name, *args))

    def finish(self, node: Node) -> Node:
        """Spells out functions that are short for others."""
        if not isinstance(node, Func):
            return node
        least, most = ARITIES.get(node.name, (1, 1))
        if not least <= len(node.args) <= most:
            raise Malformed(f"The function {node.name} does not take {len(node.args)} arguments.")
        match node.name, node.args:
            case "ln", (x,):
                return func("log", x)
            case "log10", (x,):
                return func("log", x, number(10))
            case "log2", (x,):
                return func("log", x, number(2))
            case "sqrt", (x,):
                return Pow(x, number(Fraction(1, 2)))
            case "exp", (x,):
                return Pow(E, x)
            case "sinc", (x,):
                return div(func("sin", x), x)
        return node
