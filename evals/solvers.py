"""Solvers: how a sample is answered. Each function makes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.messages import Message, system, user
from evals.context import Context
from evals.sample import Answer, Sample, Solver
from tools.errors import BadInput


def chat(instructions: str = "") -> Solver:
    """Makes a solver that asks the model under test once.

    Args:
        instructions: the system message; empty for none.
    """

    async def solve(sample: Sample, context: Context) -> Answer:
        messages: list[Message] = [system(instructions)] if instructions else []
        reply = await context.reply([*messages, user(str(sample.question))])
        return Answer(reply.text, usage=context.usage)

    return solve


def call(function: Callable[[Sample], Answer]) -> Solver:
    """Makes a solver of a plain function, for graders, searches and other programs under test.

    The function runs in a thread, so that samples overlap where it waits.
    """

    async def solve(sample: Sample, context: Context) -> Answer:
        import asyncio

        return await asyncio.to_thread(function, sample)

    return solve


def fixed(path: Path) -> Solver:
    """Makes a solver that reads the answers from a file: JSON lines with `id` and `answer`.

    Several lines of one id are the epochs, in order. Further fields may be `confidence` and
    `usage` (input_tokens, output_tokens, dollars, requests).

    Raises:
        BadInput: naming the file, the line and what is wrong with it; or when it holds no answer.
    """
    answers = _read(path)

    async def solve(sample: Sample, context: Context) -> Answer:
        rows = answers.get(sample.id, [])
        if context.epoch >= len(rows):
            raise BadInput(
                f"{path.name} has {len(rows)} answers to {sample.id}; number {context.epoch + 1} is"
                " missing.",
                "Add the answer, or leave the sample out.",
            )
        return rows[context.epoch]

    return solve


def check_ids(path: Path, samples: Sequence[Sample]) -> None:
    """Refuses a file of answers to other questions: every sample would count as failed.

    Raises:
        BadInput: when no id of the file is that of a sample, with an example of both.
    """
    answers = _read(path)
    if samples and not any(sample.id in answers for sample in samples):
        raise BadInput(
            f"{path.name} has no answer to any of the {len(samples)} samples; its first id is"
            f" '{next(iter(answers))}', the first sample is '{samples[0].id}'.",
            "Give the ids of the samples; those of generated ones change with the seed.",
        )


def _read(path: Path) -> dict[str, list[Answer]]:
    from agent.messages import Usage

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.", "Give a file of JSON lines.") from error
    answers: dict[str, list[Answer]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _row(line, f"{path.name}, line {number}")
        usage = Usage(**row["usage"]) if "usage" in row else Usage()
        answer = Answer(row["answer"], confidence=row.get("confidence"), usage=usage)
        answers.setdefault(str(row["id"]), []).append(answer)
    if not answers:
        raise BadInput(f"{path.name} holds no answers.", "Give an id and an answer a line.")
    return answers


def _row(line: str, place: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{place} is not JSON: {error}.", "Write one object a line.") from error
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("answer"), str):
        raise BadInput(f"{place} has no 'id' with a text 'answer'.", "Give both.")
    confidence = row.get("confidence")
    if confidence is not None and not (
        isinstance(confidence, int | float) and 0 <= confidence <= 1
    ):
        raise BadInput(f"{place}: confidence = {confidence!r}.", "Give a number from 0 to 1.")
    return row
