"""What the agent costs around an experiment that does nothing.

    python benchmarks/agent_overhead.py

A turn of the real graph (recall, plan, approve, act, check, plan, report) with a model that
answers at once and a library that finds nothing, around an experiment without work. What remains
is ours: checkpoints, the run store, and the child process the run lives in. The limit that we
hold ourselves to is 50 ms a turn; the peer, in the same run, is a fresh interpreter that does no
more than import the experiment contract.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TURNS, WARMUP, LIMIT = 40, 5, 0.050

PLUGIN = '''
from tools.experiment import Cost, Params, Result, experiment

class Nothing(Params):
    pass

@experiment("bench.nothing", paper=(), claim="", estimate=lambda p: Cost(0.0))
def nothing(params: Nothing, run) -> Result:
    """Does nothing."""
    return Result(metrics={"one": 1.0})
'''


class Instant:
    """A chat model that asks for the experiment and then ends the turn, without delay."""

    name, offline = "instant", True

    async def reply(self, messages: Sequence[Any], tools: Sequence[Any], on_token: Any) -> Any:
        from agent.messages import Reply, ToolCall

        if messages[-1]["role"] == "tool":
            return Reply("Done.")
        return Reply("", (ToolCall("c", "bench__nothing", {}, "{}"),))

    async def close(self) -> None:
        return None


class Nowhere:
    """A library without books."""

    def search(self, query: str, k: int = 4) -> list[Any]:
        return []


async def measure(home: Path) -> list[float]:
    from agent.session import Assistant

    seconds = []
    async with Assistant(home, Instant()) as assistant:
        assistant.toolbox.library = Nowhere()  # type: ignore[assignment]
        for turn in range(WARMUP + TURNS):
            start = time.perf_counter()
            # A conversation of a few turns, then a new one, as people have them.
            thread = f"bench-{turn // 10}"
            events = [e async for e in assistant.ask("do nothing", thread)]
            seconds.append(time.perf_counter() - start)
            assert events[-1]["answer"]["runs"][0]["status"] == "completed"
    return seconds[WARMUP:]


def interpreter() -> float:
    """Seconds of a fresh interpreter that imports the contract, the obvious way to start a run."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", "import tools.experiment"], check=True)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plugin = Path(folder, "plugin")
        info = plugin / "ansatz_bench-0.dist-info"
        info.mkdir(parents=True)
        (plugin / "ansatz_bench.py").write_text(PLUGIN)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ansatz-bench\nVersion: 0\n")
        (info / "entry_points.txt").write_text("[ansatz.experiments]\nbench = ansatz_bench\n")
        sys.path.append(str(plugin))
        os.environ["PYTHONPATH"] = str(plugin)
        turns = asyncio.run(measure(Path(folder, "home")))
        peers = [interpreter() for _ in range(7)]
    turn, peer = statistics.median(turns), statistics.median(peers)
    print(
        json.dumps(
            {
                "benchmark": "agent_overhead",
                "turns": len(turns),
                "turn_ms": {
                    "min": round(1e3 * min(turns), 1),
                    "median": round(1e3 * turn, 1),
                    "max": round(1e3 * max(turns), 1),
                },
                "fresh_interpreter_ms": round(1e3 * peer, 1),
                "ratio_to_limit_of_50_ms": round(turn / LIMIT, 2),
                "ratio_to_fresh_interpreter": round(turn / peer, 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
