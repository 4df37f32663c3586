"""One untrusted program at work, as the trusted side sees it."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Protocol

from tools.isolation.program import ASK, CRASHED, FORBIDDEN, FRAME, INVALID, MEMORY, VALUE

SLACK = 0.02
"""Seconds between looks at the clocks while nothing can have run out yet."""
_LAST_BREATH = 1.0  # seconds a process that has let go of us may take to end
_KEPT_OUTPUT = 4000  # bytes of what a program prints
_LONGEST_MESSAGE = 4000  # bytes of a trouble that are read


class Kind(StrEnum):
    """Why a program brought no result."""

    INVALID = "invalid"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    FORBIDDEN = "forbidden"


_KINDS = {
    CRASHED: Kind.CRASHED,
    MEMORY: Kind.OUT_OF_MEMORY,
    FORBIDDEN: Kind.FORBIDDEN,
    INVALID: Kind.INVALID,
}


class Trouble(Exception):
    """The program brought no result; its process is at its end.

    Attributes:
        kind: why.
        message: in words fit for who writes the next program; may quote the program.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


class Lost(Exception):
    """The warm parent died, and the program with it: nothing is known of the program."""


@dataclass(frozen=True)
class Allowance:
    """What a program may use.

    Attributes:
        cpu_seconds: processor time over its whole life.
        wall_seconds: time on the clock from the first call on.
        memory: bytes it may map beyond what its warm parent has mapped.
        output: bytes of one answer.
    """

    cpu_seconds: float = 2.0
    wall_seconds: float = 21.0
    memory: int = 1 << 30
    output: int = 4_000_000


@dataclass(frozen=True)
class Ending:
    """How the process ended.

    Attributes:
        code: its exit code, negative for a signal; None where nobody tells.
        cpu_seconds: processor time it used.
    """

    code: int | None
    cpu_seconds: float


class Body(Protocol):
    """The process of a program: forked by a server, or an interpreter of its own."""

    def clock(self) -> float:
        """Returns its processor seconds so far; 0 where they cannot be read."""
        ...

    def ends_within(self, seconds: float) -> bool:
        """Waits so long at most; returns whether it has ended by itself."""
        ...

    def kill(self) -> None:
        """Kills it with whatever belongs to its session."""
        ...

    def ending(self) -> Ending:
        """Waits until it has ended; called once, after `kill`."""
        ...


