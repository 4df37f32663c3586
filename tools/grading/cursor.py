"""A position in a token stream, and the index pieces read from raw tokens."""

from __future__ import annotations

from collections.abc import Sequence

from tools.grading.errors import Malformed
from tools.grading.tokens import END, Token, tokenize


class Cursor:
    """Looks at and takes tokens one after another.

    Attributes:
        tokens: the tokens, the last of which is END.
        at: the position of the next token.
        plain: whether the text is plain code syntax rather than LaTeX.
    """

    def __init__(self, tokens: Sequence[Token], plain: bool) -> None:
        self.tokens = list(tokens)
        self.at = 0
        self.plain = plain

    def peek(self, ahead: int = 0) -> Token:
        """Shows the token `ahead` places on, END past the end."""
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def take(self) -> Token:
        """Takes the next token."""
        token = self.peek()
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        """Takes the next token when it is this operator, bracket or command."""
        token = self.peek()
        if token.text == text and token.kind in ("op", "open", "close", "cmd"):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Takes the next token, which must be `text`.

        Raises:
            Malformed: when something else stands there.
        """
        if not self.accept(text):
            raise Malformed(f"Expected {text!r} but found {self.shown()}.")

    def shown(self) -> str:
        """Names the next token for an error message."""
        token = self.peek()
        return "the end" if token.kind == "end" else repr(token.text)

    def closing(self, start: int) -> int:
        """Finds the token that closes the brace group opened at `start`.

        Raises:
            Malformed: when the group is never closed.
        """
        depth = 0
        for place in range(start, len(self.tokens)):
            text, kind = self.tokens[place].text, self.tokens[place].kind
            depth += (kind == "open" and text == "{") - (kind == "close" and text == "}")
            if depth == 0:
                return place
        raise Malformed("A brace is opened and never closed.")

    def raw_group(self) -> list[Token]:
        """Takes a brace group, or one token, and returns its tokens unread."""
        if self.peek().text == "{" and self.peek().kind == "open":
            end = self.closing(self.at)
            inside = self.tokens[self.at + 1 : end]
            self.at = end + 1
            return inside
        token = self.take()
        if token.kind == "end":
            raise Malformed("The text ends where a group was expected.")
        if token.kind == "let" and self.plain:
            taken = [token]
            while self.peek().kind == "let" and self.peek().place == taken[-1].place + 1:
                taken.append(self.take())
            return taken
        return [token]


def pieces(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Cuts raw index tokens into pieces: `i,\\sigma` and `i\\sigma` give the same two.

    A piece with arithmetic in it stays whole, so that `n-1` is one index.
    """
    groups: list[list[str]] = [[]]
    for token in tokens:
        if token.text == "," and token.kind == "op":
            groups.append([])
        elif token.kind == "text":
            try:
                inner = tokenize(token.text)[:-1]
            except Malformed:
                inner = []
            if inner and all(t.kind == "let" for t in inner):
                groups[-1].append("".join(t.text for t in inner))
            else:
                groups[-1].append("".join(t.text for t in inner))
        elif token.kind == "let" and token.place and groups[-1] and token.run in _WORDS:
            groups[-1][-1] += token.text
        elif token.kind in ("gap", "newline"):
            groups.append([])
        elif (token.kind in ("open", "close") and token.text in "{}") or (
            token.kind == "cmd" and token.text in ("mathbf", "mathcal", "boldsymbol", "vec", "hat")
        ):
            continue
        else:
            groups[-1].append(token.text)
    out: list[str] = []
    for group in groups:
        if any(part in ("+", "-", "/", "*", "=", "^", "<", ">", "(", "[", "|") for part in group):
            arrows = [p for p in group if p in ("uparrow", "downarrow")]
            out.append("".join(p for p in group if p not in arrows))
            out.extend(arrows)
        else:
            out.extend(group)
    return tuple(part for part in out if part)


_WORDS = frozenset(
    "max min eff tot ext int kin pot crit hop gap ideal bulk edge free loc avg cl qu lat ph el imp "
    "MF HF FM AF AFM BCS GS RPA CDW SDW SC".split()
)
"""Runs of letters in an index that are one word even without a font."""
