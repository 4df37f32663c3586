"""Proofs that were really drawn, and what the checker says of every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.claims import Claim, verified_exactly
from tools.passn.proofs.checker import check
from tools.passn.proofs.search import Policy, tree_search
from tools.passn.proofs.terms import Step
from tools.passn.proofs.theorems import Theorem

if TYPE_CHECKING:
    from torch import nn

    from tools.passn.objectives import Objective
    from tools.passn.train import Record

_KEPT = 20  # proofs kept word for word with each policy
_TREE_WIDTH = 2


def drawn_proofs(
    model: nn.Module,
    theorems: Sequence[Theorem],
    *,
    depth: int,
    attempts: int,
    rng: np.random.Generator,
) -> Record:
    """Draws attempts and one tree for each theorem, and has the checker judge what they find.

    Returns:
        `attempts_drawn`, `proofs_found`, `proofs_rejected` (with the first `rejection` in words),
        `solved` by at least one attempt, `solved_by_tree`, and some `proofs` in full.
    """
    policy = Policy(model)
    found: list[tuple[Theorem, list[Step]]] = []
    solved = by_tree = 0
    for theorem in theorems:
        before = len(found)
        for _ in range(attempts):
            proof = tree_search(policy, theorem, width=1, depth=depth, rng=rng)
            if proof is not None:
                found.append((theorem, proof))
        solved += len(found) > before
        proof = tree_search(policy, theorem, width=_TREE_WIDTH, depth=depth, rng=rng)
        if proof is not None:
            found.append((theorem, proof))
            by_tree += 1
    judgements = [check(theorem.start, theorem.target, proof) for theorem, proof in found]
    reasons = [judgement.reason for judgement in judgements if not judgement.holds]
    return {
        "attempts_drawn": attempts * len(theorems),
        "proofs_found": len(found),
        "proofs_rejected": len(reasons),
        "rejection": reasons[0] if reasons else "",
        "solved": solved / len(theorems),
        "solved_by_tree": by_tree / len(theorems),
        "proofs": [_as_json(theorem, proof) for theorem, proof in found[:_KEPT]],
    }


def every_proof_holds(last: Mapping[Objective, Sequence[Record]], where: str) -> Claim:
    """Claims that no proof found was rejected; the kept ones are judged a second time."""
    records = [record for seeds in last.values() for record in seeds]
    found = sum(record["proofs_found"] for record in records)
    kept = [proof for record in records for proof in record["proofs"]]

    def verify(proofs: list[dict[str, Any]]) -> tuple[bool, str]:
        rejections = [record["rejection"] for record in records if record["proofs_rejected"]]
        for proof in proofs:
            steps = [Step(rule, place, result) for rule, place, result in proof["steps"]]
            judgement = check(proof["start"], proof["target"], steps)
            if not judgement.holds:
                rejections.append(judgement.reason)
        if rejections:
            return False, f"{len(rejections)} rejections, such as: {rejections[0]}"
        return True, f"{found} proofs were checked step by step, {len(kept)} of them twice"

    return Claim(
        f"{where}, the checker accepts every proof that any search found.",
        verified_exactly(kept, verify, evidence={"found": found, "examples": kept[:3]}),
    )


def _as_json(theorem: Theorem, proof: Sequence[Step]) -> dict[str, Any]:
    return {
        "start": theorem.start,
        "target": theorem.target,
        "steps": [[step.rule, step.position, step.result] for step in proof],
    }
