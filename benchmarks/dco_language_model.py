"""Does DCO help a real language model, and does it beat a tuned temperature? LoRA on arithmetic.

    python benchmarks/dco_language_model.py --model FOLDER

FOLDER is any small causal language model of Hugging Face; docs/passn.md says how to get
SmolLM2-135M-Instruct without a hub. Answers are direct and of several tokens, so that pass@N is
exact: p(y|x) is read off one forward pass and pass@N = 1 - (1 - p)^N, nothing is sampled. Only the
gold answer as it is written counts, so that this is a lower bound where other spellings are right.

Half of the test problems choose epoch and temperature for cross-entropy's controls, the other half
are reported, for all models alike.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from tools.passn.arithmetic import split_problems
from tools.passn.estimators import exact_pass_at
from tools.passn.huggingface import PassNLoss
from tools.passn.language_model import _with_adapters, tokenise
from tools.passn.problems import Problem

DRAWS = (1, 4, 16, 64, 256)
TEMPERATURES = (0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0)
FAMILIES = ("small_sum", "small_difference")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--train", type=int, default=160)
    parser.add_argument("--test", type=int, default=120)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--losses", type=float, nargs="+", default=[1, 16])
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train, test = split_problems(options.train, options.test, options.seed, FAMILIES)
    start = time.process_time()
    half = len(test) // 2
    rows = []
    for n in options.losses:
        table = epochs(options, n, train, test)
        rows.append(report(f"DCO N'={n:g}" if n > 1 else "CE", table, half))
        print(json.dumps(rows[-1]), file=sys.stderr)
    print(
        json.dumps(
            {
                "benchmark": "dco_language_model",
                "model": options.model.name,
                "options": {k: v for k, v in vars(options).items() if k != "model"},
                "draws": DRAWS,
                "temperatures": TEMPERATURES,
                "reported_problems": len(test) - half,
                "processor_seconds": round(time.process_time() - start, 1),
                "models": rows,
            }
        )
    )


def epochs(options: Any, n: float, train: list[Problem], test: list[Problem]) -> np.ndarray:
    """Returns log p of each test answer after each epoch at each temperature."""
    set_seed(options.seed)
    tokenizer: Any = AutoTokenizer.from_pretrained(options.model, local_files_only=True)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = _with_adapters(
        AutoModelForCausalLM.from_pretrained(
            options.model, local_files_only=True, dtype=torch.float32
        ),
        8,
    )
    rows = tokenise(train, tokenizer, template="{question}\n", max_length=128)
    held = tokenise(test, tokenizer, template="{question}\n", max_length=128)
    collate = DataCollatorForSeq2Seq(tokenizer, padding=True)
    found: list[np.ndarray] = [log_p(model, held, collate)]

    class Watch(TrainerCallback):
        def on_epoch_end(self, *_: Any, **__: Any) -> None:
            found.append(log_p(model, held, collate))

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=options.batch,
            num_train_epochs=options.epochs,
            learning_rate=options.lr,
            lr_scheduler_type="constant_with_warmup",
            warmup_steps=10,
            save_strategy="no",
            logging_strategy="epoch",
            seed=options.seed,
            report_to=[],
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
        )
        Trainer(
            model,
            arguments,
            train_dataset=rows,
            data_collator=collate,
            compute_loss_func=PassNLoss(n),
            callbacks=[Watch()],
        ).train()
    return np.stack(found)


@torch.no_grad()
def log_p(model: Any, rows: list[Any], collate: Any) -> np.ndarray:
    """Returns log p of each answer at each temperature, shape (temperatures, problems)."""
    model.eval()
    found = []
    for first in range(0, len(rows), 40):
        batch = collate(rows[first : first + 40])
        labels = batch.pop("labels")[:, 1:]
        batch = {k: v.to(model.device) for k, v in batch.items()}
        logits = model(**batch).logits[:, :-1].cpu()
        kept = labels != -100
        row = kept.nonzero()[:, 0]
        chosen, target = logits[kept].float(), labels[kept]
        columns = []
        for temperature in TEMPERATURES:
            scores = (chosen / temperature).log_softmax(dim=-1)
            tokens = scores.gather(1, target[:, None])[:, 0].double()
            columns.append(torch.zeros(len(labels), dtype=torch.float64).index_add(0, row, tokens))
        found.append(torch.stack(columns))
    model.train()
    return torch.cat(found, dim=1).numpy()


def report(name: str, table: np.ndarray, half: int) -> dict[str, Any]:
    """Returns pass@N of the last epoch and of what the first half would have chosen."""
    one = TEMPERATURES.index(1.0)
    # (epochs, temperatures, problems, draws)
    passes = np.stack([[exact_pass_at(row, DRAWS) for row in epoch] for epoch in table])
    tuning, kept = passes[:, :, :half].mean(axis=2), passes[:, :, half:].mean(axis=2)
    last, tuned, early, both = [], [], [], []
    for column in range(len(DRAWS)):
        at = tuning[:, :, column]
        last.append(kept[-1, one, column])
        tuned.append(kept[-1, at[-1].argmax(), column])
        early.append(kept[at[:, one].argmax(), one, column])
        both.append(kept[(*np.unravel_index(at.argmax(), at.shape), column)])
    rounded = {
        label: [round(float(x), 4) for x in values]
        for label, values in {
            "last_epoch": last,
            "last_epoch_tuned_temperature": tuned,
            "early_stopped": early,
            "early_stopped_tuned_temperature": both,
        }.items()
    }
    curve = [[round(float(x), 4) for x in row] for row in kept[:, one]]
    return {"loss": name, **rounded, "by_epoch_at_temperature_1": curve}


if __name__ == "__main__":
    main()
