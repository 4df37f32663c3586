"""What a run's suite is made from, as plain values: the same suite again elsewhere or later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import suites
from evals.language import WORDINGS, perturb
from tools.errors import BadInput

if TYPE_CHECKING:
    from evals.sample import Suite


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
            BadInput: when a file does not exist, or the suite takes no data set.
        """
        common: dict[str, Any] = {
            "samples": params["samples"],
            "epochs": params["epochs"],
            "seed": seed,
            "path": _file(params["path"], "path"),
            "answers": _file(params["answers"], "answers"),
        }
        # Runs recorded by earlier versions name no data set.
        options = _options(params["suite"], params.get("dataset", ""), common)
        return cls(params["suite"], options, params["wordings"], seed)

    def build(self) -> Suite:
        """Builds the suite.

        Raises:
            BadInput: when an option cannot be used.
        """
        suite = suites.load(self.suite, self.options)
        if self.wordings == "original":
            return suite
        return perturb(suite, WORDINGS[self.wordings], self.seed)


def _file(text: str, name: str) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.exists():
        raise BadInput(f"{name} = {text} does not exist.", "Give the path of a file or folder.")
    return path


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
