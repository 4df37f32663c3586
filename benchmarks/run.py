"""Runs the benchmarks and keeps their results: `python benchmarks/run.py [NAME ...]`.

Each benchmark is a script of its own that prints one JSON object; it compares with a named peer
or limit in the same run. Results go to benchmarks/results/NAME.json with the machine they were
measured on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tools.environment import environment

HERE = Path(__file__).parent


def main() -> None:
    scripts = sorted(p for p in HERE.glob("*.py") if p.name != Path(__file__).name)
    chosen = [p for p in scripts if not sys.argv[1:] or p.stem in sys.argv[1:]]
    if not chosen:
        sys.exit(f"There is no such benchmark. There are: {', '.join(p.stem for p in scripts)}.")
    for script in chosen:
        print(f"== {script.stem}", flush=True)
        done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, check=True)
        result = json.loads(done.stdout)
        print(json.dumps(result, indent=2))
        kept = {
            "command": f"python benchmarks/{script.name}",
            "machine": environment()["hardware"],
            "versions": {"python": environment()["python"], **environment()["versions"]},
            "result": result,
        }
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / "results" / f"{script.stem}.json").write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
