"""The built-in tools: looking things up in the library, the registry and the run store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from agent.describe import passages_json, summary
from agent.messages import ToolSpec
from tools.errors import BadInput
from tools.registry import Registry
from tools.runs import RunStore

if TYPE_CHECKING:
    from knowledge.library import Library

Lookup = Callable[[Mapping[str, Any]], dict[str, Any]]


class Lookups:
    """Tools that only read; each takes the model's arguments and returns JSON values."""

    def __init__(self, registry: Registry, store: RunStore, library: Library) -> None:
        self._registry, self._store, self._library = registry, store, library
        self.tools: dict[str, tuple[ToolSpec, Lookup]] = {
            spec.name: (spec, function)
            for spec, function in (
                (_SEARCH, self._search_papers),
                (_EXPERIMENTS, self._list_experiments),
                (_LIST, self._list_runs),
                (_SHOW, self._show_run),
                (_COMPARE, self._compare_runs),
            )
        }

    def _search_papers(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        query = text(arguments, "query")
        passages = self._library.search(query, k=whole_number(arguments, "k", 4, 1, 10))
        return passages_json(passages)

    def _list_experiments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "experiments": [
                {
                    "name": e.name,
                    "summary": e.summary,
                    "claim": e.claim,
                    "parameters": [p.name for p in e.parameters()],
                }
                for e in self._registry
            ]
        }

    def _list_runs(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        name = arguments.get("experiment")
        if name is not None:
            name = self._registry.get(str(name)).name
        limit = whole_number(arguments, "limit", 10, 1, 50)
        return {"runs": [summary(r) for r in self._store.recent(experiment=name, limit=limit)]}

    def _show_run(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return summary(self._store.find(text(arguments, "run")))

    def _compare_runs(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        names = arguments.get("runs")
        if not isinstance(names, list) or len(names) < 2:
            raise BadInput(
                f"compare_runs: runs = {json.dumps(names, default=str)} is not a list of at "
                "least two runs.",
                'Give for example ["last~1", "last"].',
            )
        from tools.compare import compare

        records = [self._store.find(str(name)) for name in names]
        compared: dict[str, Any] = compare(records).as_json()
        return compared


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


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    required = [k for k, v in properties.items() if v.pop("required", False)]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


_RUN = "a run: its id, its number, 'last', or 'last~1' for the one before"
_SEARCH = ToolSpec(
    "search_papers",
    "Searches the library of paper summaries and returns passages to cite by their id.",
    _object(
        query={"type": "string", "description": "what to look for", "required": True},
        k={"type": "integer", "minimum": 1, "maximum": 10, "default": 4},
    ),
)
_EXPERIMENTS = ToolSpec(
    "list_experiments",
    "Lists the experiments that can be run, and the claims they test.",
    _object(),
)
_LIST = ToolSpec(
    "list_runs",
    "Lists recorded runs, newest first, with parameters, metrics and verdicts.",
    _object(
        limit={"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        experiment={"type": "string", "description": "only runs of this experiment"},
    ),
)
_SHOW = ToolSpec(
    "show_run",
    "Shows one recorded run with metrics, verdicts and their reasons.",
    _object(run={"type": "string", "description": _RUN, "required": True}),
)
_COMPARE = ToolSpec(
    "compare_runs",
    "Compares recorded runs: what differs in parameters, metrics and verdicts.",
    _object(
        runs={
            "type": "array",
            "items": {"type": "string", "description": _RUN},
            "minItems": 2,
            "required": True,
        }
    ),
)
