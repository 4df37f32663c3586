"""Reads what binds a variable: sums, products, integrals, limits and derivatives."""

from __future__ import annotations

from tools.grading.atoms import Atoms
from tools.grading.cursor import pieces
from tools.grading.errors import Malformed, Unsupported
from tools.grading.glyphs import GREEK
from tools.grading.tokens import Token
from tools.grading.tree import (
    Apply,
    Binder,
    Deriv,
    Mul,
    Node,
    Num,
    Sym,
    mul,
    number,
)

_KINDS = {"sum": "sum", "prod": "product", "int": "integral", "intop": "integral", "lim": "limit"}
_GREEK = frozenset(GREEK)


class Binders(Atoms):
    """A cursor that reads sums, products, integrals, limits and derivatives."""

    integrals: int = 0
    depth: int = 0
    bound: tuple[str, ...] = ()

    def big(self, name: str) -> Node:
        """Reads a sum, product, integral or limit after its command."""
        kind = _KINDS[name]
        below: list[Token] | None = None
        upper: Node | None = None
        while self.peek().text in ("_", "^") and self.peek().kind == "op":
            if self.take().text == "_":
                below = self.raw_group()
            elif kind in ("sum", "product", "integral"):
                upper = self.argument()
            else:
                raise Malformed("A limit takes no upper bound.")
        if kind == "integral":
            return self._integral(below, upper)
        variables, lower = self._below(kind, below or [])
        outer, self.bound = self.bound, (*self.bound, *(v.base for v in variables))
        body = self.term()
        self.bound = outer
        node = body
        for variable in reversed(variables):
            node = Binder(kind, node, variable, lower, upper)
        return node

    def _inner(self, tokens: list[Token]) -> Binders:
        """Makes a cursor of the same kind over some raw tokens."""
        raise NotImplementedError

    def _below(self, kind: str, tokens: list[Token]) -> tuple[list[Sym], Node | None]:
        if not tokens:
            return [Sym("", ("unnamed",))], None
        texts = [t.text for t in tokens]
        splitter = next((s for s in ("=", "to", "rightarrow", "->") if s in texts), None)
        if splitter is not None:
            place = texts.index(splitter)
            head = self._inner(tokens[:place])
            variable = head.letter()
            rest = [t for t in tokens[place + 1 :] if t.text not in ("^",) or kind != "limit"]
            if kind == "limit" and rest and rest[-1].text in ("+", "-") and len(rest) > 1:
                rest = rest[:-1]
            return [variable], self._inner(rest).whole()
        names = pieces(tokens)
        simple = [t for t in tokens if t.text not in (",", "{", "}")]
        if all(t.kind == "let" or t.text in _GREEK for t in simple) and len(names) == len(simple):
            return [Sym(name) for name in names], None
        return [Sym("".join(texts), ("range",))], None

    def letter(self) -> Sym:
        """Reads the whole stream as one name."""
        token = self.take()
        if token.kind not in ("let", "cmd"):
            raise Malformed("Expected the name of a bound variable.")
        node = self.name(token.text)
        if not isinstance(node, Sym) or self.peek().kind != "end":
            raise Malformed("Expected the name of a bound variable.")
        return node

    def whole(self) -> Node:
        """Reads the whole stream as one relation."""
        node = self.relation()
        if self.peek().kind != "end":
            raise Malformed(f"Cannot read past {self.shown()}.")
        return node

    def at_differential(self) -> bool:
        """Tells whether a differential such as `dx` starts here, inside an integral."""
        token = self.peek()
        is_d = (token.kind == "let" and token.text == "d") or (
            token.kind == "text" and token.text.strip() == "d"
        )
        if not (self.integrals and is_d):
            return False
        following = self.peek(1)
        if following.text == "^" and self.peek(2).kind == "num":
            following = self.peek(3)
        return (
            following.kind == "let"
            or following.text in _GREEK
            or following.text
            in (
                "mathbf",
                "vec",
            )
        )

    def differential(self) -> Sym:
        """Takes a differential and returns its variable."""
        self.take()
        if self.peek().text == "^":
            raise Unsupported("Multiple integrals in one differential are not read here.")
        token = self.take()
        if token.kind == "cmd" and token.text not in _GREEK:
            raise Unsupported("Integrals over vectors are not read here.")
        node = self.name(token.text)
        if not isinstance(node, Sym):
            raise Malformed("Expected the variable of an integral.")
        return node

    def _integral(self, below: list[Token] | None, upper: Node | None) -> Node:
        lower = self._inner(below).whole() if below else None
        self.integrals += 1
        variable: Sym | None = None
        if self.at_differential():
            variable = self.differential()
            body = self.sum() if not self._ends() else number(1)
        else:
            body = self.sum()
            if self.at_differential():
                variable = self.differential()
            else:
                body, variable = _pull_differential(body)
        self.integrals -= 1
        if variable is None:
            raise Malformed("An integral without a differential.")
        return Binder("integral", body, variable, lower, upper)

    def _ends(self) -> bool:
        return self.peek().kind in ("end", "close", "newline", "gap") or self.peek().text in ",;="

    def sum(self) -> Node:
        """Reads a sum."""
        raise NotImplementedError

    def derivative(self) -> Node | None:
        """Reads a derivative written as a fraction; None when the fraction is no derivative."""
        if self.peek().text != "{":
            return None
        top = self.raw_group()
        if self.peek().text != "{":
            return None
        return self._derived(top, self.raw_group())

    def inline_derivative(self) -> Node | None:
        """Reads a derivative written with a slash, as in dE/dk, from its first d on.

        None, and nothing read, when what stands here is none.
        """
        sign, k = _text(self.peek()), 1
        if self.peek(k).text == "^":
            k += 2
        if self.peek(k).kind in ("let", "cmd"):
            k += 1
        slash = k
        if self.peek(slash).text != "/" or self.peek(slash).kind != "op":
            return None
        k += 1
        while _text(self.peek(k)) == sign and self.peek(k + 1).kind in ("let", "cmd"):
            k += 2
            if self.peek(k).text == "^" and self.peek(k + 1).kind == "num":
                k += 2
        if k == slash + 1:
            return None
        start = self.at
        self.at += k
        found = self._derived(
            self.tokens[start : start + slash], self.tokens[start + slash + 1 : self.at]
        )
        if found is None:
            self.at = start
        return found

    def _derived(self, top: list[Token], bottom: list[Token]) -> Node | None:
        sign = _differential_sign(top)
        if sign is None or not bottom or _text(bottom[0]) != sign:
            return None
        order = 1
        rest = top[1:]
        if rest and rest[0].text == "^":
            inner = self._inner(rest[1:])
            power = inner.argument()
            if not isinstance(power, Num):
                return None
            order, rest = int(power.value), rest[1 + inner.at :]
        variables = self._variables(bottom, sign)
        if variables is None or sum(n for _, n in variables) != order or order > 8:
            return None
        body = self._inner(rest).whole() if rest else self.term()
        for variable, count in variables:
            body = Deriv(body, variable, count)
        return body

    def _variables(self, tokens: list[Token], sign: str) -> list[tuple[Node, int]] | None:
        inner = self._inner(tokens)
        out: list[tuple[Node, int]] = []
        while inner.peek().kind != "end":
            if _text(inner.take()) != sign or inner.peek().kind not in ("let", "cmd"):
                return None
            base = inner.take().text
            if base in ("overline", "bar", "mathbf", "vec"):
                inner.at -= 1
                node = inner.atom()
            else:
                node = inner.name(base)
            count = 1
            if inner.accept("^"):
                power = inner.argument()
                if not isinstance(power, Num) or power.value.denominator != 1:
                    return None
                count = int(power.value)
            out.append((node, count))
        return out or None

    def nabla(self) -> Node:
        """Reads a gradient, divergence, curl or Laplacian of the factor that follows.

        As functions the grader knows nothing about, so that none of them is another, nor commutes
        with a factor.
        """
        head = "nabla"
        if self.accept("^"):
            power = self.exponent()
            if not isinstance(power, Num):
                raise Unsupported("The power of a nabla must be a number.")
            head += f"^{power.value}"
        for product in ("cdot", "times"):
            if self.accept(product):
                head += f" {product}"
        start = self.at
        try:
            return Apply(Sym(head), (self.power(),))
        except Malformed:
            self.at = start
            return self.named(head)

    def partial(self) -> Node:
        """Reads `\\partial_x` applied to the product that follows."""
        self.expect("_")
        inner = self._inner(self.raw_group())
        variable = inner.letter()
        order = 1
        if self.accept("^"):
            power = self.exponent()
            if not isinstance(power, Num) or power.value.denominator != 1 or power.value > 8:
                raise Unsupported("The order of a derivative must be a small number.")
            order = int(power.value)
        return Deriv(self.term(), variable, order)

    def plain_derivative(self, args: tuple[Node, ...]) -> Node:
        """Makes a derivative from the arguments of `diff`."""
        if len(args) < 2:
            raise Malformed("A derivative needs a function and a variable.")
        node = args[0]
        for variable in args[1:]:
            if isinstance(variable, Num) and isinstance(node, Deriv):
                node = Deriv(node.body, node.var, min(8, int(variable.value)))
            else:
                node = Deriv(node, variable)
        return node


def _text(token: Token) -> str:
    return token.text.strip()


def _differential_sign(tokens: list[Token]) -> str | None:
    if tokens and _text(tokens[0]) in ("d", "partial") and tokens[0].kind in ("let", "cmd", "text"):
        return _text(tokens[0])
    return None


def _pull_differential(body: Node) -> tuple[Node, Sym | None]:
    """Takes `dx` out of an integrand such as `\\frac{dx}{x}`."""
    factors = body.factors if isinstance(body, Mul) else (body,)
    for place, factor in enumerate(factors):
        if isinstance(factor, Sym) and factor.marks == ("differential",):
            rest = factors[:place] + factors[place + 1 :]
            return mul(*rest), Sym(factor.base, (), factor.sub)
    return body, None
