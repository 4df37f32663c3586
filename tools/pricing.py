"""What a reply cost: reading a price, reading a usage report, and estimating when there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tools.errors import BadInput

Price = tuple[float, float]
"""Dollars per million input tokens and per million output tokens."""

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English text and JSON; used only when an endpoint reports nothing."""


def read_price(text: str) -> Price:
    """Reads a price written as `0.15,0.60`.

    Raises:
        BadInput: when the text is not two non-negative numbers.
    """
    try:
        given, received = (float(part) for part in text.split(","))
    except ValueError:
        raise _bad_price(text) from None
    check_price((given, received))
    return given, received


def check_price(price: Price) -> None:
    """Checks that both prices are finite and not negative.

    Raises:
        BadInput: when one is not.
    """
    if not all(math.isfinite(part) and part >= 0 for part in price):
        raise _bad_price(",".join(str(part) for part in price))


def _bad_price(text: str) -> BadInput:
    return BadInput(
        f"The price {text!r} is not two non-negative numbers.",
        "Give dollars per million input and output tokens, as in ANSATZ_PRICE=0.15,0.60.",
    )


def dollars(price: Price | None, input_tokens: int, output_tokens: int) -> float | None:
    """Returns what the tokens cost, or None when no price is known."""
    if price is None:
        return None
    return (input_tokens * price[0] + output_tokens * price[1]) / 1e6


def read_usage(report: object) -> tuple[int, int] | None:
    """Returns (input, output) tokens of an endpoint's `usage` object, or None if it is unusable.

    Endpoints send null, negative numbers and text in this place; none of these is a count.
    """
    if not isinstance(report, Mapping):
        return None
    counts = (report.get("prompt_tokens"), report.get("completion_tokens"))
    given, received = (
        count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
        for count in counts
    )
    return None if given is None or received is None else (given, received)


def estimate_tokens(text: str | bytes) -> int:
    """Estimates the number of tokens of a text from its number of characters."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)
