"""Reading a file of the user's into text."""

from __future__ import annotations

from pathlib import Path

from knowledge.errors import KnowledgeError

TEXT_SUFFIXES = (".md", ".markdown", ".txt")
LARGEST_BYTES = 20_000_000


def read_text(path: Path) -> str:
    """Reads a UTF-8 text or Markdown file.

    Raises:
        KnowledgeError: wrong type, too large, not UTF-8, or unreadable.
    """
    if path.suffix.lower() not in TEXT_SUFFIXES:
        raise KnowledgeError(
            f"{path.name}: files of type {path.suffix or '(none)'} cannot be read; convert it "
            f"to one of {', '.join(TEXT_SUFFIXES)}"
        )
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise KnowledgeError(
                f"{path.name}: larger than {LARGEST_BYTES // 1_000_000} MB; split it"
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError(
            f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8"
        ) from error
    except OSError as error:
        raise KnowledgeError(f"{path}: cannot be read: {error.strerror}") from error
