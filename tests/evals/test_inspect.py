"""Our suites, scorer and models inside Inspect AI, offline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai")

from fakes.openai_server import FakeOpenAI, say
from fakes.sums import play
from inspect_ai import eval as inspect_eval
from inspect_ai.log import read_eval_log
from inspect_ai.model import get_model

from evals import suites
from evals.export import write
from evals.inspect.registry import arithmetic, cmt


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INSPECT_DISPLAY", "none")
    monkeypatch.setenv("INSPECT_LOG_DIR", str(tmp_path / "logs"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_the_provider_is_found_by_entry_point_and_runs_offline(tmp_path: Path) -> None:
    (log,) = inspect_eval(
        arithmetic(samples=4), model="ansatz/offline", log_dir=str(tmp_path), display="none"
    )
    assert log.status == "success", log.error
    assert len(log.samples) == 4
    # The offline planner plans experiments; sums it does not do, and so it gives no answer.
    assert {s.scores["symbolic"].metadata["state"] for s in log.samples} == {"no answer"}


def test_answers_of_a_model_are_graded_as_in_our_own_suite(tmp_path: Path) -> None:
    from inspect_ai.model import ModelOutput, ModelUsage

    task = cmt(samples=4)
    golds = [s.target for s in task.dataset]
    outputs = []
    for place, gold in enumerate(golds):
        text = f"\\boxed{{{gold}}}" if place != 1 else "\\boxed{0.1234567}"
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        outputs.append(output)
    model = get_model("mockllm/model", custom_outputs=outputs)
    (log,) = inspect_eval(task, model=model, log_dir=str(tmp_path), display="none", max_samples=1)
    assert log.status == "success", log.error
    values = [s.scores["symbolic"].value for s in log.samples]
    assert values == ["C", "I", "C", "C"]


def test_the_provider_speaks_to_an_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeOpenAI([say("\\boxed{1}")] * 2) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        (log,) = inspect_eval(
            arithmetic(samples=2), model="ansatz/fake-model", log_dir=str(tmp_path), display="none"
        )
    assert log.status == "success", log.error
    assert {s.scores["symbolic"].answer for s in log.samples} == {"1"}


def test_our_own_runs_open_in_inspect(tmp_path: Path) -> None:
    played = play(tmp_path / "run", suites.load("arithmetic", suites.Options(samples=6)))
    path = tmp_path / "log.json"
    write(played, "inspect", path)
    log = read_eval_log(str(path))
    assert log.status == "success"
    assert len(log.samples) == 6
    assert json.loads(path.read_text())["eval"]["task"] == "arithmetic"
