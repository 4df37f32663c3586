"""Parsing Python in one thread at a time.

Making a syntax tree of Python objects can hand the interpreter to another thread half-way. In some
releases, 3.11.7 among them, two threads that parse at once then fail with `SystemError: AST
constructor recursion depth mismatch`, whatever the text. Proposals and evaluations do run side by
side, so whoever parses here does it under one lock.
"""

from __future__ import annotations

import ast
from threading import Lock

_LOCK = Lock()


def parse(text: str, name: str = "program.py") -> ast.Module:
    """Returns the syntax tree of a Python text, as `ast.parse` does.

    Raises:
        SyntaxError, ValueError, MemoryError, RecursionError: as `ast.parse`.
    """
    with _LOCK:
        return ast.parse(text, name)
