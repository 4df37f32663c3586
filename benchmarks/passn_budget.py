"""Training for one budget, spending another: N' in {1, 4, 16, 64, 256} against N in {1 .. 4096}.

    python benchmarks/passn_budget.py [--home FOLDER] [PART ...]

Runs `passn.finetune` on one-token, spelled and multi-token answers and `passn.proofs`, each with
all controls (cross-entropy at its last epoch, stopped early, with a tuned sampling temperature;
label smoothing) over three seeds, and prints the tables side by side. pass@N is exact everywhere.
The last line is all of it as JSON; the figures go to benchmarks/results/passn_budget_*.png. With
`--home` an interrupted benchmark goes on where it was, epoch by epoch.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.experiment import Experiment
from tools.passn.experiments import finetune, proofs
from tools.run import Run
from tools.runs import RunStore

RESULTS = Path(__file__).parent / "results"
SHOWN = (1, 4, 16, 64, 256, 1024, 4096)
BUDGETS = [4, 16, 64, 256]
PARTS: dict[str, tuple[Experiment, dict[str, Any]]] = {
    "one_token": (finetune, {"task": "teacher", "n": BUDGETS}),
    "spelled": (finetune, {"task": "spelled", "n": BUDGETS}),
    "multi_token": (
        finetune,
        {
            "task": "multiplication",
            "n": BUDGETS,
            "train_examples": 2000,
            "epochs": 30,
            "width": 48,
        },
    ),
    "proofs": (proofs, {"n": BUDGETS}),
}


def measure(home: Path, part: str) -> dict[str, Any]:
    """Runs one part under a fixed run id, so that it continues what an earlier call left."""
    experiment, values = PARTS[part]
    store, params = RunStore(home), experiment.parse(values)
    record = store.submit(experiment, params, seed=0, run_id=f"budget-{part.replace('_', '-')}")
    start = time.process_time()
    result = experiment.function(params, Run(store, record.id, 0))
    for artifact in store.get(record.id).artifacts:
        if artifact.kind == "figure":
            shutil.copy(artifact.path, RESULTS / f"passn_budget_{part}_{artifact.name}.png")
    table = rows_of(store.folder / record.id / "pass_at_n.csv")
    show(part, table)
    for claim in result.claims:
        print(f"{claim.verdict:13}{claim.text} ({claim.check.reason})")
    return {
        "parameters": json.loads(params.model_dump_json()),
        "cpu_seconds_of_this_call": round(time.process_time() - start, 1),
        "pass_at_n": table,
        "claims": [
            {"text": c.text, "verdict": str(c.verdict), "reason": c.check.reason}
            for c in result.claims
        ],
    }


def rows_of(path: Path) -> dict[str, dict[str, list[float]]]:
    """Reads the table of a run: line -> N -> [mean, standard error]."""
    import csv

    table: dict[str, dict[str, list[float]]] = {}
    with path.open() as handle:
        for row in csv.DictReader(handle):
            value = [round(float(row["pass_at_n"]), 4), round(float(row["stderr"] or "nan"), 4)]
            table.setdefault(row["arm"], {})[row["n"]] = value
    return table


def show(part: str, table: dict[str, dict[str, list[float]]]) -> None:
    """Prints one part's table."""
    print(f"\n{part:40}" + "".join(f"{'@' + str(n):>9}" for n in SHOWN))
    for name, passes in table.items():
        # An ensemble has no pass@1: each of its members makes at least one attempt.
        cells = (f"{passes[str(n)][0]:9.3f}" if str(n) in passes else " " * 9 for n in SHOWN)
        print(f"{name:40}" + "".join(cells), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--home", type=Path, help="folder that keeps the runs")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        home = options.home or Path(scratch)
        home.mkdir(parents=True, exist_ok=True)
        found = {part: measure(home, part) for part in options.parts or PARTS}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
