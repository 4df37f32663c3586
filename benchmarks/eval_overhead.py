"""Processor time per sample of a suite around a model that answers at once, beside Inspect AI.

    python benchmarks/eval_overhead.py [--peer /path/to/python-with-inspect-ai]

Both run the same questions through one request each, compare text, and keep every sample on disk.
The fixed start is taken out by the difference between a long and a short run; runs alternate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHORT, LONG, ROUNDS = 200, 1000, 3
LIMIT = 1 / 5

PEER = """
import json, sys, tempfile, time
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelAPI, ModelOutput, ModelUsage, modelapi
from inspect_ai.scorer import match
from inspect_ai.solver import generate

@modelapi(name="stub")
class Stub(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        output = ModelOutput.from_content("stub", "yes")
        output.usage = ModelUsage(input_tokens=10, output_tokens=1, total_tokens=11)
        return output

def seconds(n):
    task = Task(dataset=[Sample(input=f"question {i}", target="yes") for i in range(n)],
                solver=generate(), scorer=match())
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        (log,) = eval(task, model="stub/any", display="none", log_dir=folder)
    assert log.status == "success" and log.results.scores[0].metrics["accuracy"].value == 1.0
    return time.process_time() - start

seconds(5)
print(json.dumps([seconds(int(n)) for n in sys.argv[1:]]))
"""


def ours(samples: int) -> float:
    from agent.messages import Reply, Usage
    from evals import runner, scorers, solvers
    from evals.journal import Journal
    from evals.replies import ReplyStore
    from evals.sample import Sample, State, Suite
    from evals.summary import summarise

    class Stub:
        name, offline = "stub", False

        async def reply(self, messages: object, tools: object, on_token: object) -> Reply:
            return Reply("yes", usage=Usage(10, 1, None, 1))

        async def close(self) -> None: ...

    questions = [Sample(f"s{i}", f"question {i}", "yes") for i in range(samples)]
    suite = Suite("stub", "Stub", 1, questions, solvers.chat(), scorers.equal_text())
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        journal, replies = Journal(Path(folder) / "j"), ReplyStore(Path(folder) / "r")
        asyncio.run(runner.run(suite, Stub(), journal, replies))
        found = summarise(list(journal.entries("stub")))
        journal.close()
        replies.close()
    assert found.counts[State.CORRECT] == samples
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", help="an interpreter that has inspect-ai")
    options = parser.parse_args()
    ours(5)
    mine, peers = [], []
    for _ in range(ROUNDS):
        short, long = ours(SHORT), ours(LONG)
        mine.append(1e3 * (long - short) / (LONG - SHORT))
        if options.peer:
            command = [options.peer, "-c", PEER, str(SHORT), str(LONG)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            short, long = json.loads(done.stdout.strip().splitlines()[-1])
            peers.append(1e3 * (long - short) / (LONG - SHORT))
    result = {"benchmark": "eval_overhead", "ansatz_ms": round(statistics.median(mine), 3)}
    if peers:
        result["inspect_ms"] = round(statistics.median(peers), 3)
        result["ratio"] = round(statistics.median(mine) / statistics.median(peers), 3)
        result["limit"] = LIMIT
    print(json.dumps(result))


if __name__ == "__main__":
    sys.exit(main())
