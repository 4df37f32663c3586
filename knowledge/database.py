"""The SQLite file under the library: one connection a process, safe among threads and processes."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeError

SCHEMA_VERSION = 3
BUSY_MS = 30_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('card', 'text')),
    title TEXT NOT NULL,
    authors TEXT NOT NULL,          -- JSON list
    year INTEGER,
    venue TEXT,
    arxiv TEXT,
    url TEXT,
    tags TEXT NOT NULL,             -- JSON list
    source TEXT NOT NULL,           -- the whole text; passage offsets refer to it
    hash TEXT NOT NULL,             -- sha256 of everything the passages are made from
    method TEXT,
    origin TEXT NOT NULL DEFAULT '',    -- the file it was read from
    pages TEXT NOT NULL DEFAULT '[]'    -- JSON list of offsets into source
);
-- Without it, storing a file would read every text to learn what that file held before.
CREATE INDEX IF NOT EXISTS documents_by_origin ON documents(origin);
CREATE TABLE IF NOT EXISTS passages (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL REFERENCES documents(key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    section TEXT NOT NULL,
    text TEXT NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS passages_by_key ON passages(key, position);
CREATE TABLE IF NOT EXISTS vectors (
    hash TEXT NOT NULL,             -- sha256 of the embedded text
    model TEXT NOT NULL,
    vector BLOB NOT NULL,           -- little-endian float32, unit length
    PRIMARY KEY (hash, model)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY,
    hash TEXT NOT NULL,             -- sha256 of the content that was read
    note TEXT NOT NULL              -- what the report said about it
);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO meta VALUES ('revision', 0);
"""


class Database:
    """A connection in write-ahead mode, shared by the threads of one process under a lock.

    Other processes may read and write the same file: writers wait for each other up to
    30 seconds, readers never wait.
    """

    def __init__(self, path: Path) -> None:
        """Opens or creates the file.

        Raises:
            KnowledgeError: it cannot be opened, is no database, or is of a newer version.
        """
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Transactions are opened by hand (isolation_level=None): sqlite3's implicit ones
            # begin as readers and fail when they turn writer among other processes.
            self._connection = sqlite3.connect(
                path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except OSError as error:
            raise KnowledgeError(
                f"{path}: the library cannot be created: {error.strerror}; "
                "choose a folder you can write to"
            ) from error
        except sqlite3.Error as error:
            raise KnowledgeError(
                f"{path}: the library cannot be opened: {error}; check the folder's "
                "permissions, or move the file away to start afresh"
            ) from error

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._enter_wal()
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == SCHEMA_VERSION:
            return
        if version > SCHEMA_VERSION:
            raise KnowledgeError(
                f"{self.path}: written by a newer version (schema {version}, this one knows "
                f"{SCHEMA_VERSION}); update the program or use another folder"
            )
        with self.write():
            if version == 1:
                self._migrate()
            for statement in _SCHEMA.split(";\n"):
                if statement.strip():
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _migrate(self) -> None:
        """Brings schema 1 to schema 2; what schema 3 adds is created where it is missing."""
        # Another process may have done it while this one waited for the lock.
        columns = {row["name"] for row in self._connection.execute("PRAGMA table_info(documents)")}
        if "origin" in columns:
            return
        for column in ("method TEXT", "origin TEXT NOT NULL DEFAULT ''"):
            self._connection.execute(f"ALTER TABLE documents ADD COLUMN {column}")
        self._connection.execute(
            "ALTER TABLE documents ADD COLUMN pages TEXT NOT NULL DEFAULT '[]'"
        )
        # Cards are read again at the next sync, which fills in their method.
        self._connection.execute("UPDATE documents SET hash = '' WHERE kind = 'card'")

    def _enter_wal(self) -> None:
        """Switches to write-ahead mode, which fails at once, not after waiting, when contended."""
        for attempt in range(100):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or attempt == 99:
                    raise
                time.sleep(0.05)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Runs a block as one transaction: all of it is stored, or none."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise KnowledgeError(
                    f"{self.path}: another process has held the library for "
                    f"{BUSY_MS // 1000} s ({error}); try again, or stop that process"
                ) from error
            try:
                yield self._connection
            except BaseException:  # also on interruption: never leave a transaction open
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Returns all rows of a query.

        Raises:
            KnowledgeError: the file is damaged or the connection closed.
        """
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise KnowledgeError(
                    f"{self.path}: the library cannot be read: {error}; if the file is "
                    "damaged, move it away: cards come back by themselves"
                ) from error

    def close(self) -> None:
        """Closes the connection; closing twice does no harm."""
        with self._lock:
            self._connection.close()
