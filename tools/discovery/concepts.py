"""The concept tree: what programs are made of, from the general to the special.

It grows as programs reveal new concepts. Two names that mean the same are one node: siblings merge
when their names agree after normalisation or through the table of synonyms.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tools.errors import BadInput

ROOT = 0
MAX_DEPTH = 8  # a path longer than this is a sentence, not a concept
MAX_NAME = 80

Path = tuple[str, ...]


@dataclass(frozen=True)
class Concept:
    """A node of the tree.

    Attributes:
        id: position in the order of discovery; the root is 0.
        name: as first given, with outer blanks removed.
        description: a line for people and prompts; may be empty.
        parent: id of the parent; the root is its own.
        depth: number of edges to the root.
    """

    id: int
    name: str
    description: str
    parent: int
    depth: int


def normalise(name: str) -> str:
    """Returns the form under which names are compared: case, accents of width and separators go.

    `Hill-Climbing`, `hill_climbing` and ` hill  climbing ` are one name.
    """
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", name)).strip().casefold()


@cache
def default_synonyms() -> Mapping[str, str]:
    """Returns the shipped table, normalised name -> normalised name that it stands for."""
    text = files("tools.discovery").joinpath("synonyms.toml").read_text("utf-8")
    groups: dict[str, list[str]] = tomllib.loads(text)["synonyms"]
    return {normalise(word): normalise(name) for name, words in groups.items() for word in words}


class ConceptTree:
    """A growing rooted tree of concepts; node 0 is the root, which every program has."""

    def __init__(self, synonyms: Mapping[str, str] | None = None) -> None:
        """Makes a tree that holds only its root.

        Args:
            synonyms: name -> name it stands for, wherever in the tree; None: the shipped table.
        """
        given = default_synonyms() if synonyms is None else synonyms
        self._synonyms = {normalise(word): normalise(name) for word, name in given.items()}
        self._nodes = [Concept(ROOT, "", "", ROOT, 0)]
        self._parents = [ROOT]
        self._children: list[list[int]] = [[]]
        self._by_name: dict[tuple[int, str], int] = {}
        self._seen: dict[Path, frozenset[int]] = {}  # closures of paths as spelled

    def __len__(self) -> int:
        return len(self._nodes)

    def node(self, id: int) -> Concept:
        """Returns a node.

        Raises:
            BadInput: if there is none of this id.
        """
        if not 0 <= id < len(self._nodes):
            raise BadInput(
                f"Concept {id} is not in the tree.", f"Ids run from 0 to {len(self._nodes) - 1}."
            )
        return self._nodes[id]

    @property
    def parents(self) -> Sequence[int]:
        """The parent of every node by id; the root is its own."""
        return self._parents

    def parent(self, id: int) -> int:
        """Returns the parent's id; the root is its own parent."""
        return self.node(id).parent

    def children(self, id: int) -> Sequence[int]:
        """Returns the ids of the children in the order of discovery."""
        self.node(id)
        return self._children[id]

    def path(self, id: int) -> Path:
        """Returns the names from below the root down to the node; empty for the root."""
        names = []
        node = self.node(id)
        while node.id != ROOT:
            names.append(node.name)
            node = self._nodes[node.parent]
        return tuple(reversed(names))

    def find(self, path: Sequence[str]) -> int | None:
        """Returns the id of the node a path leads to, or None."""
        at: int | None = ROOT
        for name in path:
            at = None if at is None else self._by_name.get((at, self._key(name)))
        return at

    def add(self, path: Sequence[str], description: str = "") -> int:
        """Adds the last concept of a path below its existing parent; returns the node's id.

        A concept that is there already, under this name or a synonym, is returned as it is.

        Raises:
            BadInput: if the parent is unknown, the path empty or too long, or a name unusable.
        """
        if not path:
            raise BadInput("A concept path is empty.", "Give at least one name.")
        above = self.find(path[:-1])
        if above is None:
            raise BadInput(
                f"Concept path {'/'.join(path)}: its parent {'/'.join(path[:-1])} is not in the"
                " tree.",
                "Add the parent first, or use close(), which adds whole paths.",
            )
        return self._add_below(above, path[-1], description)

    def close(self, paths: Iterable[Sequence[str]]) -> frozenset[int]:
        """Adds what is new of some paths and returns all their nodes, without the root.

        The result is closed under ancestors: with a node it holds the node's parent. Paths are
        gone through in the given order, those of a set in alphabetical order, so ids replay.

        Raises:
            BadInput: as `add`; nothing of the offending path is added then.
        """
        nodes: set[int] = set()
        for path in sorted(paths) if isinstance(paths, Set) else paths:
            spelled = tuple(path)
            known = self._seen.get(spelled)
            if known is None:
                self._check(spelled)
                at, line = ROOT, []
                for name in spelled:
                    at = self._add_below(at, name, "")
                    line.append(at)
                known = self._seen[spelled] = frozenset(line)
            nodes |= known
        return frozenset(nodes)

    def closure(self, ids: Iterable[int]) -> frozenset[int]:
        """Returns some nodes and all their ancestors, without the root."""
        nodes: set[int] = set()
        for id in ids:
            at = self.node(id)
            while at.id != ROOT and at.id not in nodes:
                nodes.add(at.id)
                at = self._nodes[at.parent]
        return frozenset(nodes)

    def to_json(self) -> str:
        """Returns the tree and its synonyms as JSON text."""
        nodes = [
            {"name": n.name, "description": n.description, "parent": n.parent}
            for n in self._nodes[1:]
        ]
        return json.dumps({"synonyms": self._synonyms, "nodes": nodes}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ConceptTree:
        """Rebuilds a tree from `to_json`, with the same ids.

        Raises:
            BadInput: if the text is no such tree.
        """
        try:
            stored: dict[str, Any] = json.loads(text)
            tree = cls(stored["synonyms"])
            for number, node in enumerate(stored["nodes"], start=1):
                parent = tree.node(int(node["parent"])).id
                if tree._add_below(parent, node["name"], node["description"]) != number:
                    raise BadInput(f"Stored concept {number}, {node['name']!r}, is there twice.")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"This is no stored concept tree: {error!r}.") from error
        return tree

    def _add_below(self, parent: int, name: str, description: str) -> int:
        key = (parent, self._key(name))
        if (known := self._by_name.get(key)) is not None:
            return known
        depth = self._nodes[parent].depth + 1
        if depth > MAX_DEPTH:
            raise BadInput(f"Concept {name!r} would lie {depth} deep; the limit is {MAX_DEPTH}.")
        id = len(self._nodes)
        self._nodes.append(Concept(id, name.strip(), description.strip(), parent, depth))
        self._parents.append(parent)
        self._children.append([])
        self._children[parent].append(id)
        self._by_name[key] = id
        return id

    def _key(self, name: str) -> str:
        plain = normalise(name)
        if not plain or len(name) > MAX_NAME:
            raise BadInput(
                f"{name[:MAX_NAME]!r} is no name of a concept.",
                f"Use at least one letter or digit and at most {MAX_NAME} characters.",
            )
        return self._synonyms.get(plain, plain)

    def _check(self, path: Path) -> None:
        if not 1 <= len(path) <= MAX_DEPTH:
            raise BadInput(f"Concept path {path} must have 1 to {MAX_DEPTH} names.")
        for name in path:
            self._key(name)
