"""Conversations on disk: their list, and their checkpoints kept from growing without bound."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.state import VERSION
from tools.errors import BadInput

if TYPE_CHECKING:
    import aiosqlite

KEEP = 8  # checkpoints kept of each conversation; each holds its whole state

_SCHEMA = """
CREATE TABLE IF NOT EXISTS threads (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, version INTEGER NOT NULL,
  created REAL NOT NULL, updated REAL NOT NULL);
"""


@dataclass(frozen=True)
class Thread:
    """One conversation: its name, its first request, and when it was last used."""

    id: str
    title: str
    updated: float


def new_name() -> str:
    """Returns a fresh name for a conversation."""
    return time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)


class Threads:
    """The conversations of one state folder, in the checkpointer's own database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def prepare(self) -> None:
        """Creates the table and sets the database up for several processes."""
        await self._db.execute("PRAGMA journal_mode=WAL")
        # NORMAL survives kill -9; only a power cut may lose the last commits.
        await self._db.execute("PRAGMA synchronous=NORMAL")
        await self._db.execute("PRAGMA busy_timeout=30000")
        await self._db.executescript(_SCHEMA)

    async def enter(self, thread: str, title: str) -> None:
        """Records that a conversation is used, creating it when it is new.

        Raises:
            BadInput: if the name cannot be used or the thread is of another version of Ansatz.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", thread):
            raise BadInput(
                f"Thread '{thread}' is no usable name.",
                "Use letters, digits, dots, hyphens and underscores, 80 at most.",
            )
        now = time.time()
        row = await (
            await self._db.execute(
                "INSERT INTO threads VALUES (?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET updated=?,"
                " title=CASE WHEN title='' THEN excluded.title ELSE title END RETURNING version",
                (thread, title[:200], VERSION, now, now, now),
            )
        ).fetchone()
        await self._db.commit()
        if row is not None and row[0] != VERSION:
            raise BadInput(
                f"Thread '{thread}' was written by another version of Ansatz.",
                "Start a new thread; its runs are still in `ansatz runs list`.",
            )

    async def exists(self, thread: str) -> bool:
        """Tells whether a conversation of this name has been recorded."""
        row = await (
            await self._db.execute("SELECT 1 FROM threads WHERE id=?", (thread,))
        ).fetchone()
        return row is not None

    async def recent(self, limit: int = 20) -> list[Thread]:
        """Lists conversations, the last used first."""
        rows = await (
            await self._db.execute(
                "SELECT id, title, updated FROM threads ORDER BY updated DESC LIMIT ?", (limit,)
            )
        ).fetchall()
        return [Thread(*row) for row in rows]

    async def prune(self, thread: str) -> None:
        """Deletes all but the newest checkpoints of a conversation."""
        old = (
            "thread_id = ? AND checkpoint_id NOT IN (SELECT checkpoint_id FROM checkpoints"
            " WHERE thread_id = ? AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT ?)"
        )
        for table in ("writes", "checkpoints"):
            await self._db.execute(f"DELETE FROM {table} WHERE {old}", (thread, thread, KEEP))
        await self._db.commit()
