"""The evaluation lane on a Ray cluster: one actor a lane, each with a sandbox of its own.

    evaluator = RayEvaluator(address="auto")

Dialogue, verification and score stay on the trusted side of the node that runs the program, in the
actor; only candidates and evaluations travel.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tools.errors import Unavailable
from tools.ray_pool import LanesLost, RayPool

if TYPE_CHECKING:
    from tools.discovery.candidate import Candidate, Evaluation
    from tools.discovery.problem import Problem

_MOST_LOSSES = 5  # lanes that one evaluation may lose before it is given up


class RayEvaluator(RayPool):
    """Evaluates candidates on a Ray cluster, as many at a time as it has lanes."""

    def __init__(
        self, lanes: int | None = None, *, address: str | None = None, strict: bool = False
    ) -> None:
        """Connects to a cluster and starts the lanes.

        Args:
            lanes: evaluations at a time; as many as the cluster has cores by default.
            address: of the cluster, as `RayPool` takes it.
            strict: refuse to work on a node where a layer of the sandbox is missing.

        Raises:
            Unavailable: if Ray is not installed or the cluster cannot be used.
        """
        super().__init__(_Lane, strict, lanes=lanes, most_losses=_MOST_LOSSES, address=address)
        self._notices: dict[str, None] = {}

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell with the results: layers of the sandbox that nodes lack."""
        return tuple(self._notices)

    async def evaluate(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        """Evaluates one candidate on a free lane, again on another where a lane is lost.

        Raises:
            Unavailable: if one evaluation loses lane after lane.
        """
        self._send_by_value(problem)
        evaluation: Evaluation
        try:
            evaluation, notices = await self._on_lane("evaluate", problem, candidate, seed)
        except LanesLost as lost:
            raise Unavailable(
                f"An evaluation was given up: {lost}.",
                "Look into the cluster's logs; the search can be resumed.",
            ) from lost
        self._notices |= dict.fromkeys(notices)
        return evaluation

    def _send_by_value(self, problem: Problem) -> None:
        """Lets problems travel whose modules exist only here, such as a user's own file."""
        module = type(problem).__module__
        if module != "__main__" and module.partition(".")[0] != "tools":
            self._ray.cloudpickle.register_pickle_by_value(sys.modules[module])


class _Lane:
    """One lane, in a worker process of the cluster."""

    def __init__(self, strict: bool) -> None:
        from tools.discovery.evaluate import Evaluator

        self._evaluator = Evaluator(1, strict=strict)

    def ready(self) -> int:
        """Answers, once the worker is up, with its process number."""
        return os.getpid()

    def evaluate(
        self, problem: Problem, candidate: Candidate, seed: int
    ) -> tuple[Evaluation, tuple[str, ...]]:
        """Evaluates, and tells what this node's sandbox lacks."""
        evaluation = self._evaluator.run(problem, candidate, seed)
        return evaluation, self._evaluator.notices
