"""A search: problem, policy, proposer, executor and seed, run under a budget into a log.

    with Evaluator() as evaluator:
        summary = Search(problem, policy, proposer, evaluator, seed=0).run(path, Budget(200))

`lanes` carries it out; `log` describes what it leaves behind.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.discovery.budget import Budget
from tools.discovery.concepts import ConceptTree
from tools.discovery.lanes import Journaled, Learner, Loop
from tools.discovery.progress import Progress, Summary
from tools.discovery.writing import LogWriter
from tools.environment import environment
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.discovery.evaluate import Executor
    from tools.discovery.policies import Policy
    from tools.discovery.problem import Problem
    from tools.discovery.proposers import Proposer

__all__ = ["Journaled", "Learner", "Progress", "Search", "Summary"]

_SHIPPED = "tools.discovery.problems."
# What proposals and verdicts rest on; records, drawings left behind and tests may change.
_FILES = ("statement.md", "baseline.py", "grammar.toml", "parts.py")


@dataclass(frozen=True)
class Search:
    """One search, as its log's header describes it.

    Attributes:
        problem: at its size.
        policy: chooses parents.
        proposer: writes children.
        executor: evaluates them.
        seed: the only source of randomness.
        window: tickets under way at a time, and how far selection lags behind. Part of what makes
            a search what it is: a fixed number, not that of the cores.
        parents: members that a proposal is made from.
    """

    problem: Problem
    policy: Policy
    proposer: Proposer
    executor: Executor
    seed: int = 0
    window: int = 8
    parents: int = 2

    def __post_init__(self) -> None:
        for name in ("window", "parents"):
            if getattr(self, name) < 1:
                value = getattr(self, name)
                raise BadInput(f"Search: {name} = {value} cannot be.", "Give a positive number.")

    def run(
        self,
        path: Path,
        budget: Budget | None = None,
        *,
        progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], object] | None = None,
    ) -> Summary:
        """Searches until the budget is used up; goes on where the log at `path` ends.

        Args:
            path: the log; made if there is none.
            budget: what may be used in all, earlier sessions included.
            progress: called after each commit, those of a replay included.
            stop: called several times a second. It, like `progress`, ends the search by raising
                `Cancelled`, as `tools.run.Run.stop_if_cancelled` does.

        Raises:
            Cancelled: if so asked; the log is whole and can be resumed.
            BadInput: if the log is that of another search, or the budget limits dollars and a
                model has no price.
            Unavailable: if proposals or evaluations cannot go on.
        """
        budget = budget or Budget()
        unpriced: tuple[str, ...] = getattr(self.proposer, "unpriced", ())
        if unpriced and budget.dollars < math.inf:
            raise BadInput(
                f"dollars = {budget.dollars:g} cannot be kept to: no price is known for"
                f" {', '.join(unpriced)}.",
                "Give `price` or set ANSATZ_PRICE, in dollars per million tokens sent and received"
                " (such as 0.15,0.60; 0,0 for a model of your own), or limit tokens instead.",
            )
        with LogWriter.open(path, self.header()) as log:
            return asyncio.run(Loop(self, log, budget, progress, stop).run())

    def header(self) -> dict[str, Any]:
        """Returns what the log says of the search."""
        digest = _digest(self.problem)
        return {
            "problem": self.problem.name,
            "title": self.problem.title,
            "version": self.problem.version,
            **({"files": digest} if digest else {}),
            "size": dict(self.problem.size),
            "maximise": self.problem.maximise,
            "policy": {"name": self.policy.name, **_settings(self.policy)},
            "proposer": {"name": self.proposer.name, **_settings(self.proposer)},
            "seed": self.seed,
            "window": self.window,
            "parents": self.parents,
            "tree": ConceptTree().to_json(),
            "versions": {"python": environment()["python"], **environment()["versions"]},
        }


def _digest(problem: Problem) -> str:
    """Returns a digest of the files of a user's own problem; empty for ours, which have versions.

    A search that goes on after its verifier was edited would hold the verdicts of two judges.
    """
    kind, folder = type(problem), getattr(problem, "folder", None)
    if folder is None or kind.__module__.startswith(_SHIPPED):
        return ""
    found = blake2b(digest_size=8)
    for path in (Path(inspect.getfile(kind)), *(Path(folder) / name for name in _FILES)):
        text = path.read_bytes() if path.is_file() else b""
        found.update(b"%d " % len(text) + text)
    return found.hexdigest()


def _settings(thing: object) -> dict[str, Any]:
    """Returns the plain public attributes of a policy or proposer."""
    named = (
        {f.name: getattr(thing, f.name) for f in fields(thing)}
        if is_dataclass(thing) and not isinstance(thing, type)
        else vars(thing)
    )
    # Lists and dictionaries are what it remembers, not what it is.
    plain = (str, int, float, bool, type(None), tuple)
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in named.items()
        if not key.startswith("_") and isinstance(value, plain)
    }
