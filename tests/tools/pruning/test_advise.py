import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tools.claims import Verdict, recheck
from tools.errors import BadInput
from tools.experiment import Result
from tools.pruning.advise import decide, expect, thin
from tools.pruning.advise_data import read
from tools.pruning.advise_experiment import advise
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore

TINY = {"dataset": "wine", "pilot": 2, "confirm": 3, "networks": 2, "score_epochs": 2, "epochs": 8}


def run_here(folder: Path, **values: Any) -> tuple[Result, RunRecord]:
    store = RunStore(folder)
    params = advise.parse(TINY | values)
    record = store.submit(advise, params, seed=0)
    result = advise.function(params, Run(store, record.id, 0))
    store.finish(record.id, result)
    return result, store.get(record.id)


def rows(hard: float, easy: float, random: float, count: int = 10) -> list[dict[str, float]]:
    rng = np.random.default_rng(0)
    return [
        {
            "accuracy_full": 0.95,
            "probe_error": 0.1,
            "accuracy_hard": hard + 0.002 * float(rng.standard_normal()),
            "accuracy_easy": easy + 0.002 * float(rng.standard_normal()),
            "accuracy_random": random + 0.002 * float(rng.standard_normal()),
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [
        ((0.95, 0.85, 0.90), "hard"),
        ((0.80, 0.95, 0.90), "easy"),
        ((0.80, 0.85, 0.90), "random"),
    ],
)
def test_a_clear_winner_is_advised_and_surely(
    accuracies: tuple[float, float, float], best: str
) -> None:
    advice = decide(rows(*accuracies), pilot=4)
    assert (advice.keep, advice.candidate) == (best, best)
    assert advice.confirmed
    assert advice.sureness > 0.99


def test_what_is_not_confirmed_is_not_advised() -> None:
    lucky = rows(0.95, 0.80, 0.90, 4) + rows(0.90, 0.80, 0.90, 6)
    advice = decide(lucky, pilot=4)
    assert advice.candidate == "hard"
    assert advice.keep == "random"
    assert not advice.confirmed
    assert advice.sureness < 0.99


def test_the_splits_that_choose_have_no_part_in_the_confirmation() -> None:
    advice = decide(rows(0.95, 0.80, 0.90, 9), pilot=3)
    assert {len(check.evidence["a"]) for check in advice.checks.values()} == {6}


def test_too_few_splits_to_confirm_are_refused() -> None:
    with pytest.raises(BadInput, match="pilot = 9 of 10 splits"):
        decide(rows(0.9, 0.9, 0.9), pilot=9)


def test_the_theory_expects_easy_where_data_are_scarce_and_hard_where_abundant() -> None:
    def measured(full: float) -> list[dict[str, float]]:
        return [{"accuracy_full": full, "probe_error": 0.02}]

    scarce = expect(measured(0.75), 0.5, classes=2)
    abundant = expect(measured(0.98), 0.5, classes=2)
    assert scarce.alpha_tot < 5 < abundant.alpha_tot
    assert scarce.best == "easy"
    assert abundant.best == "hard"
    # The pilot's own full error is reproduced where nothing is pruned away from the pool.
    assert expect(measured(0.75), 1.0, classes=2).accuracy["random"] == pytest.approx(0.75)


def test_guessing_counts_alike_whatever_the_number_of_classes() -> None:
    def at(error: float, classes: int) -> float:
        row = {"accuracy_full": 1 - error, "probe_error": 0.1}
        return expect([row], 0.5, classes).alpha_tot

    assert at(0.25, 2) == pytest.approx(at(0.45, 10))


def test_more_data_than_the_pilot_saw_scale_alpha() -> None:
    small, large = (expect(rows(0.9, 0.9, 0.9), 0.5, 2, scale=s) for s in (1.0, 10.0))
    assert large.alpha_tot == pytest.approx(10 * small.alpha_tot)


def test_a_run_advises_and_says_how_sure(tmp_path: Path) -> None:
    result, record = run_here(tmp_path)
    assert [a.name for a in record.artifacts] == ["by_split", "advice.json", "advice"]
    summary = json.loads((record.folder / "advice.json").read_text())
    assert summary["keep"] in ("hard", "easy", "random")
    assert 0 <= summary["sureness"] <= 1
    assert len(result.claims) == 3
    assert "advice: keep" in result.claims[0].text
    for claim in result.claims:
        assert recheck(claim.check.method, claim.check.evidence) == claim.verdict
    assert run_here(tmp_path / "again")[0] == result


def table(count: int = 60) -> dict[str, list[Any]]:
    rng = np.random.default_rng(1)
    x, noise = rng.standard_normal(count), rng.standard_normal(count)
    return {
        "width": x.tolist(),
        "height": noise.tolist(),
        "target": ["yes" if v > 0 else "no" for v in x],
    }


def test_ones_own_table_is_advised_on(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    pq.write_table(pa.table(table(400)), path)
    result, record = run_here(tmp_path, file=str(path), rows=100, epochs=3)
    assert result.claims[0].text.startswith("On own, ")
    assert "the pilot used 100 of 400 examples" in record.notices[0]
    assert result.metrics["alpha_tot_of_all_data"] == pytest.approx(
        4 * float(result.metrics["alpha_tot"]),
        rel=0.02,  # type: ignore[arg-type]
    )


def test_csv_parquet_and_npz_of_the_same_rows_are_the_same_data(tmp_path: Path) -> None:
    values = table()
    pq.write_table(pa.table(values), tmp_path / "t.parquet")
    lines = [",".join(values)] + [
        ",".join(map(str, row)) for row in zip(*values.values(), strict=True)
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    inputs = np.stack([values["width"], values["height"]], axis=1)
    np.savez(tmp_path / "t.npz", x=inputs, y=np.array(values["target"]) == "yes")
    found = [read(tmp_path / name) for name in ("t.parquet", "t.csv", "t.npz")]
    for data in found:
        assert data.classes == 2
        assert np.allclose(data.inputs, inputs)
        assert np.array_equal(data.labels, found[0].labels)
    assert read(tmp_path / "t.csv", "target", ["height"]).inputs.shape == (60, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column with a usual name for labels"),
        ("a,label\n1,x\n2,y\nfoo,x\n" + "1,x\n2,y\n" * 4, r"row 2, column 'a'.*not a number"),
        ("a,label\n1,x\n2,\n", r"row 1, column 'label'.*no label"),
        ("a,label\n" + "1,x\n" * 5, "1 different labels"),
        ("a,label\n" + "1,x\n" * 5 + "2,y\n", "the class 'y' has 1 examples"),
        ("label\nx\ny\n", "nothing to learn from"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        read(path)


def test_thinning_keeps_the_proportions_of_the_classes(tmp_path: Path) -> None:
    labels = np.repeat([0, 1], [900, 100])
    np.savez(tmp_path / "d.npz", x=np.arange(1000.0)[:, None], y=labels)
    data = thin(read(tmp_path / "d.npz"), 100, np.random.default_rng(0))
    assert np.bincount(data.labels).tolist() == [90, 10]
    assert len(set(data.inputs[:, 0].tolist())) == 100
    assert thin(data, 100, np.random.default_rng(0)) is data


def test_a_coin_flip_is_inconclusive(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    np.savez(tmp_path / "n.npz", x=rng.standard_normal((200, 3)), y=rng.integers(0, 2, 200))
    result, _ = run_here(tmp_path, file=str(tmp_path / "n.npz"), epochs=2)
    assert Verdict.INCONCLUSIVE in {claim.verdict for claim in result.claims}


@pytest.mark.parametrize(
    ("values", "message"),
    [({"keep": 1.0}, "keep = 1.0"), ({"confirm": 1}, "confirm = 1"), ({"dataset": "x"}, "dataset")],
)
def test_a_wrong_parameter_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        advise.parse(values)


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return advise.estimate(advise.parse(values)).seconds

    assert seconds() < seconds(confirm=30)
    assert seconds() < seconds(epochs=100)
    assert seconds(dataset="wine") < seconds()
