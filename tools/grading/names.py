"""Reads one name with its accents, subscripts, primes and name-like superscripts."""

from __future__ import annotations

from dataclasses import replace

from tools.grading.cursor import Cursor, pieces
from tools.grading.errors import Malformed
from tools.grading.tokens import Token
from tools.grading.tree import Func, Node, Sym, func
from tools.grading.vocabulary import SPIN_BASES

_DAGGERS = frozenset({"dagger", "dag", "ddagger", "dg"})
_STARS = frozenset({"*", "ast", "star"})
_PRIMES = frozenset({"prime", "'"})
_COMPONENTS = frozenset({"x", "y", "z", "+", "-", "pm", "mp"})
_GREEK_COMPONENTS = frozenset({"alpha", "beta", "gamma", "mu", "nu", "a", "b", "c"})


class Names(Cursor):
    """A cursor that can finish a name it has seen the first letter of."""

    def name(self, base: str, marks: tuple[str, ...] = ()) -> Node:
        """Reads what hangs on a name: subscripts, primes, daggers, stars, components.

        A superscript that is none of these is a power and stays for the caller, unless a
        subscript follows it, as in `c^2_i`.
        """
        return self.decorate(Sym(base, marks))

    def decorate(self, symbol: Sym) -> Node:
        """Reads what hangs on a name that may already carry accents and subscripts."""
        wrappers: list[str] = []
        while True:
            token = self.peek()
            if token.text == "'" and token.kind == "op":
                self.at += 1
                symbol = replace(symbol, marks=(*symbol.marks, "prime"))
            elif token.text == "_" and token.kind == "op":
                self.at += 1
                index = pieces(self.raw_group())
                if not index:
                    raise Malformed("A subscript is empty.")
                symbol = replace(symbol, sub=(*symbol.sub, *index))
            elif token.text == "^" and token.kind == "op":
                taken = self._superscript(symbol, wrappers)
                if taken is None:
                    break
                symbol = taken
            elif token.text in _DAGGERS and token.kind == "cmd":
                self.at += 1
                wrappers.append("dagger")
            else:
                break
        node: Node = symbol
        for wrapper in wrappers:
            node = func(wrapper, node)
        return node

    def _superscript(self, symbol: Sym, wrappers: list[str]) -> Sym | None:
        """Takes a superscript that belongs to the name; leaves a power where it is."""
        start = self.at
        self.at += 1
        content = [t for t in self.raw_group() if t.text not in ("{", "}")]
        found = _split(symbol, content)
        if found is None:
            self.at = start
            return self._late_subscript(symbol)
        sup, more, rest = found
        wrappers.extend(more)
        if rest:
            # The exponent of c^{\dagger 2} goes back into the stream as a power.
            brace = Token("open", "{"), Token("close", "}")
            power = [Token("op", "^"), brace[0], *rest, brace[1]]
            self.tokens[self.at : self.at] = power
        if "prime" in sup:
            primes = tuple("prime" for part in sup if part == "prime")
            symbol = replace(symbol, marks=(*symbol.marks, *primes))
            sup = tuple(part for part in sup if part != "prime")
        return replace(symbol, sup=(*symbol.sup, *sup))

    def _late_subscript(self, symbol: Sym) -> Sym | None:
        """Moves a subscript that stands after a power, as in `x^2_i`, before the power."""
        start = self.at
        self.at += 1
        self.raw_group()
        end = self.at
        if not (self.peek().text == "_" and self.peek().kind == "op"):
            self.at = start
            return None
        power = self.tokens[start:end]
        self.at += 1
        index = pieces(self.raw_group())
        self.tokens[start : self.at] = power
        self.at = start
        return replace(symbol, sub=(*symbol.sub, *index))


def _split(
    symbol: Sym, content: list[Token]
) -> tuple[tuple[str, ...], list[str], list[Token]] | None:
    """Tells name-like superscripts from powers.

    Returns:
        Name pieces, wrapping functions, and tokens of a power that followed; or None when the
        whole superscript is a power.
    """
    if not content:
        raise Malformed("A superscript is empty.")
    sup: list[str] = []
    wrappers: list[str] = []
    place = 0
    while place < len(content):
        token = content[place]
        last = place == len(content) - 1
        if token.text in _DAGGERS and token.kind == "cmd":
            wrappers.append("dagger")
        elif token.text in _STARS and (last or token.kind == "cmd") and token.kind in ("op", "cmd"):
            wrappers.append("conj")
        elif token.text in _PRIMES:
            sup.append("prime")
        elif token.text == "," and wrappers:
            pass
        elif (
            (token.text in ("+", "-") and len(content) == 1)
            or (symbol.base in SPIN_BASES and token.text in _COMPONENTS and len(content) == 1)
            or (symbol.base in ("sigma", "S", "tau") and token.text in _GREEK_COMPONENTS and last)
        ):
            sup.append(token.text)
        elif token.kind == "text" and len(content) == 1 and token.text.strip() not in ("T", "t"):
            sup.append(token.text.strip())
        elif token.text in ("uparrow", "downarrow") or (token.text in ("pm", "mp") and last):
            sup.append(token.text)
        elif token.text == "(" and place == 0 and content[-1].text == ")":
            return ("(" + "".join(t.text for t in content[1:-1]) + ")",), [], []
        elif place and (wrappers or sup):
            return tuple(sup), wrappers, content[place:]
        else:
            return None
        place += 1
    return tuple(sup), wrappers, []


def marked(node: Node, mark: str) -> Node | None:
    """Puts an accent on a name, below its dagger or star; None when it is no name."""
    if isinstance(node, Sym):
        return node if mark in node.marks else replace(node, marks=(*node.marks, mark))
    if isinstance(node, Func) and node.name in ("dagger", "conj"):
        inner = marked(node.args[0], mark)
        return None if inner is None else func(node.name, inner)
    return None
