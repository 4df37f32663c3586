"""The run store: every execution of an experiment, recorded for ever in one SQLite file.

The store is the single truth that the child process, the agent and every face read and write.
A run holds an exclusive lock on a file in its folder while it lives; a run that is marked running
but whose lock is free was killed, and reading it marks it interrupted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tools.errors import BadInput, NotFound, Unavailable
from tools.locks import lock_is_held, pid_exists
from tools.names import new_id
from tools.params import Params
from tools.records import MAX_SEED, Described, Progress, RunRecord, Status
from tools.result import Estimate, Result
from tools.rows import SCHEMA, VERSION, read_record


class RunStore:
    """The runs of one state folder. Safe to use from many processes and threads at once."""

    def __init__(self, home: Path) -> None:
        """Opens or creates the store under `home`.

        Raises:
            Unavailable: if a newer version of Ansatz made it.
        """
        self.home = home
        self.folder = home / "runs"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = home / "runs.sqlite"
        self._prepare()

    def _prepare(self) -> None:
        """Makes the tables if need be; many processes may try at once."""
        give_up = time.monotonic() + 30
        while True:
            try:
                with self._connect() as db:
                    version = db.execute("PRAGMA user_version").fetchone()[0]
                    if version == 0:
                        db.execute("PRAGMA journal_mode=WAL")
                        db.executescript(SCHEMA)
                break
            except sqlite3.OperationalError as error:
                # SQLite's own patience does not cover the change to WAL.
                if "locked" not in str(error) or time.monotonic() > give_up:
                    raise
                time.sleep(0.01)
        if version > VERSION:
            raise Unavailable(
                f"The run store {self.path} was made by a newer version of Ansatz.",
                "Upgrade ansatz-lab, or set ANSATZ_HOME to another folder.",
            )

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """Yields a connection in one transaction; a connection is cheap and never shared."""
        db = sqlite3.connect(self.path, timeout=30)
        try:
            db.row_factory = sqlite3.Row
            # NORMAL survives kill -9; only a power cut may lose the last commits.
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA foreign_keys=ON")
            with db:
                yield db
        finally:
            db.close()

    # -- writing -------------------------------------------------------------------------------

    def submit(
        self,
        experiment: Described,
        params: Params,
        *,
        seed: int = 0,
        origin: str = "cli",
        run_id: str | None = None,
    ) -> RunRecord:
        """Records a run as queued; a `run_id` that exists already is returned unchanged.

        Raises:
            BadInput: if the seed is none that every generator takes.
        """
        if not 0 <= seed <= MAX_SEED:
            raise BadInput(f"seed = {seed} is out of range.", f"Give one from 0 to {MAX_SEED}.")
        name = run_id or new_id()
        with self._connect() as db:
            db.execute(
                "INSERT INTO runs (id, experiment, params, seed, status, attempt, resumable,"
                " origin, papers, claim, estimate, created, starter, seconds)"
                " VALUES (?,?,?,?,?,0,?,?,?,?,?,?,?,0) ON CONFLICT (id) DO NOTHING",
                (
                    name,
                    experiment.name,
                    params.model_dump_json(),
                    seed,
                    Status.QUEUED,
                    experiment.resumable,
                    origin,
                    json.dumps(experiment.papers),
                    experiment.claim,
                    experiment.estimate(params).seconds,
                    time.time(),
                    os.getpid(),
                ),
            )
        (self.folder / name).mkdir(exist_ok=True)
        return self.get(name)

    def begin(self, run_id: str, pid: int, environment: Mapping[str, Any]) -> bool:
        """Marks a queued run as running; its process holds the lock by now.

        Returns:
            Whether it was still queued; if not, it must not be carried out.
        """
        with self._connect() as db:
            changed = db.execute(
                "UPDATE runs SET status=?, attempt=attempt+1, pid=?, started=?, finished=NULL,"
                " error=NULL, progress=NULL, environment=? WHERE id=? AND status='queued'",
                (Status.RUNNING, pid, time.time(), json.dumps(environment), run_id),
            ).rowcount
            if not changed:
                return False
            for table in ("metrics", "claims", "artifacts"):
                db.execute(f"DELETE FROM {table} WHERE run=?", (run_id,))
        return True

    def take(self, record: RunRecord) -> bool:
        """Claims the right to start a queued or ended run as it was read; only one caller wins.

        From here until `set_pid` the run's process number is 0: being started by this process.
        """
        with self._connect() as db:
            # A run not yet started may carry a wish to cancel, which must survive; that of an
            # earlier attempt must not.
            changed = db.execute(
                "UPDATE runs SET status='queued', pid=0, starter=?,"
                " cancel=CASE WHEN status='queued' THEN cancel ELSE 0 END"
                " WHERE id=? AND attempt=? AND status=? AND (status<>'queued' OR pid IS NULL)"
                " AND status<>'running'",
                (os.getpid(), record.id, record.attempt, record.status),
            ).rowcount
        return changed == 1

    def abandon(self, run_id: str, status: Status, error: str) -> bool:
        """Ends a run that has not begun; returns whether that was so.

        A process that was being started for it finds it ended, and leaves.
        """
        with self._connect() as db:
            changed = db.execute(
                "UPDATE runs SET status=?, finished=?, error=? WHERE id=? AND status='queued'",
                (status, time.time(), error, run_id),
            ).rowcount
        return changed == 1

    def set_pid(self, run_id: str, pid: int) -> None:
        """Records the process of a queued run, so that its death before the start is noticed."""
        with self._connect() as db:
            db.execute("UPDATE runs SET pid=? WHERE id=? AND status=?", (pid, run_id, "queued"))

    def set_progress(self, run_id: str, progress: Progress) -> bool:
        """Records progress and returns whether someone asked to cancel."""
        text = json.dumps(
            [progress.label, progress.done, progress.total, progress.eta, progress.detail],
            allow_nan=False,
        )
        with self._connect() as db:
            row = db.execute(
                "UPDATE runs SET progress=? WHERE id=? RETURNING cancel", (text, run_id)
            ).fetchone()
        return bool(row and row["cancel"])

    def add_artifact(self, run_id: str, name: str, kind: str, path: Path) -> None:
        """Records a file of the run's folder under `name`."""
        relative = path.relative_to(self.folder / run_id)
        with self._connect() as db:
            db.execute(
                "INSERT OR REPLACE INTO artifacts VALUES (?,?,?,?)",
                (run_id, name, kind, relative.as_posix()),
            )

    def add_notice(self, run_id: str, text: str) -> None:
        """Adds a line that every reader of the run is shown."""
        with self._connect() as db:
            db.execute(
                "UPDATE runs SET notices=json_insert(notices, '$[#]', ?) WHERE id=?",
                (text, run_id),
            )

    def finish(self, run_id: str, result: Result) -> None:
        """Records the result and marks the run completed, in one transaction."""
        with self._connect() as db:
            for position, (name, metric) in enumerate(result.metrics.items()):
                m = metric if isinstance(metric, Estimate) else Estimate(float(metric))
                db.execute(
                    "INSERT INTO metrics VALUES (?,?,?,?,?,?,?)",
                    (run_id, position, name, m.mean, m.stderr, m.n, m.unit),
                )
            for position, claim in enumerate(result.claims):
                check = claim.check
                db.execute(
                    "INSERT INTO claims VALUES (?,?,?,?,?,?,?,?)",
                    (
                        run_id,
                        position,
                        claim.text,
                        claim.paper,
                        check.verdict,
                        check.method,
                        check.reason,
                        json.dumps(check.evidence, default=str),
                    ),
                )
            self._end(db, run_id, Status.COMPLETED, None)

    def end(self, run_id: str, status: Status, error: str | None = None) -> None:
        """Marks a run as failed, cancelled or interrupted."""
        with self._connect() as db:
            self._end(db, run_id, status, error)

    def _end(self, db: sqlite3.Connection, run_id: str, status: Status, error: str | None) -> None:
        now = time.time()
        db.execute(
            "UPDATE runs SET status=?, finished=?, error=?,"
            " seconds=seconds + CASE WHEN started IS NULL THEN 0 ELSE max(0, ? - started) END"
            " WHERE id=?",
            (status, now, error, now, run_id),
        )

    def request_cancel(self, run_id: str) -> None:
        """Asks a run to stop at its next step."""
        with self._connect() as db:
            db.execute("UPDATE runs SET cancel=1 WHERE id=?", (run_id,))

    def remove(self, run_id: str) -> None:
        """Deletes a run, its record and its files.

        Raises:
            BadInput: while it is queued or running.
        """
        record = self.get(run_id)
        if not record.status.over:
            raise BadInput(f"Run {record.id} is {record.status}.", "Cancel it before removing it.")
        with self._connect() as db:
            db.execute("DELETE FROM runs WHERE id=?", (record.id,))
        shutil.rmtree(record.folder, ignore_errors=True)

    # -- reading -------------------------------------------------------------------------------

    def get(self, run_id: str) -> RunRecord:
        """Returns the run with exactly this id, its death noticed.

        Raises:
            NotFound: if there is none.
        """
        with self._connect() as db:
            row = db.execute("SELECT * FROM runs WHERE id=?", (run_id,)).fetchone()
            if row is None:
                raise NotFound(f"There is no run '{run_id}'.", "`ansatz runs list` shows them.")
            if self._is_dead(row):
                row = self._mark_interrupted(db, row)
            return read_record(db, row, self.folder)

    def find(self, name: str) -> RunRecord:
        """Returns the run that a person names: id, unique beginning of one, number, `last`.

        `previous` (or `last~1`) is the one before the last, `last~2` the one before that.

        Raises:
            NotFound: if no run or more than one answers to the name.
        """
        text = name.strip().lower().removeprefix("#")
        if not text:
            raise NotFound("No run is named.", "Give an id, a number, `last` or `previous`.")
        with self._connect() as db:
            if (back := _steps_back(text)) is not None:
                rows = db.execute(
                    "SELECT id FROM runs ORDER BY number DESC LIMIT 1 OFFSET ?", (back,)
                ).fetchall()
            elif text.isascii() and text.isdigit():
                rows = db.execute(
                    "SELECT id FROM runs WHERE number=?", (min(int(text), 2**62),)
                ).fetchall()
            else:
                rows = db.execute(
                    "SELECT id FROM runs WHERE substr(id, 1, ?) = ? LIMIT 5", (len(text), text)
                ).fetchall()
        if len(rows) == 1:
            return self.get(rows[0]["id"])
        found = ", ".join(r["id"] for r in rows)
        raise NotFound(
            f"More than one run begins with '{name}': {found}."
            if rows
            else f"There is no run '{name}'.",
            "Name one by its id, its number, `last` or `previous`; `ansatz runs list` shows them.",
        )

    def recent(
        self,
        *,
        experiment: str | None = None,
        status: str | None = None,
        origin: str | None = None,
        limit: int = 50,
    ) -> list[RunRecord]:
        """Returns runs, newest first; `origin` matches a thread's runs by its name."""
        where: list[str] = ["1"]
        values: list[str | int] = []
        if experiment:
            where.append("experiment=?")
            values.append(experiment)
        if origin:
            where.append("(origin=? OR substr(origin, 1, ?)=?)")
            values += [origin, len(origin) + 1, origin + "/"]
        self.reconcile()
        if status:
            where.append("status=?")
            values.append(status)
        query = f"SELECT * FROM runs WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
        with self._connect() as db:
            rows = db.execute(query, (*values, limit)).fetchall()
            return [read_record(db, row, self.folder) for row in rows]

    def reconcile(self) -> list[str]:
        """Marks runs whose process is gone as interrupted and returns their ids."""
        with self._connect() as db:
            rows = db.execute("SELECT * FROM runs WHERE status IN ('queued','running')").fetchall()
            dead = [row for row in rows if self._is_dead(row)]
            for row in dead:
                self._mark_interrupted(db, row)
        return [row["id"] for row in dead]

    def counts(self) -> dict[str, int]:
        """Returns how many runs there are of each status."""
        with self._connect() as db:
            rows = db.execute("SELECT status, count(*) FROM runs GROUP BY status ORDER BY status")
            return dict(rows.fetchall())

    def damage(self) -> str:
        """Returns what SQLite's own check of the file finds wrong, or an empty string."""
        with self._connect() as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(5)")]
        return "" if found == ["ok"] else "; ".join(found)

    def _mark_interrupted(self, db: sqlite3.Connection, row: sqlite3.Row) -> sqlite3.Row:
        # Between reading and locking the run may have ended in an orderly way: look again.
        fresh = db.execute("SELECT * FROM runs WHERE id=?", (row["id"],)).fetchone()
        if fresh["status"] not in ("queued", "running"):
            assert isinstance(fresh, sqlite3.Row)
            return fresh
        if fresh["status"] == "running":
            # Of the time since it last wrote a file nothing is known; count none of it.
            lived = max(_last_written(self.folder / row["id"]) - fresh["started"], 0.0)
            db.execute(
                "UPDATE runs SET status='interrupted', finished=?, error=?, seconds=seconds+?"
                " WHERE id=?",
                (time.time(), "the process ended without a word (killed?)", lived, row["id"]),
            )
        else:
            self._end(db, row["id"], Status.INTERRUPTED, "its process ended before it could start")
        again = db.execute("SELECT * FROM runs WHERE id=?", (row["id"],)).fetchone()
        assert isinstance(again, sqlite3.Row)
        return again

    def _is_dead(self, row: sqlite3.Row) -> bool:
        status = row["status"]
        if status == "running":
            return not lock_is_held(self.folder / row["id"])
        if status == "queued":
            # Without a process of its own yet, it lives as long as the one that submitted it.
            keeper = row["pid"] or row["starter"]
            return not pid_exists(keeper) and not lock_is_held(self.folder / row["id"])
        return False


def _last_written(folder: Path) -> float:
    """Returns when a file of a folder was last written; 0 for none."""
    times = [0.0]
    for path in folder.rglob("*"):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def _steps_back(name: str) -> int | None:
    """Reads `last`, `previous`, `last~2` as how many runs before the newest, else None."""
    if name in ("last", "latest", "previous"):
        return int(name == "previous")
    match = re.fullmatch(r"last~([0-9]{1,9})", name)
    return int(match[1]) if match else None
