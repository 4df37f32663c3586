"""What one safe evaluation costs, and what the loop adds to it.

The peer is OpenEvolve with candidates in processes of their own, as its circle-packing example has
it, and with a proposer that answers at once. Its interpreter is given by the environment:

    OPENEVOLVE_PYTHON=/path/to/python-with-openevolve python benchmarks/discovery_evaluation.py

Without it the peer is what that path comes down to: a fresh interpreter that imports numpy, runs
the candidate and prints JSON. Rates are per second of processor time of everything that takes part
(proposer stub, loop, workers, candidates), in turns, so that other load on the machine is no
matter; wall times are told as well.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.discovery import Hill, Stub, program

from tools.discovery import policies
from tools.discovery.budget import Budget
from tools.discovery.candidate import Candidate
from tools.discovery.evaluate import Evaluator
from tools.discovery.loop import Progress, Search
from tools.discovery.problem import Limits
from tools.discovery.proposers import Proposal, Request

ROUNDS, OURS, THEIRS = 5, 1000, 50
LIMIT_MS, LIMIT_RATIO, LIMIT_START = 6.0, 20.0, 1.0

SOURCE = """import numpy as np

def solve(seed):
    x = np.linspace(0.0, 1.0, 26)
    grid = np.sqrt((x[:, None] - x) ** 2 + 0.01)
    return int(np.linalg.norm(grid))  # {number}
"""
PROBLEM = Hill(Limits(cpu_seconds=2.0, memory=1024, profile="numpy"))


class Instant:
    """A proposer of zero latency: always another program."""

    name = "instant"

    async def propose(self, request: Request) -> Proposal:
        paths = frozenset({("number", str(request.seed % 50))})
        return Proposal(Candidate.of(SOURCE.replace("{number}", str(request.seed))), paths)


class Numbers(Instant):
    """The same for the stub evaluator, which reads the number that is returned."""

    async def propose(self, request: Request) -> Proposal:
        paths = frozenset({("number", str(request.seed % 50))})
        return Proposal(program(request.seed % 1000, f"# {request.seed}"), paths)


def main() -> None:
    peer = openevolve if os.environ.get("OPENEVOLVE_PYTHON") else fresh_interpreters
    ours, theirs, plain, isolated = [], [], [], []
    with Evaluator(2) as evaluator:
        evaluator.run(PROBLEM, Candidate.of(SOURCE), 0)
        for turn in range(ROUNDS):
            isolated.append(isolated_evaluation(evaluator, turn))
            ours.append(whole_loop(evaluator, turn))
            theirs.append(peer())
            plain.append(fresh_interpreters())
    result = {
        "benchmark": "discovery_evaluation",
        "isolated_numpy_evaluation_cpu_ms": summary([1e3 * each for each in isolated]),
        "limit_ms": LIMIT_MS,
        "loop_with_sandbox": rates(ours),
        "peer": peer.__name__.strip("_"),
        "peer_loop": rates(theirs),
        "fresh_interpreter_with_numpy": rates(plain),
        "ratio_of_evaluations_per_cpu_second": ratio(ours, theirs, 0),
        "ratio_of_evaluations_per_wall_second": ratio(ours, theirs, 1),
        "ratio_to_fresh_interpreters_per_cpu_second": ratio(ours, plain, 0),
        "limit_ratio": LIMIT_RATIO,
        "first_evaluation_wall_s": summary([first_evaluation() for _ in range(ROUNDS)]),
        "limit_first_evaluation_s": LIMIT_START,
        "loop_cpu_us_per_iteration_by_archive_size": loop_cost(),
    }
    print(json.dumps(result))


def isolated_evaluation(evaluator: Evaluator, turn: int) -> float:
    """Returns processor seconds of one evaluation: this side, the warm parent and the program."""
    candidates = [Candidate.of(SOURCE + f"# {turn} {i}") for i in range(OURS)]
    begun = time.process_time() + warm_parent(evaluator)
    programs = sum(evaluator.run(PROBLEM, each, 0).cpu_seconds for each in candidates)
    return (time.process_time() + warm_parent(evaluator) - begun + programs) / OURS


def warm_parent(evaluator: Evaluator) -> float:
    """Returns the processor seconds of the process that forks programs."""
    outer = evaluator._sandboxes["numpy"]._process.pid
    children = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
    # How Linux numbers the processor clock of another process: see clock_getres(2).
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in (outer, *map(int, children)))


def whole_loop(evaluator: Evaluator, turn: int) -> tuple[float, float]:
    """Returns (processor, wall) seconds an iteration of a whole search, log and all."""
    programs = 0.0
    with tempfile.TemporaryDirectory() as folder:
        made = Search(PROBLEM, policies.create("ccts"), Instant(), evaluator, seed=turn)
        begun, wall = time.process_time() + warm_parent(evaluator), time.perf_counter()
        found = made.run(Path(folder) / "log.sqlite", Budget(OURS))
        wall = time.perf_counter() - wall
        cpu = time.process_time() + warm_parent(evaluator) - begun
        programs = sum(m.evaluation.cpu_seconds for m in found.archive.members)
        assert len(found.archive) == OURS
    return (cpu + programs) / OURS, wall / OURS


def fresh_interpreters() -> tuple[float, float]:
    """Returns (processor, wall) seconds of one candidate in a fresh interpreter with numpy."""
    code = SOURCE + "import json\nprint(json.dumps({'combined_score': solve(0)}))\n"
    return timed(lambda: [run_python(code) for _ in range(THEIRS)], THEIRS)


def run_python(code: str) -> None:
    quiet = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=quiet)


def timed(action: Callable[[], object], count: int) -> tuple[float, float]:
    """Returns (processor, wall) seconds of an action's child processes and this one, by count."""
    begun, wall = all_cpu(), time.perf_counter()
    action()
    return (all_cpu() - begun) / count, (time.perf_counter() - wall) / count


