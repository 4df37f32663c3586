import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tools.claims import Verdict, recheck
from tools.errors import BadInput
from tools.experiment import Result
from tools.passn import comparison, exact, losses
from tools.passn.experiments import finetune
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore

Ran = tuple[Result, RunRecord]
TINY = {"train_examples": 100, "width": 16, "epochs": 4, "seeds": 2, "n": [64, 256]}
HEADLINE = {"train_examples": 1000, "width": 128, "epochs": 20, "seeds": 3}
TEMPERATURES = (0.5, 1.0, 2.0, 2.8284, 4.0)  # fewer than an experiment tries


@pytest.fixture(scope="module", autouse=True)
def _few_temperatures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "TEMPERATURES", TEMPERATURES)
        yield


@pytest.fixture(scope="module")
def tiny(_few_temperatures: None, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One small run that several tests look at."""
    return run_here(RunStore(tmp_path_factory.mktemp("home")), seed=5, **TINY)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def run_here(store: RunStore, seed: int = 0, **values: Any) -> Ran:
    """Runs the experiment in this process and returns its result and record."""
    params = finetune.parse(values)
    record = store.submit(finetune, params, seed=seed)
    result = finetune.function(params, Run(store, record.id, seed))
    store.finish(record.id, result)
    return result, store.get(record.id)


def verdicts(result: Result, *words: str) -> list[Verdict]:
    return [c.verdict for c in result.claims if all(word in c.text for word in words)]


def test_cross_entropy_loses_at_large_n_what_it_wins_at_one_and_dco_does_not(
    store: RunStore,
) -> None:
    result, _ = run_here(store, n=[64, 256], **HEADLINE)
    assert verdicts(result, "pass@1 is higher at the last epoch") == [Verdict.SUPPORTED]
    assert verdicts(result, "pass@256 falls by more than 0.05") == [Verdict.SUPPORTED]
    beats = verdicts(result, "than cross-entropy at the last epoch")
    assert beats == [Verdict.SUPPORTED, Verdict.SUPPORTED]
    # A tuned temperature does as well where answers are single tokens.
    tuned = verdicts(result, "with a temperature tuned")
    assert tuned == [Verdict.REFUTED, Verdict.REFUTED]
    confidence = [
        result.metrics[f"confidence, {arm}"].mean  # type: ignore[union-attr]
        for arm in ("CE", "DCO N'=64", "DCO N'=256")
    ]
    assert confidence == sorted(confidence, reverse=True)


def test_the_same_harness_refutes_a_wrong_loss(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = losses.dco_loss

    def likely_first(log_p: torch.Tensor, n: float) -> torch.Tensor:
        """Weighs an example by its probability: the opposite of what aims at many draws."""
        return right(log_p, 1) * (log_p.detach().exp() if n > 1 else 1.0)

    monkeypatch.setattr(losses, "dco_loss", likely_first)
    result, _ = run_here(store, n=[256], **HEADLINE)
    assert verdicts(result, "pass@256 falls by more than 0.05") == [Verdict.SUPPORTED]
    assert verdicts(result, "than cross-entropy at the last epoch") == [Verdict.REFUTED]


def test_a_run_leaves_metrics_claims_tables_and_figures(tiny: Ran) -> None:
    result, record = tiny
    assert [(a.name, a.kind) for a in record.artifacts] == [
        ("pass_at_n", "table"),
        ("by_epoch", "table"),
        ("coverage", "figure"),
        ("over_training", "figure"),
    ]
    assert all(a.path.stat().st_size > 500 for a in record.artifacts)
    with record.artifacts[0].path.open() as table:
        rows = list(csv.DictReader(table))
    lines = list(dict.fromkeys(row["arm"] for row in rows))
    assert lines == [
        "CE",
        "CE, early stop",
        "CE, tuned temperature",
        "CE, early stop, tuned temperature",
        "label smoothing 0.1",
        "label smoothing 0.1, tuned temperature",
        "DCO N'=64",
        "DCO N'=64, tuned temperature",
        "DCO N'=256",
        "DCO N'=256, tuned temperature",
    ]
    for line in lines:
        passes = [float(row["pass_at_n"]) for row in rows if row["arm"] == line]
        assert passes == sorted(passes) or "early" in line or "tuned" in line
        assert len(passes) == 13
    for claim in record.claims:
        assert recheck(claim.method, claim.evidence) == claim.verdict
    asked = [claim for claim in result.claims if "tuned" in claim.text]
    assert {claim.paper for claim in asked} == {""}


def test_another_seed_gives_other_numbers(tiny: Ran, store: RunStore) -> None:
    other, _ = run_here(store, seed=6, **TINY)
    assert tiny[0].metrics.keys() == other.metrics.keys()
    assert tiny[0].metrics != other.metrics


@pytest.mark.parametrize("loss", ["dco_step", "ua"])
def test_losses_by_step_run_on_products(store: RunStore, loss: str) -> None:
    values = {"task": "multiplication", "digits": 1, "train_examples": 50, "n": [16]}
    with pytest.raises(BadInput, match=r"train_examples = 50 leaves 0 products of 1-digit"):
        run_here(store, **TINY | values)
    values |= {"digits": 2, "epochs": 2, "layers": 1, "loss": loss}
    result, _ = run_here(store, **TINY | values)
    name = {"dco_step": "DCO_step N_eff=2", "ua": "UA budget=16"}[loss]
    assert f"pass@16, {name}" in result.metrics


_CHILD = """
import sys
from pathlib import Path
from tools.passn import exact
from tools.passn.experiments import finetune
from tools.run import Run
from tools.runs import RunStore
exact.TEMPERATURES = tuple(map(float, sys.argv[2:]))
store = RunStore(Path(sys.argv[1]))
record = store.get("killed")
finetune.function(finetune.parse(record.params), Run(store, record.id, record.seed))
"""


def test_a_killed_run_resumes_to_the_very_bits_of_an_uninterrupted_one(
    tiny: Ran, store: RunStore
) -> None:
    record = store.submit(finetune, finetune.parse(TINY), seed=5, run_id="killed")
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(store.home), *map(str, TEMPERATURES)]
    )
    lines = record.folder / "checkpoints" / "training.jsonl"
    deadline = time.monotonic() + 120
    while not (lines.exists() and lines.read_text().count("\n") >= 5):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert 5 <= lines.read_text().count("\n") < 2 * 4 * 4
    resumed = finetune.function(finetune.parse(TINY), Run(store, record.id, 5))
    assert resumed == tiny[0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n": [0]}, r"N = 0 is not a power of two from 2"),
        ({"n": [1]}, r"N = 1 is not a power of two from 2"),
        ({"n": [8192]}, r"N = 8192 is not"),
        ({"n": []}, r"n = \[\] cannot be used"),
        ({"task": "poetry"}, r'task = "poetry".*teacher, spelled, multiplication'),
        ({"loss": "dft"}, r'loss = "dft".*dco, dco_step, ua'),
        ({"seeds": 1}, r"seeds = 1 .*2 <= seeds <= 50"),
        ({"epochs": 1}, r"epochs = 1 .*2 <= epochs"),
        ({"budget": 3}, r"no parameter 'budget'"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        finetune.parse(values)


def test_a_decoder_needs_a_width_that_its_heads_can_share(store: RunStore) -> None:
    with pytest.raises(BadInput, match="width = 30 cannot be shared"):
        run_here(store, **TINY | {"task": "multiplication", "width": 30})


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return finetune.estimate(finetune.parse(values)).seconds

    assert seconds() < seconds(seeds=5)
    assert seconds() < seconds(epochs=80)
    assert seconds() < seconds(task="multiplication")
    assert seconds() < seconds(width=1024)


def test_stepwise_losses_aim_at_the_same_number_of_answers() -> None:
    params = finetune.parse({"task": "multiplication", "loss": "dco_step", "n": [16, 256]})
    assert isinstance(params, comparison.FinetuneParams)
    aimed = comparison.objectives(params)
    assert [round(o.value**4) for o in aimed.values()] == [16, 256]
