"""The registered experiment on fooling a model judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from tools.claims import Claim, greater
from tools.experiment import Cost, Estimate, Params, Result, Words, experiment

if TYPE_CHECKING:
    from tools.run import Run

_PAPER = "yamamura2024"


class AttackParams(Params):
    """Parameters of `judging.attack`."""

    share: Annotated[float, Words(near=("share", "marked", "assistant style"))] = Field(
        0.5, ge=0, lt=1, description="fraction of the judge's training texts in assistant style"
    )
    seeds: Annotated[int, Words(near=("seeds", "repeats", "judges"))] = Field(
        6, ge=2, le=200, description="judges, each with data and a mark of its own"
    )


def estimate_cost(params: AttackParams) -> Cost:
    """Estimates four judges a seed."""
    return Cost(2.0 + 6.0 * params.seeds)


@experiment(
    "judging.attack",
    paper=_PAPER,
    claim="A suffix found from a model judge's hidden activity inflates its grades, transfers to"
    " other judges, rests on a word of the chat template, and loses its force when the template"
    " changes.",
    estimate=estimate_cost,
    resumable=True,
    examples=(
        "Can a suffix fool a model judge?",
        "Run the attack on LLM graders",
        "Does an adversarial suffix transfer between judges?",
        "Is there a magic word that inflates grades?",
        "Show that changing the chat template defends against grade inflation",
        "Attack the small model judge with 10 seeds",
        "How robust is a model judge to white-box suffix search?",
        "Reproduce the fooling of LLM graders on a toy judge",
        "What happens to the judge attack without assistant-style training texts?",
        "Test the defence against inflated essay grades",
        "Can essay graders be tricked by their hidden activity?",
        "Attack a grader trained with 10 % marked texts",
    ),
)
def attack(params: AttackParams, run: Run) -> Result:
    """Finds out whether a suffix search on a small model judge inflates grades, and what stops it.

    A judge is trained on essays of known grade; a share of them is in assistant style: a plain
    word marks them and their grade is always the best. The search regresses inflation on hidden
    activity under random suffixes, then picks the words that push along that direction; words that
    good essays use are not allowed. The suffix is tried on fresh essays.

    Controls: a random suffix; a judge trained independently (transfer); the suffix without the
    mark; a judge whose mark cannot be typed (a changed template); and a judge trained without
    marked texts, attacked just the same. The shortcut is planted, so the verdicts are about the
    mechanism, not about any language model.
    """
    from tools import plots
    from tools.judging.trial import ARMS, trial

    rows = run.map(lambda i: trial(params.share, run.seed_for("judge", i)), range(params.seeds),
                   "attacking judges")  # fmt: skip
    run.table("by_seed", rows)
    arms = {name: [float(row[name]) for row in rows] for name in ARMS}
    figure, (axes,) = plots.new_figure(
        title="Inflation of the mean grade, 1 to 5",
        subtitle=f"{params.seeds} judges, {params.share:.0%} of the training texts marked",
    )
    for place, values in enumerate(arms.values()):
        axes.plot(values, [place] * len(values), "o", color=plots.BLUE, alpha=0.6)
    axes.set_yticks(range(len(arms)), list(arms))
    axes.axvline(0.0, color=plots.GREY)
    axes.set_xlabel("grades gained by the suffix")
    run.figure("inflation", figure)
    metrics: dict[str, Any] = {
        name.replace(" ", "_"): Estimate.of(values) for name, values in arms.items()
    }
    metrics["mark_found"] = Estimate.of([float(row["mark found"]) for row in rows])
    metrics["correlation"] = Estimate.of([float(row["correlation"]) for row in rows])
    return Result(metrics, _claims(arms))


def _claims(arms: dict[str, list[float]]) -> list[Claim]:
    white = arms["white box"]
    fifth = [0.2 * x for x in white]

    def claim(text: str, a: list[float], b: list[float], margin: float = 0.0) -> Claim:
        return Claim(text, greater(a, b, paired=True, margin=margin), _PAPER)

    small = [0.2] * len(white)
    return [
        claim("The suffix inflates grades by over half a grade more than a random one.",
              white, arms["random suffix"], 0.5),
        claim("On a judge trained independently it keeps over half of its force.",
              arms["transfer"], [0.5 * x for x in white]),
        claim("Without the marking word it loses over 80 % of its force.",
              fifth, arms["without the word"]),
        claim("On a judge whose mark cannot be typed the attack has under 20 % of the force.",
              fifth, arms["changed template"]),
        claim("A judge trained without marked texts is inflated by less than 0.2 grades.",
              small, arms["no marked texts"]),
    ]  # fmt: skip