def all_cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def openevolve() -> tuple[float, float]:
    """Returns (processor, wall) seconds of one iteration of OpenEvolve; start and end left out."""
    few, many = (openevolve_run(count) for count in (2, 2 + THEIRS))
    return tuple((b - a) / THEIRS for a, b in zip(few, many, strict=True))  # type: ignore[return-value]


def openevolve_run(iterations: int) -> tuple[float, float]:
    """Runs it against a stub of a model that answers at once with another program."""
    with tempfile.TemporaryDirectory() as name, Stubborn() as model:
        folder = Path(name)
        (folder / "initial.py").write_text(
            f"# EVOLVE-BLOCK-START\n{SOURCE}# EVOLVE-BLOCK-END\n", encoding="utf-8"
        )
        (folder / "evaluator.py").write_text(OPENEVOLVE_EVALUATOR, encoding="utf-8")
        (folder / "config.yaml").write_text(
            OPENEVOLVE_CONFIG.format(url=model.url, iterations=iterations), encoding="utf-8"
        )
        command = [
            os.environ["OPENEVOLVE_PYTHON"], "-m", "openevolve.cli", "initial.py", "evaluator.py",
            "--config", "config.yaml", "--iterations", str(iterations), "--output", "out",
        ]  # fmt: skip
        env = {**os.environ, "OPENAI_API_KEY": "none", "OMP_NUM_THREADS": "1"}
        begun = all_cpu(), time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
        spent = all_cpu() - begun[0], time.perf_counter() - begun[1]
        if done.returncode or model.answers < iterations:
            sys.exit(f"OpenEvolve answered {model.answers} times:\n{done.stderr[-3000:]}")
    return spent


OPENEVOLVE_EVALUATOR = textwrap.dedent(
    """
    import json, subprocess, sys

    def evaluate(program_path):
        code = open(program_path).read() + (
            "\\nimport json\\nprint(json.dumps({'combined_score': solve(0)}))\\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20)
        return json.loads(done.stdout)
    """
)
OPENEVOLVE_CONFIG = """\
max_iterations: {iterations}
checkpoint_interval: 1000
diff_based_evolution: false
random_seed: 1
log_level: ERROR
llm:
  api_base: "{url}"
  api_key: none
  models: [{{name: stub, weight: 1.0}}]
  retries: 0
evaluator: {{parallel_evaluations: 2, cascade_evaluation: false, timeout: 60}}
database: {{population_size: 1000, archive_size: 100, num_islands: 1}}
"""


class Stubborn:
    """A model's endpoint that answers every request with another program."""

    def __init__(self) -> None:
        self.answers = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                owner.answers += 1
                text = SOURCE.replace("{number}", str(owner.answers))
                text = f"```python\n# EVOLVE-BLOCK-START\n{text}# EVOLVE-BLOCK-END\n```"
                choice = {"message": {"role": "assistant", "content": text}, "index": 0}
                body = json.dumps({"choices": [{**choice, "finish_reason": "stop"}]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Stubborn:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def first_evaluation() -> float:
    """Returns wall seconds from the start of a search, sandbox and log included, to a member."""
    times: list[float] = []

    def note(progress: Progress) -> None:
        times.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        with Evaluator(2) as evaluator:
            made = Search(PROBLEM, policies.create("ccts"), Instant(), evaluator)
            made.run(Path(folder) / "log.sqlite", Budget(1), progress=note)
    return times[0] - begun


def loop_cost(sizes: tuple[int, ...] = (10, 100, 1_000, 10_000, 100_000)) -> dict[str, float]:
    """Returns microseconds of processor time an iteration around each size, evaluation stubbed."""
    marks: dict[int, float] = {}

    def note(progress: Progress) -> None:
        marks[progress.done] = time.process_time()

    with tempfile.TemporaryDirectory() as folder:
        made = Search(PROBLEM, policies.create("k-elites"), Numbers(), Stub(), seed=1)
        made.run(Path(folder) / "log.sqlite", Budget(sizes[-1] + 1), progress=note)
    costs = {}
    for size in sizes:
        low, high = max(2, size // 2), size
        costs[str(size)] = round(1e6 * (marks[high] - marks[low]) / (high - low), 1)
    return costs


def rates(measured: list[tuple[float, float]]) -> dict[str, float]:
    return {
        "evaluations_per_cpu_second": round(1 / statistics.median(c for c, _ in measured), 1),
        "evaluations_per_wall_second": round(1 / statistics.median(w for _, w in measured), 1),
    }


def ratio(ours: list[tuple[float, float]], theirs: list[tuple[float, float]], which: int) -> Any:
    return summary([b[which] / a[which] for a, b in zip(ours, theirs, strict=True)])


def summary(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 2),
        "least": round(min(values), 2),
        "most": round(max(values), 2),
    }


if __name__ == "__main__":
    main()
