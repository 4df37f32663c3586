"""Reads a text into a tree by recursive descent: lists of relations of sums of products.

The reader knows notation, not meaning: which names are operators, what a bracket of two items
denotes and which symbols are real are decided by whoever asked. Implicit multiplication binds
like an explicit one, so `a/bc` is `(a/b)c`; functions without brackets take the product that
follows, up to the next sum, bracket or function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.grading.bigops import Binders
from tools.grading.calls import Calls, daggered
from tools.grading.errors import Malformed, OverLimit, Unsupported
from tools.grading.items import Items
from tools.grading.limits import MAX_DEPTH, MAX_ITEMS, MAX_NODES
from tools.grading.tokens import Token, tokenize
from tools.grading.tree import (
    PI,
    Brackets,
    Func,
    Node,
    PlusMinus,
    Pow,
    Quantity,
    Relation,
    Sym,
    add,
    div,
    func,
    mul,
    neg,
    number,
)
from tools.grading.unit_text import unit_tokens
from tools.grading.vocabulary import FUNCTIONS, RELATIONS, SPIN_BASES
from tools.grading.walk import size

_PRODUCTS = frozenset({"cdot", "times", "ast", "otimes", "bullet", "wedge"})
_NOT_FACTORS = frozenset(
    [
        *RELATIONS,
        *_PRODUCTS,
        *"cup cap setminus backslash pm mp over choose rangle rfloor rceil end div".split(),
        *"bmod mod pmod lor land vee implies Rightarrow Leftrightarrow iff".split(),
    ]
)
_WORDS = frozenset({"and", "or", "mod", "if", "for", "where", "with", "div"})
_DEEPEST = 3 * MAX_DEPTH
_POSTFIXES = 8


class Parser(Items, Calls, Binders):
    """The whole grammar over one stream of tokens.

    Attributes:
        names: spellings declared as variables, which are then no constants or functions.
        functions: names declared as functions.
        families: letters of special functions with their order as a subscript.
    """

    def __init__(
        self,
        tokens: Sequence[Token],
        plain: bool = False,
        names: frozenset[str] = frozenset(),
        functions: frozenset[str] = frozenset(),
        families: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(tokens, plain)
        self.families = families or {}
        self.names = names
        self.functions = functions
        self.french = len(tokens) > 2 and tokens[-2].text == "["
        self.operators = frozenset(daggered(self.tokens))

    def _inner(self, tokens: list[Token]) -> Parser:
        end = Token("end", "")
        inner = Parser([*tokens, end], self.plain, self.names, self.functions, self.families)
        inner.bound = self.bound
        inner.depth = self.depth
        return inner

    def declared(self, name: str) -> bool:
        """Tells whether a spelling is a variable, declared or bound."""
        return name in self.names or name in self.bound

    def reread(self, text: str) -> Node | None:
        """Reads the content of a text box as a formula; None when it is none."""
        try:
            return self._inner(tokenize(text)[:-1]).whole()
        except (Malformed, Unsupported):
            return None

    def relation(self) -> Node:
        """Reads a chain of relations, or one expression."""
        sides = [self._sets()]
        ops: list[str] = []
        while True:
            token = self.peek()
            if token.text == ":" and self.peek(1).text == "=":
                self.at += 1
                continue
            if token.kind not in ("op", "cmd") or token.text not in RELATIONS:
                break
            self.at += 1
            op = RELATIONS[token.text]
            if op in ("<", ">") and self.peek().text == "=" and not self.peek().spaced:
                self.at += 1
                op += "="
            if self.peek().kind == "end":
                raise Malformed("A relation has no right side.")
            ops.append(op)
            sides.append(self._sets())
        return Relation(tuple(ops), tuple(sides)) if ops else sides[0]

    def _sets(self) -> Node:
        node = self.sum()
        count = 0
        while self.peek().text in ("cup", "cap", "setminus", "backslash"):
            count += 1
            if count > MAX_ITEMS:
                raise OverLimit(f"More than {MAX_ITEMS} sets are combined.")
            op = {"cup": "union", "cap": "intersection"}.get(self.take().text, "difference")
            node = func(op, node, self.sum())
        return node

    def sum(self) -> Node:
        """Reads a sum with its signs."""
        terms: list[Node] = []
        while True:
            sign = "+"
            token = self.peek()
            if token.text in ("+", "-", "pm", "mp") and token.kind in ("op", "cmd"):
                sign = self.take().text
            elif terms:
                break
            term = self.term()
            if sign == "-":
                term = neg(term)
            elif sign in ("pm", "mp"):
                term = PlusMinus(term, sign == "mp")
            terms.append(term)
        return add(*terms)

    def term(self) -> Node:
        """Reads a product, explicit or implicit."""
        factors = [self._unary()]
        while True:
            token = self.peek()
            if token.text == "*" or (token.kind == "cmd" and token.text in _PRODUCTS):
                self.at += 1
                right = self._unary()
                if token.text == "cdot" and _vector(factors[-1]) and _vector(right):
                    factors[-1] = func("dot", factors[-1], right)
                elif token.text == "times" and _vector(factors[-1]) and _vector(right):
                    factors[-1] = func("cross", factors[-1], right)
                else:
                    factors.append(right)
            elif token.text == "/" or (token.kind == "cmd" and token.text == "div"):
                self.at += 1
                factors = [div(mul(*factors), self._unary())]
            elif token.text in ("bmod", "mod", "pmod") and token.kind == "cmd":
                self.at += 1
                factors = [func("mod", mul(*factors), self._unary())]
            elif token.kind == "let" and token.run == "mod" and token.place == 0:
                self.at += 3
                factors = [func("mod", mul(*factors), self._unary())]
            elif (unit := unit_tokens(self.tokens, self.at, factors)) is not None:
                self.at = unit[1]
                factors = [Quantity(mul(*factors), unit[0])]
            elif self._starts_factor(token):
                self._refuse_glued(token)
                factors.append(self.power())
            else:
                return mul(*(_grouped(f) for f in factors)) if len(factors) > 1 else factors[0]

    def _refuse_glued(self, token: Token) -> None:
        """Refuses digits after digits, which are one number in print and a product in code."""
        braced = token.text == "{" and self.peek(1).kind == "num"
        if self.tokens[self.at - 1].kind == "num" and (
            (token.kind == "num" and not token.run) or braced
        ):
            raise Malformed("Two numbers stand side by side.")

    def _starts_factor(self, token: Token) -> bool:
        match token.kind:
            case "num":
                return True
            case "let":
                return not (token.place == 0 and token.run in _WORDS) and not self.at_differential()
            case "cmd":
                return token.text not in _NOT_FACTORS
            case "open":
                return not (self.french and token.text == "[" and self.at == len(self.tokens) - 2)
            case "text":
                word = token.text.strip(" ,.").lower()
                return word not in ("and", "or", "", ";", "if", "otherwise", "for", "when") and (
                    not self.at_differential()
                )
        return token.text == "|" and self.bars == 0

    def _unary(self) -> Node:
        # Every recursion of the grammar passes through here or through `power`.
        self.depth += 1
        if self.depth > _DEEPEST:
            raise OverLimit(f"The expression is nested deeper than {MAX_DEPTH}.")
        node = self._signed_power()
        self.depth -= 1
        return node

    def _signed_power(self) -> Node:
        token = self.peek()
        if token.kind == "op" and token.text in ("+", "-"):
            self.at += 1
            inner = self._unary()
            return neg(inner) if token.text == "-" else inner
        if token.kind == "cmd" and token.text in ("pm", "mp"):
            self.at += 1
            return PlusMinus(self._unary(), token.text == "mp")
        return self.power()

    def power(self) -> Node:
        """Reads an atom with its powers, factorials and percent signs."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise OverLimit(f"The expression is nested deeper than {MAX_DEPTH}.")
        node = self._differential_or_atom()
        for _ in range(_POSTFIXES):
            token = self.peek()
            if token.kind != "op" or token.text not in ("^", "!", "!!", "%"):
                self.depth -= 1
                return node
            if token.text == "^":
                self.at += 1
                node = self._raised(node)
            elif token.text in ("!", "!!"):
                self.at += 1
                node = func("factorial" if token.text == "!" else "factorial2", node)
            else:
                self.at += 1
                node = func("percent", node)
        raise OverLimit("Too many powers and factorials follow each other.")

    def _differential_or_atom(self) -> Node:
        if self.at_differential():
            variable = self.differential()
            return Sym(variable.base, ("differential",), variable.sub)
        return self.atom()

    def _raised(self, node: Node) -> Node:
        start = self.at
        content = [t for t in self.raw_group() if t.text not in ("{", "}")]
        words = [t.text.strip() for t in content]
        if words[:1] in (["dagger"], ["dag"], ["top"], ["ast"], ["*"], ["T"], ["intercal"]):
            named = {"dagger": "dagger", "dag": "dagger", "ast": "conj", "*": "conj"}
            name = named.get(words[0], "transpose")
            if name != "transpose" or words[0] != "T" or not isinstance(node, Sym):
                rest = self._inner(content[1:]) if len(content) > 1 else None
                node = func(name, node)
                return node if rest is None else Pow(node, rest.whole())
        if words == ["circ"]:
            return mul(node, PI, Pow(number(180), number(-1)))
        self.at = start
        return Pow(node, self.exponent())

    def exponent(self) -> Node:
        """Reads what stands after a caret; towers associate to the right."""
        token = self.peek()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise OverLimit(f"The expression is nested deeper than {MAX_DEPTH}.")
        if token.kind == "open" and token.text == "{":
            node = self.group()
        elif token.kind == "op" and token.text in ("+", "-"):
            self.at += 1
            inner = self.exponent()
            node = neg(inner) if token.text == "-" else inner
        elif token.kind == "let" and not self.plain:
            node = self.letter_argument(self.take().text)
        else:
            node = self.atom()
        if self.accept("^"):
            node = Pow(node, self.exponent())
        self.depth -= 1
        return node

    def bare(self) -> Node:
        """Reads a function argument without brackets."""
        if self.peek().text == "{" and self.peek().kind == "open":
            return self.group()
        if self.peek().text == "\\{":
            return self.bracket(call=True)
        if self.peek().kind == "op" and self.peek().text == "-":
            self.at += 1
            return neg(self.bare())
        factors = [self.power()]
        while self._starts_factor(token := self.peek()):
            if token.kind in ("open", "num", "text") or token.text == "|":
                break
            if token.kind in ("let", "cmd") and self._stops_argument(token):
                break
            factors.append(self.power())
        return mul(*factors)

    def _stops_argument(self, token: Token) -> bool:
        if token.kind == "cmd":
            return (token.text in FUNCTIONS and token.text not in ("gamma", "beta", "zeta")) or (
                token.text in ("sum", "int", "prod", "lim", "langle", "left")
            )
        if token.text == "e" and self.peek(1).text == "^" and not self.declared("e"):
            return True
        return self._is_function(self._word(), len(self._word()))


