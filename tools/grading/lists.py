"""Compares several answers side by side: one to one, in order or not, by name or by place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tools.grading.limits import MAX_ITEMS
from tools.grading.outcome import Outcome, every, no, open_question
from tools.grading.relations import assigned
from tools.grading.tree import Brackets, Listing, Node, PlusMinus, Relation, Sym, mul, number
from tools.grading.walk import rebuild, walk

Compare = Callable[[Node, Node], Outcome]


def compare_ordered(gold: Sequence[Node], answer: Sequence[Node], same: Compare) -> Outcome:
    """Compares items place by place."""
    if len(gold) != len(answer):
        return no("structure", f"There are {len(gold)} items in the gold, {len(answer)} here.")
    return every(
        (same(a, b) for a, b in zip(gold, answer, strict=True)), "All items agree in order."
    )


def compare_unordered(gold: Sequence[Node], answer: Sequence[Node], same: Compare) -> Outcome:
    """Matches items one to one in any order."""
    if len(gold) != len(answer):
        return no("structure", f"There are {len(gold)} items in the gold, {len(answer)} here.")
    if len(gold) > MAX_ITEMS:
        return open_question(f"More than {MAX_ITEMS} items are not matched.")
    straight = compare_ordered(gold, answer, same)
    if straight.equal:
        return straight
    table = [[same(a, b) for b in answer] for a in gold]
    sure = [[o.equal is True for o in row] for row in table]
    pairs = _matching(sure)
    if pairs is not None:
        used = (table[i][j] for i, j in enumerate(pairs))
        return every(used, "All items agree, in another order.")
    if _matching([[o.equal is not False for o in row] for row in table]) is not None:
        return open_question("Some items could not be compared.")
    missing = next((i for i, row in enumerate(sure) if not any(row)), None)
    text = "" if missing is None else f" Item {missing + 1} of the gold has no partner."
    return no("structure", f"The items do not match one to one.{text}")


def _matching(allowed: list[list[bool]]) -> list[int] | None:
    """Finds a perfect matching of rows to columns, by augmenting paths."""
    owner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, good in enumerate(allowed[row]):
            if good and column not in seen:
                seen.add(column)
                if column not in owner or place(owner[column], seen):
                    owner[column] = row
                    return True
        return False

    for row in range(len(allowed)):
        if not place(row, set()):
            return None
    back = {row: column for column, row in owner.items()}
    return [back[row] for row in range(len(allowed))]


def distinct(items: Sequence[Node], same: Compare) -> list[Node]:
    """Drops repeated members of a set."""
    out: list[Node] = []
    for item in items[:MAX_ITEMS]:
        if not any(same(item, known).equal for known in out):
            out.append(item)
    return out + list(items[MAX_ITEMS:])


def spread(node: Node) -> Node:
    """Normalises an answer: two signs become two items, one name set to several values too."""
    if isinstance(node, Relation) and node.ops == ("=",) and isinstance(node.sides[1], Brackets):
        inner = node.sides[1]
        if inner.left == "\\{" and isinstance(node.sides[0], Sym):
            items = tuple(Relation(("=",), (node.sides[0], x)) for x in inner.items)
            return Listing(items, "or") if len(items) > 1 else items[0] if items else node
    if isinstance(node, Relation) and node.ops == ("=",):
        left, right = node.sides
        if (
            isinstance(left, Brackets)
            and isinstance(right, Brackets)
            and left.left == right.left == "("
            and len(left.items) == len(right.items)
        ):
            pairs = zip(left.items, right.items, strict=True)
            return Listing(tuple(Relation(("=",), pair) for pair in pairs), ",")
    if isinstance(node, Relation) and any(isinstance(x, PlusMinus) for x in walk(node)):
        both: tuple[Node, ...] = tuple(_signed(node, sign) for sign in (1, -1))
        return Listing(both, "or")
    if isinstance(node, Listing) and node.separator != ";":
        named = _named_alike(node.items)
        flat: list[Node] = []
        for item in named:
            part = spread(item) if isinstance(item, Relation) else item
            flat.extend(part.items if isinstance(part, Listing) else (part,))
        if any(isinstance(x, PlusMinus) for x in flat):
            flat = [
                y for x in flat for y in ((_signed(x, 1), _signed(x, -1)) if _has_sign(x) else (x,))
            ]
        return Listing(tuple(flat), node.separator)
    return node


def both_signs(ours: list[Node], theirs: list[Node]) -> tuple[list[Node], list[Node]]:
    """Writes two-signed items as two where that makes the lists equally long."""
    if len(ours) == len(theirs):
        return ours, theirs
    written = [
        [y for x in side for y in ((_signed(x, 1), _signed(x, -1)) if _has_sign(x) else (x,))]
        for side in (ours, theirs)
    ]
    return (written[0], written[1]) if len(written[0]) == len(written[1]) else (ours, theirs)


def _has_sign(node: Node) -> bool:
    return any(isinstance(x, PlusMinus) for x in walk(node))


def _signed(node: Node, sign: int) -> Node:
    if isinstance(node, PlusMinus):
        inner = _signed(node.value, sign)
        return inner if (sign > 0) != node.flip else mul(number(-1), inner)
    return rebuild(node, lambda part: _signed(part, sign))


def _named_alike(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """Reads `n = 2, 3, 4` as three values of n."""
    head = assigned(items[0])
    first = items[0]
    if head is None or not isinstance(first, Relation) or first.ops != ("=",):
        return items
    if any(isinstance(x, Relation | Listing | Brackets) for x in items[1:]):
        return items
    return (items[0], *(Relation(("=",), (head, x)) for x in items[1:]))


def names_of(items: Sequence[Node]) -> list[Node | None]:
    """Returns the name that each item assigns, None for bare items."""
    return [assigned(item) for item in items]


def stripped(items: Sequence[Node]) -> list[Node]:
    """Drops the names of assignments, keeping their values."""
    return [
        item.sides[-1] if isinstance(item, Relation) and assigned(item) is not None else item
        for item in items
    ]
