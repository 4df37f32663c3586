"""Policies by name, with their options as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from tools.discovery.contrast import PARTS, Part
from tools.discovery.policies.ccts import CCTS
from tools.discovery.policies.cells import MapElites
from tools.discovery.policies.clusters import Clusters
from tools.discovery.policies.fitness import Elites, Greedy, Softmax, Uniform
from tools.discovery.policies.islands import IslandElites
from tools.discovery.policies.pareto import Pareto
from tools.errors import BadInput, NotFound

if TYPE_CHECKING:
    from tools.discovery.policies import Policy

_PLAIN: Mapping[str, Callable[..., Policy]] = {
    kind.name: kind
    for kind in (Uniform, Greedy, Elites, Softmax, Clusters, MapElites, IslandElites, Pareto)
}
_CCTS_OPTIONS = tuple(f.name for f in fields(CCTS) if f.name != "part")


def names() -> tuple[str, ...]:
    """Returns the names that `create` knows."""
    return (*_PLAIN, "ccts", *(part for part in PARTS if part != "full"))


def create(name: str, **options: Any) -> Policy:
    """Makes a policy by name.

    Hyphens and blanks are one: `numerator-only` is `numerator only`. The ablations take the options
    of `ccts`.

    Raises:
        NotFound: if there is no policy of this name.
        BadInput: if it has no such option or the value is out of range.
    """
    wanted = name.strip().lower().replace("-", " ")
    known = {each.replace("-", " "): each for each in names()}
    if wanted not in known:
        raise NotFound(f"There is no policy {name!r}.", f"There are: {', '.join(names())}.")
    chosen = known[wanted]
    if chosen in _PLAIN:
        kind = _PLAIN[chosen]
        _check(chosen, options, tuple(getattr(kind, "__dataclass_fields__", {})))
        return kind(**options)
    _check(chosen, options, _CCTS_OPTIONS)
    part: Part = next((p for p in PARTS if p == chosen), "full")
    return CCTS(part, **options)


def _check(name: str, options: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    for option in options:
        if option not in allowed:
            raise BadInput(
                f"Policy {name} has no option '{option}'.",
                f"It takes: {', '.join(allowed)}." if allowed else "It takes none.",
            )
