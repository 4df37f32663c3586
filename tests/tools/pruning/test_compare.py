import csv
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import registry
from tools.claims import Verdict, recheck
from tools.errors import BadInput
from tools.experiment import Result
from tools.launch import Launcher
from tools.pruning.experiments import compare
from tools.records import RunRecord, Status
from tools.run import Run
from tools.runs import RunStore

TINY = {"dataset": "wine", "seeds": 3, "networks": 2, "score_epochs": 1, "epochs": 5}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


@pytest.fixture
def launcher(store: RunStore) -> Iterator[Launcher]:
    made = Launcher(store)
    yield made
    made.close()


def run_here(store: RunStore, seed: int = 0, **values: Any) -> tuple[Result, RunRecord]:
    """Runs the experiment in this process and returns its result and record."""
    params = compare.parse(TINY | values)
    record = store.submit(compare, params, seed=seed)
    result = compare.function(params, Run(store, record.id, seed))
    store.finish(record.id, result)
    return result, store.get(record.id)


def test_it_is_registered() -> None:
    assert registry.load().get("pruning.compare") is compare
    assert compare.papers == ("paul2021", "kirsch2023")
    assert compare.resumable


@pytest.mark.parametrize("score", ["el2n", "grand"])
def test_a_run_leaves_metrics_claims_a_table_and_a_figure(store: RunStore, score: str) -> None:
    _, record = run_here(store, score=score)
    assert {"accuracy_full", f"accuracy_{score}", "accuracy_random"} < record.metrics.keys()
    for name in ("accuracy_full", "gain_over_random"):
        assert record.metrics[name].n == 3
        assert record.metrics[name].stderr is not None
    assert record.metrics["train_examples"].mean == 133
    assert record.metrics["kept_examples"].mean == 67
    assert [(a.name, a.kind) for a in record.artifacts] == [
        ("by_seed", "table"),
        ("accuracy", "figure"),
    ]
    assert all(a.path.stat().st_size > 100 for a in record.artifacts)
    for claim in record.claims:
        assert recheck(claim.method, claim.evidence) == claim.verdict


def test_claims_state_the_parameters_they_were_tested_at(store: RunStore) -> None:
    _, record = run_here(store, keep=0.3, networks=1)
    better, harmless = record.claims
    assert better.text == (
        "On wine (3 splits, 5 epochs), training on the hardest 30 % of the training examples by"
        " EL2N averaged over 1 network after 1 epoch gives a higher test accuracy than training on"
        " a random subset of equal size."
    )
    assert "at most one percentage point" in harmless.text
    assert better.paper == harmless.paper == "paul2021"
    assert better.evidence["paired"]
    assert harmless.evidence["margin"] == -0.01


def test_the_paper_is_not_held_to_what_it_does_not_claim(store: RunStore) -> None:
    _, easy = run_here(store, difficulty="easy")
    _, noisy = run_here(store, label_noise=0.2)
    assert {c.paper for c in (*easy.claims, *noisy.claims)} == {""}
    assert "20 % wrong training labels" in noisy.claims[0].text


def test_grand_at_initialisation_is_also_held_against_its_critique(store: RunStore) -> None:
    _, record = run_here(store, score="grand", score_epochs=0)
    assert [c.paper for c in record.claims] == ["paul2021", "paul2021", "kirsch2023"]
    assert "at initialisation" in record.claims[2].text
    assert record.claims[2].evidence["a"] == record.claims[0].evidence["b"]


def test_equal_seeds_give_bit_identical_results_and_others_do_not(store: RunStore) -> None:
    first, _ = run_here(store, seed=5)
    again, _ = run_here(store, seed=5)
    other, _ = run_here(store, seed=6)
    assert first == again
    assert first.metrics != other.metrics


def test_keeping_everything_makes_the_three_arms_one(store: RunStore) -> None:
    result, record = run_here(store, keep=1.0, seeds=6)
    with (record.folder / "by_seed.csv").open() as table:
        for row in csv.DictReader(table):
            assert row["accuracy_full"] == row["accuracy_el2n"] == row["accuracy_random"]
    assert result.claims[0].verdict is Verdict.INCONCLUSIVE
    assert result.claims[1].verdict is Verdict.SUPPORTED


def test_one_kept_example_is_enough_to_run(store: RunStore) -> None:
    _, record = run_here(store, keep=0.001)
    assert record.metrics["kept_examples"].mean == 1


def test_wrong_labels_are_counted_among_the_kept(store: RunStore) -> None:
    _, record = run_here(store, label_noise=0.2, score_epochs=20)
    assert 0.2 < record.metrics["kept_mislabelled_fraction"].mean <= 27 / 67


def test_keeping_the_easy_end_of_digits_is_refuted(store: RunStore) -> None:
    result, _ = run_here(
        store, dataset="digits", difficulty="easy", keep=0.3, networks=1, score_epochs=3, epochs=6
    )
    assert [c.verdict for c in result.claims] == [Verdict.REFUTED, Verdict.REFUTED]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"keep": 0}, r"keep = 0 .*Allowed: 0 < keep <= 1"),
        ({"keep": 1.5}, r"keep = 1.5 .*Allowed: 0 < keep <= 1"),
        ({"dataset": "mnist"}, r'dataset = "mnist".*digits, breast_cancer, wine'),
        ({"seeds": 1}, r"seeds = 1 .*2 <= seeds <= 100"),
        ({"score_epochs": -1}, r"score_epochs = -1 .*0 <= score_epochs <= 200"),
        ({"label_noise": 1.0}, r"label_noise = 1.0 .*0 <= label_noise < 1"),
        ({"fraction": 0.5}, r"no parameter 'fraction'.*keep"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value_and_range(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        compare.parse(values)


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return compare.estimate(compare.parse(values)).seconds

    assert seconds(dataset="wine") < seconds() < seconds(seeds=20)
    assert seconds() < seconds(networks=100)
    assert seconds() < seconds(epochs=200)
    assert seconds() < seconds(score="grand")


def test_a_killed_run_resumes_to_the_numbers_of_an_uninterrupted_one(
    store: RunStore, launcher: Launcher
) -> None:
    slow = {"seeds": 4, "epochs": 60}
    expected, _ = run_here(store, seed=3, **slow)
    record = launcher.start(compare, compare.parse(TINY | slow), seed=3)
    checkpoint = record.folder / "checkpoints" / "comparing-on-random-splits.jsonl"
    deadline = time.monotonic() + 30
    while not (checkpoint.exists() and checkpoint.read_text().count("\n") >= 1):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid = store.get(record.id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    killed = launcher.wait(record.id)
    assert killed.status is Status.INTERRUPTED
    assert 1 <= checkpoint.read_text().count("\n") < 4
    resumed = launcher.wait(launcher.resume(killed).id)
    assert resumed.status is Status.COMPLETED
    assert resumed.attempt == 2
    assert resumed.metrics == expected.metrics
    assert [c.verdict for c in resumed.claims] == [c.verdict for c in expected.claims]


def test_a_cancelled_run_stops_long_before_it_is_done(store: RunStore, launcher: Launcher) -> None:
    long = {"dataset": "digits", "epochs": 1000, "seeds": 100, "networks": 100}
    record = launcher.start(compare, compare.parse(long))
    launched = time.monotonic()
    while store.get(record.id).progress is None:
        assert time.monotonic() < launched + 30
        time.sleep(0.01)
    # The run would take hours; what stops it is the next optimiser step, not the end of a split.
    assert launcher.cancel(record.id).status is Status.CANCELLED
    assert not (record.folder / "checkpoints" / "comparing-on-random-splits.jsonl").read_text()
