"""The experiment contract: one typed definition that every face of Ansatz reads.

From a single `@experiment` the command line takes its options, a chat model its tool schema, the
offline planner its vocabulary, and the documentation its reference page.
"""

from __future__ import annotations

import inspect
import json
import math
import re
import statistics
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from tools.claims import Claim
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.run import Run


class Params(BaseModel):
    """Base of every experiment's parameters: frozen, and unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


@dataclass(frozen=True)
class Words:
    """How people name a parameter in plain words; put it into `Annotated[...]` of a field.

    Attributes:
        near: words beside which a number belongs to this parameter ("keep", "kept").
        complement: words that state what is left over ("drop 70 %" means keep 0.3).
        values: for a choice, value -> further spellings ("el2n" -> "error norm").
    """

    near: tuple[str, ...] = ()
    complement: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """A measured number with its uncertainty.

    Attributes:
        mean: the value.
        stderr: standard error of the mean, or None when it cannot be known (n = 1).
        n: number of independent measurements behind it.
        unit: unit in words, empty for a pure number.
    """

    mean: float
    stderr: float | None = None
    n: int = 1
    unit: str = ""

    @classmethod
    def of(cls, samples: Sequence[float], unit: str = "") -> Estimate:
        """Summarises independent measurements by their mean and its standard error.

        Raises:
            BadInput: if there are none.
        """
        if not samples:
            raise BadInput("An estimate needs at least one measurement; got none.")
        n = len(samples)
        error = statistics.stdev(samples) / math.sqrt(n) if n > 1 else None
        return cls(statistics.fmean(samples), error, n, unit)


@dataclass(frozen=True)
class Cost:
    """What a run is expected to cost.

    Attributes:
        seconds: wall-clock time on this machine.
        dollars: money spent on endpoints.
    """

    seconds: float
    dollars: float = 0.0


@dataclass(frozen=True)
class Result:
    """What an experiment returns: metrics, and claims whose verdicts were computed."""

    metrics: Mapping[str, Estimate | float] = field(default_factory=dict)
    claims: Sequence[Claim] = ()


P = TypeVar("P", bound=Params)


@dataclass(frozen=True)
class Parameter:
    """One parameter as the faces need it.

    Attributes:
        name: field name.
        type: `int`, `float`, `str`, `bool`, or `list` of these.
        choices: allowed values, empty when free.
        bounds: human-readable range such as "0 < keep <= 1", or "".
    """

    name: str
    type: type
    choices: tuple[Any, ...]
    default: Any
    required: bool
    description: str
    bounds: str
    words: Words


@dataclass(frozen=True)
class Experiment:
    """A registered, typed, seeded computation on a method.

    Attributes:
        name: dotted name, `method.verb`.
        function: `(params, run) -> Result`.
        params: the parameter model.
        papers: citation keys of the papers whose claim is tested.
        claim: the claim in words, as the paper (or the user) makes it.
        estimate: expected cost for given parameters.
        resumable: whether an interrupted run can continue from its checkpoints.
        examples: requests in plain words that ask for this experiment.
    """

    name: str
    function: Callable[[Any, Run], Result]
    params: type[Params]
    papers: tuple[str, ...]
    claim: str
    estimate: Callable[[Any], Cost]
    resumable: bool
    examples: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return re.split(r"(?<=[.!?])\s", self.description, maxsplit=1)[0]

    @property
    def description(self) -> str:
        """The first paragraph of the docstring on one line."""
        return " ".join((inspect.getdoc(self.function) or "").split("\n\n")[0].split())

    @property
    def details(self) -> str:
        """The docstring after its first paragraph."""
        return "\n\n".join((inspect.getdoc(self.function) or "").split("\n\n")[1:])

    def parameters(self) -> list[Parameter]:
        """Lists the parameters in the order they were declared."""
        return [_parameter(name, info) for name, info in self.params.model_fields.items()]

    def schema(self) -> dict[str, Any]:
        """Returns the JSON schema of the parameters, without titles."""
        schema = _drop_titles(self.params.model_json_schema())
        assert isinstance(schema, dict)
        schema.pop("description", None)
        return schema

    def parse(self, values: Mapping[str, Any]) -> Params:
        """Builds parameters from plain values.

        Raises:
            BadInput: naming the field, the value and what is allowed.
        """
        try:
            return self.params.model_validate(dict(values))
        except ValidationError as error:
            raise BadInput(*self._explain(error)) from None

    def parse_text(self, values: Mapping[str, str]) -> Params:
        """Builds parameters from text such as a command line gives ("30%", "1,2,3", "true").

        Raises:
            BadInput: naming the field, the value and what is allowed.
        """
        known = {p.name: p for p in self.parameters()}
        return self.parse({k: _from_text(v, known.get(k)) for k, v in values.items()})

    def _explain(self, error: ValidationError) -> tuple[str, str]:
        known = {p.name: p for p in self.parameters()}
        problems, remedies = [], []
        for item in error.errors(include_url=False):
            name = str(item["loc"][0]) if item["loc"] else "parameters"
            parameter = known.get(name)
            if item["type"] == "extra_forbidden":
                problems.append(f"{self.name} has no parameter '{name}'.")
                remedies.append(f"It takes: {', '.join(known)}.")
            elif item["type"] == "missing":
                problems.append(f"{self.name} needs '{name}'.")
                remedies.append(f"Give {name}: {parameter.description if parameter else ''}.")
            else:
                value = json.dumps(item["input"], default=str)
                problems.append(f"{self.name}: {name} = {value} cannot be used: {item['msg']}.")
                if parameter and (parameter.choices or parameter.bounds):
                    allowed = ", ".join(map(str, parameter.choices)) or parameter.bounds
                    remedies.append(f"Allowed: {allowed}.")
        return " ".join(problems), " ".join(dict.fromkeys(remedies))


def experiment(
    name: str,
    *,
    paper: str | tuple[str, ...],
    claim: str,
    estimate: Callable[[P], Cost],
    resumable: bool = False,
    examples: Sequence[str] = (),
) -> Callable[[Callable[[P, Run], Result]], Experiment]:
    """Registers a function `(params, run) -> Result` as an experiment.

    Args:
        name: `method.verb`, lower-case letters, digits and underscores.
        paper: citation key or keys.
        claim: what should hold, in words; the result's checks decide whether it does.
        estimate: expected cost for given parameters.
        resumable: whether an interrupted run continues from its checkpoints (`Run.map`).
        examples: plain-words requests that ask for it; a dozen makes the offline planner sure.

    Raises:
        BadInput: when the name, docstring or parameter annotation is missing.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", name):
        raise BadInput(f"Experiment name '{name}' is not of the form method.verb.", "Rename it.")

    def register(function: Callable[[P, Run], Result]) -> Experiment:
        if not inspect.getdoc(function):
            raise BadInput(f"{name} has no docstring.", "Say in one sentence what it finds out.")
        try:
            hints = typing.get_type_hints(function, localns={"Run": object, "Result": object})
        except NameError as error:
            raise BadInput(
                f"{name}: an annotation cannot be resolved: {error}.",
                "Define the parameter class at the top level of its module.",
            ) from error
        params = hints.get("params")
        if not (isinstance(params, type) and issubclass(params, Params)):
            raise BadInput(
                f"{name}: the first argument must be annotated `params: <subclass of Params>`."
            )
        papers = (paper,) if isinstance(paper, str) else tuple(paper)
        return Experiment(
            name, function, params, papers, claim, estimate, resumable, tuple(examples)
        )

    return register


