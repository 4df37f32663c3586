"""The log of a search: one SQLite file that is its single truth.

A search writes it and, when resumed, replays it. Reports read it, also while the search goes on:

    with Log.read(path) as log:
        log.header["problem"], log.best(), log.tree()
        for row in log.rows(): ...

`log.sql` describes the tables. The file is in write-ahead mode, so that what has been written
survives the death of the process at any moment (and loses the last moments at most, never the
whole, when the machine goes down).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.discovery.candidate import Member, Spend
from tools.discovery.concepts import Concept, ConceptTree
from tools.discovery.rows import (
    EVALUATION,
    PROPOSAL,
    Call,
    Row,
    SessionRow,
    as_evaluation,
    as_member,
    as_proposal,
)
from tools.errors import BadInput, NotFound

__all__ = ["Call", "Log", "Row", "SessionRow", "as_member"]

_WITHOUT_MEMBER = (
    ("repeated", "repeats IS NOT NULL"),
    ("no program", "member IS NULL AND repeats IS NULL"),
)


class Log:
    """A log opened for reading, also while a search is writing to it.

    Attributes:
        path: the file.
        header: what the search is.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection
        rows = self._db.execute("SELECT key, value FROM header").fetchall()
        self.header: Mapping[str, Any] = {key: json.loads(value) for key, value in rows}

    @classmethod
    def read(cls, path: Path) -> Log:
        """Opens a log.

        Raises:
            NotFound: if there is no such file.
            BadInput: if it is no log.
        """
        if not path.is_file():
            raise NotFound(f"There is no log at {path}.")
        uri = f"{path.resolve().as_uri()}?mode=ro"
        try:
            return cls(path, sqlite3.connect(uri, uri=True, check_same_thread=False))
        except sqlite3.DatabaseError as error:
            raise BadInput(f"{path} is no log of a search: {error}.") from error

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within it, everything read belongs to one moment, whatever a search writes meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def rows(self, start: int = 0) -> Iterator[Row]:
        """Yields what became of each committed ticket, in order, from `start` on."""
        cursor = self._db.execute(
            f"SELECT ticket, parents, member, repeats, c.concepts AS ids, elapsed, {PROPOSAL},"
            f" {EVALUATION} FROM commits c JOIN proposals p USING (ticket)"
            " LEFT JOIN evaluations e USING (program) WHERE ticket >= ? ORDER BY ticket",
            (start,),
        )
        cursor.row_factory = sqlite3.Row
        for row in cursor:
            evaluation = as_evaluation(row) if row["outcome"] is not None else None
            yield Row(
                row["ticket"], tuple(json.loads(row["parents"])), as_proposal(row), evaluation,
                row["member"], row["repeats"], frozenset(json.loads(row["ids"])), row["elapsed"],
            )  # fmt: skip

    def members(self) -> Iterator[Member]:
        """Yields the archive in the order of ids."""
        for row in self.rows():
            if (member := as_member(row)) is not None:
                yield member

    def best(self) -> Member | None:
        """Returns the member of highest score, the earliest of equals; None without any."""
        found = self._db.execute(
            "SELECT c.ticket FROM commits c JOIN proposals USING (ticket) JOIN evaluations e"
            " USING (program) WHERE c.member IS NOT NULL AND e.score IS NOT NULL"
            " ORDER BY e.score DESC, c.member LIMIT 1"
        ).fetchone()
        return as_member(next(self.rows(found[0]))) if found else None

    def concepts(self) -> list[Concept]:
        """Returns the concepts in the order of discovery, without the root."""
        depth = {0: 0}
        found = []
        for id, parent, name, description in self._db.execute(
            "SELECT id, parent, name, description FROM concepts ORDER BY id"
        ):
            depth[id] = depth[parent] + 1
            found.append(Concept(id, name, description, parent, depth[id]))
        return found

    def tree(self) -> ConceptTree:
        """Returns the concept tree with the ids that members refer to."""
        stored = json.loads(self.header["tree"])
        stored["nodes"] = [
            {"name": c.name, "description": c.description, "parent": c.parent}
            for c in self.concepts()
        ]
        return ConceptTree.from_json(json.dumps(stored))

    def calls(self, ticket: int) -> list[Call]:
        """Returns the calls to models that a proposal took, in order."""
        rows = self._db.execute(
            "SELECT c.step, c.model, c.prompt, c.reply, c.tokens_in, c.tokens_out, c.dollars,"
            " c.seconds FROM calls c JOIN proposals p USING (seed) WHERE ticket = ? ORDER BY step",
            (ticket,),
        )
        return [
            Call(step, model, json.loads(prompt), reply, Spend(*spend))
            for step, model, prompt, reply, *spend in rows
        ]

    def sessions(self) -> list[SessionRow]:
        """Returns when the search ran and why it stopped."""
        rows = self._db.execute(
            "SELECT first_ticket, started, seconds, reason, notices FROM sessions ORDER BY id"
        )
        return [
            SessionRow(first, started, seconds, reason, tuple(json.loads(notices)))
            for first, started, seconds, reason, notices in rows
        ]

    def spend(self) -> Spend:
        """Returns what all proposals cost; calls of one still under way are not in it."""
        row = self._db.execute(
            "SELECT total(tokens_in), total(tokens_out), total(dollars), total(seconds)"
            " FROM proposals"
        ).fetchone()
        return Spend(int(row[0]), int(row[1]), row[2], row[3])

    def seconds(self) -> float:
        """Returns how long was searched, over all sessions."""
        return float(self._db.execute("SELECT total(seconds) FROM sessions").fetchone()[0])

    def outcomes(self) -> dict[str, int]:
        """Counts how evaluations of members ended; `repeated` and `no program` are tickets."""
        counts = dict(
            self._db.execute(
                "SELECT e.outcome, count(*) FROM commits c JOIN proposals USING (ticket)"
                " JOIN evaluations e USING (program) WHERE c.member IS NOT NULL GROUP BY e.outcome"
            ).fetchall()
        )
        for name, condition in _WITHOUT_MEMBER:
            query = f"SELECT count(*) FROM commits WHERE {condition}"
            if number := self._db.execute(query).fetchone()[0]:
                counts[name] = number
        return counts

    def committed(self) -> int:
        """Returns the number of committed tickets, which are 0 up to it."""
        return int(self._db.execute("SELECT count(*) FROM commits").fetchone()[0])

    def replayable(self) -> Iterator[tuple[Any, ...]]:
        """Yields everything that the same seed and the same replies give again, bit for bit.

        Clocks are left out: seconds, processor time, dates, and what ran in which session.
        """
        for query in (
            "SELECT key, value FROM header WHERE key != 'versions' ORDER BY key",
            "SELECT seed, step, model, prompt, reply, tokens_in, tokens_out, dollars FROM calls"
            " ORDER BY seed, step",
            "SELECT ticket, seed, parents, operator, model, program, files, entry, concepts,"
            " message, tokens_in, tokens_out, dollars FROM proposals ORDER BY ticket",
            "SELECT program, outcome, score, exact, data, message FROM evaluations"
            " ORDER BY program",
            "SELECT ticket, member, repeats, concepts FROM commits ORDER BY ticket",
            "SELECT id, parent, name, description, ticket FROM concepts ORDER BY id",
        ):
            yield from self._db.execute(query)
