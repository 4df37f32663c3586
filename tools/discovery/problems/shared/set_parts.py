"""Parts of programs that look for a large set in which no three points clash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.int64]]
Reals = np.ndarray[Any, np.dtype[np.float64]]
Rng = np.random.Generator
Clashes = Callable[[Array, int, Array], tuple[Array, Array]]


class Board:
    """A set of points in which no three clash, and how many of its pairs block each other point."""

    def __init__(self, points: Array, clashes: Clashes) -> None:
        """Begins with the empty set."""
        self.points = points
        self.clashes = clashes
        self.member = np.zeros(len(points), bool)
        self.blocked = np.zeros(len(points), np.int64)

    def change(self, p: int, sign: int) -> None:
        """Puts a point in (sign 1) or takes it out (-1)."""
        self.member[p] = False
        _, hit = self.clashes(self.points, p, np.flatnonzero(self.member))
        self.blocked += sign * np.bincount(hit, minlength=len(self.member))
        self.member[p] = sign > 0

    def rival(self, p: int, spared: Array) -> int:
        """Returns the member in most clashes with a point, outside of those spared; -1 for none."""
        members = np.flatnonzero(self.member)
        owner, hit = self.clashes(self.points, p, members)
        share = np.bincount(owner[self.member[hit]], minlength=len(members))
        share[np.isin(members, spared)] = 0
        return int(members[share.argmax()]) if share.any() else -1


def searched(
    points: Array,
    clashes: Clashes,
    orbits: list[Array],
    priority: Reals,
    start: Array,
    steps: int,
    tenure: int,
    rng: Rng,
) -> Array:
    """Looks for a large set by adding whole orbits, taking out what clashes with them.

    Every step adds the orbit that is blocked least, among equals the one of highest priority; what
    goes out for it stays out for `tenure` steps. Returns the largest set met.
    """
    board = Board(points, clashes)
    orbit_of = np.empty(len(points), np.int64)
    for number, orbit in enumerate(orbits):
        orbit_of[orbit] = number
    flat, ends = np.concatenate(orbits), np.cumsum([0] + [len(orbit) for orbit in orbits])[:-1]
    wait = np.zeros(len(orbits), np.int64)
    for number, orbit in enumerate(orbits):
        if not placed(board, orbit, orbit, orbits, orbit_of, wait, 0):
            wait[number] = steps + tenure + 1  # its own points clash
        for p in orbit[board.member[orbit]]:
            board.change(p, -1)
    inside = np.zeros(len(orbits), bool)
    for number in np.unique(orbit_of[start]) if len(start) else []:
        free = not board.blocked[orbits[number]].any() and wait[number] == 0
        if free and np.isin(orbits[number], start).all():
            placed(board, orbits[number], orbits[number], orbits, orbit_of, wait, 0)
    best = np.flatnonzero(board.member)
    rank = priority[[orbit[0] for orbit in orbits]] + 1e-9 * rng.random(len(orbits))
    for step in range(1, steps + 1):
        inside = board.member[[orbit[0] for orbit in orbits]]
        cost = np.add.reduceat(board.blocked[flat], ends).astype(float)
        cost[inside | (wait >= step)] = np.inf
        least = cost.min()
        if not np.isfinite(least):
            continue
        ties = np.flatnonzero(cost == least)
        noise = rng.random(len(ties)) * (0.3 if least == 0 else 1.0)
        number = int(ties[np.argmax(rank[ties] + noise)])
        orbit = orbits[number]
        if not placed(board, orbit, orbit, orbits, orbit_of, wait, step + tenure):
            wait[number] = step + tenure
        if board.member.sum() > len(best):
            best = np.flatnonzero(board.member)
    return best


def placed(
    board: Board,
    orbit: Array,
    spared: Array,
    orbits: list[Array],
    orbit_of: Array,
    wait: Array,
    until: int,
) -> bool:
    """Adds an orbit point by point, taking out the orbits that clash; tells of success."""
    for p in orbit:
        while board.blocked[p]:
            out = board.rival(int(p), spared)
            if out < 0:
                for q in orbit[board.member[orbit]]:
                    board.change(int(q), -1)
                return False
            wait[orbit_of[out]] = until + (7 * out + until) % 3
            for q in orbits[orbit_of[out]]:
                if board.member[q]:
                    board.change(int(q), -1)
        board.change(int(p), 1)
    return True


def orbits_under(maps: list[Array], size: int) -> list[Array]:
    """Returns the orbits of the group that permutations of 0..size-1 generate."""
    label = np.arange(size)
    while True:
        joined = label.copy()
        for image in maps:
            np.minimum.at(joined, image, label)
            joined = np.minimum(joined, joined[image])
        joined = joined[joined]
        if (joined == label).all():
            break
        label = joined
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    return [np.asarray(part) for part in np.split(order, cuts)]


def index_of(points: Array, chosen: list[list[int]]) -> Array:
    """Returns where given points stand in the list of all."""
    place = {tuple(row): k for k, row in enumerate(points.tolist())}
    return np.array([place[tuple(row)] for row in chosen if tuple(row) in place], np.int64)


def thinned(chosen: Array, share: float, rng: Rng) -> Array:
    """Leaves out a share of the chosen points."""
    return chosen[rng.random(len(chosen)) >= share]
