"""Parts of programs that look for Ramsey graphs. A graph is a list of rows of bits."""

from __future__ import annotations

import numpy as np

Rng = np.random.Generator
Rows = list[int]


def clique_in(rows: Rows, size: int, among: int, nodes: int = 200000) -> int:
    """Returns the bits of `size` pairwise joined vertices; 0 for none; -1 for undecided."""
    left = nodes

    def extend(open_: int, missing: int, chosen: int) -> int:
        nonlocal left
        if missing == 0:
            return chosen
        while open_.bit_count() >= missing:
            left -= 1
            if left < 0:
                return -1
            low = open_ & -open_
            open_ ^= low
            found = extend(open_ & rows[low.bit_length() - 1], missing - 1, chosen | low)
            if found:
                return found
        return 0

    return extend(among, size, 0)


def complement(rows: Rows) -> Rows:
    """Returns the rows of the complement."""
    full = (1 << len(rows)) - 1
    return [~row & full & ~(1 << v) for v, row in enumerate(rows)]


def circulant(n: int, distances: set[int]) -> Rows:
    """Returns the graph on a circle of n vertices with edges at given distances."""
    rows = [0] * n
    for v in range(n):
        for d in distances:
            rows[v] |= 1 << (v + d) % n | 1 << (v - d) % n
    return rows


def good_circulant(n: int, s: int, t: int, flips: int, rng: Rng) -> Rows | None:
    """Looks for a circulant graph on n vertices without s joined and t separate vertices.

    As long as there is a forbidden clique, one of its distances changes sides, by turns taboo.
    """
    half = n // 2
    inside = {d for d in range(1, half + 1) if rng.random() < (s - 1) / (s + t - 2)}
    wait = dict.fromkeys(range(1, half + 1), 0)
    everyone = (1 << n) - 1
    for step in range(flips):
        rows = circulant(n, inside)
        others = complement(rows)
        # Every clique can be turned so that it contains vertex 0.
        found = clique_in(rows, s - 1, rows[0] & everyone)
        if not found:
            found = clique_in(others, t - 1, others[0] & everyone)
        if not found:
            return rows
        if found < 0:
            return None
        members = [0] + [v for v in range(n) if found >> v & 1]
        gaps = {min(abs(a - b), n - abs(a - b)) for a in members for b in members if a != b}
        open_ = [d for d in sorted(gaps) if wait[d] <= step]
        if open_:
            d = int(open_[rng.integers(len(open_))])
            inside ^= {d}
            wait[d] = step + 1 + int(rng.integers(1, max(2, half // 3)))
    return None


def widest_circulant(s: int, t: int, first: int, last: int, flips: int, rng: Rng) -> Rows:
    """Returns the largest circulant graph found on `first` to `last` vertices."""
    best = [0]
    for n in range(max(first, 2), last + 1):
        rows = good_circulant(n, s, t, flips, rng)
        best = rows if rows is not None else best
    return best


def paley(s: int, t: int, most: int) -> Rows:
    """Returns the largest Paley graph without s joined and t separate vertices, on up to `most`."""
    best = [0]
    for p in range(5, most + 1, 4):
        if all(p % q for q in range(2, int(p**0.5) + 1)):
            rows = circulant(p, {x * x % p for x in range(1, p)})
            others = complement(rows)
            everyone = (1 << p) - 1
            if not clique_in(rows, s, everyone) and not clique_in(others, t, everyone):
                best = rows
    return best


def grown(rows: Rows, s: int, t: int, tries: int, flips: int, rng: Rng) -> Rows:
    """Adds vertices: each with random edges, then flips edges of forbidden cliques for a while."""
    for _ in range(tries):
        n = len(rows) + 1
        made = rows.copy()
        link = 0
        for v in range(n - 1):
            if rng.random() < (s - 1) / (s + t - 2):
                link |= 1 << v
                made[v] |= 1 << (n - 1)
        made.append(link)
        everyone = (1 << n) - 1
        for _ in range(flips):
            found = clique_in(made, s, everyone) or clique_in(complement(made), t, everyone)
            if not found:
                rows = made
                break
            if found < 0:
                break
            members = [v for v in range(n) if found >> v & 1]
            if rng.random() < 0.7 and found >> (n - 1) & 1:
                a, b = n - 1, int(rng.choice(members[:-1]))
            else:
                a, b = (int(v) for v in rng.choice(members, 2, replace=False))
            made[a] ^= 1 << b
            made[b] ^= 1 << a
    return rows


def from_data(data: dict[str, object]) -> Rows:
    """Reads a graph as it is returned."""
    rows = [0] * int(str(data["vertices"]))
    for i, j in list(data["edges"]):  # type: ignore[call-overload]
        rows[i] |= 1 << j
        rows[j] |= 1 << i
    return rows


def plain(rows: Rows) -> dict[str, object]:
    """Returns a graph as data."""
    n = len(rows)
    edges = [[i, j] for i in range(n) for j in range(i + 1, n) if rows[i] >> j & 1]
    return {"vertices": n, "edges": edges}


def without(rows: Rows, count: int, rng: Rng) -> Rows:
    """Takes a few vertices out."""
    keep = sorted(rng.permutation(len(rows))[: max(1, len(rows) - count)].tolist())
    return [sum((rows[v] >> w & 1) << k for k, w in enumerate(keep)) for v in keep]
