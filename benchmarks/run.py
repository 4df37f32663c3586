"""Runs benchmarks and keeps results: `python benchmarks/run.py [NAME ...] [-- OPTION ...]`.

Each benchmark is a script of its own whose output ends in one JSON object; it compares with a named
peer or limit in the same run. Results go to benchmarks/results/NAME.json with the machine they were
measured on. Options after `--` are handed to the scripts, such as the interpreter of a peer:

    python benchmarks/run.py normal_ordering -- --peer /path/to/python-with-openfermion
    MATH_VERIFY_PYTHON=/path/to/python-with-math-verify python benchmarks/run.py grading_latency
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.environment import environment

HERE = Path(__file__).parent
BY_NAME = {"dco_language_model", "passn_gpu"}
"""Run only when named: they need a model or a GPU."""


def main() -> None:
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, options = arguments[:cut], arguments[cut + 1 :]
    scripts = sorted(p for p in HERE.glob("*.py") if p.name != Path(__file__).name)
    chosen = [p for p in scripts if (p.stem in wanted if wanted else p.stem not in BY_NAME)]
    if not chosen:
        sys.exit(f"There is no such benchmark. There are: {', '.join(p.stem for p in scripts)}.")
    for script in chosen:
        print(f"== {script.stem}", flush=True)
        command = [sys.executable, str(script), *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(done.stdout)
        keep(script.stem, result_of(done.stdout))


def result_of(output: str) -> Any:
    """Reads the JSON object that an output is, or that its last line is."""
    try:
        return json.loads(output)
    except json.JSONDecodeError:
        return json.loads(output.strip().splitlines()[-1])


def keep(name: str, result: Any) -> None:
    """Writes a result with what it was measured on."""
    kept = {
        "command": f"python benchmarks/{name}.py",
        "machine": environment()["hardware"],
        "versions": {"python": environment()["python"], **environment()["versions"]},
        "result": result,
    }
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
