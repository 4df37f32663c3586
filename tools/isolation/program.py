"""What runs inside the sandbox: loads an untrusted program and calls its functions when asked.

Everything in here shares a process with the program, which may read, change and imitate all of it.
So nothing that it says is believed: answers are data, and troubles are words for the next prompt.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.abc
import importlib.machinery
import importlib.util
import json
import linecache
import os
import random
import struct
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

FRAME = struct.Struct("!cI")
"""Head of a frame: what follows, and its length in bytes; then JSON, or UTF-8 text of a trouble."""
ASK, VALUE = b"?", b"v"
CRASHED, MEMORY, FORBIDDEN, INVALID = b"c", b"m", b"f", b"i"

_LONGEST_MESSAGE = 2000
# Without a look for blanks around the text, for which `json.loads` touches many pages more.
_decode = json.JSONDecoder().raw_decode
_REFUSALS = (errno.EPERM, errno.EACCES, errno.EMFILE, errno.ENFILE)


def serve(link: int, largest: int) -> None:
    """Loads the program that comes first, then answers calls until the other side closes.

    Args:
        link: file descriptor of the connected socket; a socket object would cost more pages.
        largest: bytes of an answer.
    """
    request = _read(link)
    if request is None:
        return
    files: dict[str, str] = request["files"]
    try:
        _seed(request["seed"])
        module = load(files, request["entry"])
        while (call := _read(link)) is not None:
            value = getattr(module, call["function"])(**call["arguments"])
            # Before the answer: nobody waits for what comes after it.
            _flush()
            _answer(link, value, largest)
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is told, then it ends
        kind, text = explain(error, files)
        _flush()
        _send(link, kind, text.encode("utf-8", "replace"))


def load(files: Mapping[str, str], entry: str) -> ModuleType:
    """Makes modules of the program's files, imports the entry and returns it.

    The other files can be imported by their names without `.py`; nothing is written to disk.
    """
    sys.meta_path.insert(0, _Files(files))
    # Without the import system's own steps, which most programs, of one file, never need.
    module = ModuleType(entry.removesuffix(".py"))
    sys.modules[module.__name__] = module
    _Source(entry, files[entry]).exec_module(module)
    return module


def rehearse() -> None:
    """Does once, in the parent, what every program's process does first."""
    _seed(0)
    text = "def f(x: int) -> int:\n    return x + 1\n"
    load({"rehearsal.py": text}, "rehearsal.py")
    del sys.meta_path[0], sys.modules["rehearsal"], linecache.cache["rehearsal.py"]
    explain(ValueError("rehearsal"), {})
    json.loads(json.dumps({"a": [0.5, None]}, default=_plain))


class _Files(importlib.abc.MetaPathFinder):
    """Finds the program's own files."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        file = f"{name}.py"
        if file not in self.files:
            return None
        return importlib.util.spec_from_loader(name, _Source(file, self.files[file]))


class _Source(importlib.abc.InspectLoader):
    """Compiles one of the files."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text

    def get_source(self, fullname: str) -> str:
        return self.text

    def exec_module(self, module: ModuleType) -> None:
        # Tracebacks quote lines from here.
        linecache.cache[self.file] = len(self.text), None, self.text.splitlines(True), self.file
        exec(compile(self.text, self.file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def explain(error: BaseException, files: Mapping[str, str]) -> tuple[bytes, str]:
    """Sorts an exception and tells it in words, with the program's own frames only."""
    if isinstance(error, MemoryError):
        return MEMORY, _told(error, files)
    if isinstance(error, _Unusable):
        return INVALID, str(error)
    return (FORBIDDEN if _refused(error) else CRASHED), _told(error, files)


def _told(error: BaseException, files: Mapping[str, str]) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in files]
    what = "".join(traceback.format_exception_only(type(error), error)).strip()
    text = "".join(traceback.format_list(frames[-6:])) + what[:_LONGEST_MESSAGE]
    # The end says what happened, the beginning only how it came to that.
    return text[-_LONGEST_MESSAGE:]


def _refused(error: BaseException | None) -> bool:
    """Whether this exception, or one it was raised from, is the sandbox saying no."""
    for _ in range(8):
        if error is None:
            return False
        if isinstance(error, OSError) and error.errno in _REFUSALS:
            return True
        if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Unusable(Exception):
    """The program returned something that cannot be sent."""


def _answer(link: int, value: object, largest: int) -> None:
    try:
        body = json.dumps(value, default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _Unusable(
            f"The program returned a {type(value).__name__} that is no plain data: {error}. Return"
            " numbers, text, lists and dictionaries."
        ) from None
    if len(body) > largest:
        raise _Unusable(
            f"The program returned {len(body):,} bytes of data; at most {largest:,} are accepted."
        )
    _send(link, VALUE, body)


def _plain(value: Any) -> Any:
    """Turns arrays and their scalars into lists and numbers; sets into sorted lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} is inside")


def _seed(seed: int) -> None:
    """Seeds the generator that programs use without asking, which a fork seeds at random.

    That of `numpy.random` a fork inherits, in the state in which the profile has left it.
    """
    random.seed(seed)


def _flush() -> None:
    # A program may have closed or replaced them.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        sys.stderr.flush()


def _send(link: int, kind: bytes, body: bytes) -> None:
    unsent = memoryview(FRAME.pack(kind, len(body)) + body)
    while unsent:
        unsent = unsent[os.write(link, unsent) :]


def _read(link: int) -> Any:
    """Reads a request, or returns None when the other side has closed."""
    head = _exactly(link, FRAME.size)
    if head is None:
        return None
    body = _exactly(link, FRAME.unpack(head)[1])
    return None if body is None else _decode(body.decode())[0]


def _exactly(link: int, length: int) -> bytes | None:
    pieces = []
    while length:
        piece = os.read(link, min(length, 1 << 20))
        if not piece:
            return None
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def leave() -> None:
    """Ends the process without running anything the program may have left for its end."""
    os._exit(0)
