"""How a run stands to the committed baseline of its suite, as a check of its own.

The gate (`evals.gate`) raises an alarm only where chance explains nothing; that no alarm is raised
does not yet show that nothing was lost. Here both need evidence.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from evals.gate import Baseline
from evals.statistics import Interval
from tools.claims import Check, Verdict

MARGIN = 0.05  # loss of accuracy that does not count
_CONFIDENCE = 0.95


def stands(now: Interval, before: Baseline) -> Check:
    """Decides whether an accuracy is at most `MARGIN` below its baseline.

    The interval of the difference is Agresti and Caffo's: Wald's after one success and one failure
    more on either side, which covers well also near 0 and 1 (The American Statistician 54, 2000).
    It decides as intervals do everywhere: above -MARGIN supported, below refuted, else open.

    Args:
        now: the accuracy of the run; its `n` samples count as independent.
        before: the baseline.
    """
    p, q = ((x * n + 1) / (n + 2) for x, n in ((now.value, now.n), (before.accuracy, before.n)))
    error = math.sqrt(p * (1 - p) / (now.n + 2) + q * (1 - q) / (before.n + 2))
    half = NormalDist().inv_cdf(0.5 + _CONFIDENCE / 2) * error
    low, high = p - q - half, p - q + half
    if low > -MARGIN:
        verdict = Verdict.SUPPORTED
    elif high < -MARGIN:
        verdict = Verdict.REFUTED
    else:
        verdict = Verdict.INCONCLUSIVE
    reason = (
        f"accuracy {now.value:.3f} of {now.n} samples; difference"
        f" {now.value - before.accuracy:+.3f}, {_CONFIDENCE:.0%} interval [{low:+.3f}, {high:+.3f}]"
    )
    evidence = {
        "accuracy": now.value,
        "n": now.n,
        "baseline": before.accuracy,
        "baseline_n": before.n,
        "margin": MARGIN,
        "low": low,
        "high": high,
    }
    return Check(verdict, "standing", reason, evidence)