def _vector(node: Node) -> bool:
    if isinstance(node, Func) and node.name == "dagger":
        return _vector(node.args[0])
    return isinstance(node, Sym) and (
        "vec" in node.marks or (node.base in SPIN_BASES and not node.sup)
    )


def _grouped(node: Node) -> Node:
    """Reads braces around one item inside a product as a mere group."""
    if isinstance(node, Brackets) and node.left == "\\{" and len(node.items) == 1:
        return node.items[0]
    return node


def parse(
    text: str,
    names: frozenset[str] = frozenset(),
    functions: frozenset[str] = frozenset(),
    families: Mapping[str, str] | None = None,
) -> Node:
    """Reads LaTeX or plain code syntax into a tree.

    Args:
        text: the formula, without prose.
        names: spellings that are variables even where notation suggests a constant or function.
        functions: names that are functions of the bracket that follows them.
        families: letters of special functions, such as J, and the names of these.

    Raises:
        Malformed: when the text is no well formed formula.
        Unsupported: when it uses notation that is not known here.
        OverLimit: when it is too long, too deep or too large.
    """
    tokens = tokenize(text)
    plain = "\\" not in text and "*" in text
    parser = Parser(tokens, plain, names, functions, families)
    try:
        node = parser.listing()
    except RecursionError:
        raise OverLimit("The expression is nested too deeply.") from None
    if parser.peek().kind != "end":
        raise Malformed(f"Cannot read past {parser.shown()}.")
    if size(node) > MAX_NODES:
        raise OverLimit(f"The expression has more than {MAX_NODES} parts.")
    return node
