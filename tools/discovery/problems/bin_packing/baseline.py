"""Best fit: the fullest bin that still has room."""

from __future__ import annotations


def choose(items: list[int], spaces: list[list[int]]) -> list[int]:
    """Returns for each instance the bin with the least space that the item fits in."""
    return [
        min((space, k) for k, space in enumerate(row) if space >= item)[1]
        for item, row in zip(items, spaces, strict=True)
    ]
