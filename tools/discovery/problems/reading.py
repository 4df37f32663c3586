"""Reading plain JSON data that nobody vouches for: exact numbers, or a refusal with its place."""

from __future__ import annotations

import math
from fractions import Fraction

_LARGEST = 2.0**60
_SHOWN = 60


class Refused(Exception):
    """The data are no solution; the message says why and where."""


def shown(value: object) -> str:
    """Returns a value in few characters, for a message."""
    if isinstance(value, list | tuple | dict | set):
        return f"a {type(value).__name__} of {len(value)}"
    if type(value) is int and value.bit_length() > 200:
        return f"an integer of {value.bit_length()} bits"
    if type(value) not in (int, float, bool, str, type(None)):
        return f"an object of type {type(value).__name__}"
    text = repr(value[:_SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def listing(data: object, place: str, *, least: int = 0, most: int) -> list[object]:
    """Returns data as a list of a length in bounds."""
    if type(data) is not list:
        raise Refused(f"{place} must be a list, not {shown(data)}.")
    if not least <= len(data) <= most:
        wanted = f"{most}" if least == most else f"{least} to {most}"
        raise Refused(f"{place} must have {wanted} entries; it has {len(data)}.")
    return data


def table(data: object, place: str, keys: tuple[str, ...]) -> dict[str, object]:
    """Returns data as an object with exactly these keys."""
    if type(data) is not dict:
        raise Refused(f"{place} must be an object, not {shown(data)}.")
    if set(data) != set(keys):
        raise Refused(f"{place} must have the keys {', '.join(keys)} and no other.")
    return data


def integer(value: object, place: str, low: int, high: int) -> int:
    """Returns a whole number in bounds; true, 1.0 and "1" are none."""
    if type(value) is not int:
        raise Refused(f"{place} must be a whole number, not {shown(value)}.")
    if not low <= value <= high:
        raise Refused(f"{place} = {shown(value)} is not between {low} and {high}.")
    return value


def integers(
    data: object, place: str, *, least: int = 0, most: int, low: int, high: int
) -> list[int]:
    """Returns data as a list of whole numbers in bounds."""
    entries = listing(data, place, least=least, most=most)
    return [integer(value, f"{place}[{i}]", low, high) for i, value in enumerate(entries)]


def real(value: object, place: str) -> Fraction:
    """Returns a finite number of at most 2^60 in size, exactly as the float or integer says."""
    if type(value) is not int and type(value) is not float:
        raise Refused(f"{place} must be a number, not {shown(value)}.")
    if not math.isfinite(value) if type(value) is float else False:
        raise Refused(f"{place} must be finite, not {shown(value)}.")
    if abs(value) > _LARGEST:
        raise Refused(f"{place} = {shown(value)} is too large.")
    return Fraction(value)


def reals(data: object, place: str, *, least: int = 0, most: int) -> list[Fraction]:
    """Returns data as a list of exact finite numbers."""
    entries = listing(data, place, least=least, most=most)
    return [real(value, f"{place}[{i}]") for i, value in enumerate(entries)]


def points(data: object, place: str, *, count: int, dimension: int) -> list[list[Fraction]]:
    """Returns data as a given number of points with exact coordinates."""
    rows = listing(data, place, least=count, most=count)
    return [
        reals(row, f"{place}[{i}]", least=dimension, most=dimension) for i, row in enumerate(rows)
    ]


def distinct(values: list[int] | list[tuple[int, ...]], place: str) -> None:
    """Refuses a list in which an entry occurs twice."""
    first: dict[object, int] = {}
    for position, value in enumerate(values):
        if value in first:
            raise Refused(f"{place}[{position}] repeats {place}[{first[value]}].")
        first[value] = position
