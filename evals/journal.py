"""The journal of a run: one SQLite file, appended to, that everything else is computed from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.messages import Usage
from evals.sample import Answer, Sample, Score, State
from tools.errors import BadInput

_SCHEMA = """
CREATE TABLE IF NOT EXISTS header (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS samples (
    id TEXT PRIMARY KEY, position INTEGER NOT NULL, sample TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS answers (
    sample TEXT NOT NULL, epoch INTEGER NOT NULL, answer TEXT, errors TEXT NOT NULL,
    seconds REAL NOT NULL, PRIMARY KEY (sample, epoch)
);
CREATE TABLE IF NOT EXISTS scores (
    sample TEXT NOT NULL, epoch INTEGER NOT NULL, scorer TEXT NOT NULL, score TEXT NOT NULL,
    PRIMARY KEY (sample, epoch, scorer)
);
"""


@dataclass(frozen=True)
class Entry:
    """One finished sample and epoch.

    Attributes:
        sample: the sample as it was asked.
        epoch: counted from 0.
        answer: what was answered; None when every attempt failed.
        errors: why earlier attempts failed, in order.
        seconds: wall-clock time of the attempt that counted.
        score: the score; None while it has none under the scorer asked for.
    """

    sample: Sample
    epoch: int
    answer: Answer | None
    errors: tuple[str, ...]
    seconds: float
    score: Score | None


class Journal:
    """The journal in one folder; `replies` of the same run lie beside it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    # -- writing ---------------------------------------------------------------------------------

    def begin(self, header: Mapping[str, Any], samples: Sequence[Sample]) -> None:
        """Writes what the run is, or checks that it is the run that was begun here.

        Raises:
            BadInput: when another suite, version, model or set of samples was begun here.
        """
        known = self.header
        fixed = {key: header[key] for key in ("suite", "version", "model")}
        for key, value in fixed.items():
            if known and known[key] != value:
                raise BadInput(
                    f"This journal was begun with {key} = {known[key]}, not {value}.",
                    "Resume it with what it was begun with, or start a new run.",
                )
        rows = [(s.id, i, json.dumps(asdict(s))) for i, s in enumerate(samples)]
        if known:
            kept = self._db.execute("SELECT id, position, sample FROM samples ORDER BY position")
            if [tuple(row) for row in kept] != rows:
                raise BadInput(
                    "The samples are not those this journal was begun with.",
                    "Use the same files and options, or start a new run.",
                )
            return
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO samples VALUES (?, ?, ?)", rows)
        self._db.executemany(
            "INSERT INTO header VALUES (?, ?)", [(k, json.dumps(v)) for k, v in header.items()]
        )
        self._db.execute("COMMIT")

    def answered(
        self, sample: str, epoch: int, answer: Answer | None, errors: Sequence[str], seconds: float
    ) -> None:
        """Appends a finished sample; a second answer to the same sample and epoch is a defect."""
        text = None if answer is None else json.dumps(asdict(answer))
        self._db.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
            (sample, epoch, text, json.dumps(list(errors)), seconds),
        )

    def scored(self, sample: str, epoch: int, scorer: str, score: Score) -> None:
        """Appends the score that a scorer gave; scoring again replaces its own score only."""
        self._db.execute(
            "INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?)",
            (sample, epoch, scorer, json.dumps(asdict(score))),
        )

    def note(self, key: str, value: Any) -> None:
        """Sets a field of the header that may change, such as why the run stopped."""
        self._db.execute("INSERT OR REPLACE INTO header VALUES (?, ?)", (key, json.dumps(value)))

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    # -- reading ---------------------------------------------------------------------------------

    @property
    def header(self) -> dict[str, Any]:
        """What the run is; empty before it was begun."""
        return {k: json.loads(v) for k, v in self._db.execute("SELECT key, value FROM header")}

    def done(self) -> set[tuple[str, int]]:
        """Returns the finished (sample id, epoch)."""
        return {(s, e) for s, e in self._db.execute("SELECT sample, epoch FROM answers")}

    def entries(self, scorer: str) -> Iterator[Entry]:
        """Yields the finished samples in the order of the suite, with this scorer's scores."""
        rows = self._db.execute(
            "SELECT s.sample, a.epoch, a.answer, a.errors, a.seconds, c.score FROM answers a"
            " JOIN samples s ON s.id = a.sample"
            " LEFT JOIN scores c ON c.sample = a.sample AND c.epoch = a.epoch AND c.scorer = ?"
            " ORDER BY s.position, a.epoch",
            (scorer,),
        )
        for sample, epoch, answer, errors, seconds, score in rows:
            yield Entry(
                Sample(**json.loads(sample)),
                epoch,
                None if answer is None else answer_from_json(json.loads(answer)),
                tuple(json.loads(errors)),
                seconds,
                None if score is None else score_from_json(json.loads(score)),
            )


def answer_from_json(data: Mapping[str, Any]) -> Answer:
    """Builds an answer from what `dataclasses.asdict` made of it."""
    calls = tuple((name, arguments) for name, arguments in data["calls"])
    return Answer(**{**data, "calls": calls, "usage": Usage(**data["usage"])})


def score_from_json(data: Mapping[str, Any]) -> Score:
    """Builds a score from what `dataclasses.asdict` made of it."""
    return Score(**{**data, "state": State(data["state"])})
