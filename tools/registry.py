"""How experiments are found: through the entry-point group `ansatz.experiments`.

An entry point names a module (all its experiments are taken) or one experiment. A package that
cannot be imported is reported in `Registry.problems` and costs nobody else anything.
"""

from __future__ import annotations

import difflib
import functools
import importlib.metadata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.errors import NotFound
from tools.experiment import Experiment

GROUP = "ansatz.experiments"


@dataclass(frozen=True)
class Registry:
    """The experiments at hand.

    Attributes:
        experiments: name -> experiment, in alphabetical order.
        problems: one line for each entry point that could not be used.
    """

    experiments: dict[str, Experiment]
    problems: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[Experiment]:
        return iter(self.experiments.values())

    def get(self, name: str) -> Experiment:
        """Returns the experiment of that name.

        Raises:
            NotFound: naming the closest known names.
        """
        if name in self.experiments:
            return self.experiments[name]
        close = difflib.get_close_matches(name, self.experiments, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(close)}?" if close else "`ansatz tools list` shows all."
        raise NotFound(f"There is no experiment '{name}'.", hint)


@functools.cache
def load() -> Registry:
    """Imports every registered package and returns the experiments found."""
    return collect(importlib.metadata.entry_points(group=GROUP))


def folders() -> tuple[Path, ...]:
    """Returns the import folders of all packages that register experiments.

    The child process of a run starts isolated and would not see those that reached us through
    PYTHONPATH or `sys.path`: what the parent lists, the child must find.
    """
    found: dict[Path, None] = {}
    for point in importlib.metadata.entry_points(group=GROUP):
        if point.dist is not None:
            found[Path(str(point.dist.locate_file(""))).resolve()] = None
    return tuple(found)


def collect(points: Iterable[importlib.metadata.EntryPoint]) -> Registry:
    """Builds a registry from entry points; the first of two equal names wins."""
    found: dict[str, Experiment] = {}
    problems = []
    for point in sorted(points, key=lambda p: (p.name, p.value)):
        try:
            loaded = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's package
            problems.append(
                f"{point.name} ({point.value}) could not be imported: "
                f"{type(error).__name__}: {error}"
            )
            continue
        experiments = _experiments_in(loaded)
        if not experiments:
            problems.append(f"{point.name} ({point.value}) holds no experiment.")
        for item in experiments:
            if item.name in found and found[item.name] is not item:
                problems.append(f"{item.name} from {point.value} is hidden by one found before.")
            found.setdefault(item.name, item)
    return Registry(dict(sorted(found.items())), tuple(problems))


def _experiments_in(loaded: Any) -> list[Experiment]:
    if isinstance(loaded, Experiment):
        return [loaded]
    return [
        value for value in getattr(loaded, "__dict__", {}).values() if isinstance(value, Experiment)
    ]
