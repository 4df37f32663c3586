"""CCTS against tuned fitness-only policies on landscapes with a known answer.

    python benchmarks/discovery_synthetic.py [--seeds N] [--map-seeds N] [--keep FOLDER]

Four parts, in one run, on one core:

1. Speed: iterations a second (select, mutate, evaluate, record) through the real archive. Limit:
   at least 1,000 for every policy.
2. Noisy and noiseless: CCTS with fixed constants against k-elites and softmax that were tuned on 40
   other landscapes in each setting, and against its ablations by name, on 200 paired landscapes.
   Limit: more than two standard errors better than either tuned baseline in the noisy setting.
3. The ablations once more without the fitness mix (beta = 0), on the same noisy landscapes.
4. A map: the same comparison over noise and tree shapes, on 100 landscapes each: where CCTS wins
   (interval above 0), ties and loses.

What is measured is the true utility of the best-scoring program so far, averaged over 200
evaluations. With `--keep` what is done is kept in a folder, and a killed run continues from there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.discovery.policies import Policy, create, names
from tools.discovery.study import Mapper, Row, difference, plain, study, synthetic, values
from tools.discovery.study_experiment import StudyParams, contenders, families, tuned
from tools.discovery.study_figure import gains_figure
from tools.discovery.study_report import ABLATIONS, better
from tools.discovery.synthetic import Landscape, Setting, search
from tools.plots import BLACK, CYCLE, new_figure

EVALUATIONS = 200
TUNING = range(1_000_000, 1_000_040)  # seeds; constants of CCTS were chosen on 20,000 .. 20,249
NOISY, QUIET = Setting(), Setting(noise=0.0, failure=0.0)
MAP = {
    f"{shape}, failures {failure:.0%}": [
        Setting(branching=b, depth=d, noise=noise, failure=failure)
        for noise in (0.0, 0.5, 1.0, 2.0)
    ]
    for shape, b, d in (("tree 4^3", 4, 3), ("tree 3^5", 3, 5))
    for failure in (0.0, 0.3)
}
RESULTS = Path(__file__).parent / "results"


def keeper(folder: Path | None) -> Mapper:
    """Returns a mapper that keeps each result as a line of FOLDER/LABEL.jsonl."""

    def kept(function: Callable[[int], Any], items: Sequence[int], label: str, /) -> list[Any]:
        if folder is None:
            return plain(function, items, label)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{label}.jsonl"
        # A last line without an end was cut off by the kill.
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        path.write_text("".join(line + "\n" for line in lines))
        with path.open("a") as handle:
            for item in items[len(lines) :]:
                lines.append(json.dumps(function(item)))
                handle.write(lines[-1] + "\n")
                handle.flush()
        return [json.loads(line) for line in lines[: len(items)]]

    return kept


def compare(
    setting: Setting, seeds: range, others: Mapping[str, Policy], keep: Mapper, label: str
) -> tuple[list[Row], str, str]:
    """Tunes the baselines in a setting and returns all rows and the labels of the tuned two."""
    environment = synthetic(setting)
    candidates = families()
    trial = study(environment, candidates, TUNING, EVALUATIONS, map=keep, label=f"tuning {label}")
    chosen = tuned(trial, candidates)
    rows = study(environment, {**others, **chosen}, seeds, EVALUATIONS, map=keep, label=label)
    k, softmax = chosen
    return rows, k, softmax


def gain(rows: list[Row], policy: str, baseline: str) -> dict[str, float]:
    found = difference(rows, policy, baseline, "auc")
    return {k: round(v, 4) for k, v in asdict(found).items()} | {
        "in standard errors": round(found.in_errors, 2)
    }


def mean(rows: list[Row], policy: str, measure: str = "auc") -> float:
    found = values(rows, policy, measure)
    return round(sum(found) / len(found), 4)


def speed() -> dict[str, int]:
    """Returns iterations a second of processor time for every policy."""
    found = {}
    for name in names():
        policy, start = create(name), time.process_time()
        for seed in range(10):
            search(Landscape(NOISY, seed), policy, seed, EVALUATIONS)
        found[name] = int(10 * EVALUATIONS / (time.process_time() - start))
    return found


def summary(rows: list[Row], k: str, softmax: str) -> dict[str, Any]:
    best = better(rows, k, softmax)
    labels = list(dict.fromkeys(row["policy"] for row in rows))
    return {
        "tuned": [k, softmax],
        "mean": {label: mean(rows, label) for label in labels},
        "final": {label: mean(rows, label, "final") for label in labels},
        f"CCTS minus {k}": gain(rows, "ccts", k),
        f"CCTS minus {softmax}": gain(rows, "ccts", softmax),
        f"gain over {best}": {label: gain(rows, label, best) for label in labels if label != best},
        "recovery of utilities by rank": mean(rows, "ccts", "recovery"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--map-seeds", type=int, default=100)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    keep = keeper(options.keep)
    seeds = range(options.seeds)
    rates = speed()
    print("iterations a second:", rates, flush=True)

    params = StudyParams()
    noisy, k, softmax = compare(NOISY, seeds, contenders(params), keep, "noisy")
    quiet, quiet_k, quiet_softmax = compare(QUIET, seeds, contenders(params), keep, "noiseless")
    result: dict[str, Any] = {
        "iterations a second": rates,
        "iterations a second, limit": 1000,
        "noisy": summary(noisy, k, softmax),
        "noiseless": summary(quiet, quiet_k, quiet_softmax),
    }
    alone = {name: create(name, fitness=0.0) for name in ("ccts", *ABLATIONS)}
    concepts = study(synthetic(NOISY), alone, seeds, EVALUATIONS, map=keep, label="no fitness")
    best = better(noisy, k, softmax)
    concepts += [row for row in noisy if row["policy"] == best]
    result["noisy, beta = 0"] = {name: gain(concepts, name, best) for name in alone}
    print(json.dumps(result, indent=1), flush=True)
    draw_gains(noisy, k, softmax, quiet, quiet_k, quiet_softmax)

    sweep = {
        name: [
            against_better(setting, range(options.map_seeds), keep, f"map {name} {setting.noise}")
            for setting in settings
        ]
        for name, settings in MAP.items()
    }
    result["map: CCTS minus the better tuned baseline"] = sweep
    draw_map(sweep, options.map_seeds)
    least = min(gain(noisy, "ccts", each)["in standard errors"] for each in (k, softmax))
    result["noisy: CCTS over the tuned baselines, standard errors, least"] = least
    result["within the limits"] = least > 2 and min(rates.values()) >= 1000
    print(json.dumps(result))


def against_better(setting: Setting, seeds: range, keep: Mapper, label: str) -> dict[str, Any]:
    rows, k, softmax = compare(setting, seeds, {"ccts": create("ccts")}, keep, label)
    best = better(rows, k, softmax)
    found = gain(rows, "ccts", best)
    verdict = "wins" if found["low"] > 0 else "loses" if found["high"] < 0 else "ties"
    return {"noise": setting.noise, "baseline": best, "mean": mean(rows, best)} | {
        "gain": found["mean"],
        "low": found["low"],
        "high": found["high"],
        "CCTS": verdict,
    }


def draw_gains(
    noisy: list[Row], k: str, softmax: str, quiet: list[Row], quiet_k: str, quiet_softmax: str
) -> None:
    figure = gains_figure(
        {
            "noise 1, failures 15%": (noisy, better(noisy, k, softmax)),
            "neither noise nor failures": (quiet, better(quiet, quiet_k, quiet_softmax)),
        },
        measure="auc",
        meaning="mean true utility of the best so far",
        title="Parents by concepts against parents by fitness",
        subtitle=f"{len(values(noisy, 'ccts', 'auc'))} landscapes, {EVALUATIONS} evaluations each;"
        " mean and 95 % interval of paired differences",
    )
    figure.savefig(RESULTS / "discovery_synthetic.png", dpi=150)


def draw_map(sweep: dict[str, list[dict[str, Any]]], seeds: int) -> None:
    figure, (axes,) = new_figure(
        width=7.2,
        height=4.2,
        title="CCTS gains as single evaluations get noisier",
        subtitle=f"gain over the better of tuned k-elites and softmax; {seeds} landscapes a point,"
        " 95 % intervals",
    )
    axes.axhline(0, color=BLACK, linewidth=1)
    for place, (name, points) in enumerate(sweep.items()):
        x = [i + 0.12 * (place - 0.5) for i in range(len(points))]
        y = [p["gain"] for p in points]
        error = [[p["gain"] - p["low"] for p in points], [p["high"] - p["gain"] for p in points]]
        axes.errorbar(
            x, y, yerr=error, fmt="os^D"[place], color=CYCLE[place], capsize=3, label=name
        )
    noises = [p["noise"] for p in next(iter(sweep.values()))]
    axes.set_xticks(range(len(noises)), [f"{noise:g}" for noise in noises])
    axes.set_xlabel("standard deviation of one evaluation")
    axes.set_ylabel("gain in mean true utility of the best so far")
    axes.grid(visible=False, axis="x")
    axes.legend(fontsize=9, frameon=False)
    figure.savefig(RESULTS / "discovery_synthetic_map.png", dpi=150)


if __name__ == "__main__":
    main()
