import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.claims import Verdict
from tools.errors import BadInput
from tools.experiment import Result
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore
from tools.sparsity import comparison, images
from tools.sparsity.experiments import synflow

TINY = {
    "dataset": "wine",
    "hidden": 3,
    "width": 20,
    "rounds": 30,
    "seeds": 2,
    "epochs": 3,
    "compressions": [5, 200],
}


def run_here(folder: Path, seed: int = 0, **values: Any) -> tuple[Result, RunRecord]:
    store = RunStore(folder)
    params = synflow.parse(TINY | values)
    record = store.submit(synflow, params, seed=seed)
    result = synflow.function(params, Run(store, record.id, seed))
    store.finish(record.id, result)
    return result, store.get(record.id)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, RunRecord]:
    return run_here(tmp_path_factory.mktemp("usual"))


def test_flow_is_conserved_and_survives_where_single_shots_are_cut(
    usual: tuple[Result, RunRecord],
) -> None:
    verdicts = {claim.text.split(" (")[0]: claim.verdict for claim in usual[0].claims}
    assert verdicts[
        "The synaptic flow of every layer sums to the same total, before and after pruning"
    ] is (Verdict.SUPPORTED)
    assert verdicts["SynFlow in 30 rounds empties no layer up to a compression of 200"] is (
        Verdict.SUPPORTED
    )
    assert verdicts[
        "Magnitude in a single shot cuts the network through at a compression of 200"
    ] is (Verdict.SUPPORTED)


def test_every_method_is_tried_at_every_compression(usual: tuple[Result, RunRecord]) -> None:
    result, record = usual
    assert [a.name for a in record.artifacts] == ["by_seed", "accuracy"]
    for method in comparison.TITLES:
        for compression in (5, 200):
            assert f"accuracy_{method}_at_{compression}" in result.metrics
    assert result.metrics["survived_synflow"] == 200


def test_equal_seeds_give_equal_numbers_and_others_do_not(tmp_path: Path) -> None:
    short = {"methods": ["snip", "random"], "epochs": 1}
    first, again = run_here(tmp_path / "a", **short), run_here(tmp_path / "b", **short)
    assert first[0] == again[0]
    assert run_here(tmp_path / "c", seed=1, **short)[0].metrics != first[0].metrics


def test_a_single_round_is_refuted_where_many_survive(tmp_path: Path) -> None:
    result, _ = run_here(tmp_path, rounds=1, methods=["synflow"], compressions=[200])
    assert Verdict.REFUTED in [claim.verdict for claim in result.claims]


def write_idx(path: Path, array: np.ndarray) -> None:
    head = b"\x00\x00\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for part, size in (("train", 120), ("t10k", 40)):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", rng.integers(0, 256, (size, 4, 4)))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", rng.integers(0, 3, size))
    return tmp_path


def test_images_are_read_from_a_folder(folder: Path) -> None:
    split, classes = images.load("digits", str(folder), seed=0, examples=100)
    assert classes == 3
    assert split.train_inputs.shape == (100, 16)
    assert split.test_inputs.shape == (40, 16)
    assert 0 <= split.train_inputs.min() < split.train_inputs.max() <= 1
    again, _ = images.load("digits", str(folder), seed=0, examples=100)
    assert np.array_equal(split.train_labels, again.train_labels)


def test_a_missing_or_broken_image_file_is_named(folder: Path) -> None:
    broken = folder / "t10k-labels-idx1-ubyte.gz"
    broken.write_bytes(gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x09abc"))
    with pytest.raises(BadInput, match=r"t10k-labels-idx1-ubyte.gz is no whole IDX file"):
        images.load("digits", str(folder), seed=0, examples=100)
    broken.unlink()
    with pytest.raises(BadInput, match=r"neither t10k-labels-idx1-ubyte\.gz nor"):
        images.load("digits", str(folder), seed=0, examples=100)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"compressions": [0.5]}, "compressions"),
        ({"methods": ["oracle"]}, "methods"),
        ({"rounds": 0}, r"rounds = 0 .*1 <= rounds <= 1000"),
        ({"seeds": 1}, "seeds = 1"),
    ],
)
def test_a_wrong_parameter_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        synflow.parse(values)


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return synflow.estimate(synflow.parse(values)).seconds

    assert seconds() < seconds(seeds=20)
    assert seconds() < seconds(rounds=500)
    assert seconds() < seconds(epochs=100)
    assert seconds(dataset="wine") < seconds()
