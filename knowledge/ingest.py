"""Ingestion: files and folders into documents, one line of report a file.

A file is stored in one transaction together with the checksum of what was read, so that a
process killed at any moment leaves whole files behind, and the next call goes on where it
ended: what has not changed is not read again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.documents import Documents
from knowledge.errors import KnowledgeError
from knowledge.reading import can_read, content_of, read_file

# Folders below folders below ...: deeper than any library is a mistake or a trap.
DEEPEST = 30

# Grows when a reader gets better, so that files are read again.
VERSION = 1


@dataclass(frozen=True)
class Line:
    """What happened to one file.

    Attributes:
        path: of the file, as given or found.
        state: "added", "unchanged", "skipped" (a kind that is not read) or "failed".
        keys: of the documents that the file holds now.
        detail: a sentence: why it failed, what was left out; "" when there is nothing to say.
    """

    path: str
    state: str
    keys: tuple[str, ...] = ()
    detail: str = ""


def ingest(
    paths: Iterable[Path], documents: Documents, report: Callable[[Line], None] = lambda line: None
) -> list[Line]:
    """Stores what files and folders hold; whatever is wrong with one costs one line.

    Args:
        paths: files, or folders, which are searched through; links to folders are not followed.
        documents: where they go.
        report: called with each line as soon as it is known.
    """
    lines: list[Line] = []
    for path, asked in _files(paths):
        line = _one(path, asked, documents)
        lines.append(line)
        report(line)
    return lines


def _one(path: Path, asked: bool, documents: Documents) -> Line:
    name = _printable(path)
    if not asked and not can_read(path):
        return Line(name, "skipped", detail=f"type {path.suffix or '(none)'} is not read")
    try:
        content = content_of(path)
        digest = hashlib.sha256(content).hexdigest() + f":{VERSION}"
        known = documents.file(name)
        if known is not None and known[0] == digest:
            return Line(name, "unchanged", detail=known[1])
        read = read_file(path, content)
        drafts = [draft for draft in read.drafts if draft.parts]
        done = documents.put_file(name, digest, "; ".join(read.notes), drafts)
    except KnowledgeError as error:
        return Line(name, "failed", detail=str(error))
    except RecursionError:
        return Line(name, "failed", detail="is nested too deeply; simplify it")
    notes = list(read.notes)
    if done.present:
        notes.append(f"{len(done.present)} were in the library already")
    if done.gone:
        notes.append(f"{len(done.gone)} no longer in the file, removed")
    return Line(name, "added", done.stored, "; ".join(notes))


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yields files, in order of name, and whether each was asked for by name."""
    for path in paths:
        path = Path.cwd() / path
        if not path.is_dir():
            yield path, True
            continue
        depth = len(path.parts)
        for folder, inner, names in os.walk(path):
            at = Path(folder)
            inner[:] = sorted(n for n in inner if not n.startswith("."))
            if len(at.parts) - depth >= DEEPEST:
                inner.clear()
            for name in sorted(names):
                if not name.startswith("."):
                    yield at / name, False


def _printable(path: Path) -> str:
    """Returns a path as text that can be stored, whatever bytes its name holds."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
