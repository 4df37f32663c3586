"""What problems have in common: files of a folder, checked sizes, a verifier that never raises."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tools.discovery.candidate import Candidate
from tools.discovery.problem import Call, Limits, Verdict
from tools.discovery.problems import own
from tools.discovery.problems.known import Optimum, Record, read_known
from tools.discovery.problems.reading import Refused, shown
from tools.errors import BadInput, Cancelled, Unavailable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tools.discovery.grammar import Grammar


@dataclass(frozen=True)
class Size:
    """A parameter of the size of a problem.

    Attributes:
        name: such as `n`.
        default: where none is given; a whole number, or one of the words.
        low, high: the range of a whole number.
        words: what a word may be; empty for a number.
    """

    name: str
    default: int | str
    low: int = 0
    high: int = 0
    words: tuple[str, ...] = ()

    def check(self, problem: str, value: object) -> None:
        """Refuses a value that cannot be.

        Raises:
            BadInput: naming the parameter, the value and what is allowed.
        """
        if self.words and value not in self.words:
            raise BadInput(
                f"{problem}: {self.name} = {shown(value)} is unknown.",
                f"Choose of: {', '.join(self.words)}.",
            )
        if not self.words and not (type(value) is int and self.low <= value <= self.high):
            raise BadInput(
                f"{problem}: {self.name} = {shown(value)} cannot be.",
                f"Give a whole number from {self.low} to {self.high}.",
            )


class FolderProblem:
    """A problem whose texts and data lie beside its `problem.py`.

    A subclass sets the attributes and writes `judge` and `draw`; everything else is read from the
    folder. The program is asked once, `solve(**size, seed)`, unless `dialogue` says otherwise.

    Attributes:
        name, title, maximise, version, limits: as `tools.discovery.problem.Problem` has them.
        sizes: the parameters of the size.
        texts: file name -> text, for a problem in a single file; they go before those beside it.
        size: the parameters of this instance.
        file, folder: where its class and its texts are.
        statement: `statement.md` with the size filled in.
    """

    name = ""
    title = ""
    maximise = True
    version = 1
    limits = Limits()
    sizes: tuple[Size, ...] = ()
    texts: Mapping[str, str] = MappingProxyType({})

    def __init__(self, **size: int | str) -> None:
        """Makes the problem at a size.

        Raises:
            BadInput: when a parameter is unknown or out of bounds.
        """
        unknown = sorted(set(size) - set(self.defaults))
        if unknown:
            raise BadInput(
                f"{self.name} has no size parameter {', '.join(unknown)}.",
                f"It has: {', '.join(self.defaults) or 'none'}.",
            )
        self.size: Mapping[str, Any] = {**self.defaults, **size}
        for parameter in self.sizes:
            parameter.check(self.name, self.size[parameter.name])
        self.file = Path(inspect.getfile(type(self)))
        self.folder = self.file.parent
        text = self._text("statement.md")
        self.statement = Template(text).safe_substitute({k: str(v) for k, v in self.size.items()})

    @property
    def defaults(self) -> dict[str, int | str]:
        """Every parameter of the size with its default."""
        return {parameter.name: parameter.default for parameter in self.sizes}

    def _text(self, file: str) -> str:
        if file in self.texts:
            return self.texts[file]
        try:
            return (self.folder / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise BadInput(
                f"{self.folder / file} cannot be read: {why}.",
                f"Write the file, or set texts = {{{file!r}: ...}} in {self.file.name}.",
            ) from error

    def dialogue(self, seed: int) -> Generator[Call, Any, Any]:
        """Asks once for `solve`, whose return value is the data to verify."""
        return (yield Call("solve", {**self.size, "seed": seed}))

    def verify(self, data: object) -> Verdict:
        """Judges plain JSON data exactly. Raises for no data, only for a fault of `judge` itself.

        Raises:
            BadInput: when `judge` raises something else than `Refused`, or returns no verdict.
        """
        try:
            verdict = self.judge(data)
        except Refused as refused:
            return Verdict(False, message=str(refused))
        except (Cancelled, Unavailable):
            raise
        # Its writer may have overlooked anything; no program is to blame for that.
        except (Exception, SystemExit) as error:
            told = own.described(error, self.file)
            raise BadInput(
                f"{self.file}: judge, given {shown(data)}, raised {told}.",
                "Mend it: it must raise `Refused` for what is no solution.",
            ) from error
        own.check_verdict(verdict, self.file, data)
        return verdict

    def judge(self, data: object) -> Verdict:
        """Judges plain JSON data; raises `Refused` where they are no solution."""
        raise NotImplementedError

    def baseline(self) -> Candidate:
        """The classical program: `baseline.py` of the folder."""
        return Candidate.of(self._text("baseline.py"))

    def grammar(self) -> Grammar:
        """The typed program grammar: `grammar.toml` of the folder."""
        return self._grammar

    @cached_property
    def _grammar(self) -> Grammar:
        from tools.discovery.grammar import Grammar

        for name in ("grammar.toml", "parts.py"):
            if not (self.folder / name).is_file():
                raise BadInput(
                    f"{self.folder / name} cannot be read: there is no such file.",
                    "The embedded proposer needs it: write it, or name a model as the proposer.",
                )
        return Grammar.read(self.folder / "grammar.toml")

    def records(self) -> tuple[Record, ...]:
        """The dated records of `known.toml` for this size, oldest first."""
        return tuple(r for r in read_known(self.folder).records if r.size == dict(self.size))

    def optimum(self) -> Optimum | None:
        """The optimum of this size, where `known.toml` has it."""
        found = [o for o in read_known(self.folder).optima if o.size == dict(self.size)]
        return found[0] if found else None

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws a valid solution."""
        raise NotImplementedError

    def try_to_draw(self, data: Any, axes: Axes) -> str:
        """Draws a valid solution; says what went wrong, empty if nothing.

        A drawing that fails must not cost the search that found what it shows.
        """
        try:
            self._draw(data, axes)
        except BadInput as error:
            return f"There is no drawing. {error.problem}"
        return ""

    def _draw(self, data: Any, axes: Axes) -> None:
        try:
            self.draw(data, axes)
            figure = axes.get_figure(root=True)
            assert figure is not None
            # What cannot be shown, such as an unfinished formula in a label, is only found here.
            figure.draw_without_rendering()
        except NotImplementedError as error:
            raise BadInput(f"{self.file} defines no `draw`.") from error
        except (Cancelled, Unavailable):
            raise
        except (Exception, SystemExit) as error:
            raise BadInput(
                f"{self.file}: draw raised {own.described(error, self.file)}."
            ) from error
