"""The parameters of an experiment: typed, bounded, and named as people name them."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


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
        takes: what a text holds: a "formula", the "path" of a file or folder that must exist, or a
            "statement" of conventions such as "x > 0"; "" for any other text.
    """

    near: tuple[str, ...] = ()
    complement: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    takes: Literal["", "formula", "path", "statement"] = ""


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


def describe(name: str, info: FieldInfo) -> Parameter:
    """Returns what the faces need to know of a model's field."""
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


def from_text(text: str, parameter: Parameter | None) -> Any:
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
