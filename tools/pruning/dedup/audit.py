"""What is said of every row, and a second look at it from the data itself."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tools.claims import Check, Verdict, verified_exactly
from tools.pruning.dedup.calibration import Calibration
from tools.pruning.dedup.keeper import Decisions
from tools.pruning.dedup.pairs import TOLERANCE, Rows

if TYPE_CHECKING:
    import pyarrow as pa


def table(decisions: Decisions, names: Mapping[str, list[str]] | None = None) -> pa.Table:
    """Returns one row for each row of the data.

    Columns: `row`; `decision`, kept or removed; `group`, the kept row that stands for it; `twin`
    and `similarity`, of a removed row, else null; and what `names` adds, such as a path.
    """
    import pyarrow as pa

    kept = decisions.kept
    return pa.table(
        {
            "row": pa.array(np.arange(len(kept))),
            **{name: pa.array(values) for name, values in (names or {}).items()},
            "decision": pa.array(np.where(kept, "kept", "removed")),
            "group": pa.array(decisions.group()),
            "twin": pa.array(decisions.twin, mask=kept),
            "similarity": pa.array(decisions.similarity, mask=kept),
        }
    )


def as_parquet(decisions: pa.Table) -> bytes:
    """Returns the table as a Parquet file."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(decisions, out)
    return out.getvalue()


def every_removal_has_a_kept_twin(
    decisions: Decisions, similarity: NDArray[np.float64], threshold: float
) -> Check:
    """Decides whether each removed row has a twin that is kept and similar enough.

    Args:
        decisions: on all rows.
        similarity: of each removed row with its twin, ascending by row, computed anew.
        threshold: the least that counts.
    """
    removed = np.flatnonzero(~decisions.kept)
    orphans = int((~decisions.kept[decisions.twin[removed]]).sum())
    low = int((similarity < threshold - TOLERANCE).sum())
    least = float(similarity.min()) if len(similarity) else None

    def verify(data: tuple[int, int]) -> tuple[bool, str]:
        reason = (
            f"{len(removed)} rows removed: {data[0]} whose twin is itself removed, {data[1]} under"
            f" the threshold {threshold:g}"
        )
        return not any(data), reason + (
            f"; the least similar pair has {least:.6f}" if least else ""
        )

    evidence = {"removed": len(removed), "orphans": orphans, "low": low, "threshold": threshold}
    return verified_exactly((orphans, low), verify, evidence=evidence | {"least": least})


def one_survivor_each(decisions: Decisions, groups: Rows) -> Check:
    """Decides whether every group of rows that belong together keeps at least one.

    Args:
        decisions: on all rows.
        groups: label of each row, 0 .. g - 1, shape (n,).
    """
    kept = np.bincount(groups, weights=decisions.kept)
    lost = int((kept == 0).sum())

    def verify(data: int) -> tuple[bool, str]:
        return data == 0, f"{len(kept)} groups, {data} without a survivor"

    return verified_exactly(lost, verify, evidence={"groups": len(kept), "lost": lost})


def recall_reached(calibration: Calibration, target: float) -> Check:
    """Decides by the pairs of sampled rows whether the search finds the wanted share of pairs.

    Supported when the 95 % lower Clopper-Pearson bound reaches the target, refuted when the upper
    one does not, else inconclusive. A search that cannot miss a pair needs no sample.
    """
    evidence = {
        "found": calibration.found,
        "pairs": calibration.pairs,
        "target": target,
        "certified": calibration.certified,
        "reach": calibration.reach,
    }
    if calibration.certified:
        reason = "the bound on products and borders leaves no pair out"
        return Check(Verdict.SUPPORTED, "recall", reason, evidence)
    low, high = calibration.recall_at_least(), calibration.recall_at_most()
    verdict = (
        Verdict.SUPPORTED
        if low >= target
        else Verdict.REFUTED
        if high < target
        else Verdict.INCONCLUSIVE
    )
    reason = (
        f"{calibration.found} of {calibration.pairs} sampled pairs found, recall {low:.4f} to"
        f" {high:.4f} at 95 % each way, against {target:g}"
    )
    return Check(verdict, "recall", reason, evidence)


def summary(decisions: Decisions, threshold: float, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the counts of an outcome, and `facts`, as JSON values."""
    removed = ~decisions.kept
    sizes = np.bincount(decisions.group()[removed], minlength=1)
    return {
        "rows": len(decisions.kept),
        "kept": int(decisions.kept.sum()),
        "removed": int(removed.sum()),
        "groups": int((sizes > 0).sum()),
        "largest_group": int(sizes.max() + 1) if removed.any() else 1,
        "threshold": threshold,
        **facts,
    }


def closest_calls(decisions: Decisions, count: int) -> Rows:
    """Returns the removed rows least similar to their twins: those worth a look."""
    removed = np.flatnonzero(~decisions.kept)
    return removed[np.argsort(decisions.similarity[removed], kind="stable")][:count]
