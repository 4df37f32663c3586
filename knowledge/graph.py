"""The graph of the cards: which paper is related to which, as text or for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.card import Card


@dataclass(frozen=True)
class Graph:
    """Cards and the links between them.

    Attributes:
        cards: by key.
        links: pairs (card, related card) as the cards state them; both are cards here.
    """

    cards: dict[str, Card]
    links: tuple[tuple[str, str], ...]

    def neighbors(self, key: str) -> list[str]:
        """Returns the cards that a card names or that name it, sorted."""
        there = {b for a, b in self.links if a == key}
        back = {a for a, b in self.links if b == key}
        return sorted(there | back)


def graph_of(cards: Iterable[Card]) -> Graph:
    """Reads the links off the cards; names of papers without a card are left out."""
    known = {card.key: card for card in cards}
    links = [
        (card.key, other)
        for card in known.values()
        for other in card.related
        if other in known and other != card.key
    ]
    return Graph(known, tuple(dict.fromkeys(links)))


def around(graph: Graph, key: str, steps: int) -> Graph:
    """Returns the part of a graph within so many steps of a card."""
    inside = {key}
    for _ in range(steps):
        inside |= {other for one in inside for other in graph.neighbors(one)}
    return Graph(
        {name: card for name, card in graph.cards.items() if name in inside},
        tuple((a, b) for a, b in graph.links if a in inside and b in inside),
    )


def as_text(graph: Graph) -> str:
    """Returns one line a card, by year: its title and, indented, what it is related to."""
    lines: list[str] = []
    for key, card in sorted(graph.cards.items(), key=lambda item: (item[1].year, item[0])):
        lines.append(f"{card.year}  {key}: {card.title}")
        lines += [f"      {_arrow(graph, key, other)} {other}" for other in graph.neighbors(key)]
    return "\n".join(lines)


def as_dot(graph: Graph) -> str:
    """Returns the graph in the language of Graphviz."""
    lines = ["digraph papers {", "  rankdir=LR;", "  node [shape=box];"]
    for key, card in sorted(graph.cards.items()):
        title = card.title.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  "{key}" [label="{key}", tooltip="{title}"];')
    lines += [f'  "{a}" -> "{b}";' for a, b in sorted(graph.links)]
    return "\n".join([*lines, "}"])


def _arrow(graph: Graph, one: str, other: str) -> str:
    there, back = (one, other) in graph.links, (other, one) in graph.links
    return "<->" if there and back else "->" if there else "<-"
