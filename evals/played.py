"""A run of a suite as it is read back from its journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.experiments import JOURNAL
from evals.journal import Entry, Journal
from tools.errors import BadInput


@dataclass(frozen=True)
class Played:
    """What a journal holds.

    Attributes:
        name: the run's id.
        header: suite, title, version, model, epochs, and why it stopped.
        entries: finished samples in the order of the suite.
    """

    name: str
    header: Mapping[str, Any]
    entries: Sequence[Entry]

    @property
    def suite(self) -> str:
        """The suite's name."""
        return str(self.header["suite"])


def open_journal(folder: Path) -> Journal:
    """Opens the journal in a run's folder.

    Raises:
        BadInput: when there is none.
    """
    path = folder / JOURNAL
    if not path.exists():
        raise BadInput(f"Run {folder.name} has no journal yet.", "Wait until it has begun.")
    return Journal(path)


def read(folder: Path) -> Played:
    """Reads the journal in a run's folder, which may still be written to."""
    with closing(open_journal(folder)) as journal:
        header = journal.header
        return Played(folder.name, header, list(journal.entries(str(header["suite"]))))
