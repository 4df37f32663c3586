"""Routing: does the assistant's chat model start the right experiment, and nothing else?

The recorded dialogs of `evals/requests.jsonl`, each played against stub tools. All turns of a
dialog must be right; a run that nobody asked for makes it wrong in a way that is counted apart.
"""

from __future__ import annotations

from typing import Any

from evals import routing
from evals.context import Context
from evals.sample import Answer, Sample, Score, Suite
from evals.suites import Options, spread
from tools import registry


def build(options: Options) -> Suite:
    """Builds the suite from the shipped requests, or from a file of the same form."""
    requests = routing.load(options.path or routing.REQUESTS)
    samples = [
        Sample(r["id"], r["turns"], tags={"kind": str(r.get("kind", ""))})
        for r in spread(requests, options.samples)
    ]
    return Suite(
        "routing", "Requests to experiments", 1, samples, _solve, _score, options.epochs
    )  # fmt: skip


async def _solve(sample: Sample, context: Context) -> Answer:
    request = {"id": sample.id, "turns": sample.question}
    outcomes = await routing.score(context.model, list(registry.load()), [request])
    turns: list[dict[str, Any]] = [
        {"user": o.user, "right": o.right, "wrong_run": o.wrong_run, "said": o.text}
        for o in outcomes
    ]
    calls = tuple(call for o in outcomes for call in o.calls)
    return Answer(outcomes[-1].text, calls=calls, usage=context.usage, data=turns)


async def _score(sample: Sample, answer: Answer) -> Score:
    turns = answer.data or []
    parts = {"wrong_run": float(any(t["wrong_run"] for t in turns))}
    bad = [t for t in turns if not t["right"]]
    if not turns or bad:
        reason = f"'{bad[0]['user']}' went wrong" if bad else answer.limit or "nothing was played"
        base = Score.wrong(reason)
        return Score(base.state, 0.0, reason, parts=parts)
    right = Score.right(f"{len(turns)} turns as expected")
    return Score(right.state, 1.0, right.reason, parts=parts)
