"""Online bin packing: a rule that places items one by one as they are revealed."""

from __future__ import annotations

import random
from collections.abc import Generator
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Call, Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused, integers, listing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIRST_SEED = 20_000


class Problem(FolderProblem):
    """Items revealed one by one; minimise the bins used over the bound of total size.

    The instances depend on the size of the problem alone, so that data handed in can be judged.
    """

    name = "bin_packing"
    title = "Online bin packing: place items as they are revealed"
    maximise = False
    limits = Limits(cpu_seconds=4.0, profile="numpy")
    sizes = (
        Size("distribution", "weibull", words=("weibull", "uniform")),
        Size("items", 250, 1, 5_000),
        Size("instances", 4, 1, 20),
    )

    @property
    def capacity(self) -> int:
        """The size of a bin."""
        return 100 if self.size["distribution"] == "weibull" else 150

    def instances(self) -> tuple[tuple[int, ...], ...]:
        """Returns the item sizes of every instance."""
        return _instances(*(self.size[key] for key in ("distribution", "items", "instances")))

    def dialogue(self, seed: int) -> Generator[Call, Any, Any]:
        """Reveals items one after another, for all instances at once; only choices are asked for.

        The packings are kept here, and no item is shown before those ahead of it are placed. A
        choice that cannot be ends the dialogue: `judge` then refuses the data at its place.
        """
        instances = self.instances()
        spaces: list[list[int]] = [[] for _ in instances]
        chosen: list[list[object]] = [[] for _ in instances]
        for items in zip(*instances, strict=True):
            shown = [[*row, self.capacity] for row in spaces]
            answer = yield Call("choose", {"items": list(items), "spaces": shown})
            if type(answer) is not list or len(answer) != len(items):
                return answer
            for k, (item, choice) in enumerate(zip(items, answer, strict=True)):
                chosen[k].append(choice)
                if type(choice) is not int or not 0 <= choice <= len(spaces[k]):
                    return chosen
                if choice == len(spaces[k]):
                    spaces[k].append(self.capacity)
                if spaces[k][choice] < item:
                    return chosen
                spaces[k][choice] -= item
        return chosen

    def judge(self, data: object) -> Verdict:
        """Packs the known items as the data say; the value is the mean excess over the bound L1.

        L1 is the total size over the capacity, rounded up.
        """
        instances = self.instances()
        rows = listing(data, "data", least=len(instances), most=len(instances))
        excess = Fraction(0)
        for k, (items, row) in enumerate(zip(instances, rows, strict=True)):
            n = len(items)
            choices = integers(row, f"data[{k}]", most=n, low=0, high=n)
            spaces: list[int] = []
            for i, (item, choice) in enumerate(zip(items, choices, strict=False)):
                if choice == len(spaces):
                    spaces.append(self.capacity)
                if choice >= len(spaces) or spaces[choice] < item:
                    raise Refused(
                        f"data[{k}][{i}] = {choice}: item {item} does not fit in that bin."
                    )
                spaces[choice] -= item
            if len(choices) < n:
                raise Refused(f"data[{k}] places {len(choices)} of {n} items.")
            bound = -(-sum(items) // self.capacity)
            excess += Fraction(len(spaces) - bound, bound)
        return Verdict(True, excess / len(instances))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the bins of the first instance, filled from the bottom."""
        from tools.plots import CYCLE, GREY

        heights: dict[int, int] = {}
        for i, (item, choice) in enumerate(zip(self.instances()[0], data[0], strict=True)):
            bottom = heights.get(choice, 0)
            color = CYCLE[i % 7]
            axes.bar(choice, item, bottom=bottom, width=0.9, color=color, alpha=0.75, linewidth=0)
            heights[choice] = bottom + item
        axes.axhline(self.capacity, color=GREY, linewidth=1)
        axes.set_xlabel(f"{len(heights)} bins of the first instance")
        axes.set_ylabel("filled")
        axes.grid(visible=False)


@lru_cache(maxsize=8)
def _instances(distribution: str, items: int, count: int) -> tuple[tuple[int, ...], ...]:
    """Draws item sizes: Weibull of shape 3 and scale 45 up to 100, or even from 20 to 100."""
    made = []
    for k in range(count):
        rng = random.Random(_FIRST_SEED + k)
        if distribution == "weibull":
            sizes = [min(100, max(1, round(rng.weibullvariate(45, 3)))) for _ in range(items)]
        else:
            sizes = [rng.randint(20, 100) for _ in range(items)]
        made.append(tuple(sizes))
    return tuple(made)
