import csv
import statistics
from pathlib import Path
from typing import Any

import pytest

from tools.claims import Verdict, recheck
from tools.discovery.policies import Policy, create
from tools.discovery.study import difference, study, synthetic, tune, values
from tools.discovery.study_experiment import estimate_cost, study_policies
from tools.discovery.study_report import ABLATIONS, claims, metrics
from tools.discovery.synthetic import Setting
from tools.errors import BadInput
from tools.result import Estimate, Result
from tools.run import Run
from tools.runs import RunStore

TINY = {"seeds": 8, "tuning_seeds": 2, "evaluations": 12, "branching": 2, "depth": 2}
ELITES = {f"k = {k}": create("k-elites", k=k) for k in (2, 4)}


def by_k(policy: Policy, seed: int, evaluations: int) -> dict[str, float]:
    """An environment whose outcome is known: k plus the seed, the seed shared by all policies."""
    return {"value": policy.k + 100.0 * seed, "evaluations": evaluations}  # type: ignore[attr-defined]


def test_a_study_holds_a_row_for_each_seed_and_policy() -> None:
    rows = study(by_k, ELITES, [3, 5], 7)
    assert rows == [
        {"seed": s, "policy": f"k = {k}", "value": k + 100.0 * s, "evaluations": 7}
        for s in (3, 5)
        for k in (2, 4)
    ]
    assert values(rows, "k = 4", "value") == [304.0, 504.0]
    assert tune(rows, "value") == "k = 4"


def test_differences_are_paired() -> None:
    """Seeds differ by hundreds, policies by exactly 2: only pairing can see that."""
    gap = difference(study(by_k, ELITES, range(9), 1), "k = 4", "k = 2", "value")
    assert (gap.mean, gap.stderr, gap.low, gap.high, gap.n) == (2.0, 0.0, 2.0, 2.0, 9)
    noisy = study(synthetic(Setting()), ELITES, range(12), 20)
    gap = difference(noisy, "k = 2", "k = 4", "auc")
    gaps = [
        a - b
        for a, b in zip(values(noisy, "k = 2", "auc"), values(noisy, "k = 4", "auc"), strict=True)
    ]
    assert gap.mean == pytest.approx(statistics.fmean(gaps))
    half = 2.2009851600829 * statistics.stdev(gaps) / 12**0.5  # Student's t, 11 degrees of freedom
    assert (gap.low, gap.high) == pytest.approx((gap.mean - half, gap.mean + half))


def test_a_study_that_was_killed_does_not_repeat_what_is_done(tmp_path: Path) -> None:
    calls: list[int] = []

    def counted(policy: Policy, seed: int, evaluations: int) -> dict[str, float]:
        if seed == 2 and len(calls) == 4:
            raise KeyboardInterrupt
        calls.append(seed)
        return by_k(policy, seed, evaluations)

    store = RunStore(tmp_path)
    record = store.submit(study_policies, study_policies.parse({}), seed=0)
    with pytest.raises(KeyboardInterrupt):
        study(counted, ELITES, range(4), 1, map=Run(store, record.id, 0).map)
    calls.append(-1)
    rows = study(counted, ELITES, range(4), 1, map=Run(store, record.id, 0).map)
    assert calls == [0, 0, 1, 1, -1, 2, 2, 3, 3]
    assert rows == study(by_k, ELITES, range(4), 1)


def test_bad_studies_are_refused() -> None:
    with pytest.raises(BadInput, match="seeds that differ"):
        study(by_k, ELITES, [1, 1], 1)
    rows = study(by_k, ELITES, [1], 1)
    with pytest.raises(BadInput, match="2 pairs are least"):
        difference(rows, "k = 2", "k = 4", "value")
    with pytest.raises(BadInput, match="no measure 'speed'"):
        values(rows, "k = 2", "speed")


