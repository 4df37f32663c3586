"""Finetuning a model folder from the command line, alone and in two processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tools.errors import BadInput
from tools.passn.language_model import Options, finetune, hardest, main, tokenise
from tools.passn.problems import Problem, write_problems

pytest.importorskip("transformers")
pytest.importorskip("accelerate")


@pytest.fixture
def problems(tmp_path: Path, sums: list[tuple[str, str]]) -> Path:
    path = tmp_path / "problems.jsonl"
    write_problems(path, [Problem(q, a) for q, a in sums])
    return path


def options(model: Path, problems: Path, out: Path, **more: Any) -> Options:
    given = {"draws": 1000, "epochs": 1, "lr": 1e-2, "warm_up": 0, "template": "{question}"} | more
    return Options(str(model), str(problems), str(out), **given)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_a_finished_model_loads_and_has_learned(
    model_folder: Path, problems: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = finetune(options(model_folder, problems, tmp_path / "out", lora=4, refill=0.01))
    AutoTokenizer.from_pretrained(out)
    model = AutoModelForCausalLM.from_pretrained(out)
    before = weights(model_folder)
    after = model.state_dict()
    moved = {name for name, w in before.items() if not torch.equal(w, after[name])}
    assert moved
    assert all("proj" in name for name in moved)  # adapters were merged, the rest stayed


def test_the_same_command_again_goes_on_from_the_checkpoint(
    model_folder: Path, problems: Path, tmp_path: Path
) -> None:
    # Two epochs are eight steps; a run of one epoch stands for one that was killed.
    whole = finetune(options(model_folder, problems, tmp_path / "whole", epochs=2))
    finetune(options(model_folder, problems, tmp_path / "cut", epochs=1))
    resumed = finetune(options(model_folder, problems, tmp_path / "cut", epochs=2))
    expected = weights(whole)
    for name, found in weights(resumed).items():
        torch.testing.assert_close(found, expected[name], atol=1e-6, rtol=0)


@pytest.mark.slow
def test_two_processes_train_as_one_does(
    model_folder: Path, problems: Path, tmp_path: Path
) -> None:
    common = ["--model", model_folder, "--problems", problems, "--draws", "1000", "--epochs", "1"]
    common += ["--lr", "1e-2", "--warm-up", "0", "--template", "{question}"]
    assert main([str(x) for x in [*common, "--out", tmp_path / "one", "--batch", 8]]) == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # --multi_gpu stands for "several processes of this machine"; without a GPU they take its cores.
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines=1"]
    launch += ["--num_processes=2", "--mixed_precision=no", "--dynamo_backend=no"]
    launch += [f"--main_process_port={port}", "-m", "tools.passn.language_model"]
    done = subprocess.run(
        [str(x) for x in [*launch, *common, "--out", tmp_path / "two", "--batch", 4]],
        env=os.environ | {"PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"},  # noqa: PTH109
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    expected = weights(tmp_path / "one")
    for name, found in weights(tmp_path / "two").items():
        torch.testing.assert_close(found, expected[name], atol=1e-3, rtol=0)


def test_prompts_are_hidden_and_targets_end(tokenizer: Any) -> None:
    rows = tokenise(
        [Problem("1+1=", "2"), Problem("2+2=", "4", fields={"target": "so 4"})],
        tokenizer,
        template="q {question}",
        max_length=20,
    )
    assert [x for x in rows[0]["labels"] if x != -100] == [*tokenizer("2")["input_ids"], 1]
    assert [x for x in rows[1]["labels"] if x != -100] == [*tokenizer("so 4")["input_ids"], 1]
    assert tokenizer.decode(rows[0]["input_ids"]) == "q 1+1=2</s>"
    with pytest.raises(BadInput, match="Problem 1 has 5 tokens"):
        tokenise([Problem("1+1", "2")], tokenizer, template="{question}", max_length=4)


def test_the_hard_filter_keeps_what_is_seldom_solved() -> None:
    problems = [Problem(str(r), "1", fields={"success_rate": r}) for r in (0, 0.05, 0.1, 1.0)]
    assert [p.question for p in hardest(problems, 0.1)] == ["0", "0.05"]
    with pytest.raises(BadInput, match="Problem 1 has no number"):
        hardest([Problem("q", "1")], 0.1)
    with pytest.raises(BadInput, match="No problem"):
        hardest(problems[2:], 0.05)


@pytest.mark.parametrize(
    "bad",
    [{"draws": 0.0}, {"epochs": 0}, {"lr": 0.0}, {"refill": 1.0}, {"lora": -1}, {"template": "x"}],
)
def test_options_that_cannot_be_used_are_named(
    model_folder: Path, problems: Path, tmp_path: Path, bad: dict[str, Any]
) -> None:
    with pytest.raises(BadInput, match=next(iter(bad))):
        finetune(options(model_folder, problems, tmp_path / "out", **bad))


def test_the_command_line_says_what_is_wrong_in_one_line(
    problems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--model", str(tmp_path), "--problems", str(problems), "--out", str(tmp_path / "o")]
    assert main(given) == 2
    assert "no model folder" in capsys.readouterr().err