def _parameter(name: str, info: FieldInfo) -> Parameter:
    kind, choices = _kind(info.annotation)
    words = next((m for m in info.metadata if isinstance(m, Words)), Words())
    return Parameter(
        name,
        kind,
        choices,
        None if info.is_required() else info.get_default(call_default_factory=True),
        info.is_required(),
        info.description or "",
        _bounds(name, info),
        words,
    )


def _kind(annotation: Any) -> tuple[type, tuple[Any, ...]]:
    """Reduces an annotation to a plain type and the allowed values."""
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        values = typing.get_args(annotation)
        return type(values[0]), values
    if origin in (list, tuple):
        return list, _kind(typing.get_args(annotation)[0])[1]
    for option in typing.get_args(annotation):
        if option is not type(None):
            return _kind(option)
    return (annotation if isinstance(annotation, type) else str), ()


def _bounds(name: str, info: FieldInfo) -> str:
    low = high = ""
    for item in info.metadata:
        if (value := getattr(item, "gt", None)) is not None:
            low = f"{value} < "
        if (value := getattr(item, "ge", None)) is not None:
            low = f"{value} <= "
        if (value := getattr(item, "lt", None)) is not None:
            high = f" < {value}"
        if (value := getattr(item, "le", None)) is not None:
            high = f" <= {value}"
    return f"{low}{name}{high}" if low or high else ""


def _from_text(text: str, parameter: Parameter | None) -> Any:
    """Reads what a person types for a parameter; leaves judging it to validation."""
    stripped = text.strip()
    if parameter is None:
        return stripped
    if parameter.type is list:
        try:
            value = json.loads(stripped)
        except json.JSONDecodeError:
            value = [p.strip() for p in stripped.strip("[]").split(",") if p.strip()]
        return [_number(v, parameter) for v in (value if isinstance(value, list) else [value])]
    if parameter.default is None and not parameter.required and stripped.lower() == "none":
        return None
    return _number(stripped, parameter)


def _number(value: Any, parameter: Parameter) -> Any:
    """Reads a choice that is no text, or a percentage where text is not what is wanted."""
    for choice in parameter.choices:
        if not isinstance(choice, str) and str(choice) == str(value):
            return choice
    if isinstance(value, str) and parameter.type in (int, float, list):
        match = re.fullmatch(r"([-+.\deE]+)\s*%", value)
        try:
            return float(match[1]) / 100 if match else value
        except ValueError:
            return value
    return value


def _drop_titles(node: Any) -> Any:
    if isinstance(node, dict):
        # A property may itself be called "title"; only annotations are strings.
        return {
            k: _drop_titles(v) for k, v in node.items() if not (k == "title" and type(v) is str)
        }
    return [_drop_titles(v) for v in node] if isinstance(node, list) else node
