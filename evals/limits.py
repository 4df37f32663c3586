"""What a sample or a whole run may use, and how fast requests may leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields

from agent.messages import Usage
from tools.errors import AnsatzError, BadInput


class LimitReached(AnsatzError):
    """A limit ended the work on a sample; what was answered so far is scored all the same.

    Attributes:
        limit: the name of the limit.
    """

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


@dataclass(frozen=True)
class Limits:
    """Upper bounds; None means unbounded.

    Attributes:
        tokens: tokens in and out together.
        dollars: money, counted where the price is known.
        seconds: wall-clock time.
    """

    tokens: int | None = None
    dollars: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is not None and not value > 0:
                raise BadInput(f"The limit {item.name} = {value} allows nothing.", "Give more.")

    def exceeded(self, usage: Usage, seconds: float) -> str:
        """Returns the name of the first limit that is used up, or ""."""
        if self.tokens is not None and usage.input_tokens + usage.output_tokens >= self.tokens:
            return "tokens"
        if self.dollars is not None and (usage.dollars or 0.0) >= self.dollars:
            return "dollars"
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        return ""


class Pace:
    """Lets at most so many requests leave in a minute, evenly spaced.

    Args:
        per_minute: requests; None: as fast as they come.
        sleep, clock: how to wait, and the time in seconds.
    """

    def __init__(
        self,
        per_minute: float | None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if per_minute is not None and not per_minute > 0:
            raise BadInput(f"requests_per_minute = {per_minute} lets nothing leave.", "Give more.")
        self._gap = 0.0 if per_minute is None else 60.0 / per_minute
        self._next = 0.0
        self._sleep = sleep
        self._clock = clock

    async def wait(self) -> None:
        """Returns when the next request may leave."""
        if not self._gap:
            return
        now = self._clock()
        start = max(now, self._next)
        self._next = start + self._gap
        if start > now:
            await self._sleep(start - now)
