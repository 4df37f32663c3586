"""Replies of chat models on disk, keyed by everything that was asked: paid once, used again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

from agent.messages import ChatModel, Message, Reply, ToolCall, ToolSpec, Usage


def request_key(
    model: ChatModel, messages: Sequence[Message], tools: Sequence[ToolSpec], draw: int
) -> str:
    """Returns a digest of the whole request.

    Args:
        model: its name and, where it has one, its address count.
        messages: the conversation.
        tools: what the model may call.
        draw: number of the epoch: a second draw of the same request is another reply.
    """
    request = [
        model.name,
        getattr(model, "base_url", ""),
        getattr(model, "temperature", None),
        messages,
        [asdict(tool) for tool in tools],
        draw,
    ]
    text = json.dumps(request, sort_keys=True, ensure_ascii=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


class ReplyStore:
    """A SQLite file of replies. Several processes may share it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL)"
        )

    def get(self, key: str) -> Reply | None:
        """Returns the reply to a request, or None."""
        row = self._db.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        return None if row is None else reply_from_json(json.loads(row[0]))

    def put(self, key: str, reply: Reply) -> None:
        """Keeps a reply; the first one to a request stays."""
        text = json.dumps(asdict(reply))
        self._db.execute("INSERT OR IGNORE INTO replies VALUES (?, ?)", (key, text))

    def __len__(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM replies").fetchone()[0])

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def reply_from_json(data: Mapping[str, Any]) -> Reply:
    """Builds a reply from what `dataclasses.asdict` made of it."""
    calls = tuple(ToolCall(**call) for call in data["calls"])
    notices = tuple(data["notices"])
    return Reply(
        data["text"], calls, Usage(**data["usage"]), data["model"], data["finish"], notices
    )
