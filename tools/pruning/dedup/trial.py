"""The method tried on planted duplicates, where everything about the right answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tools.claims import Check, Claim, verified_exactly
from tools.pruning.dedup import audit, exact, methods, planted
from tools.pruning.dedup.keeper import decide, make_order
from tools.pruning.dedup.methods import MOST_RECALL, THRESHOLDS, Decided
from tools.pruning.dedup.pairs import Pairs, Rows
from tools.pruning.dedup.pipeline import Outcome, outcome_of, promises
from tools.pruning.dedup.progress import Checkpoints
from tools.pruning.dedup.semantic import SemanticSearch

if TYPE_CHECKING:
    from tools.pruning.dedup_experiment import DedupParams
    from tools.run import Run

_RULES: tuple[Any, ...] = ("greedy", "semdedup")


def on_planted(params: DedupParams, run: Run) -> Outcome:
    """Removes duplicates that were planted, and checks what is known of them."""
    threshold = params.threshold or THRESHOLDS[params.method]
    rng = run.rng("planted")
    groups: Rows
    if params.method == "semantic":
        made = planted.vectors(threshold, rng)
        groups, pairs = made.groups, made.pairs
        decided = methods.semantically(params, run, made.vectors, None, Checkpoints(None))
    else:
        texts = planted.texts(threshold, rng, exact=params.method == "exact")
        groups, pairs = texts.groups, texts.pairs
        plain = [exact.canonical(text) for text in texts.texts]
        order = make_order(params.order, len(plain))
        decided = (
            methods.near(params, run, plain, None)
            if params.method == "near"
            else methods.exactly(exact.digests(text.encode() for text in plain), order)
        )
    where = f"In {len(groups)} rows with {len(pairs)} planted copies"
    claims = [
        Claim(
            f"{where}, every one of the {planted.GROUPS} groups keeps at least one row.",
            audit.one_survivor_each(decided.decisions, groups),
            "abbas2023",
        ),
        *promises(params, decided, where),
        Claim(
            f"{where}, at least {100 * min(params.recall, MOST_RECALL):g} % of the planted pairs"
            " are found.",
            _found(decided, pairs, min(params.recall, MOST_RECALL)),
        ),
        _chain_test(),
    ]
    return outcome_of(params, decided, {"input": "planted", "kind": "planted"}, claims)


def _found(decided: Decided, pairs: Rows, wanted: float) -> Check:
    """Decides whether the search finds the planted pairs that reach the threshold."""
    reaching = decided.similarity(pairs[:, 0], pairs[:, 1]) >= decided.threshold
    a, b = decided.original[pairs[reaching, 0]], decided.original[pairs[reaching, 1]]
    known = a == b
    if decided.search is not None:
        found = Pairs.join(decided.search.within(np.arange(decided.search.size)))
        codes = decided.unique[found.left] * len(decided.original) + decided.unique[found.right]
        known |= np.isin(np.minimum(a, b) * len(decided.original) + np.maximum(a, b), codes)

    def verify(data: tuple[int, int]) -> tuple[bool, str]:
        return data[0] >= wanted * data[1], f"{data[0]} of {data[1]} planted pairs found"

    counts = (int(known.sum()), len(known))
    evidence = {"found": counts[0], "pairs": counts[1], "wanted": wanted}
    return verified_exactly(counts, verify, evidence=evidence)


def _chain_test() -> Claim:
    """Compares the two rules on a chain of neighbours, met from its ends."""
    vectors = planted.chain()
    search = SemanticSearch(
        vectors, planted.CHAIN_THRESHOLD, recall=1, rng=lambda name: np.random.default_rng(0)
    )
    middle = vectors.mean(axis=0)
    order = make_order("furthest", len(vectors), (vectors @ middle).astype(np.float64))
    kept = {rule: int(decide(search, order, rule=rule).kept.sum()) for rule in _RULES}

    def verify(data: dict[str, int]) -> tuple[bool, str]:
        reason = f"greedy keeps {data['greedy']}, the released rule {data['semdedup']}"
        return data == {"greedy": 20, "semdedup": 2}, reason

    return Claim(
        f"On a chain of {len(vectors)} vectors, each similar to its neighbours only, the greedy"
        " keeper keeps 20 and the rule of the released SemDeDup code keeps 2.",
        verified_exactly(kept, verify, evidence=kept),
    )
