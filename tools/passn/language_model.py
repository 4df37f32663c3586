"""Finetunes a local causal language model for pass@N; runs alone or under `accelerate launch`.

    python -m tools.passn.language_model --model FOLDER --problems train.jsonl --out OUT --lora 8
    accelerate launch --num_processes 8 -m tools.passn.language_model --model FOLDER ... --draws 256

Every row's target (`target` in the file, else `gold`) is trained on after the prompt. A killed run
goes on from its last checkpoint when the same command is given again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tools.errors import AnsatzError, BadInput, Unavailable
from tools.passn.problems import Problem, read_problems

IGNORED = -100


@dataclass(frozen=True)
class Options:
    """What a finetuning run is given; each is an option of the command line.

    Attributes:
        model: Hugging Face model folder.
        problems: JSON Lines file of problems, see `tools.passn.problems`.
        out: folder for checkpoints and the finished model.
        draws: N', answers drawn at test time; 1 is cross-entropy.
        epochs: passes through the problems.
        lr: learning rate.
        warm_up: steps over which it rises; constant after.
        batch: answers a process and micro-batch.
        accumulation: micro-batches a step.
        lora: rank of LoRA adapters, merged at the end; 0 trains all weights.
        max_length: longest prompt with answer, in tokens.
        template: the prompt, holding {question}.
        refill: pass over answers with F(N, p) at or below this and fill up the batch; 0 for never.
        hardest: train only on rows whose `success_rate` is below this (DCO_a); 0 for all.
        seed: of order, initial adapters and dropout.
    """

    model: str
    problems: str
    out: str
    draws: float = 1.0
    epochs: int = 3
    lr: float = 2e-5
    warm_up: int = 20
    batch: int = 8
    accumulation: int = 1
    lora: int = 0
    max_length: int = 1024
    template: str = "{question}\n"
    refill: float = 0.0
    hardest: float = 0.0
    seed: int = 0


def tokenise(
    problems: Sequence[Problem], tokenizer: Any, *, template: str, max_length: int
) -> list[dict[str, list[int]]]:
    """Turns problems into rows of `input_ids` and `labels`, the prompt hidden by -100.

    Raises:
        BadInput: if the template has no {question}, or a row is longer than `max_length`: a cut
            answer has another probability than the whole one.
    """
    if "{question}" not in template:
        raise BadInput(f"template = {template!r} has no {{question}}.", "Say where it goes.")
    rows = []
    for number, problem in enumerate(problems, 1):
        prompt = tokenizer(template.replace("{question}", problem.question))["input_ids"]
        target = str(problem.fields.get("target") or problem.gold)
        answer = tokenizer(target, add_special_tokens=False)["input_ids"]
        answer = [*answer, tokenizer.eos_token_id]
        if len(prompt) + len(answer) > max_length:
            raise BadInput(
                f"Problem {number} has {len(prompt) + len(answer)} tokens with its answer, "
                f"max_length is {max_length}.",
                "Raise max_length, or drop the problem.",
            )
        rows.append({"input_ids": prompt + answer, "labels": [IGNORED] * len(prompt) + answer})
    return rows


def hardest(problems: Sequence[Problem], threshold: float) -> list[Problem]:
    """Keeps the problems solved less often than `threshold`: the filter of DCO_a.

    Raises:
        BadInput: if a problem has no `success_rate`, or none is left.
    """
    import torch

    from tools.passn.losses import success_rate_weights

    rates = [problem.fields.get("success_rate") for problem in problems]
    if not all(isinstance(rate, int | float) for rate in rates):
        row = next(i for i, rate in enumerate(rates) if not isinstance(rate, int | float))
        raise BadInput(
            f"Problem {row + 1} has no number as success_rate.",
            "Write the share of right samples into each row, as passn.curve tables it.",
        )
    weights = success_rate_weights(torch.tensor(rates, dtype=torch.float64), threshold=threshold)
    kept = [p for p, weight in zip(problems, weights.tolist(), strict=True) if weight > 0]
    if not kept:
        raise BadInput(f"No problem has a success_rate below {threshold}.", "Raise hardest.")
    return kept


def finetune(options: Options) -> Path:
    """Trains and returns the folder of the finished model, which loads as any other.

    Raises:
        BadInput: naming the option that cannot be used.
        Unavailable: if the extra `finetune` is not installed.
    """
    try:
        from transformers import (
            AutoModelForCausalLM,
            AutoTokenizer,
            DataCollatorForSeq2Seq,
            Trainer,
            TrainingArguments,
            set_seed,
        )
        from transformers.trainer_utils import get_last_checkpoint
    except ImportError:
        raise Unavailable(
            "Finetuning needs transformers, peft and accelerate.",
            'Install them: pip install "ansatz-lab[finetune]".',
        ) from None
    import torch

    from tools.passn.huggingface import PassNLoss
    from tools.passn.refill import RefillDataset

    _check(options)
    loss = PassNLoss(options.draws)
    problems = read_problems(Path(options.problems))
    if options.hardest:
        problems = hardest(problems, options.hardest)
    folder, out = Path(options.model).expanduser(), Path(options.out).expanduser()
    if not (folder / "config.json").is_file():
        raise BadInput(f"model = {folder} is no model folder: it has no config.json.")
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    rows = tokenise(problems, tokenizer, template=options.template, max_length=options.max_length)
    cuda = torch.cuda.is_available()
    set_seed(options.seed)
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, dtype=torch.float32
    )
    if options.lora:
        model = _with_adapters(model, options.lora)
    collate = DataCollatorForSeq2Seq(tokenizer, padding=True)
    arguments = TrainingArguments(
        str(out / "checkpoints"),
        per_device_train_batch_size=options.batch,
        gradient_accumulation_steps=options.accumulation,
        num_train_epochs=options.epochs,
        learning_rate=options.lr,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=options.warm_up,
        weight_decay=0.0,
        bf16=cuda,
        use_cpu=not cuda,
        logging_steps=10,
        save_total_limit=1,
        save_steps=100,
        seed=options.seed,
        report_to=[],
        dataloader_pin_memory=cuda,
    )
    data: Any = rows
    if options.refill:
        everyone = options.batch * options.accumulation * arguments.world_size
        arguments.max_steps = max(1, options.epochs * len(rows) // everyone)
        data = RefillDataset(
            rows,
            model,
            collate,
            n=options.draws,
            batch=everyone,
            threshold=options.refill,
            warm_up=options.warm_up,
            seed=options.seed,
        )
    trainer = Trainer(
        model, arguments, train_dataset=data, data_collator=collate, compute_loss_func=loss
    )
    last = get_last_checkpoint(str(out / "checkpoints")) if (out / "checkpoints").exists() else None
    trainer.train(resume_from_checkpoint=last)
    if trainer.is_world_process_zero():
        finished = trainer.accelerator.unwrap_model(trainer.model)
        finished = finished.merge_and_unload() if options.lora else finished
        finished.save_pretrained(out)
        tokenizer.save_pretrained(out)
    trainer.accelerator.wait_for_everyone()
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the command line, finetunes, and says where the model lies."""
    parser = argparse.ArgumentParser(
        prog="tools.passn.language_model", description=finetune.__doc__
    )
    helps = _help()
    for field in fields(Options):
        kind = {"str": str, "int": int, "float": float}[str(field.type)]
        required = field.name in ("model", "problems", "out")
        extra: dict[str, Any] = {"required": True} if required else {"default": field.default}
        parser.add_argument(
            "--" + field.name.replace("_", "-"), type=kind, help=helps[field.name], **extra
        )
    try:
        print(finetune(Options(**vars(parser.parse_args(arguments)))))
    except AnsatzError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _help() -> dict[str, str]:
    """Reads the options' descriptions off the docstring, so that they are written once."""
    text = (Options.__doc__ or "").split("Attributes:")[1]
    lines = [line.strip() for line in text.strip().splitlines()]
    return {name: words for name, _, words in (line.partition(": ") for line in lines)}


def _with_adapters(model: Any, rank: int) -> Any:
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError:
        raise Unavailable("LoRA needs peft.", "pip install peft, or set lora = 0.") from None

    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config)


def _check(options: Options) -> None:
    for name in ("epochs", "batch", "accumulation", "max_length"):
        if getattr(options, name) < 1:
            raise BadInput(f"{name} = {getattr(options, name)} is below 1.")
    for name in ("warm_up", "lora"):
        if getattr(options, name) < 0:
            raise BadInput(f"{name} = {getattr(options, name)} is negative.")
    if not options.lr > 0:
        raise BadInput(f"lr = {options.lr} is not positive.")
    for name in ("refill", "hardest"):
        if not 0 <= getattr(options, name) < 1:
            raise BadInput(f"{name} = {getattr(options, name)} lies outside [0, 1).")


if __name__ == "__main__":
    sys.exit(main())