class Session:
    """A loaded program that answers calls; leaving the context kills it.

    Attributes:
        printed: what it wrote to standard output and error so far, up to a limit.
        ending: how it ended, once it has been closed.
    """

    def __init__(
        self, body: Body, link: socket.socket, output: socket.socket, allowance: Allowance
    ) -> None:
        self.printed = b""
        self.ending: Ending | None = None
        self._body, self._link, self._output = body, link, output
        self._allowance = allowance
        self._wall_end: float | None = None
        self._safe_until = 0.0  # until then no limit can be passed
        self._unsent = bytearray()
        self._killed = False
        link.setblocking(False)
        output.setblocking(False)
        self._ready = select.poll()
        self._ready.register(link, select.POLLIN)
        self._ready.register(output, select.POLLIN)

    def send(self, request: Mapping[str, Any]) -> None:
        """Queues a request; it is sent when an answer is waited for."""
        body = json.dumps(request).encode()
        self._unsent += FRAME.pack(ASK, len(body)) + body

    def call(self, function: str, arguments: Mapping[str, Any]) -> Any:
        """Has the program call one of its functions and returns the plain data it answers.

        Raises:
            Trouble: if it does not, and why.
            Lost: if its warm parent died.
        """
        if self._wall_end is None:
            now = time.monotonic()
            self._wall_end = now + self._allowance.wall_seconds
            self._safe_until = now + min(SLACK, self._allowance.wall_seconds)
        self.send({"function": function, "arguments": dict(arguments)})
        kind, length = FRAME.unpack(self._read(FRAME.size))
        if kind == VALUE:
            if length > self._allowance.output:
                # The honest way to send too much says so itself.
                raise Trouble(Kind.INVALID, f"The answer has {length:,} bytes, which is too many.")
            return _parse(self._read(length))
        if kind not in _KINDS:
            raise Trouble(Kind.CRASHED, "The program wrote to the pipe its answers go through.")
        text = self._read(min(length, _LONGEST_MESSAGE)).decode("utf-8", "replace")
        raise Trouble(_KINDS[kind], _worded(_KINDS[kind], text))

    def kill(self) -> None:
        """Kills the process without waiting for its end, which takes it a while."""
        if not self._killed:
            self._killed = True
            self._body.kill()

    def close(self) -> Ending:
        """Kills the process and tells how it ended."""
        if self.ending is None:
            self.kill()
            self._drain()
            self.ending = self._body.ending()
            self._link.close()
            self._output.close()
        return self.ending

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self, length: int) -> bytes:
        """Reads that many bytes of an answer, and keeps the limits meanwhile."""
        pieces = []
        # Carried over from answer to answer: many quick ones use up the limits as well.
        pause = max(self._safe_until - time.monotonic(), 0.0)
        while length:
            self._write()
            for handle, _ in self._ready.poll(1000 * pause):
                if handle == self._output.fileno():
                    self._drain()
            try:
                piece = self._link.recv(min(length, 1 << 20))
            except BlockingIOError:
                pause = self._look()
                continue
            except OSError:
                piece = b""
            if not piece:
                raise self._died()
            pieces.append(piece)
            length -= len(piece)
            if length:
                # One that drips must not keep us from looking at the clock either.
                pause = self._look()
        return b"".join(pieces)

    def _write(self) -> None:
        """Sends what the program is ready to take."""
        if not self._unsent:
            return
        # What it does not read because it has died is found out by reading.
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            while self._unsent:
                del self._unsent[: self._link.send(self._unsent[: 1 << 20])]
        interest = select.POLLIN | (select.POLLOUT if self._unsent else 0)
        self._ready.modify(self._link, interest)

    def _look(self) -> float:
        """Looks at the clocks where a limit may have been passed since the last look.

        Most looks cost next to nothing: only the processor clock takes a system call.

        Returns:
            The seconds until the next look is due.

        Raises:
            Trouble: if a limit has been passed.
        """
        now = time.monotonic()
        if now >= self._safe_until:
            # Counted from before it: the first look may wait for the process to be introduced.
            self._safe_until = now + self._time_left()
            now = time.monotonic()
        return max(self._safe_until - now, 0.0)

    def _time_left(self) -> float:
        """Returns the seconds in which no limit can be passed.

        Raises:
            Trouble: if one has been.
        """
        allowed = self._allowance
        assert self._wall_end is not None
        wall = self._wall_end - time.monotonic()
        if wall <= 0:
            raise Trouble(
                Kind.TIMED_OUT,
                f"The program took longer than {allowed.wall_seconds:g} s on the clock, most of"
                " which it did not compute.",
            )
        cpu = allowed.cpu_seconds - self._body.clock()
        if cpu <= 0:
            raise Trouble(Kind.TIMED_OUT, _too_slow(allowed))
        return min(wall, max(cpu, 0.001), 1.0)

    def _drain(self) -> None:
        """Takes what was printed off the pipe, so that the program need not wait for us."""
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            # Bounded: one that prints without end must not keep us from looking at the clock.
            for _ in range(16):
                piece = self._output.recv(1 << 16)
                if not piece:
                    # At its end it would be ready for ever.
                    with contextlib.suppress(KeyError):
                        self._ready.unregister(self._output)
                    return
                self.printed += piece[: _KEPT_OUTPUT - len(self.printed)]

    def _died(self) -> Trouble | Lost:
        """Says why the other side is gone; whatever is left of it is killed."""
        by_itself = self._body.ends_within(_LAST_BREATH)
        ending = self.close()
        code, allowed = ending.code, self._allowance
        if code is None:
            return Lost("The warm parent of the sandbox died.")
        if not by_itself:
            return Trouble(Kind.CRASHED, "The program closed the pipe its answers go through.")
        if ending.cpu_seconds >= allowed.cpu_seconds:
            return Trouble(Kind.TIMED_OUT, _too_slow(allowed))
        if code == -9:
            text = "The process was killed while it worked, most likely for want of memory."
            return Trouble(Kind.OUT_OF_MEMORY, text)
        return Trouble(Kind.CRASHED, f"The process ended without an answer: {_ended(code)}.")


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        text = f"The answer cannot be read as JSON: {error}."
        raise Trouble(Kind.INVALID, text) from None


def _worded(kind: Kind, text: str) -> str:
    if kind is Kind.FORBIDDEN:
        return (
            f"{text}\nThe sandbox refused this: a program may compute and read the installed"
            " packages, but not use the network, other files, processes or threads."
        )
    return text


def _too_slow(allowed: Allowance) -> str:
    return f"The program used more than its {allowed.cpu_seconds:g} s of processor time."


def _ended(code: int) -> str:
    if code >= 0:
        return f"it left with code {code}"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"
