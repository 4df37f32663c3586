"""Built-in tools that look things up in the registry and the run store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from agent.arguments import object_schema, text, whole_number
from agent.describe import summary
from agent.messages import ToolSpec
from tools.errors import BadInput
from tools.registry import Registry
from tools.runs import RunStore

Lookup = Callable[[Mapping[str, Any]], dict[str, Any]]


class Lookups:
    """Tools that only read; each takes the model's arguments and returns JSON values."""

    def __init__(self, registry: Registry, store: RunStore) -> None:
        self._registry, self._store = registry, store
        self.tools: dict[str, tuple[ToolSpec, Lookup]] = {
            spec.name: (spec, function)
            for spec, function in (
                (_EXPERIMENTS, self._list_experiments),
                (_LIST, self._list_runs),
                (_SHOW, self._show_run),
                (_COMPARE, self._compare_runs),
            )
        }

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


_RUN = "a run: its id, its number, 'last', or 'last~1' for the one before"
_EXPERIMENTS = ToolSpec(
    "list_experiments",
    "Lists the experiments that can be run, and the claims they test.",
    object_schema(),
)
_LIST = ToolSpec(
    "list_runs",
    "Lists recorded runs, newest first, with parameters, metrics and verdicts.",
    object_schema(
        limit={"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        experiment={"type": "string", "description": "only runs of this experiment"},
    ),
)
_SHOW = ToolSpec(
    "show_run",
    "Shows one recorded run with metrics, verdicts and their reasons.",
    object_schema(run={"type": "string", "description": _RUN, "required": True}),
)
_COMPARE = ToolSpec(
    "compare_runs",
    "Compares recorded runs: what differs in parameters, metrics and verdicts.",
    object_schema(
        runs={
            "type": "array",
            "items": {"type": "string", "description": _RUN},
            "minItems": 2,
            "required": True,
        }
    ),
)
