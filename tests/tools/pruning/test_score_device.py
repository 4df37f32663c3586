"""Where `pruning.score` computes: the device asked for, the run's own, or an error in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tools.errors import BadInput
from tools.pruning import scored, scoring, train
from tools.pruning.names import NO_LABELS, TITLES
from tools.pruning.score_experiment import score
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore

NETWORK_SCORES = sorted(set(TITLES) - set(NO_LABELS))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "home")


def run_here(store: RunStore, **values: Any) -> RunRecord:
    params = score.parse({"dataset": "wine", "networks": 4, "score_epochs": 2} | values)
    record = store.submit(score, params, seed=0)
    store.finish(record.id, score.function(params, Run(store, record.id, 0)))
    return store.get(record.id)


@pytest.mark.parametrize("name", NETWORK_SCORES)
def test_networks_are_trained_and_scored_where_the_device_says(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # "meta" computes nothing, so it is there on every machine, and nothing that it touches can be
    # mistaken for a result: only the way back to the processor fails.
    monkeypatch.setattr(scored, "usable", lambda asked, usual: asked and "meta")
    trained: list[str] = []
    new_optimizer = train.new_optimizer

    def spy(network: torch.nn.Module) -> torch.optim.SGD:
        trained.append(next(network.parameters()).device.type)
        return new_optimizer(network)

    monkeypatch.setattr(train, "new_optimizer", spy)
    with pytest.raises((NotImplementedError, RuntimeError), match="meta"):
        run_here(store, score=name, device="cuda")
    assert trained == ["meta"]


def test_a_score_without_a_device_takes_that_of_the_run(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def usable(name: str, usual: str) -> str:
        asked.append((name, usual))
        return "cpu"

    monkeypatch.setattr(scored, "usable", usable)
    monkeypatch.setattr(Run, "device", property(lambda self: "cuda"))
    record = run_here(store)
    assert asked == [("", "cuda")]
    assert json.loads((record.folder / "summary.json").read_text())["device"] == "cpu"


def test_a_device_that_is_not_there_or_not_known_is_named(store: RunStore) -> None:
    missing = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(BadInput, match=rf"device = {missing}: torch .* finds .*cpu"):
        run_here(store, device=missing)
    with pytest.raises(BadInput, match=r'device = "gpu" cannot be used: .*give cpu, cuda'):
        score.parse({"device": "gpu"})
    with pytest.raises(BadInput, match="prototypes trains no networks"):
        score.parse({"device": "cuda", "score": "prototypes"})


def test_a_full_gpu_is_told_in_words(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")

    monkeypatch.setattr(scoring.Scorer, "member", full)
    with pytest.raises(BadInput, match=r"no room for 178 rows of 13 numbers.*device = cpu"):
        run_here(store)
