"""A chat model that can add, and suites played against it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from agent.messages import Reply, Usage
from evals import runner
from evals.experiments import JOURNAL
from evals.journal import Journal
from evals.played import Played, read
from evals.replies import ReplyStore


class Solver:
    """Solves sums, and says something hostile about everything else."""

    name, offline = "solver", False

    async def reply(self, messages, tools, on_token) -> Reply:
        text = messages[-1]["content"]
        found = text.removeprefix("Compute ").rstrip(".")
        sure = set(found) <= set("0123456789+-() ") and found != text
        # The test's own generator wrote it, so its digits are safe to add up.
        total = sum(int(t.strip("()")) for t in found.split(" + ")) if sure else 0
        answer = f"\\boxed{{{total}}}" if sure else "<script>alert(1)</script> I cannot."
        return Reply(answer, usage=Usage(7, 3, 0.001, 1))

    async def close(self) -> None: ...


def play(folder: Path, suite, model=None) -> Played:
    with closing(Journal(folder / JOURNAL)) as journal:
        replies = ReplyStore(folder / "r.sqlite")
        asyncio.run(runner.run(suite, model or Solver(), journal, replies))
    return read(folder)
