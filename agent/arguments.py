"""Arguments of the built-in tools: their schema, and reading what a model wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tools.errors import BadInput


def whole_number(
    arguments: Mapping[str, Any], field: str, default: int, low: int, high: int
) -> int:
    """Reads a whole number from a model's arguments.

    Raises:
        BadInput: if it is none or out of range.
    """
    value = arguments.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadInput(
            f"{field} = {json.dumps(value, default=str)} cannot be used.",
            f"Give a whole number from {low} to {high}.",
        )
    return value


def text(arguments: Mapping[str, Any], field: str) -> str:
    """Reads a text, or a whole number as text, from a model's arguments.

    Raises:
        BadInput: if it is neither, or empty.
    """
    value = arguments.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{field} = {json.dumps(value, default=str)} is not a text.", "Give one.")
    return value


def object_schema(**properties: dict[str, Any]) -> dict[str, Any]:
    """Writes the JSON schema of arguments; those marked `required` must be given."""
    required = [k for k, v in properties.items() if v.pop("required", False)]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
