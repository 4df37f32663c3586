"""Typed program grammars: what a program of a problem may consist of.

A grammar is a TOML file. Each table `[kind.choice]` is a production of the nonterminal `kind`:

    [relax.springs]
    text = "springs($points, steps=$steps)"
    points = "start"                                   # a slot, filled by a node of kind `start`
    steps = {low = 20, high = 500, integer = true, log = true, work = true}    # a constant

A line `include = "other.toml"` before the tables takes over the productions of another file.

`text` is Python; `$name` stands for a slot or a constant. The functions that it calls are taken
from `parts.py` beside the grammar, each with all it needs, so that a program is whole in itself.
The choices of a tree are its concepts: the concept tree needs no language model to be read off.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from pathlib import Path

from tools.discovery.productions import Production, read_productions
from tools.discovery.render import Parts
from tools.discovery.syntax import Node
from tools.errors import BadInput

_HOLE = re.compile(r"\$([a-z_]+)")


class Grammar:
    """A typed program grammar.

    Attributes:
        root: the nonterminal of whole programs, the first in the file.
        kinds: nonterminal -> choice -> production.
        parts: the Python functions that productions call.
        height, count: the largest tree allowed.
    """

    def __init__(
        self,
        kinds: Mapping[str, Mapping[str, Production]],
        parts: Parts,
        *,
        height: int = 9,
        count: int = 60,
    ) -> None:
        """Checks that every slot has a nonterminal and every nonterminal ends.

        Raises:
            BadInput: when a production names what does not exist, or never ends.
        """
        self.root = next(iter(kinds), "")
        self.kinds = kinds
        self.parts = parts
        self.height, self.count = height, count
        self._least = self._least_heights()
        for kind, choices in kinds.items():
            for choice, production in choices.items():
                holes = set(_HOLE.findall(production.text))
                given = {*production.slots, *production.constants}
                if holes != given:
                    raise BadInput(
                        f"[{kind}.{choice}]: its text uses {sorted(holes)}, but it declares "
                        f"{sorted(given)}.",
                        "Declare each `$name` as a slot or a constant, and use each.",
                    )

    @classmethod
    def read(cls, path: Path) -> Grammar:
        """Reads a grammar file; the parts are in `parts.py` beside it.

        Raises:
            BadInput: when the file or what it refers to is missing or malformed.
        """
        return cls(read_productions(path), Parts.read(path.with_name("parts.py")))

    def _least_heights(self) -> dict[str, int]:
        """Returns the height of the smallest tree of each kind, by iteration to the fixed point."""
        least: dict[str, int] = {}
        changed = True
        while changed:
            changed = False
            for kind, choices in self.kinds.items():
                heights = [
                    1 + max((least[k] for k in p.slots.values()), default=0)
                    for p in choices.values()
                    # A warm production may not be had, so a kind must end without it.
                    if not p.warm and all(k in least for k in p.slots.values())
                ]
                if heights and min(heights) < least.get(kind, self.height + 1):
                    least[kind] = min(heights)
                    changed = True
        wanted = {k for c in self.kinds.values() for p in c.values() for k in p.slots.values()}
        missing = sorted(({*wanted, self.root}) - set(least))
        if missing:
            raise BadInput(
                f"The nonterminals {missing} have no production that ends within {self.height} "
                "levels without a warm start.",
                "Add one, or correct the name.",
            )
        return least

    def sample(
        self,
        rng: random.Random,
        kind: str = "",
        *,
        height: int | None = None,
        warm: bool = False,
    ) -> Node:
        """Draws a tree.

        Args:
            rng: the only source of randomness.
            kind: the nonterminal at the root; empty for a whole program.
            height: the most levels it may have, no fewer than the kind needs.
            warm: whether productions that start from a parent's data may be drawn.
        """
        kind = kind or self.root
        height = self.height if height is None else height
        able = [
            p
            for p in self.kinds[kind].values()
            if (warm or not p.warm)
            and 1 + max((self._least[k] for k in p.slots.values()), default=0) <= height
        ]
        chosen = rng.choices(able, [p.weight for p in able])[0]
        return Node(
            kind,
            chosen.choice,
            {
                slot: self.sample(rng, k, height=height - 1, warm=warm)
                for slot, k in chosen.slots.items()
            },
            {name: constant.draw(rng) for name, constant in chosen.constants.items()},
        )

    def production(self, node: Node) -> Production:
        """Returns the production of a node."""
        return self.kinds[node.kind][node.choice]

    def check(self, tree: Node) -> None:
        """Checks that a tree is a whole program of this grammar.

        Raises:
            ValueError: naming the first node that is not well typed.
        """
        if tree.kind != self.root:
            raise ValueError(f"the root is of kind {tree.kind}, not {self.root}")
        if tree.height > self.height or tree.count > self.count:
            raise ValueError(f"the tree is larger than {self.height} levels or {self.count} nodes")
        for place, node in tree.walk():
            at = "/".join(place) or "the root"
            production = self.kinds.get(node.kind, {}).get(node.choice)
            if production is None:
                raise ValueError(f"{at}: there is no production {node.kind}.{node.choice}")
            if {s: c.kind for s, c in node.children.items()} != dict(production.slots):
                raise ValueError(f"{at}: {node.choice} needs {dict(production.slots)}")
            if node.constants.keys() != production.constants.keys():
                raise ValueError(f"{at}: {node.choice} needs {sorted(production.constants)}")
            for name, value in node.constants.items():
                if not production.constants[name].holds(value):
                    raise ValueError(f"{at}: {name} = {value} is out of range")

    def is_warm(self, tree: Node) -> bool:
        """Tells whether a tree starts from a parent's data."""
        return any(self.production(node).warm for _, node in tree.walk())

    def work(self, tree: Node) -> float:
        """Returns the product of the constants that running time is proportional to."""
        return math.prod(
            value
            for _, node in tree.walk()
            for name, value in node.constants.items()
            if self.production(node).constants[name].work
        )

    def concepts(self, tree: Node) -> frozenset[tuple[str, ...]]:
        """Returns the concept paths of a tree: its choices, each below the choice that led to it.

        A path alternates slot and choice, such as `("relax", "springs", "start", "hexagonal")`. The
        choice at the root, where there is more than one, is a path of its own, `("program",
        "restarts")`, so that what fills the slots is the same concept in every kind of program. A
        nonterminal inside itself starts again where it began, so that recursion makes no endless
        paths. All prefixes of a path belong to the set.
        """
        found: set[tuple[str, ...]] = set()

        def visit(node: Node, stem: tuple[str, ...], begun: Mapping[str, tuple[str, ...]]) -> None:
            stem = begun.get(node.kind, stem)
            path = (*stem, node.choice)
            found.update(path[: end + 1] for end in range(len(path)))
            for slot, child in node.children.items():
                visit(child, (*path, slot), {**begun, node.kind: stem})

        if len(self.kinds[self.root]) > 1:
            found.update({(tree.kind,), (tree.kind, tree.choice)})
        for slot, child in tree.children.items():
            visit(child, (slot,), {})
        return frozenset(found)
