"""Changes of typed syntax trees: each keeps a tree well typed and within the bounds."""

from __future__ import annotations

import random

from tools.discovery.grammar import Grammar
from tools.discovery.syntax import Node


def replace(grammar: Grammar, tree: Node, rng: random.Random, *, warm: bool = False) -> Node:
    """Draws a subtree anew, with another choice where the nonterminal offers one."""
    place, old = rng.choice(list(tree.walk()))
    room = grammar.height - len(place)
    for _ in range(8):
        new = grammar.sample(rng, old.kind, height=room, warm=warm)
        changed = tree.put(place, new)
        if new.choice != old.choice and changed.count <= grammar.count:
            return changed
    return perturb(grammar, tree, rng)


def perturb(grammar: Grammar, tree: Node, rng: random.Random) -> Node:
    """Moves one number, and each further one with probability a quarter; a few are drawn anew."""
    spots = [(place, name) for place, node in tree.walk() for name in node.constants]
    rng.shuffle(spots)
    for position, (place, name) in enumerate(spots):
        if position and rng.random() > 0.25:
            continue
        node = tree.at(place)
        constant = grammar.production(node).constants[name]
        old = node.constants[name]
        value = constant.draw(rng) if rng.random() < 0.15 else constant.near(old, rng)
        moved = Node(node.kind, node.choice, node.children, {**node.constants, name: value})
        tree = tree.put(place, moved)
    return tree


def cross(grammar: Grammar, first: Node, second: Node, rng: random.Random) -> Node:
    """Puts a subtree of the second tree where the first has one of the same kind.

    Returns the first tree as it is when nothing that fits differs.
    """
    donors: dict[str, list[Node]] = {}
    for _, node in second.walk():
        donors.setdefault(node.kind, []).append(node)
    spots = [(place, node) for place, node in first.walk() if place and node.kind in donors]
    rng.shuffle(spots)
    for place, node in spots:
        fitting = [
            donor
            for donor in donors[node.kind]
            if donor.plain() != node.plain()
            and len(place) + donor.height <= grammar.height
            and first.count - node.count + donor.count <= grammar.count
        ]
        if fitting:
            return first.put(place, rng.choice(fitting))
    return first


def cool(grammar: Grammar, tree: Node, rng: random.Random) -> Node:
    """Draws anew every choice that starts from a parent's data, for when there are none."""
    for place, node in list(tree.walk()):
        if grammar.production(node).warm:
            room = grammar.height - len(place)
            changed = tree.put(place, grammar.sample(rng, node.kind, height=room))
            if changed.count > grammar.count:
                changed = grammar.sample(rng)
            return cool(grammar, changed, rng)
    return tree


def heat(grammar: Grammar, tree: Node, rng: random.Random) -> Node:
    """Makes one choice start from a parent's data, where a nonterminal of the tree offers it."""
    spots = [
        (place, node, warm)
        for place, node in tree.walk()
        if (warm := [p for p in grammar.kinds[node.kind].values() if p.warm])
    ]
    if not spots or grammar.is_warm(tree):
        return tree
    place, node, productions = rng.choice(spots)
    production = rng.choice(productions)
    room = grammar.height - len(place) - 1
    children = {
        slot: node.children[slot]
        if slot in node.children and node.children[slot].kind == kind
        else grammar.sample(rng, kind, height=room, warm=True)
        for slot, kind in production.slots.items()
    }
    constants = {name: constant.draw(rng) for name, constant in production.constants.items()}
    changed = tree.put(place, Node(node.kind, production.choice, children, constants))
    return changed if changed.count <= grammar.count else tree
