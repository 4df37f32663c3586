"""What a solver may touch: the chat model, behind the caches, the pace and the limits."""

from __future__ import annotations

import time
from collections.abc import Sequence

from agent.messages import ChatModel, Message, Reply, ToolSpec, Usage
from evals.limits import LimitReached, Limits, Pace
from evals.replies import ReplyStore, request_key
from evals.sample import Sample


class Lanes:
    """What all samples of a run share.

    Attributes:
        model: the chat model under test.
        own: replies of this run, so that a resumed run repeats no paid call.
        shared: replies of all runs, or None when they are not wanted.
        pace: when the next request may leave.
        paid: usage of the requests that were really sent by this process.
    """

    def __init__(
        self, model: ChatModel, own: ReplyStore, shared: ReplyStore | None, pace: Pace
    ) -> None:
        self.model = model
        self.own = own
        self.shared = None if model.offline else shared
        self.pace = pace
        self.paid = Usage()


class Context:
    """The handle a solver is given for one sample and epoch.

    Attributes:
        sample: the sample.
        epoch: counted from 0; part of each request's key, so that epochs are separate draws.
        usage: of all replies so far, wherever they came from.
        last: text of the last reply; what is scored when a limit ends the work.
    """

    def __init__(self, lanes: Lanes, sample: Sample, epoch: int, limits: Limits) -> None:
        self.sample = sample
        self.epoch = epoch
        self.usage = Usage()
        self.last = ""
        self._lanes = lanes
        self._limits = limits
        self._start = time.monotonic()

    @property
    def model(self) -> ChatModel:
        """The model under test as a `ChatModel` whose replies are counted, cached and limited."""
        return _Counted(self)

    async def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> Reply:
        """Asks the model under test.

        Raises:
            LimitReached: when the sample has used up what it may use.
            ModelError: when no reply can be had.
        """
        used = self._limits.exceeded(self.usage, time.monotonic() - self._start)
        if used:
            raise LimitReached(used, f"Sample {self.sample.id} reached its limit of {used}.")
        lanes = self._lanes
        key = request_key(lanes.model, messages, tools, self.epoch)
        reply = lanes.own.get(key)
        if reply is None and lanes.shared is not None:
            reply = lanes.shared.get(key)
            if reply is not None:
                lanes.own.put(key, reply)
        if reply is None:
            await lanes.pace.wait()
            reply = await lanes.model.reply(messages, tools, lambda _: None)
            # Kept before anything else happens: it is paid for.
            lanes.own.put(key, reply)
            if lanes.shared is not None:
                lanes.shared.put(key, reply)
            lanes.paid += reply.usage
        self.usage += reply.usage
        self.last = reply.text or self.last
        return reply


class _Counted:
    """A `ChatModel` that goes through a context; what the whole agent is given under test."""

    def __init__(self, context: Context) -> None:
        inner = context._lanes.model
        self.name = inner.name
        self.offline = inner.offline
        self._context = context

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], on_token: object
    ) -> Reply:
        return await self._context.reply(messages, tools)

    async def close(self) -> None:
        """Leaves the shared connection open; the run closes it."""
