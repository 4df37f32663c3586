"""`ansatz prune FILE`: scores every row of a file and keeps as many as asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import common
from agent.cli.run import execute
from tools import registry
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.records import RunRecord

NAME = "pruning.score"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--score",
    metavar="SCORE",
    help="el2n, grand, grand_last_layer, margin, entropy, cross_entropy, forgetting, memorization;"
    " without labels: prototypes, density, d4, semdedup. [default: el2n]",
)
@click.option("--label", metavar="COLUMN", help="Column of the labels. [default: found]")
@click.option("--features", metavar="COLUMN,...", help="Columns to learn from. [default: all]")
@click.option(
    "--embedding", metavar="SOURCE", help="column, minilm, pixels, a .npy file or an address."
)
@click.option("--keep", metavar="N|FRACTION", help="How many rows to keep. [default: 0.5]")
@click.option(
    "--difficulty", metavar="PART", help="hard, easy or middle part of it. [default: hard]"
)
@click.option(
    "--noise-window",
    metavar="FRACTION",
    help="Begin below so many of the highest scores. [default: 0]",
)
@click.option("--balance", type=float, help="Least share of its own each class keeps. [default: 0]")
@click.option("--networks", type=int, help="Networks or clusterings to average. [default: 10]")
@click.option("--epochs", "score_epochs", type=int, help="Training of each. [default: 3]")
@click.option("--checkpoints", type=int, help="Moments of each training. [default: 1]")
@click.option(
    "--device", metavar="DEVICE", help="cpu, cuda or cuda:1. [default: a GPU where there is one]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="New file for the kept rows: .parquet with a column of scores, or FILE's own format.",
)
@common.starts_run
def prune(
    file: Path, out: Path | None, seed: int, quiet: bool, as_json: bool, **options: Any
) -> None:
    """Score every row of FILE and keep the part that matters.

    FILE is CSV, Parquet, JSONL, .npy, .npz, a folder of images or of texts, or a saved Hugging Face
    data set; it is not changed. Beside kept.parquet come kept.scores.parquet, with score and
    decision of every row, and kept.summary.json. The run is recorded like any other: `ansatz runs`
    lists it, and one that was killed is resumed with `ansatz runs resume`.
    """
    experiment = registry.load().get(NAME)
    given = {name: value for name, value in options.items() if value is not None}
    for name in ("keep", "noise_window"):
        if name in given:
            given[name] = common.number(name, given[name])
    if "features" in given:
        given["features"] = [part.strip() for part in given["features"].split(",") if part.strip()]
    if not file.exists():
        raise BadInput(f"There is nothing at {file}.", "Check the path.")
    params = experiment.parse({"file": str(file), **given})
    if out is not None:
        _check_out(file, out)

    record = execute(experiment, params, seed, as_json=as_json, quiet=quiet)
    if not as_json:
        _show(json.loads((record.folder / "summary.json").read_text(encoding="utf-8")))
    if out is not None:
        _hand_over(record, file, out)
        click.echo(f"kept rows: {out}; every row: {_beside(out, 'scores.parquet')}", err=True)


def _beside(out: Path, ending: str) -> Path:
    return out.with_name(f"{out.stem}.{ending}")


def _check_out(file: Path, out: Path) -> None:
    """Refuses a place for the results before anything is computed.

    Raises:
        BadInput: if something is there already, or the format is not one that can be written.
    """
    for path in (out, _beside(out, "scores.parquet"), _beside(out, "summary.json")):
        if path.exists():
            raise BadInput(f"{path} exists already.", "Name a new file.")
    if not out.parent.is_dir():
        raise BadInput(f"There is no folder {out.parent}.", "Make it first.")
    own = "" if file.is_dir() else file.suffix
    if out.suffix not in (".parquet", own):
        allowed = f".parquet or {own}" if own else ".parquet or no ending, for a folder"
        raise BadInput(f"{out} ends in '{out.suffix}'.", f"Let it end in {allowed}.")


def _show(summary: dict[str, Any]) -> None:
    """Prints what was kept, by class, and the ends of the ranking."""
    console = common.console()
    console.print()
    console.print(
        f"{summary['kept']} of {summary['rows']} rows kept by {summary['score']};"
        f" scores from {summary['lowest_kept_score']:.4g} to {summary['highest_kept_score']:.4g}"
    )
    for name, counts in summary["classes"].items():
        console.print(common.one_line(f"  {name}: {counts['kept']} of {counts['rows']}"))
    console.print(f"hardest rows: {', '.join(map(str, summary['hardest']))}")
    console.print(f"easiest rows: {', '.join(map(str, summary['easiest']))}")


def _hand_over(record: RunRecord, file: Path, out: Path) -> None:
    """Writes the kept rows, and copies what is said of every row."""
    from tools.pruning.kept import write_kept

    shutil.copyfile(record.folder / "scores.parquet", _beside(out, "scores.parquet"))
    shutil.copyfile(record.folder / "summary.json", _beside(out, "summary.json"))
    write_kept(file, record.folder / "scores.parquet", out)
