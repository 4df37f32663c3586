"""Triangles that points of the plane span, exactly; and their drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[int, int]


def least_determinant(points: Sequence[Point]) -> int:
    """Returns twice the least area of a triangle of three of the points; 0 for three in line."""
    least: int | None = None
    for k, (x, y) in enumerate(points):
        beams = [(a - x, b - y) for a, b in points[:k]]
        for j, (a, b) in enumerate(beams):
            for c, d in beams[:j]:
                area = abs(a * d - b * c)
                if least is None or area < least:
                    least = area
    return least or 0


def hull(points: Sequence[Point]) -> list[Point]:
    """Returns the corners of the convex hull, anticlockwise, without points on its sides."""
    ordered = sorted(set(points))
    halves = []
    for row in (ordered, ordered[::-1]):
        chain: list[Point] = []
        for p in row:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        halves.append(chain[:-1])
    return halves[0] + halves[1]


def double_area(corners: Sequence[Point]) -> int:
    """Returns twice the area of a polygon given anticlockwise."""
    following = [*corners[1:], *corners[:1]]
    return sum(a * d - b * c for (a, b), (c, d) in zip(corners, following, strict=True))


def _turn(a: Point, b: Point, c: Point) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def draw_least(
    points: Sequence[tuple[float, float]], border: Sequence[tuple[float, float]], axes: Axes
) -> None:
    """Draws points in their region, and each triangle within a millionth of the smallest."""
    from itertools import combinations

    from matplotlib.patches import Polygon

    from tools.plots import BLACK, BLUE, ORANGE

    def area(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    triples = list(combinations(points, 3))
    least = min((area(*t) for t in triples), default=0.0)
    axes.add_patch(Polygon(border, fill=False, edgecolor=BLACK, linewidth=1.2))
    for triple in triples:
        if area(*triple) <= least * (1 + 1e-6):
            axes.add_patch(Polygon(triple, facecolor=ORANGE, alpha=0.16, linewidth=0))
    axes.plot([p[0] for p in points], [p[1] for p in points], "o", color=BLUE, markersize=7)
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.margins(0.05)
