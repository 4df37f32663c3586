"""Checking a run before it is spoken of: are its verdicts what its evidence says?"""

from __future__ import annotations

import math

from tools.claims import recheck
from tools.records import RunRecord, Status


def problems(record: RunRecord) -> list[str]:
    """Lists what is wrong or noteworthy about a run, one line each."""
    name = f"run {record.id}"
    found = [f"{name}: {notice}" for notice in record.notices]
    if record.status is not Status.COMPLETED:
        found.append(f"{name} is {record.status}: {record.error or 'no result'}")
        return found
    for metric, value in record.metrics.items():
        if not math.isfinite(value.mean):
            found.append(f"{name}: metric {metric} is not a finite number")
    for claim in record.claims:
        again = recheck(claim.method, claim.evidence)
        if again is not None and again != claim.verdict:
            found.append(
                f"{name}: the recorded verdict '{claim.verdict}' on '{claim.text}' does not "
                f"follow from its evidence, which says '{again}'"
            )
    if not record.claims:
        found.append(f"{name} checked no claim")
    return found
