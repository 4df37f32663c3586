"""What models charge."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

Price = tuple[float, float]
"""Dollars per million tokens sent and received."""


@cache
def _table() -> dict[str, Price]:
    text = files("tools.discovery.proposers").joinpath("prices.toml").read_text("utf-8")
    return {name: (pair[0], pair[1]) for name, pair in tomllib.loads(text)["models"].items()}


def price_of(model: str) -> Price | None:
    """Returns the listed price of a model, None where there is none.

    A dated name such as `gpt-4o-2024-08-06` and one with a provider such as `openai/gpt-4o` have
    the price of the plain one.
    """
    plain = model.rpartition("/")[2]
    names = [name for name in _table() if plain == name or plain.startswith(f"{name}-20")]
    return _table()[names[0]] if names else None


def dollars(price: Price | None, tokens_in: int, tokens_out: int) -> float:
    """Returns what tokens cost; 0 where no price is known."""
    return 0.0 if price is None else (tokens_in * price[0] + tokens_out * price[1]) / 1e6
