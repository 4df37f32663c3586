"""Texts that need no tool result: plans, questions, courtesies, refusals."""

from __future__ import annotations

from collections.abc import Sequence

from agent.planner.questions import defaults, described, question
from agent.planner.router import Router
from agent.planner.state import Decision, Frame
from tools.errors import BadInput


def plan_line(decision: Decision, router: Router) -> str:
    """Says in one line what is about to be started; nothing for look-ups."""
    if decision.kind != "run" or decision.frame is None:
        return ""
    slots = router.slots[decision.frame.experiment]
    more = defaults(decision.frame, slots)
    return f"Running {described(decision.frame, slots)}." + (f" Assumed: {more}." if more else "")


def plain_text(decision: Decision, router: Router, missing: Sequence[str]) -> str:
    """Returns the text for a decision that calls no tool, or whose tools are not offered."""
    if missing:
        return f"I cannot do that here: {', '.join(missing)} is not offered to me."
    if decision.kind == "ask":
        return _ask(decision, router)
    if decision.kind == "social":
        return _SOCIAL[decision.text]
    if decision.kind == "cancelled":
        return "All right, nothing was started."
    if decision.kind == "add":
        return (
            "Which file or folder should be added to the library? Say for example: add paper.pdf "
            "to the library. Nothing has been added yet."
        )
    if decision.kind == "no_run":
        return _no_run(decision, router)
    if decision.text == "attack":
        return (
            "I cannot do that: I delete nothing, change no rules, and state no result that no run "
            f"has given. {_abilities(router)}"
        )
    return f"I cannot help with that. {_abilities(router)}"


def _ask(decision: Decision, router: Router) -> str:
    pending = decision.pending
    if pending is None:
        return (
            f"Which experiment should it be? Nothing has been started. There are: {_names(router)}."
        )
    if pending.kind == "experiment":
        options = "; or ".join(
            described(frame, router.slots[frame.experiment]) for frame in pending.frames
        )
        return f"Which of these is meant: {options}? Nothing has been started yet."
    slots = router.slots[pending.frame.experiment]
    if pending.kind == "confirm":
        return (
            f"Should I run {described(pending.frame, slots)}{_assuming(pending.frame, router)}, or "
            "look into the papers? Nothing has been started yet."
        )
    return question(pending.problems, pending.frame, slots)


def _no_run(decision: Decision, router: Router) -> str:
    if decision.frame is None:
        return f"Nothing was started. Which experiment is it about? There are: {_names(router)}."
    frame = decision.frame
    slots = router.slots[frame.experiment]
    text = (
        f"Nothing was started. I would run {described(frame, slots)}{_assuming(frame, router)}. "
        f"It tests: {router.experiments[frame.experiment].claim.rstrip('.')}."
    )
    required = [n for n, s in slots.items() if s.parameter.required and n not in frame.values]
    if required:
        return f"{text} It would still need: {', '.join(required)}."
    return text + (" Say yes to start it." if decision.pending else "")


def estimate_notice(decision: Decision, router: Router) -> str:
    """States the experiment's own estimate of a run that was asked about but not started.

    It goes with the notices: no run or passage holds it, so the report could not trace it.
    """
    frame = decision.frame
    if decision.kind != "no_run" or frame is None:
        return ""
    experiment = router.experiments[frame.experiment]
    try:
        costs = [
            experiment.estimate(experiment.parse({k: v for k, v in a.items() if k != "seed"}))
            for a in frame.arguments()
        ]
    except BadInput:
        return ""  # something required is still missing
    time = _duration(sum(cost.seconds for cost in costs))
    return f"{experiment.name} would take {time} on this machine, by its own estimate."


def _duration(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 120 else f"about {seconds / 60:.0f} min"


def _assuming(frame: Frame, router: Router) -> str:
    more = defaults(frame, router.slots[frame.experiment])
    return f" (assumed: {more})" if more else ""


def _names(router: Router) -> str:
    return "; ".join(f"{e.name} ({e.summary.rstrip('.')})" for e in router.experiments.values())


def _abilities(router: Router) -> str:
    return (
        f"What I can do: run experiments ({', '.join(router.experiments)}), show and compare "
        "recorded runs, and quote the papers of the library."
    )


_SOCIAL = {
    "greeting": "Hello. Ask for an experiment, about a recorded run, or about a paper; "
    '"what can you do" lists the experiments.',
    "thanks": "You are welcome.",
    "identity": "I am the offline planner: rules and sentence similarity inside this program, no "
    "language model and no network. I map requests onto experiments, report what their checks "
    "decided, and quote papers; I ask back when I am not sure.",
    "nothing_open": "There is no open question. What should be run, shown or looked up?",
}
