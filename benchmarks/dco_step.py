"""What DCO adds to a training step: at most 3 % in time and in memory over cross-entropy.

    python benchmarks/dco_step.py

A step is forward, loss, backward and AdamW of the same Llama-shaped model on the same batch, once
with the model's own cross-entropy (transformers' loss) and once with PassNLoss at N = 256. Steps
run in pairs, the order within a pair alternating; the time is processor time on a CPU and CUDA
events on a GPU, and the figure is the median of the pairwise ratios. Memory is the peak of a fresh
process on a CPU, and the allocator's peak on a GPU.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tools.passn.huggingface import PassNLoss

LIMIT = 1.03
LOSSES = ("cross_entropy", "dco")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--peak", choices=LOSSES, help="only measure the peak memory of one loss")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.peak:
        print(peak(options.peak))
        return
    ratios = times(options.pairs)
    median = statistics.median(ratios)
    peaks = {loss: measured_peak(loss) for loss in LOSSES}
    ratio = peaks["dco"] / peaks["cross_entropy"]
    quartiles = statistics.quantiles(ratios, n=4)
    result = {
        "benchmark": "dco_step",
        "device": device(),
        "pairs": len(ratios),
        "time_ratio_median": round(median, 4),
        "time_ratio_quartiles": [round(quartiles[0], 4), round(quartiles[2], 4)],
        "peak_megabytes": {loss: round(value / 2**20, 1) for loss, value in peaks.items()},
        "memory_ratio": round(ratio, 4),
        "at_most_3_percent_more_time": median <= LIMIT,
        "at_most_3_percent_more_memory": ratio <= LIMIT,
    }
    print(json.dumps(result, indent=2))


def device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def setting() -> tuple[Any, Any, dict[str, torch.Tensor]]:
    """Makes model, optimiser and batch: long enough answers, a vocabulary that dominates memory."""
    torch.manual_seed(0)
    large = device() == "cuda"
    config = LlamaConfig(
        vocab_size=32000,
        hidden_size=1024 if large else 256,
        intermediate_size=2816 if large else 704,
        num_hidden_layers=12 if large else 4,
        num_attention_heads=16 if large else 4,
    )
    model = LlamaForCausalLM(config).to(device())
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
    rows, length = (16, 512) if large else (4, 96)
    ids = torch.randint(0, config.vocab_size, (rows, length), device=device())
    labels = ids.clone()
    labels[:, : length // 4] = -100
    return model, optimiser, {"input_ids": ids, "labels": labels}


def step(loss: str, model: Any, optimiser: Any, batch: dict[str, torch.Tensor]) -> None:
    if loss == "cross_entropy":
        value = model(**batch).loss
    else:
        value = PassNLoss(256)(model(input_ids=batch["input_ids"]), batch["labels"])
    value.backward()
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)


def times(pairs: int) -> list[float]:
    model, optimiser, batch = setting()
    for loss in LOSSES * 2:
        step(loss, model, optimiser, batch)
    ratios = []
    for number in range(pairs):
        order = LOSSES if number % 2 == 0 else LOSSES[::-1]
        seconds = {loss: timed(loss, model, optimiser, batch) for loss in order}
        ratios.append(seconds["dco"] / seconds["cross_entropy"])
    return ratios


def timed(loss: str, model: Any, optimiser: Any, batch: dict[str, torch.Tensor]) -> float:
    if device() == "cpu":
        start = time.process_time()
        step(loss, model, optimiser, batch)
        return time.process_time() - start
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    before.record()
    step(loss, model, optimiser, batch)
    after.record()
    torch.cuda.synchronize()
    return float(before.elapsed_time(after))


def measured_peak(loss: str) -> int:
    command = [sys.executable, __file__, "--peak", loss]
    return int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def peak(loss: str) -> int:
    """Returns the peak bytes of three steps in this process."""
    model, optimiser, batch = setting()
    for _ in range(3):
        step(loss, model, optimiser, batch)
    if device() == "cuda":
        return torch.cuda.max_memory_allocated()
    # getrusage would count what the parent held when it started this process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]


if __name__ == "__main__":
    main()
