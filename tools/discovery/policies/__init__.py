"""Selection policies: given the archive, whose child shall be written next?

A policy is a small frozen object with one method. What it learns lives in indexes of the archive,
so one policy may serve many runs, and a resumed run chooses as if it had never stopped.
`create(name, **options)` makes one by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tools.discovery.policies.names import create, names

if TYPE_CHECKING:
    import numpy as np

    from tools.discovery.archive import Archive

__all__ = ["Policy", "create", "names"]


class Policy(Protocol):
    """Chooses parents.

    Attributes:
        name: as the command line spells it.
    """

    @property
    def name(self) -> str:
        """As the command line spells it."""
        ...

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Returns the ids of `count` different parents, the first is the one to change.

        Parents are OK members; while there are none, failures. Fewer than `count` come back only
        if the archive holds fewer of these; none if it is empty.
        """
        ...
