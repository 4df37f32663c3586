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
    failed = []
    for script in chosen:
        print(f"== {script.stem}", flush=True)
        command = [sys.executable, str(script), *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout)
        if done.returncode:
            failed.append(script.stem)
        # One that missed a figure says so by its status, and has measured all the same.
        if done.returncode == 0 or done.stdout.rstrip().endswith("}"):
            keep(script.stem, options, result_of(done.stdout))
    if failed:
        sys.exit(f"Failed, or missed a figure: {', '.join(failed)}.")


def result_of(output: str) -> Any:
    """Reads the JSON object that an output is, or that its last line is."""
    try:
        return json.loads(output)
    except json.JSONDecodeError:
        return json.loads(output.strip().splitlines()[-1])


def keep(name: str, options: list[str], result: Any) -> None:
    """Writes a result with its command and with what it was measured on."""
    # Where things lie on this machine is nobody's business.
    told = ["PATH" if "/" in option else option for option in options]
    kept = {
        "command": " ".join(["python", f"benchmarks/{name}.py", *told]),
        "machine": environment()["hardware"],
        "versions": {"python": environment()["python"], **environment()["versions"]},
        "result": result,
    }
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
