"""What models charge."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from tools.errors import BadInput
from tools.pricing import Price, read_price


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


def read_prices(text: str, models: Sequence[str]) -> dict[str, Price]:
    """Returns the prices that a user gives to models.

    Args:
        text: `0.15,0.60`, dollars per million tokens sent and received, for every model; or
            `NAME=0.15,0.60` for some of them, by semicolons. Empty: none.
        models: that are asked.

    Raises:
        BadInput: if it cannot be read, or names another model.
    """
    found: dict[str, Price] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, separator, pair = part.rpartition("=")
        if separator and name.strip() not in models:
            raise BadInput(
                f"price = {text}: no model '{name.strip()}' is asked.",
                f"Name one of: {', '.join(models)}.",
            )
        try:
            price = read_price(pair)
        except BadInput:
            raise _unreadable(text) from None
        found |= dict.fromkeys([name.strip()] if separator else models, price)
    return found


def prices_given(
    text: str, models: Sequence[str], environ: Mapping[str, str] | None = None
) -> dict[str, Price]:
    """Returns the prices of `read_prices`, and for other models that of `ANSATZ_PRICE`.

    Raises:
        BadInput: if one of the two cannot be read.
    """
    environ = os.environ if environ is None else environ
    return read_prices(environ.get("ANSATZ_PRICE", ""), models) | read_prices(text, models)


def _unreadable(text: str) -> BadInput:
    return BadInput(
        f"price = {text} is not two numbers of at least 0.",
        "Give dollars per million tokens sent and received, such as 0.15,0.60, or for one of"
        " several models NAME=0.15,0.60; ANSATZ_PRICE has the first form.",
    )
