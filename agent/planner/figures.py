"""Numbers as they are shown: no more digits than their error allows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def metric(value: Any) -> str:
    """Writes a metric with its standard error, unit and number of measurements."""
    if not isinstance(value, Mapping):
        return plain(value)
    unit = f" {value['unit']}" if value.get("unit") else ""
    n = f" (n = {value['n']})" if value.get("n") and value.get("stderr") else ""
    return f"{measured(value.get('value'), value.get('stderr'))}{unit}{n}"


def measured(value: Any, error: Any) -> str:
    """Rounds a value to two digits of its standard error: 0.9717 +- 0.0018."""
    if not isinstance(value, (int, float)):
        return "not available"
    if not isinstance(error, (int, float)) or not math.isfinite(error) or error <= 0:
        return plain(value)
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} +- {error:.{digits}f}"


def plain(value: Any) -> str:
    """Writes a number without an error: whole ones in full, others to four digits."""
    if isinstance(value, float):
        whole = math.isfinite(value) and value == int(value) and abs(value) < 1e15
        return str(int(value)) if whole else f"{value:.4g}"
    return "not available" if value is None else str(value)


def sentence(text: Any) -> str:
    """Puts a text on one line and ends it with a full stop."""
    text = " ".join(str(text).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
