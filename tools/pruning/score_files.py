"""What `pruning.score` leaves to look at: the table of all rows, and a picture of the scores."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def table(
    values: NDArray[np.float64],
    kept: NDArray[np.bool_],
    reason: NDArray[np.str_],
    names: NDArray[np.str_] | None,
) -> bytes:
    """Returns a line for each row as a Parquet file; `names` are its labels."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "row": pa.array(np.arange(len(values))),
        "score": pa.array(values),
        "decision": pa.array(np.where(kept, "kept", "removed")),
        "reason": pa.array(np.where(kept, "", reason), mask=kept),
    }
    if names is not None:
        columns["label"] = pa.array(names)
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def figure(title: str, where: str, values: NDArray[np.float64], kept: NDArray[np.bool_]) -> Figure:
    """Draws how many examples have which score, those kept apart from those that go."""
    from tools.plots import BLUE, GREY, new_figure

    drawn, (axes,) = new_figure(
        title=f"{title[0].upper()}{title[1:]} of {where}",
        subtitle=f"{int(kept.sum())} of {len(values)} rows kept",
    )
    low, high = float(values.min()), float(values.max())
    edges = np.linspace(low, high if high > low else low + 1, 41)
    axes.hist(
        [values[kept], values[~kept]],
        bins=edges.tolist(),
        stacked=True,
        color=[BLUE, GREY],
        label=["kept", "removed"],
    )
    if (counts := np.histogram(values, edges)[0]).max() > 20 * max(1.0, float(np.median(counts))):
        axes.set_yscale("symlog", linthresh=10)
    axes.set_xlabel(f"{title} (right is hard)")
    axes.set_ylabel("examples")
    axes.legend()
    return drawn
