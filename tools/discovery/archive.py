"""The archive: everything tried so far, in the order of commitment.

Policies look at it through indexes. An index is fed every member once, in order, so what it holds
is a function of the members alone: a run that is resumed chooses as if it had never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol, TypeVar

from tools.discovery.candidate import Member, Outcome
from tools.discovery.concepts import ConceptTree
from tools.discovery.ranking import SortedKeys
from tools.errors import BadInput


class Index(Protocol):
    """Something that learns from one member at a time."""

    def add(self, member: Member) -> None:
        """Takes in the next member; called once for each, in the order of ids."""
        ...


I = TypeVar("I", bound=Index)  # noqa: E741


class Archive:
    """All members of a run.

    Attributes:
        tree: the concepts of its members.
    """

    def __init__(self, tree: ConceptTree | None = None) -> None:
        """Makes an empty archive over a tree (a new one unless given)."""
        self.tree = ConceptTree() if tree is None else tree
        self._members: list[Member] = []
        self._ok: list[Member] = []
        self._ranking: SortedKeys[tuple[float, int]] = SortedKeys()
        self._indexes: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self._members)

    @property
    def members(self) -> Sequence[Member]:
        """All members; the member of id i is at place i."""
        return self._members

    @property
    def ok(self) -> Sequence[Member]:
        """The members whose outcome is OK, in the order of ids."""
        return self._ok

    @property
    def eligible(self) -> Sequence[Member]:
        """Those that may become parents: the OK ones or, while there are none, all."""
        return self._ok or self._members

    def best(self) -> Member | None:
        """Returns the OK member of highest score, the earliest of equals; None without any."""
        first = self._ranking.first(1)
        return self._members[first[0][1]] if first else None

    def top(self, count: int) -> list[int]:
        """Returns the ids of the `count` best OK members, best first, earlier before later."""
        return [id for _, id in self._ranking.first(count)]

    def add(self, member: Member) -> None:
        """Appends a member.

        Raises:
            BadInput: if its id is not the next, a parent is not in the archive, an OK outcome has
                no finite score or another has one, or its concepts are unknown or not closed under
                ancestors.
        """
        self._check(member)
        self._members.append(member)
        if member.score is not None:
            self._ok.append(member)
            self._ranking.add((-member.score, member.id))
        for index in self._indexes.values():
            index.add(member)

    def index(self, make: Callable[..., I], *arguments: Hashable) -> I:
        """Returns the archive's index `make(*arguments)`; it exists once and is always up to date.

        The first call feeds it all members so far, `add` feeds it every later one.
        """
        key = (make, *arguments)
        if key not in self._indexes:
            index = make(*arguments)
            for member in self._members:
                index.add(member)
            self._indexes[key] = index
        found: I = self._indexes[key]
        return found

    def _check(self, member: Member) -> None:
        here, score = len(self._members), member.score
        if member.id != here:
            raise BadInput(f"The next member must have id {here}; got {member.id}.")
        if any(not 0 <= parent < here for parent in member.parents):
            raise BadInput(f"Member {here}: a parent of {member.parents} is not in the archive.")
        if (member.evaluation.outcome is Outcome.OK) != (score is not None):
            raise BadInput(
                f"Member {here} has outcome {member.evaluation.outcome} and score {score}.",
                "OK members have a score, others have None.",
            )
        if score is not None and not math.isfinite(score):
            raise BadInput(f"Member {here}: score {score} is not finite.", "Count it as invalid.")
        parents = self.tree.parents
        for concept in member.concepts:
            above = parents[concept] if 0 < concept < len(parents) else -1
            if above != 0 and above not in member.concepts:
                raise BadInput(
                    f"Member {here}: its concepts are not closed under ancestors without the root"
                    f" (see {concept}).",
                    "Take them from ConceptTree.close or ConceptTree.closure.",
                )
