import json
from pathlib import Path
from typing import Any

import pytest

from tools.errors import BadInput
from tools.passn.experiments import curve
from tools.run import Run
from tools.runs import RunStore


def problem_file(folder: Path, sums: list[tuple[str, str]], count: int = 3) -> Path:
    path = folder / "problems.jsonl"
    rows = [{"question": q, "gold": a, "cluster": "sums"} for q, a in sums[:count]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_checkpoint_is_measured(
    tmp_path: Path, model_folder: Path, sums: list[tuple[str, str]]
) -> None:
    store = RunStore(tmp_path / "home")
    params = curve.parse(
        {
            "problems": str(problem_file(tmp_path, sums)),
            "model": str(model_folder),
            "samples": 4,
            "max_tokens": 4,
        }
    )
    record = store.submit(curve, params)
    result = curve.function(params, Run(store, record.id, 0))
    store.finish(record.id, result)
    assert {"pass@1", "pass@2", "pass@4", "majority@4"} <= result.metrics.keys()
    names = {a.name for a in store.get(record.id).artifacts}
    assert {"by_problem", "coverage", "difficulty", "confidence"} <= names


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"samples": 0}, r"samples = 0 .*1 <= samples"),
        ({"ks": [0]}, "k = 0 is below 1"),
        ({"temperature": 0}, r"temperature = 0 .*0.0 < temperature|0 < temperature"),
        ({"problems": ""}, 'problems = ""'),
    ],
)
def test_a_wrong_parameter_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        curve.parse({"problems": "p.jsonl", "model": "m"} | values)


def test_more_draws_than_samples_and_missing_files_are_explained(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for values, message in (
        ({"samples": 2, "ks": [4]}, "1 <= k <= samples"),
        ({}, "cannot be read"),
    ):
        params = curve.parse({"problems": str(tmp_path / "none.jsonl"), "model": "m"} | values)
        record = store.submit(curve, params)
        with pytest.raises(BadInput, match=message):
            curve.function(params, Run(store, record.id, 0))


def test_draws_default_to_the_powers_of_two_up_to_samples(tmp_path: Path) -> None:
    params = curve.parse({"problems": "p", "model": "m", "samples": 20})
    assert params.draws == (1, 2, 4, 8, 16)  # type: ignore[attr-defined]
    more = curve.parse({"problems": "p", "model": "m", "samples": 200})
    assert curve.estimate(params).seconds < curve.estimate(more).seconds
