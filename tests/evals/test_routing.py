"""The recorded requests, and the scorer that judges whoever answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from agent.messages import Message, OnToken, Reply, ToolCall, ToolSpec
from agent.planner import EmbeddedPlanner
from evals.routing import Outcome, load, score
from knowledge.embed import default_embedder
from tools import registry
from tools.pruning.experiments import compare


class Scripted:
    """Calls what it is told to, then says a word."""

    name = "scripted"
    offline = True

    def __init__(self, *calls: ToolCall, text: str = "Done.") -> None:
        self.calls, self.text = calls, text

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], on_token: OnToken
    ) -> Reply:
        first = messages[-1]["role"] == "user"
        return Reply(self.text, self.calls if first else ())

    async def close(self) -> None:
        pass


def judged(model: Scripted, expect: dict[str, object]) -> Outcome:
    request = {"id": "x", "kind": "k", "turns": [{"user": "u", "expect": expect}]}
    return asyncio.run(score(model, [compare], [request]))[0]


def call(**arguments: object) -> ToolCall:
    return ToolCall("c1", "pruning__compare", dict(arguments), "{}")


def wanted(absent: tuple[str, ...] = (), **arguments: object) -> dict[str, object]:
    one = {"experiment": "pruning.compare", "arguments": arguments, "absent": list(absent)}
    return {"calls": [one]}


def test_a_call_with_the_expected_arguments_is_right() -> None:
    outcome = judged(Scripted(call(keep=0.3, dataset="digits")), wanted(keep=0.3))
    assert outcome.right
    assert not outcome.wrong_run


@pytest.mark.parametrize(
    ("model", "expect"),
    [
        (Scripted(call(keep=0.7)), wanted(keep=0.3)),
        (Scripted(call(keep=0.3, seeds=3)), wanted(("seeds",), keep=0.3)),
        (Scripted(call(keep=0.3, epochs=5)), wanted(keep=0.3)),
        (Scripted(call(keep=0.3), call(keep=0.5)), wanted(keep=0.3)),
        (Scripted(call(keep=0.3), text="Which?"), {"ask": True}),
        (Scripted(call(keep=0.3)), {"answer": "literature"}),
    ],
)
def test_a_run_that_nobody_asked_for_is_a_wrong_run(
    model: Scripted, expect: dict[str, object]
) -> None:
    outcome = judged(model, expect)
    assert not outcome.right
    assert outcome.wrong_run


def test_asking_needs_a_question_and_refusing_needs_a_refusal() -> None:
    assert judged(Scripted(text="Which one?"), {"ask": True}).right
    assert not judged(Scripted(text="Fine."), {"ask": True}).right
    assert judged(Scripted(text="I cannot help with that."), {"answer": "refuse"}).right
    assert not judged(Scripted(text="Sunny."), {"answer": "refuse"}).right


def test_the_recorded_requests_are_many_and_well_formed() -> None:
    requests = load()
    assert len(requests) >= 800
    assert len({r["id"] for r in requests}) == len(requests)
    kinds = {r["kind"] for r in requests}
    assert {"followup", "unknown", "literature", "injection", "refuse", "typo"} <= kinds
    assert {"formula", "path", "negative", "ambiguous"} <= kinds


def test_the_offline_planner_is_right_on_the_recorded_requests_and_starts_nothing_wrong() -> None:
    experiments = list(registry.load())
    model = EmbeddedPlanner(experiments, default_embedder().encode)
    outcomes = asyncio.run(score(model, experiments, load()))
    wrong = [(o.id, o.user, o.calls, o.text) for o in outcomes if not o.right]
    # Two turns are known to start what they should ask about.
    assert {o.id for o in outcomes if o.wrong_run} <= {"f121.1", "f153.3"}
    assert len(wrong) <= 0.01 * len(outcomes), wrong
