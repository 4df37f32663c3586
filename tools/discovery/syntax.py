"""A typed syntax tree of a program: which production was chosen where, and with which numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Number = int | float
Place = tuple[str, ...]
"""Where a node stands: the names of the slots on the way from the root."""


@dataclass(frozen=True)
class Node:
    """A chosen production and what fills it.

    Attributes:
        kind: the nonterminal, which is the type of the node.
        choice: the production chosen for it.
        children: a node for each slot of the production.
        constants: a number for each constant of the production.
    """

    kind: str
    choice: str
    children: Mapping[str, Node] = field(default_factory=dict)
    constants: Mapping[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", MappingProxyType(dict(self.children)))
        object.__setattr__(self, "constants", MappingProxyType(dict(self.constants)))

    def __hash__(self) -> int:
        return hash(self.dumps())

    def walk(self, place: Place = ()) -> Iterator[tuple[Place, Node]]:
        """Yields every node with its place, parents before children."""
        yield place, self
        for slot, child in self.children.items():
            yield from child.walk((*place, slot))

    def at(self, place: Place) -> Node:
        """Returns the node at a place."""
        node = self
        for slot in place:
            node = node.children[slot]
        return node

    def put(self, place: Place, node: Node) -> Node:
        """Returns a tree with the node at a place exchanged."""
        if not place:
            return node
        slot, *rest = place
        changed = {**self.children, slot: self.children[slot].put(tuple(rest), node)}
        return Node(self.kind, self.choice, changed, self.constants)

    @property
    def count(self) -> int:
        """The number of nodes."""
        return sum(1 for _ in self.walk())

    @property
    def height(self) -> int:
        """The number of nodes on the longest way down, 1 for a leaf."""
        return 1 + max((child.height for child in self.children.values()), default=0)

    def plain(self) -> dict[str, Any]:
        """Returns the tree as plain JSON data; empty parts are left out."""
        made: dict[str, Any] = {"kind": self.kind, "choice": self.choice}
        if self.constants:
            made["constants"] = dict(self.constants)
        if self.children:
            made["children"] = {slot: child.plain() for slot, child in self.children.items()}
        return made

    def dumps(self) -> str:
        """Returns the tree as JSON text that `loads` reads back unchanged."""
        return json.dumps(self.plain(), indent=1) + "\n"


def loads(text: str) -> Node:
    """Reads a tree from JSON text.

    Whether it obeys a grammar is for `Grammar.check` to say.

    Raises:
        ValueError: when the text is no tree.
    """
    try:
        return _node(json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"the text is no syntax tree: {error!r}") from error


def _node(plain: Any) -> Node:
    constants = dict(plain.get("constants", {}))
    if not all(type(value) in (int, float) for value in constants.values()):
        raise ValueError("the text is no syntax tree: a constant is not a number")
    children = {slot: _node(child) for slot, child in dict(plain.get("children", {})).items()}
    kind, choice = plain["kind"], plain["choice"]
    if not (isinstance(kind, str) and isinstance(choice, str)):
        raise ValueError("the text is no syntax tree: kind and choice must be names")
    return Node(kind, choice, children, constants)
