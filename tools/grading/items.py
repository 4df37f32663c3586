"""Reads several answers side by side, and what separates them."""

from __future__ import annotations

from tools.grading.brackets import Rules
from tools.grading.errors import Malformed
from tools.grading.tree import Listing, Node


class Items(Rules):
    """A cursor that reads lists of relations."""

    def listing(self) -> Node:
        """Reads items separated by commas, semicolons, new lines or the words and, or."""
        groups: list[list[Node]] = [[]]
        marks: set[str] = set()
        while True:
            while self.peek().kind == "gap":
                self.at += 1
            if not self._listing_ends():
                groups[-1].append(self.relation())
            separator = self._separator()
            if separator is None:
                break
            marks.add(separator)
            if separator == ";":
                groups.append([])
        kept = [group for group in groups if group]
        if not kept:
            raise Malformed("There is nothing to read.")
        items = [group[0] if len(group) == 1 else Listing(tuple(group), ",") for group in kept]
        if len(items) == 1:
            only = items[0]
            if isinstance(only, Listing):
                word = ":" if ":" in marks else "or" if "or" in marks else ","
                return Listing(only.items, word)
            return only
        return Listing(tuple(items), ";")

    def _listing_ends(self) -> bool:
        token = self.peek()
        if token.text == "]" and self.at == 0:
            return False
        return token.kind in ("end", "close") or token.text in ("end", "rangle")

    def _separator(self) -> str | None:
        found: str | None = None
        while True:
            token = self.peek()
            word = token.text.strip(" ,.").lower() if token.kind == "text" else ""
            if token.kind in ("gap", "newline"):
                mark = ";" if token.kind == "newline" else ","
            elif token.kind == "op" and token.text in (",", ";", ":"):
                mark = token.text
            elif token.kind == "op" and token.text in (".", "?") and self.peek(1).kind == "end":
                mark = ","
            elif token.kind == "text" and word in ("and", "or", "", ";", "and/or"):
                mark = ";" if word == ";" else "or" if word == "or" else ","
            elif token.kind == "let" and token.run in ("and", "or") and token.place == 0:
                self.at += len(token.run) - 1
                mark = "or" if token.run == "or" else ","
            elif token.kind == "cmd" and token.text in ("lor", "vee", "land", "wedge"):
                mark = "or" if token.text in ("lor", "vee") else ","
            else:
                return found
            self.at += 1
            if found is None or found == "," or mark == ";":
                found = mark
