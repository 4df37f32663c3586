"""`ansatz dedup FILE`: takes duplicates out of a file and says why each row went."""

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

NAME = "pruning.dedup"
_LEFT = ("decisions.parquet", "summary.json")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--exact", "method", flag_value="exact", help="Rows of the same content.")
@click.option("--near", "method", flag_value="near", help="Texts that share most shingles.")
@click.option(
    "--semantic", "method", flag_value="semantic", help="Embeddings that agree. [default]"
)
@click.option("--threshold", type=float, help="Least similarity. [default: 0.9; 0.8 for --near]")
@click.option("--keep", metavar="N|FRACTION", help="Keep so many rows; the threshold is found.")
@click.option("--column", metavar="NAME", help="Column of texts or vectors. [default: found]")
@click.option(
    "--embedding", metavar="SOURCE", help="column, minilm, pixels, a .npy file or an address."
)
@click.option("--embedding-model", metavar="NAME", help="The endpoint's name of its model.")
@click.option(
    "--order",
    metavar="ORDER",
    help="Who survives: first, highest, lowest, furthest or nearest. [default: first]",
)
@click.option("--order-column", metavar="NAME", help="Numbers for highest and lowest.")
@click.option("--rule", metavar="RULE", help="greedy or semdedup. [default: greedy]")
@click.option("--recall", type=float, help="Share of pairs to find; 1 is certain. [default: 0.999]")
@click.option("--shingle", type=int, help="Words or characters in a shingle. [default: 3]")
@click.option("--shingle-of", metavar="UNIT", help="word or character. [default: word]")
@click.option("--ray", is_flag=True, default=None, help="Spread the work over a Ray cluster.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="New folder for the kept rows, decisions.parquet and summary.json.",
)
@common.starts_run
def dedup(
    file: Path, out: Path | None, seed: int, quiet: bool, as_json: bool, **options: Any
) -> None:
    """Take duplicates out of FILE; every row that goes leaves a twin that stays.

    FILE is Parquet, CSV, JSONL, .npy, .npz, a folder of texts or of images, or a saved Hugging Face
    data set. FILE itself is not changed. The run is recorded like any other: `ansatz runs` lists
    it, and one that was killed is resumed with `ansatz runs resume`.
    """
    experiment = registry.load().get(NAME)
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(keep := given.get("keep"), str):
        given["keep"] = common.number("keep", keep)
    if out is not None and out.exists():
        raise BadInput(f"{out} exists already.", "Name a new folder.")
    params = experiment.parse({"file": str(file), "write_kept": out is not None, **given})
    if not file.exists():
        raise BadInput(f"There is nothing at {file}.", "Check the path.")

    record = execute(experiment, params, seed, as_json=as_json, quiet=quiet)
    summary = json.loads((record.folder / "summary.json").read_text(encoding="utf-8"))
    if not as_json:
        _show(summary)
    if out is not None:
        _hand_over(record, summary, out)
        click.echo(f"kept rows, decisions and summary: {out}", err=True)


def _show(summary: dict[str, Any]) -> None:
    """Prints what was found, and the removals nearest to the threshold."""
    console = common.console()
    share = summary["removed"] / summary["rows"]
    console.print()
    console.print(
        f"{summary['kept']} of {summary['rows']} rows kept, {summary['removed']} removed"
        f" ({share:.1%}) in {summary['groups']} groups, the largest of {summary['largest_group']}"
    )
    told = [f"threshold {summary['threshold']:.6g}"] if summary["method"] != "exact" else []
    if summary["method"] != "exact" and summary["exact_copies"]:
        told.append(f"{summary['exact_copies']} rows are copies of others")
    if summary.get("restored"):
        told.append(f"{summary['restored']} rows put back to meet the number")
    if told:
        console.print("; ".join(told))
    if summary.get("examples"):
        console.print("nearest to the threshold:")
    for example in summary.get("examples", ()):
        console.print(
            common.one_line(
                f"{example['similarity']:.4f}  row {example['row']} goes for row {example['twin']}"
            )
        )
        for said in (example["says"], example["twin_says"]):
            if said:
                console.print(f"        {common.one_line(said)[:100]}", soft_wrap=True)


def _hand_over(record: RunRecord, summary: dict[str, Any], out: Path) -> None:
    """Copies what the run left to a folder of the user's."""
    out.mkdir(parents=True)
    for name in _LEFT:
        shutil.copyfile(record.folder / name, out / name)
    kept = record.folder / summary["kept_file"]
    if kept.is_dir():
        shutil.copytree(kept, out / kept.name)
    else:
        shutil.copyfile(kept, out / kept.name)
