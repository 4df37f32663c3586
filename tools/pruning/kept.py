"""The kept rows of a file as a file: with their scores as Parquet, or in the file's own format."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.errors import BadInput
from tools.pruning.frames import open_frame

SCORE = "score"


def write_kept(file: Path, scores: Path, out: Path) -> None:
    """Writes the rows of a file that a run kept.

    As Parquet they get a further column of scores, called `score`, or `pruning_score` where the
    file has a column of that name. In any other format, the file's own, they are as they were.

    Args:
        file: what was scored.
        scores: the run's table, with a column `score` and a column `decision`.
        out: new file, ending in .parquet or as `file` does; a new folder for a folder.

    Raises:
        BadInput: if the file has changed its number of rows since.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(scores)
    kept = np.asarray(table["decision"]) == "kept"
    frame = open_frame(file)
    if frame.size != len(kept):
        raise BadInput(
            f"{file} has {frame.size} rows, and {len(kept)} were scored.", "Score it again."
        )
    if out.suffix != ".parquet":
        frame.keep(kept, out)
        return
    columns: dict[str, pa.Array] = {}
    for name in frame.columns:
        values = (
            v.tolist() if isinstance(v, np.ndarray) else v
            for v, stays in zip(frame.values(name), kept, strict=True)
            if stays
        )
        columns[name] = pa.array(list(values))
    name = SCORE if SCORE not in columns else f"pruning_{SCORE}"
    columns[name] = pa.array(np.asarray(table["score"])[kept])
    pq.write_table(pa.table(columns), out)