def test_concepts_beat_chance_and_the_ablations_rank_as_documented() -> None:
    policies = {
        name: create(name) for name in ("ccts", "uniform", "numerator only", "denominator only")
    }
    rows = study(synthetic(Setting()), policies, range(24), 120)
    assert difference(rows, "ccts", "uniform", "auc").low > 0
    assert difference(rows, "denominator only", "numerator only", "auc").low > 0


def run_here(store: RunStore, seed: int = 0, **given: Any) -> tuple[Result, Any]:
    params = study_policies.parse(TINY | given)
    record = store.submit(study_policies, params, seed=seed)
    result = study_policies.function(params, Run(store, record.id, seed))
    store.finish(record.id, result)
    return result, store.get(record.id)


def test_the_experiment_reports_gains_the_null_and_every_ablation(tmp_path: Path) -> None:
    result, record = run_here(RunStore(tmp_path))
    assert {"auc_ccts", "auc_baseline", "gain_ccts", "noiseless_gain_ccts"} < result.metrics.keys()
    for name in (*ABLATIONS, "uniform", "greedy", "map elites", "islands"):
        gain = result.metrics[f"gain_{name.replace(' ', '_')}"]
        assert isinstance(gain, Estimate)
        assert gain.n == 8
    assert [(a.name, a.kind) for a in record.artifacts] == [
        ("noisy", "table"),
        ("noiseless", "table"),
        ("gains", "figure"),
    ]
    with Path(record.artifacts[0].path).open() as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 8 * len({row["policy"] for row in rows})
    assert len(result.claims) == 5
    for claim in result.claims:
        assert recheck(claim.check.method, claim.check.evidence) == claim.verdict
    avoid = next(c for c in result.claims if "avoid only" in c.text)
    assert "theta^H < theta^L" in avoid.text


def test_the_experiment_replays_and_tunes_on_other_landscapes(tmp_path: Path) -> None:
    first, _ = run_here(RunStore(tmp_path / "a"), seed=3)
    again, _ = run_here(RunStore(tmp_path / "b"), seed=3)
    other, _ = run_here(RunStore(tmp_path / "c"), seed=4)
    assert first == again
    assert first != other
    run = Run(RunStore(tmp_path / "a"), "none", 3)
    seeds = {kind: {run.seed_for(kind, i) for i in range(100)} for kind in ("tuning", "judging")}
    assert not seeds["tuning"] & seeds["judging"]


def test_the_estimate_grows_with_the_work() -> None:
    small, large = (estimate_cost(study_policies.parse({"seeds": n})).seconds for n in (10, 1000))
    assert small < large < 3600


def test_verdicts_and_shares_follow_the_numbers() -> None:
    """Made-up outcomes: CCTS gains 2 with noise and loses 1 without, avoiding keeps half of it."""
    offsets = {"ccts": 2.0, "denominator only": 1.5, "numerator only": -1.0}
    offsets |= {"avoid only": 1.0, "seek only": 0.0, "k": 0.0, "T": -3.0}
    measures = ("auc", "final", "recovery")
    noisy = [
        {"seed": s, "policy": name} | dict.fromkeys(measures, s % 5 + 0.01 * (s % 3) * x + x)
        for s in range(12)
        for name, x in offsets.items()
    ]
    quiet = [
        {"seed": s, "policy": name, "auc": s + x + 0.01 * (s % 2)}
        for s in range(12)
        for name, x in (("ccts", -1.0 + 0.02 * (s % 3)), ("k", 0.0))
    ]
    assert [claim.verdict for claim in claims(noisy, "k", "T", quiet, "k")] == [
        Verdict.SUPPORTED,
        Verdict.SUPPORTED,
        Verdict.REFUTED,
        Verdict.SUPPORTED,
        Verdict.SUPPORTED,
    ]
    found = metrics(noisy, "k")
    assert found["kept_avoid_only"] == pytest.approx(0.5)
    assert found["kept_numerator_only"] == pytest.approx(-0.5)
