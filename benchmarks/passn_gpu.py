"""A decoder of ten million parameters on direct-answer arithmetic: N' in {1, 16, 256, 4096}.

    python benchmarks/passn_gpu.py [--home FOLDER] [--toy]

Three-digit by three-digit products written down without working, 20,000 training products, six
layers of width 384, three seeds; exact pass@N up to N = 4096, with the controls (early stop, tuned
temperature, label smoothing). Made for one GPU, where it takes minutes; `--toy` shrinks everything
until a laptop does it in about a minute, to see that it works. Prints the size of the model, the
device and the table; the last line is all of it as JSON. With `--home` an interrupted benchmark
goes on where it was.

The effect needs partial generalisation: greedy accuracy on test problems between 5 % and 60 %. The
last lines say whether that was so; where it was not, change `--examples`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.passn.comparison import make_model, make_task
from tools.passn.experiments import finetune
from tools.passn.models import parameter_count
from tools.run import Run
from tools.runs import RunStore

FULL: dict[str, Any] = {
    "task": "multiplication",
    "digits": 3,
    "n": [16, 256, 4096],
    "seeds": 3,
    "epochs": 40,
    "train_examples": 20_000,
    "width": 384,
    "layers": 6,
}
TOY = FULL | {"digits": 2, "epochs": 8, "train_examples": 1000, "width": 32, "layers": 1}
SHOWN = (1, 4, 16, 64, 256, 1024, 4096)
PARTIAL = (0.05, 0.60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--toy", action="store_true", help="a size for a processor")
    parser.add_argument("--examples", type=int, help="training products")
    parser.add_argument("--epochs", type=int, help="passes over them")
    parser.add_argument("--home", type=Path, help="folder that keeps the run")
    options = parser.parse_args()
    values = dict(TOY if options.toy else FULL)
    values |= {"train_examples": options.examples} if options.examples else {}
    values |= {"epochs": options.epochs} if options.epochs else {}
    params = finetune.parse(values)
    with tempfile.TemporaryDirectory() as scratch:
        store = RunStore(options.home or Path(scratch))
        record = store.submit(finetune, params, seed=0, run_id="toy" if options.toy else "gpu")
        run = Run(store, record.id, 0)
        size = parameter_count(make_model(params, make_task(params, run, 0)))
        print(f"{size:,} parameters on {run.device}", flush=True)
        start = time.perf_counter()
        result = finetune.function(params, run)
        seconds = time.perf_counter() - start
        table = (store.folder / record.id / "pass_at_n.csv").read_text().splitlines()
    passes = show(table)
    greedy = {
        name.removeprefix("greedy, "): metric.mean
        for name, metric in result.metrics.items()
        if name.startswith("greedy, ")
    }
    low, high = PARTIAL
    partial = low <= greedy["CE"] <= high
    print(f"greedy accuracy of cross-entropy: {greedy['CE']:.3f}; partial: {partial}")
    claims = [
        {"text": c.text, "verdict": str(c.verdict), "reason": c.check.reason} for c in result.claims
    ]
    for claim in claims:
        print(f"{claim['verdict']:13}{claim['text']}")
    print(
        json.dumps(
            {
                "parameters": json.loads(params.model_dump_json()),
                "model_parameters": size,
                "device": run.device,
                "seconds": round(seconds, 1),
                "greedy": greedy,
                "generalises_partly": partial,
                "pass_at_n": passes,
                "claims": claims,
            }
        )
    )


def show(lines: list[str]) -> dict[str, dict[str, float]]:
    """Prints the table of a run and returns it: line -> N -> pass@N."""
    import csv

    passes: dict[str, dict[str, float]] = {}
    for row in csv.DictReader(lines):
        passes.setdefault(row["arm"], {})[row["n"]] = round(float(row["pass_at_n"]), 4)
    print(f"{'':40}" + "".join(f"{'@' + str(n):>9}" for n in SHOWN))
    for name, values in passes.items():
        print(f"{name:40}" + "".join(f"{values[str(n)]:9.3f}" for n in SHOWN))
    return passes


if __name__ == "__main__":
    main()
