"""What a problem is: a statement, a dialogue with the program, and an exact verifier."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import matplotlib.axes

    from tools.discovery.candidate import Candidate
    from tools.discovery.grammar import Grammar


@dataclass(frozen=True)
class Limits:
    """What one evaluation may use.

    Attributes:
        cpu_seconds: processor time; the wall clock is capped at a multiple of it.
        memory: address space in MiB above that of the warm parent.
        output: bytes of JSON that may come back.
        profile: modules that are warm in the child: `plain`, `numpy` or `scipy` (with numpy).
    """

    cpu_seconds: float = 2.0
    memory: int = 1024
    output: int = 4_000_000
    profile: str = "numpy"


@dataclass(frozen=True)
class Call:
    """One call that the trusted side asks the program for.

    Attributes:
        function: name of a function in the candidate's entry file.
        arguments: keyword arguments, plain JSON.
    """

    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What the verifier says of plain data.

    Attributes:
        valid: whether the data are a solution.
        value: the objective, exactly, or a proven bound on it on the losing side.
        message: why it is not valid, naming the place; or a remark such as the shrinkage applied.
        data: the solution as judged (after shrinking to feasibility, say); None: as handed in.
    """

    valid: bool
    value: Fraction | float | None = None
    message: str = ""
    data: object = None


class Problem(Protocol):
    """One problem at one size. Everything here runs on the trusted side.

    Attributes:
        name: such as `circle_packing`.
        title: a line for people.
        statement: the whole statement in Markdown, as a proposer reads it, naming the function to
            write, its arguments, and the shape of what it returns.
        size: the parameters of this instance, such as `{"n": 26}`.
        maximise: the direction of the objective.
        version: raised whenever the verdicts of the verifier change.
        limits: what one evaluation may use.
    """

    name: str
    title: str
    statement: str
    size: Mapping[str, Any]
    maximise: bool
    version: int
    limits: Limits

    def dialogue(self, seed: int) -> Generator[Call, Any, Any]:
        """Yields the calls to the program, is sent each result, and returns the data to verify.

        Most problems make one call; an online problem reveals its items call by call.
        """
        ...

    def verify(self, data: object) -> Verdict:
        """Judges plain JSON data exactly, whatever they are.

        Raises:
            BadInput: for a fault of the verifier itself.
        """
        ...

    def baseline(self) -> Candidate:
        """The classical program that a search has to beat, and starts from."""
        ...

    def grammar(self) -> Grammar:
        """The typed program grammar of the embedded proposer."""
        ...

    def draw(self, data: Any, axes: matplotlib.axes.Axes) -> None:
        """Draws a valid solution."""
        ...
