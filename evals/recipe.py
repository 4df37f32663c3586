"""What a run's suite is made from, as plain values: the same suite again elsewhere or later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import solvers, suites
from evals.language import WORDINGS, perturb
from tools.errors import BadInput
from tools.files import regular

if TYPE_CHECKING:
    from evals.sample import Suite

ANSWERED = ("arithmetic", "cmt", "graders", "passn")
"""The suites that take a file of answers; the others test programs, not replies to a question."""


@dataclass(frozen=True)
class Recipe:
    """Parameters from which a suite is built; two of the same recipe ask the same.

    Attributes:
        suite: the suite's name.
        options: what it is asked for.
        wordings: a key of `evals.language.WORDINGS`, or `original`.
        seed: of perturbed wordings.
    """

    suite: str
    options: suites.Options = field(default_factory=suites.Options)
    wordings: str = "original"
    seed: int = 0

    @classmethod
    def of(cls, params: Mapping[str, Any], seed: int) -> Recipe:
        """Reads the recipe from the parameters of `evals.run`, as they are or as recorded.

        Raises:
            BadInput: when a file does not exist or is none, or the suite takes no data set or no
                answers.
        """
        common: dict[str, Any] = {
            "samples": params["samples"],
            "epochs": params["epochs"],
            "seed": seed,
            "path": _path(params["path"], "path"),
            "answers": _answers(params["suite"], params["answers"]),
        }
        # Runs recorded by earlier versions name no data set.
        options = _options(params["suite"], params.get("dataset", ""), common)
        return cls(params["suite"], options, params["wordings"], seed)

    def build(self) -> Suite:
        """Builds the suite.

        Raises:
            BadInput: when an option cannot be used, or no answer belongs to a sample.
        """
        suite = suites.load(self.suite, self.options)
        if self.wordings != "original":
            suite = perturb(suite, WORDINGS[self.wordings], self.seed)
        if self.options.answers:
            solvers.check_ids(self.options.answers, suite.samples)
        return suite


def _path(text: str, name: str, *, folders: bool = True) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.exists():
        raise BadInput(f"{name} = {text} does not exist.", "Give the path of a file or folder.")
    if not (folders and path.is_dir()):
        regular(path, f"{name} =")
    return path


def _answers(suite: str, text: str) -> Path | None:
    if text and suite not in ANSWERED:
        raise BadInput(
            f"answers = {text}: the suite {suite} takes no file of answers.",
            f"Leave it out, or use it with {', '.join(ANSWERED)}.",
        )
    return _path(text, "answers", folders=False)


def _options(suite: str, dataset: str, common: dict[str, Any]) -> suites.Options:
    if not dataset:
        return suites.Options(**common)
    if suite != "arithmetic":
        raise BadInput(
            f"dataset = {dataset}: the suite {suite} takes no reasoning-gym data set.",
            "Use it with the suite arithmetic.",
        )
    from evals.suites.arithmetic import GymOptions

    return GymOptions(**common, dataset=dataset)
