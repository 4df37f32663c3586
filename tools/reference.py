"""The reference of an experiment, for programs and as a page of documentation."""

from __future__ import annotations

import json
from typing import Any

from tools.duration import humane
from tools.errors import AnsatzError
from tools.experiment import Experiment, Parameter


def default_cost(experiment: Experiment) -> float | None:
    """Returns the seconds a run takes at its defaults, or None when something must be given."""
    try:
        return experiment.estimate(experiment.parse({})).seconds
    except AnsatzError:
        return None


def as_json(experiment: Experiment) -> dict[str, Any]:
    """Returns everything about an experiment as plain JSON values."""
    return {
        "name": experiment.name,
        "summary": experiment.summary,
        "description": experiment.description,
        "details": experiment.details,
        "claim": experiment.claim,
        "papers": list(experiment.papers),
        "resumable": experiment.resumable,
        "examples": list(experiment.examples),
        "seconds": default_cost(experiment),
        "parameters": [
            {
                "name": p.name,
                "type": p.type.__name__,
                "choices": list(p.choices),
                "bounds": p.bounds,
                "required": p.required,
                "default": json.loads(json.dumps(p.default, default=str)),
                "description": p.description,
            }
            for p in experiment.parameters()
        ],
        "schema": experiment.schema(),
    }


def as_markdown(experiment: Experiment) -> str:
    """Returns the page of the reference documentation."""
    lines = [f"# `{experiment.name}`", "", experiment.description, ""]
    if experiment.details:
        lines += [experiment.details, ""]
    if experiment.claim:
        papers = f" ({', '.join(f'`{key}`' for key in experiment.papers)})"
        lines += [f"**Tests:** {experiment.claim}{papers if experiment.papers else ''}", ""]
    lines += ["## Parameters", "", "| name | default | allowed | meaning |", "| --- " * 4 + "|"]
    lines += [_row(p) for p in experiment.parameters()]
    lines += ["", "## Running it", "", f"    ansatz run {experiment.name}"]
    cost = default_cost(experiment)
    if cost is not None:
        lines += ["", f"At its defaults it takes about {humane(cost)}."]
    if experiment.resumable:
        lines += ["", "An interrupted run goes on where it was: `ansatz runs resume last`."]
    if experiment.examples:
        lines += ["", "## Asking for it", ""]
        lines += [f'    ansatz chat "{example}"' for example in experiment.examples]
    return "\n".join(lines) + "\n"


def _row(parameter: Parameter) -> str:
    default = (
        "required" if parameter.required else f"`{json.dumps(parameter.default, default=str)}`"
    )
    allowed = (
        ", ".join(f"`{json.dumps(c, default=str)}`" for c in parameter.choices)
        or (f"`{parameter.bounds}`" if parameter.bounds else "")
        or parameter.type.__name__
    )
    cells = (f"`{parameter.name}`", default, allowed, parameter.description)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
