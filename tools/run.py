"""What an experiment may touch while it runs: seed, device, folder, progress, checkpoints."""

from __future__ import annotations

import csv
import json
import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tools.environment import environment
from tools.errors import BadInput, Cancelled
from tools.records import Progress
from tools.runs import RunStore

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

T = TypeVar("T")

_REPORT_EVERY = 0.2  # seconds between writes of progress to the store


class Run:
    """The handle an experiment is given; it has no other way to touch the world.

    Attributes:
        id: the run's id.
        seed: the only source of randomness.
        folder: the run's own folder.
    """

    def __init__(self, store: RunStore, run_id: str, seed: int) -> None:
        self.id = run_id
        self.seed = seed
        self.folder = store.folder / run_id
        self._store = store
        self._cancelled = False
        self._last_report = 0.0
        self._checkpoints: set[Path] = set()
        self._started: dict[str, float] = {}

    # -- randomness and hardware -----------------------------------------------------------------

    def seed_for(self, *names: object) -> int:
        """Returns a 32-bit seed that belongs to these names under this run's seed.

        Streams of different names are independent, so adding one leaves the others unchanged.
        """
        key = json.dumps([self.seed, *map(str, names)]).encode()
        return int.from_bytes(blake2b(key, digest_size=4).digest(), "big")

    def rng(self, *names: object) -> np.random.Generator:
        """Returns a NumPy generator seeded by `seed_for(*names)`."""
        import numpy as np

        return np.random.default_rng(self.seed_for(*names))

    @property
    def device(self) -> str:
        """The torch device to compute on: `cuda` where there is one, else `cpu`."""
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    # -- progress, cancellation, resume ------------------------------------------------------------

    def progress(self, items: Iterable[T], label: str, *, total: int | None = None) -> Iterator[T]:
        """Yields the items, reports progress with an ETA, and stops when asked to.

        Raises:
            Cancelled: at the next item after someone cancelled the run.
        """
        total = len(items) if total is None and isinstance(items, Sized) else total
        yield from self._track(items, label, done=0, total=total)

    def map(self, function: Callable[[T], Any], items: Sequence[T], label: str) -> list[Any]:
        """Applies a function to each item and keeps each result, so that a killed run resumes.

        Results must be JSON values; they are restored at full precision. `label` names the
        checkpoint and must be unique within the run.

        Raises:
            BadInput: if the label was used before.
            Cancelled: at the next item after someone cancelled the run.
        """
        path = self.folder / "checkpoints" / f"{_safe(label)}.jsonl"
        if path in self._checkpoints:
            raise BadInput(f"Two steps of this run are called '{label}'.", "Rename one of them.")
        self._checkpoints.add(path)
        path.parent.mkdir(exist_ok=True)
        results = _read_lines(path)[: len(items)]
        self._remember_code(resumed=bool(results))
        # Dropping a last line that a kill cut in half must not risk the whole ones before it.
        whole = path.with_suffix(".tmp")
        whole.write_text("".join(json.dumps(r) + "\n" for r in results), encoding="utf-8")
        whole.replace(path)
        with path.open("a", encoding="utf-8") as handle:
            rest = items[len(results) :]
            for item in self._track(rest, label, done=len(results), total=len(items)):
                results.append(json.loads(line := json.dumps(function(item))))
                handle.write(line + "\n")
                handle.flush()
        return results

    def _remember_code(self, *, resumed: bool) -> None:
        """Says so when checkpoints of other code are continued: their numbers may not match."""
        path = self.folder / "checkpoints" / "code.json"
        ours = {key: environment()[key] for key in ("versions", "git")}
        if resumed and path.exists() and json.loads(path.read_text()) != ours:
            self.notice("resumed with other code or packages than its first steps were done with")
        path.write_text(json.dumps(ours))

    def step(
        self, label: str, done: int, total: int | None, *, first: int = 0, detail: str = ""
    ) -> None:
        """Reports progress of work that is no simple loop, such as many requests at a time.

        Args:
            label: what is going on; the clock of the time left belongs to it.
            done, total: how much of it; the time left follows from the pace since `first`.
            first: how much was done before this session.
            detail: what changes meanwhile, such as the best so far; shown beside it.

        Raises:
            Cancelled: when someone cancelled the run.
        """
        started = self._started.setdefault(label, time.monotonic())
        eta = None
        if total is not None and done > first:
            eta = (time.monotonic() - started) / (done - first) * (total - done)
        self._report(label, done, total, eta, detail)
        self.stop_if_cancelled()

    def stop_if_cancelled(self) -> None:
        """Raises `Cancelled` if someone asked the run to stop; for long steps of their own."""
        if self._cancelled:
            raise Cancelled(f"Run {self.id} was cancelled.")

    def stop_on_signal(self) -> None:
        """Turns SIGTERM into a cancellation; called once in the run's own process."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "_cancelled", True))

    def _track(
        self, items: Iterable[T], label: str, *, done: int, total: int | None
    ) -> Iterator[T]:
        start, first = time.monotonic(), done
        self._report(label, done, total, None, force=True)
        for item in items:
            self.stop_if_cancelled()
            yield item
            done += 1
            pace = (time.monotonic() - start) / (done - first)
            self._report(label, done, total, None if total is None else pace * (total - done))
        self.stop_if_cancelled()

    def _report(
        self,
        label: str,
        done: int,
        total: int | None,
        eta: float | None,
        detail: str = "",
        *,
        force: bool = False,
    ) -> None:
        now = time.monotonic()
        if not force and done != total and now - self._last_report < _REPORT_EVERY:
            return
        self._last_report = now
        if self._store.set_progress(self.id, Progress(label, done, total, eta, detail)):
            self._cancelled = True

    # -- what a run leaves behind -----------------------------------------------------------------

    def figure(self, name: str, figure: Figure) -> Path:
        """Saves a matplotlib figure as `NAME.png` and returns its path."""
        path = self.folder / f"{_safe(name)}.png"
        figure.savefig(path, dpi=150, bbox_inches="tight")
        self._store.add_artifact(self.id, name, "figure", path)
        return path

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Saves rows of equal keys as `NAME.csv`, floats at full precision, and returns its path.

        Raises:
            BadInput: if there are no rows or their keys differ.
        """
        if not rows:
            raise BadInput(f"Table '{name}' has no rows.")
        columns = list(rows[0])
        for number, row in enumerate(rows):
            if list(row) != columns:
                raise BadInput(
                    f"Table '{name}': row {number} has columns {list(row)}, row 0 has {columns}."
                )
        path = self.folder / f"{_safe(name)}.csv"
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, columns)
            writer.writeheader()
            writer.writerows(rows)
        self._store.add_artifact(self.id, name, "table", path)
        return path

    def file(self, name: str, content: str | bytes) -> Path:
        """Saves text or bytes under a plain file name and returns its path."""
        path = self.folder / _safe(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self._store.add_artifact(self.id, name, "file", path)
        return path

    def notice(self, text: str) -> None:
        """Records something every reader of the result must know, such as a fallback taken."""
        self._store.add_notice(self.id, text)


def _safe(name: str) -> str:
    """Returns a name that is one plain file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "unnamed"


def _read_lines(path: Path) -> list[Any]:
    """Reads JSON lines up to the first that is incomplete.

    What follows the last line end was cut off: `12` may be all that is left of `12.5`.
    """
    if not path.exists():
        return []
    results = []
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        try:
            results.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return results
