"""The problem that a request is about: how people call it, and how it is made at its size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from tools.errors import BadInput
from tools.experiment import Params, Words

if TYPE_CHECKING:
    from tools.discovery.problems import FolderProblem

PROBLEM = Words(
    near=("problem",),
    values={
        "circle_packing": ("circle packing", "pack circles", "circles in a square"),
        "circle_packing_rectangle": ("circles in a rectangle",),
        "heilbronn_triangle": ("heilbronn", "heilbronn triangle"),
        "heilbronn_convex": ("heilbronn convex",),
        "distance_ratio": ("distance ratio", "max min distance"),
        "kissing": ("kissing number", "kissing numbers"),
        "autocorrelation_1": ("autocorrelation", "first autocorrelation"),
        "autocorrelation_2": ("second autocorrelation",),
        "autocorrelation_3": ("third autocorrelation",),
        "minimum_overlap": ("minimum overlap", "erdos overlap"),
        "sums_and_differences": ("sums and differences",),
        "cap_set": ("cap set", "cap sets", "capset"),
        "no_isosceles": ("no isosceles", "isosceles"),
        "no_three_in_line": ("no three in line", "no-three-in-line"),
        "golomb_ruler": ("golomb ruler", "golomb rulers", "golomb"),
        "difference_basis": ("difference basis", "difference bases"),
        "ramsey": ("ramsey", "ramsey graph"),
        "bin_packing": ("bin packing", "online bin packing"),
    },
)
"""How people call the problems."""

SIZE = Words(near=("n", "size", "circles", "points", "marks", "dimension"))
"""How people call the size of a problem."""


class ProblemParams(Params):
    """What every experiment on a problem takes; `problem` has a default of its own in each."""

    problem: Annotated[str, PROBLEM] = Field(
        "circle_packing", description="name of a problem, or the path of your own"
    )
    n: Annotated[int, SIZE] = Field(
        0, ge=0, le=100_000, description="the problem's main size; 0 for its default"
    )
    size: str = Field("", description="further size parameters, such as `d=3` or `s=4,t=5`")

    @field_validator("problem")
    @classmethod
    def _whole_path(cls, name: str) -> str:
        """Makes the path of a user's own problem absolute: the run may be read from elsewhere."""
        from tools.discovery.problems import is_path

        if not is_path(name):
            return name
        try:
            return str(Path(name).expanduser().absolute())
        except RuntimeError as error:
            raise ValueError(str(error).rstrip(".")) from error

    @property
    def grows_programs(self) -> bool:
        """Whether programs are made from the problem's grammar, which must then be there."""
        return False

    def build(self) -> FolderProblem:
        """Makes the problem, with its grammar if that is needed.

        Raises:
            NotFound: when there is no such problem.
            BadInput: when the size is out of bounds, or a file of the problem is missing or wrong.
        """
        problem = build_problem(self.problem, self.n, self.size)
        if self.grows_programs:
            problem.grammar()
        return problem


def build_problem(name: str, n: int, size: str) -> FolderProblem:
    """Makes a problem at a size given in words.

    Raises:
        NotFound: when there is no such problem.
        BadInput: when the size cannot be read or is out of bounds.
    """
    from tools.discovery import problems
    from tools.discovery.problems.reading import shown

    given: dict[str, int | str] = {}
    if n:
        # What a problem calls its main size differs: n points, marks of a ruler, steps.
        defaults = problems.get(name).defaults
        given["n" if "n" in defaults else next(iter(defaults), "n")] = n
    for part in filter(None, (p.strip() for p in size.split(","))):
        key, separator, value = part.partition("=")
        if not separator:
            raise BadInput(
                f"size = {shown(size)}: {shown(part)} is not of the form name=value.", "Write d=3."
            )
        text = value.strip()
        # Python's own idea of a digit is wider than that of `int`, which also tires of long ones.
        given[key.strip()] = int(text) if re.fullmatch(r"-?[0-9]{1,30}", text) else text
    return problems.get(name, **given)
