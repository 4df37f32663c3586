"""Reads the bracket after a name: the arguments of a function, or the label of an operator."""

from __future__ import annotations

from collections.abc import Sequence

from tools.grading.brackets import Rules
from tools.grading.tokens import Token
from tools.grading.tree import Apply, Brackets, Func, Node, Sym, func

_CONVENTIONAL = frozenset({"f", "g", "h"})


class Calls(Rules):
    """A cursor that tells calls and labels from products.

    Attributes:
        functions: names declared as functions.
        operators: letters that carry a dagger somewhere in the text.
    """

    functions: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()

    def called(self, node: Node) -> Node:
        """Reads the arguments of a name that is a function, or the label of an operator."""
        token = self.peek()
        if token.text != "(" or token.kind != "open" or token.spaced:
            return node
        symbol = node.args[0] if isinstance(node, Func) and node.name == "dagger" else node
        if not isinstance(symbol, Sym):
            return node
        if symbol.base in self.functions or (
            symbol.base in _CONVENTIONAL and not self.declared(symbol.base) and symbol == node
        ):
            inner = self.bracket(call=True)
            args = inner.items if isinstance(inner, Brackets) else (inner,)
            return Apply(symbol, args)
        if symbol.base in self.operators:
            label = self._label()
            if label is not None:
                labelled = Sym(symbol.base, symbol.marks, (*symbol.sub, f"({label})"), symbol.sup)
                if symbol is node:
                    return self.decorate(labelled)
                return func("dagger", labelled)
        return node

    def _label(self) -> str | None:
        """Takes a bracket after an operator when it is a label such as a momentum."""
        out: list[str] = []
        for place in range(self.at + 1, len(self.tokens)):
            token = self.tokens[place]
            if token.text == ")" and out:
                self.at = place + 1
                return "".join(out)
            simple = token.kind in ("let", "num", "cmd") or token.text in "+-_,{}'"
            if not simple or token.text in self.operators or token.text in ("frac", "dagger"):
                return None
            if token.text not in ("{", "}", "mathbf", "vec", "boldsymbol"):
                out.append(token.text)
        return None


def daggered(tokens: Sequence[Token]) -> set[str]:
    """Lists the letters that carry a dagger somewhere; they are operators everywhere."""
    found: set[str] = set()
    for place, token in enumerate(tokens):
        if token.kind == "cmd" and token.text in ("dagger", "dag"):
            back = place - 1
            while back >= 0 and tokens[back].text in ("^", "{"):
                back -= 1
            # Step over a subscript that stands between the letter and its dagger.
            probe = back
            if probe >= 0 and tokens[probe].text == "}":
                depth = 0
                while probe >= 0:
                    depth += (tokens[probe].text == "}") - (tokens[probe].text == "{")
                    probe -= 1
                    if depth == 0:
                        break
            else:
                probe -= 1
            if probe >= 1 and tokens[probe].text == "_":
                found.add(tokens[probe - 1].text)
            elif back >= 0 and tokens[back].kind == "let":
                found.add(tokens[back].text)
    return found
