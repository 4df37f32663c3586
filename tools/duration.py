"""Durations as people write and read them."""

from __future__ import annotations

import math
import re

from tools.errors import BadInput

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PIECE = re.compile(
    r"(\d+(?:\.\d+)?)([smhd])"
    r"(?:(?<=s)ec(?:ond)?s?|(?<=m)in(?:ute)?s?|(?<=h)(?:ou)?rs?|(?<=d)ays?)?"
)


def parse_duration(text: str) -> float:
    """Reads `90`, `90s`, `10m`, `10 minutes`, `1.5h`, `2h30m` as seconds.

    Raises:
        BadInput: if the text is none of these.
    """
    compact = text.strip().lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        return float(compact)
    if not re.fullmatch(f"(?:{_PIECE.pattern})+", compact):
        raise BadInput(f"Duration '{text}' cannot be read.", "Write for example 45s, 10m or 1h30m.")
    return sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(compact))


def humane(seconds: float | None) -> str:
    """Writes a duration for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds is None or not math.isfinite(seconds):
        return "unknown"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
