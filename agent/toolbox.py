"""The tools a chat model may call: every registered experiment, the papers, and the run store."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.arguments import whole_number
from agent.describe import summary
from agent.grounding import numbers
from agent.lookups import Lookups
from agent.messages import ToolCall, ToolSpec
from agent.papers import ADD, PaperTools
from knowledge.errors import KnowledgeError
from tools.errors import AnsatzError, BadInput, NotFound
from tools.experiment import Experiment, Params
from tools.launch import Launcher
from tools.names import derived_id
from tools.records import MAX_SEED, RunRecord
from tools.registry import Registry
from tools.runs import RunStore

if TYPE_CHECKING:
    from knowledge.library import Library

_log = logging.getLogger(__name__)

OnEvent = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class CallContext:
    """What surrounds the execution of one call.

    Attributes:
        thread: the conversation; with the call's id it names the run.
        said: what the user wrote in it.
        emit: takes events for the faces (`run_started`, `progress`, `run_finished`).
        deadline: `time.monotonic()` value at which a run is stopped, or None.
        slots: limits how many runs compute at once.
    """

    thread: str
    said: str
    emit: OnEvent
    deadline: float | None
    slots: asyncio.Semaphore


class Toolbox:
    """Tool descriptions for the model, and their execution."""

    def __init__(
        self, registry: Registry, store: RunStore, launcher: Launcher, library: Library
    ) -> None:
        self.registry = registry
        self.store = store
        self.library = library
        self._launcher = launcher
        self._experiments = {tool_name(e.name): e for e in registry}
        self._papers = PaperTools(library)
        self._lookups = self._papers.lookups | Lookups(registry, store).tools

    @functools.cached_property
    def specs(self) -> list[ToolSpec]:
        """All tools: experiments first, then the built-in ones."""
        experiments = [_experiment_spec(name, e) for name, e in self._experiments.items()]
        return experiments + [spec for spec, _ in self._lookups.values()] + [ADD]

    @functools.cached_property
    def stated(self) -> frozenset[float]:
        """Bounds and defaults of the experiments' parameters, which a question back may name."""
        schemas = [p for e in self._experiments.values() for p in e.schema()["properties"].values()]
        named = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "default", "items")
        return frozenset(v for s in schemas for key in named for v in numbers(s.get(key)))

    def experiment(self, tool: str) -> Experiment | None:
        """Returns the experiment behind a tool name, or None for a built-in tool."""
        return self._experiments.get(tool) or self.registry.experiments.get(tool)

    def cost(self, call: ToolCall) -> float:
        """Estimates a call in seconds; calls that cannot run, and built-in tools, cost nothing.

        An estimate that fails is infinite: a cost nobody knows needs approval.
        """
        found = self.experiment(call.name)
        if found is None or call.error:
            return 0.0
        try:
            params = found.parse(_without_seed(found, call.arguments))
        except BadInput:
            return 0.0
        try:
            return found.estimate(params).seconds
        except Exception:  # noqa: BLE001 - an external package's defect must not end the turn
            _log.exception("the cost estimate of %s failed", found.name)
            return math.inf

    def run_id(self, call: ToolCall, thread: str) -> str:
        """Returns the id of the run that a call starts: the same however often it is executed."""
        arguments = json.dumps(call.arguments, sort_keys=True)
        return derived_id(thread, call.id, call.name, arguments)

    async def execute(self, call: ToolCall, context: CallContext) -> dict[str, Any]:
        """Carries out one call; whatever goes wrong is returned as {"error": ...} for the model."""
        try:
            if call.error:
                raise BadInput(f"The arguments of {call.name} could not be read: {call.error}")
            if found := self.experiment(call.name):
                return await self._run(found, call, context)
            if call.name in self._lookups:
                function = self._lookups[call.name][1]
                return await asyncio.to_thread(function, call.arguments)
            if call.name == ADD.name:
                return await self._add(call, context)
            names = ", ".join([*self._experiments, *self._lookups, ADD.name])
            raise NotFound(f"There is no tool '{call.name}'.", f"There are: {names}.")
        except AnsatzError as error:
            return {"error": str(error)}
        except KnowledgeError as error:
            return {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - see below
            # A defect of one tool must not cost the conversation: the turn would fail again each
            # time it is resumed. The model and the user are told, the log keeps the traceback.
            _log.exception("tool %s failed", call.name)
            return {"error": f"{call.name} failed unexpectedly: {type(error).__name__}: {error}"}

    async def _add(self, call: ToolCall, context: CallContext) -> dict[str, Any]:
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._papers.add, call.arguments, context.said, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def _run(
        self, experiment: Experiment, call: ToolCall, context: CallContext
    ) -> dict[str, Any]:
        params = experiment.parse(_without_seed(experiment, call.arguments))
        _check_paths(experiment, params)
        seed = _seed(call.arguments)
        run_id = self.run_id(call, context.thread)
        loop = asyncio.get_running_loop()

        def progress(record: RunRecord) -> None:
            loop.call_soon_threadsafe(context.emit, _progress_event(call, record))

        async with context.slots:
            record = await asyncio.to_thread(
                self._launcher.start,
                experiment,
                params,
                seed=seed,
                origin=f"{context.thread}/{call.id}",
                run_id=run_id,
            )
            context.emit(
                {
                    "type": "run_started",
                    "call": call.id,
                    "run": run_id,
                    "experiment": experiment.name,
                    "params": record.params,
                    "estimate": record.estimate,
                }
            )
            try:
                record = await asyncio.to_thread(
                    self._launcher.wait, run_id, progress, context.deadline
                )
            except asyncio.CancelledError:
                # A cancelled turn must not leave a run computing for nobody.
                await asyncio.shield(asyncio.to_thread(self._launcher.cancel, run_id))
                raise
        context.emit(
            {"type": "run_finished", "call": call.id, "run": run_id, "status": str(record.status)}
        )
        return summary(record)


def tool_name(experiment: str) -> str:
    """Returns an experiment's name in the letters that endpoints allow for tools."""
    return experiment.replace(".", "__")


def _experiment_spec(name: str, experiment: Experiment) -> ToolSpec:
    schema = experiment.schema()
    schema.setdefault("properties", {}).setdefault(
        "seed",
        {
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_SEED,
            "default": 0,
            "description": "seed of the whole run; the same seed gives the same numbers",
        },
    )
    schema["additionalProperties"] = False
    description = f"{experiment.description} Tests the claim: {experiment.claim}"
    return ToolSpec(name, description, schema)


def _without_seed(experiment: Experiment, arguments: Mapping[str, Any]) -> dict[str, Any]:
    own = "seed" in experiment.params.model_fields
    return {k: v for k, v in arguments.items() if k != "seed" or own}


def _check_paths(experiment: Experiment, params: Params) -> None:
    """Refuses a run on files that are not there: the answer names them, and no run fails."""
    for parameter in experiment.parameters():
        path = getattr(params, parameter.name, "")
        if parameter.words.takes == "path" and path and not Path(path).expanduser().exists():
            raise BadInput(
                f"There is no file or folder '{path}', which {experiment.name} was given as"
                f" {parameter.name}.",
                f"Give a path that exists; relative ones start at {Path.cwd()}.",
            )


def _seed(arguments: Mapping[str, Any]) -> int:
    return whole_number(arguments, "seed", 0, 0, MAX_SEED)


def _progress_event(call: ToolCall, record: RunRecord) -> dict[str, Any]:
    p = record.progress
    assert p is not None
    return {
        "type": "progress",
        "call": call.id,
        "run": record.id,
        "label": p.label,
        "done": p.done,
        "total": p.total,
        "eta": p.eta,
        "detail": p.detail,
        "time": time.time(),
    }
