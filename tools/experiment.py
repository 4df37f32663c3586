"""The experiment contract: one typed definition that every face of Ansatz reads.

From a single `@experiment` the command line takes its options, a chat model its tool schema, the
offline planner its vocabulary, and the documentation its reference page.
"""

from __future__ import annotations

import inspect
import json
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from tools.errors import BadInput
from tools.params import Parameter, Params, Words, describe, from_text
from tools.result import Cost, Estimate, Result

if TYPE_CHECKING:
    from tools.run import Run


__all__ = [
    "Cost",
    "Estimate",
    "Experiment",
    "Parameter",
    "Params",
    "Result",
    "Words",
    "experiment",
]

P = TypeVar("P", bound=Params)


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
        asked_by: beginnings of words, one of which a request must hold before the offline planner
            takes this experiment for what is meant; empty for the experiment that a plain request
            on the method means.
    """

    name: str
    function: Callable[[Any, Run], Result]
    params: type[Params]
    papers: tuple[str, ...]
    claim: str
    estimate: Callable[[Any], Cost]
    resumable: bool
    examples: tuple[str, ...]
    asked_by: tuple[str, ...] = ()

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
        return [describe(name, info) for name, info in self.params.model_fields.items()]

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
        return self.parse({k: from_text(v, known.get(k)) for k, v in values.items()})

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
                why = item["msg"].removeprefix("Value error, ")
                problems.append(f"{self.name}: {name} = {value} cannot be used: {why}.")
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
    asked_by: Sequence[str] = (),
) -> Callable[[Callable[[P, Run], Result]], Experiment]:
    """Registers a function `(params, run) -> Result` as an experiment.

    Args:
        name: `method.verb`, lower-case letters, digits and underscores.
        paper: citation key or keys.
        claim: what should hold, in words; the result's checks decide whether it does.
        estimate: expected cost for given parameters.
        resumable: whether an interrupted run continues from its checkpoints (`Run.map`).
        examples: plain-words requests that ask for it; a dozen makes the offline planner sure.
        asked_by: beginnings of words without which a request does not mean this experiment.

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
            name,
            function,
            params,
            papers,
            claim,
            estimate,
            resumable,
            tuple(examples),
            tuple(asked_by),
        )

    return register


def _drop_titles(node: Any) -> Any:
    if isinstance(node, dict):
        # A property may itself be called "title"; only annotations are strings.
        return {
            k: _drop_titles(v) for k, v in node.items() if not (k == "title" and type(v) is str)
        }
    return [_drop_titles(v) for v in node] if isinstance(node, list) else node
