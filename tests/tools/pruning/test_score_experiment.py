"""`pruning.score` on data sets and files: tables, claims, resume, errors that name the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from tools.claims import Verdict
from tools.errors import BadInput
from tools.pruning import scoring
from tools.pruning.names import CHOICES, TITLES
from tools.pruning.score_experiment import score
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "home")


def run_here(store: RunStore, seed: int = 0, **values: Any) -> RunRecord:
    params = score.parse({"dataset": "wine", "networks": 4, "score_epochs": 2} | values)
    record = store.submit(score, params, seed=seed)
    store.finish(record.id, score.function(params, Run(store, record.id, seed)))
    return store.get(record.id)


def table(record: RunRecord) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = pq.read_table(record.folder / "scores.parquet").to_pydict()
    return found


def summary(record: RunRecord) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((record.folder / "summary.json").read_text())
    return found


@pytest.mark.parametrize("name", sorted(TITLES))
def test_every_score_says_something_of_every_row_and_meets_the_size(
    store: RunStore, name: str
) -> None:
    record = run_here(store, score=name, keep=0.8)
    found = table(record)
    assert found["row"] == list(range(178))
    assert np.isfinite(found["score"]).all()
    assert len(set(found["score"])) > 1
    assert found["decision"].count("kept") == 142 == record.metrics["kept"].mean
    assert record.claims[0].verdict is Verdict.SUPPORTED
    assert summary(record)["classes"]["0"]["rows"] == 59
    gone = {r for r, d in zip(found["reason"], found["decision"], strict=True) if d == "removed"}
    assert gone <= ({"duplicate", "prototypical"} if name in CHOICES else {"score"})
    agreement = "rank_correlation_of_two" in record.metrics
    assert agreement == (name not in (*CHOICES, "memorization"))


@pytest.mark.parametrize("part", ["hard", "easy", "middle"])
def test_what_is_kept_is_the_part_asked_for_below_what_is_skipped(
    store: RunStore, part: str
) -> None:
    record = run_here(store, difficulty=part, keep=50, noise_window=0.1)
    found = table(record)
    order = np.argsort(-np.array(found["score"]), kind="stable")
    skipped, rest = order[:18], order[18:]
    assert {found["reason"][i] for i in skipped} == {"skipped"}
    first = {"hard": 0, "easy": 110, "middle": 55}[part]
    kept = {i for i, d in enumerate(found["decision"]) if d == "kept"}
    assert kept == set(rest[first : first + 50].tolist())
    assert record.claims[0].verdict is Verdict.SUPPORTED


def test_the_size_claim_is_refuted_by_a_row_out_of_place(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.pruning import select

    right = select.select_by_score
    monkeypatch.setattr(
        select, "select_by_score", lambda values, *rest, **more: right(-values, *rest, **more)
    )
    record = run_here(store)
    assert record.claims[0].verdict is Verdict.REFUTED


def test_a_score_that_is_noise_is_not_called_reliable(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:

    def noise(self: scoring.Scorer, index: int) -> torch.Tensor:
        draw = torch.Generator().manual_seed(index)
        return torch.rand(len(self.inputs), generator=draw)

    assert run_here(store, networks=10).claims[1].verdict is Verdict.SUPPORTED
    monkeypatch.setattr(scoring.Scorer, "member", noise)
    noisy = run_here(store, networks=10)
    assert noisy.claims[1].verdict is Verdict.REFUTED
    assert noisy.metrics["reliability"].mean < 0.6


def test_a_killed_run_goes_on_where_it_was(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = table(run_here(store, seed=7))
    params = score.parse({"dataset": "wine", "networks": 4, "score_epochs": 2})
    record = store.submit(score, params, seed=7)
    right = scoring.Scorer.member
    computed: list[int] = []

    class Killed(BaseException):
        pass

    def dies_at_the_third(self: scoring.Scorer, index: int) -> Any:
        if index == 2 and len(computed) == 2:
            raise Killed
        computed.append(index)
        return right(self, index)

    monkeypatch.setattr(scoring.Scorer, "member", dies_at_the_third)
    with pytest.raises(Killed):
        score.function(params, Run(store, record.id, 7))
    computed.append(-1)
    result = score.function(params, Run(store, record.id, 7))
    assert computed == [0, 1, -1, 2, 3], "what was done before is not done again"
    store.finish(record.id, result)
    assert table(store.get(record.id)) == expected


def people(n: int = 60) -> dict[str, list[Any]]:
    draw = np.random.default_rng(2)
    kind = np.repeat(["cat", "dog", "eel"], n // 3)
    shift = np.repeat([0.0, 2.0, 4.0], n // 3)
    x = draw.normal(shift), draw.normal(100 * shift, 100)
    return {"size": x[0].tolist(), "weight": x[1].tolist(), "species": kind.tolist()}


def test_tables_of_every_kind_give_the_same_scores(store: RunStore, tmp_path: Path) -> None:
    data = people()
    rows = [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    pq.write_table(pa.table(data), tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = ",".join(data) + "\n" + "".join(",".join(map(str, r.values())) + "\n" for r in rows)
    (tmp_path / "a.csv").write_text(text)
    np.savez(tmp_path / "a.npz", **{k: np.array(v) for k, v in data.items()})
    vectors = [list(pair) for pair in zip(data["size"], data["weight"], strict=True)]
    embedded = {"embedding": vectors, "id": data["species"], "species": data["species"]}
    pq.write_table(pa.table(embedded), tmp_path / "v.parquet")
    found = [
        table(run_here(store, file=str(tmp_path / name), label="species", networks=1))
        for name in ("a.parquet", "a.jsonl", "a.csv", "a.npz", "v.parquet")
    ]
    assert all(one["score"] == found[0]["score"] for one in found[1:])
    assert found[0]["label"] == data["species"]


def test_embeddings_need_no_label(store: RunStore, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((80, 6)))
    record = run_here(store, file=str(tmp_path / "x.npy"), score="prototypes", keep=0.25)
    assert record.metrics["kept"].mean == 20
    assert "label" not in table(record)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "more", "problem"),
    [
        ("a,y\n1,x\n2,\n", {}, "row 1, column 'y': the value is missing"),
        ("a,y\n1,u\nnan,v\n", {}, "row 1, column 'a': the value is nan"),
        ("a,y\n1,u\nred,v\n", {}, "row 1, column 'a': the value is 'red', not a number"),
        ("a,b\n1,u\n2,v\n", {}, "no column with a usual name for labels.*holds them.*: a, b; or"),
        ("a,y\nred car,u\nblue car,v\n", {}, "is 'red car', not a number.*embedding minilm"),
        ("a,y\n1,u\n2,u\n", {}, "every label is 'u'.*two classes or more.*: prototypes"),
        ("a,y\n1,u\n2,v\n", {"label": "z"}, "no column 'z'"),
        ("a,y\n1,1\n2,2\n3,3\n4,4\n5,5\n", {}, "5 different labels in 5 rows"),
        ("a,y\n1,u\n2,v\n", {"keep": 3}, "Cannot keep 3 of 2"),
    ],
)
def test_what_cannot_be_used_is_named(
    store: RunStore, tmp_path: Path, text: str, more: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadInput, match=problem):
        run_here(store, file=write(tmp_path / "t.csv", text), **more)


def test_vectors_of_different_length_and_labels_that_are_measurements_are_named(
    store: RunStore, tmp_path: Path
) -> None:
    mixed = '{"embedding": [1, 2], "y": 0}\n{"embedding": [1], "y": 1}\n'
    with pytest.raises(BadInput, match="row 1, column 'embedding': the value has 1 numbers"):
        run_here(store, file=write(tmp_path / "m.jsonl", mixed))
    large = '{"embedding": [1, 2], "y": 0}\n{"embedding": [1' + 400 * "0" + ', 1], "y": 1}\n'
    with pytest.raises(BadInput, match=r"row 1, column 'embedding': .*a number that is too large"):
        run_here(store, file=write(tmp_path / "l.jsonl", large))
    with pytest.raises(BadInput, match=r"row 0, column 'y': the value is 0\.5"):
        run_here(store, file=write(tmp_path / "f.jsonl", '{"a": 1, "y": 0.5}\n'))


def test_scores_that_are_all_equal_decide_nothing(store: RunStore, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((12, 1)))
    record = run_here(store, file=str(tmp_path / "x.npy"), score="prototypes")
    assert record.metrics["kept"].mean == 6
    assert "reliability" not in record.metrics
    assert record.claims[1].verdict is Verdict.INCONCLUSIVE
    assert "not finite" in record.claims[1].reason


def test_images_are_labelled_by_their_folders_or_need_a_score_without_labels(
    store: RunStore, tmp_path: Path
) -> None:
    draw = np.random.default_rng(0)
    for number in range(24):
        file = tmp_path / "images" / ("eel", "cat")[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (8, 8), dtype=np.uint8)).save(file)
    record = run_here(store, file=str(tmp_path / "images"))
    assert {name: c["rows"] for name, c in summary(record)["classes"].items()} == {
        "cat": 12,
        "eel": 12,
    }
    with pytest.raises(BadInput, match="a folder of its own, or take a score that needs no labels"):
        run_here(store, file=str(tmp_path / "images" / "cat"))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"score": "d4", "difficulty": "easy"}, "chooses a set by itself"),
        ({"keep": 2.5}, "neither a fraction nor a whole number"),
        ({"label": "y"}, "need a file"),
        ({"score": "memorization", "networks": 3}, "networks = 4"),
        ({"score": "forgetting", "score_epochs": 1}, "score_epochs = 2"),
        ({"score": "luck"}, "Allowed: el2n, grand"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        score.parse(values)


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return score.estimate(score.parse(values)).seconds

    assert seconds(dataset="wine") < seconds() < seconds(networks=50) < seconds(networks=500)
    assert seconds() < seconds(score="grand")
    assert seconds(score="d4") < seconds(score="prototypes", networks=1000)
