"""Writing a log: what a search keeps, and asks again when it is resumed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tools.discovery.candidate import Evaluation, Spend
from tools.discovery.concepts import Concept
from tools.discovery.log import Log
from tools.discovery.proposers import Proposal
from tools.discovery.rows import EVALUATION, PROPOSAL, Call, as_evaluation, as_proposal
from tools.errors import BadInput

FORMAT = 1


class LogWriter(Log):
    """A log that a search writes to.

    Attributes:
        path: the file.
        header: what the search is.
        last_proposal: the highest ticket whose proposal is in it; -1 without any. Proposals arrive
            in any order, so that some of those below may be missing.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: IO[str]) -> None:
        super().__init__(path, connection)
        self._lock = lock
        # Nothing else writes here, so what is not among these need not be looked up.
        last = "SELECT coalesce(max(ticket), -1) FROM"
        self.last_proposal = int(connection.execute(f"{last} proposals").fetchone()[0])
        self._last_commit = int(connection.execute(f"{last} commits").fetchone()[0])
        programs = connection.execute("SELECT program FROM evaluations").fetchall()
        self._evaluated = {program for (program,) in programs}

    @classmethod
    def open(cls, path: Path, header: Mapping[str, Any]) -> LogWriter:
        """Opens the log of this search for writing, and makes it if there is none.

        Raises:
            BadInput: if the file is the log of another search, or another process writes to it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _locked(path)
        try:
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # Survives the death of the process, at 0.1 ms a commit; FULL would cost 2 ms.
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            with _transaction(db):
                for statement in _schema():
                    db.execute(statement)
                for key, value in {"format": FORMAT, **header}.items():
                    text = json.dumps(value, sort_keys=True)
                    db.execute("INSERT OR IGNORE INTO header VALUES (?, ?)", (key, text))
        except sqlite3.DatabaseError as error:
            lock.close()
            raise BadInput(f"{path} cannot be used as a log: {error}.") from error
        log = cls(path, db, lock)
        try:
            log._check(header)
        except BadInput:
            log.close()
            raise
        return log

    def close(self) -> None:
        """Closes the file and lets others write to it."""
        super().close()
        self._lock.close()

    def _check(self, header: Mapping[str, Any]) -> None:
        ours = json.loads(json.dumps(dict(header)))
        for key, value in {"format": FORMAT, **ours}.items():
            if key in ("versions", "tree") or self.header.get(key) == value:
                continue
            if key == "files":
                raise BadInput(
                    f"{self.path} is the log of a search on other files: those of the problem"
                    f" {self.header.get('problem')} have been edited since.",
                    "Undo the edit, or start a new search; one log cannot hold two judges.",
                )
            raise BadInput(
                f"{self.path} is the log of another search: its {key} is"
                f" {json.dumps(self.header.get(key))[:200]}, not {json.dumps(value)[:200]}.",
                "Resume it with the same settings, or name another file.",
            )

    # -- what a search asks and writes -------------------------------------------------------------

    def call(self, seed: int, step: int) -> Call | None:
        """Returns the reply to a call made in an earlier session."""
        row = self._db.execute(
            "SELECT model, prompt, reply, tokens_in, tokens_out, dollars, seconds FROM calls"
            " WHERE seed = ? AND step = ?",
            (seed, step),
        ).fetchone()
        if row is None:
            return None
        return Call(step, row[0], json.loads(row[1]), row[2], Spend(*row[3:]))

    def add_call(self, seed: int, call: Call) -> None:
        """Keeps a reply."""
        spend = call.spend
        self._db.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seed, call.step, call.model, _json(call.prompt), _text(call.reply), spend.tokens_in,
             spend.tokens_out, spend.dollars, spend.seconds),
        )  # fmt: skip

    def proposal(self, ticket: int) -> tuple[tuple[int, ...], Proposal] | None:
        """Returns the parents and the proposal of a ticket made in an earlier session."""
        if ticket > self.last_proposal:
            return None
        cursor = self._db.execute(
            f"SELECT parents, {PROPOSAL} FROM proposals p WHERE ticket = ?", (ticket,)
        )
        cursor.row_factory = sqlite3.Row
        row = cursor.fetchone()
        return None if row is None else (tuple(json.loads(row["parents"])), as_proposal(row))

    def add_proposal(
        self, ticket: int, seed: int, parents: Sequence[int], proposal: Proposal
    ) -> None:
        """Keeps a proposal; its transcript only where it has no calls, which hold it already."""
        self.last_proposal = max(self.last_proposal, ticket)
        made, spend = proposal.candidate, proposal.spend
        concepts = None if proposal.concepts is None else _json(sorted(proposal.concepts))
        transcript = dict(proposal.transcript)
        calls = "SELECT 1 FROM calls WHERE seed = ?"
        if transcript and self._db.execute(calls, (seed,)).fetchone():
            transcript = {}
        self._db.execute(
            "INSERT INTO proposals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (ticket, seed, _json(list(parents)), proposal.operator, proposal.model,
             made and made.key, made and _json(dict(made.files)), made and made.entry, concepts,
             _text(proposal.message), _json(transcript), spend.tokens_in, spend.tokens_out,
             spend.dollars, spend.seconds),
        )  # fmt: skip

    def evaluation(self, program: str) -> Evaluation | None:
        """Returns the evaluation of a program, by its key."""
        if program not in self._evaluated:
            return None
        cursor = self._db.execute(
            f"SELECT {EVALUATION} FROM evaluations e WHERE program = ?", (program,)
        )
        cursor.row_factory = sqlite3.Row
        row = cursor.fetchone()
        return None if row is None else as_evaluation(row)

    def add_evaluation(self, program: str, evaluation: Evaluation) -> None:
        """Keeps an evaluation."""
        self._evaluated.add(program)
        self._db.execute(
            "INSERT OR IGNORE INTO evaluations VALUES (?, ?, ?, ?, ?, ?, ?)",
            (program, evaluation.outcome.value, evaluation.score, evaluation.exact,
             _json(evaluation.data), _text(evaluation.message), evaluation.cpu_seconds),
        )  # fmt: skip

    def commit(
        self,
        ticket: int,
        member: int | None,
        repeats: int | None,
        concepts: frozenset[int],
        new: Sequence[Concept],
        elapsed: float,
    ) -> None:
        """Commits a ticket, or checks that a replay comes to what was committed before.

        Raises:
            BadInput: if it does not; then the code or its data have changed since.
        """
        row = (member, repeats, _json(sorted(concepts)))
        if ticket <= self._last_commit:
            known = self._db.execute(
                "SELECT member, repeats, concepts FROM commits WHERE ticket = ?", (ticket,)
            ).fetchone()
            if known != row:
                raise BadInput(
                    f"{self.path}: ticket {ticket} replays as {row}, but was committed as {known}.",
                    "Go on with the version of the code that wrote the log, or start another.",
                )
            return
        self._last_commit = ticket
        with _transaction(self._db) if new else contextlib.nullcontext():
            self._db.execute("INSERT INTO commits VALUES (?, ?, ?, ?, ?)", (ticket, *row, elapsed))
            for concept in new:
                self._db.execute(
                    "INSERT INTO concepts VALUES (?, ?, ?, ?, ?)",
                    (concept.id, concept.parent, concept.name, concept.description, ticket),
                )

    def begin_session(self, notices: Sequence[str]) -> int:
        """Opens a session, as killed until it says otherwise, and returns its number."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        cursor = self._db.execute(
            "INSERT INTO sessions (first_ticket, started, seconds, reason, notices)"
            " VALUES (?, ?, 0, 'killed', ?)",
            (self.committed(), started, _json(list(notices))),
        )
        return int(cursor.lastrowid or 0)

    def update_session(
        self, number: int, seconds: float, reason: str, notices: Sequence[str]
    ) -> None:
        """Says how long a session has lasted, why it stopped, and what readers must know."""
        self._db.execute(
            "UPDATE sessions SET seconds = ?, reason = ?, notices = ? WHERE id = ?",
            (seconds, reason, _json(list(notices)), number),
        )


class _transaction:  # noqa: N801 - used like a keyword
    """All or nothing of what happens within."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _schema() -> list[str]:
    text = files("tools.discovery").joinpath("log.sql").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part for part in "\n".join(lines).split(";") if part.strip()]


def _locked(path: Path) -> IO[str]:
    """Takes the lock that belongs to whoever writes; the kernel lets go of it with the process."""
    lock = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise BadInput(
            f"Another process is writing to {path}.", "Wait for it, or name another file."
        ) from None
    return lock


def _json(value: object) -> str:
    # ASCII: text of programs may hold halves of surrogate pairs, which UTF-8 cannot.
    return json.dumps(value)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()
