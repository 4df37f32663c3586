"""Drawing answers from an OpenAI-compatible endpoint (vLLM and the like).

One request for each answer, each with a seed of its own: every server understands that, the cache
can grow, and servers that share prefixes pay for the prompt once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools.endpoint import Endpoint, Rejected
from tools.errors import BadInput
from tools.passn.sample import Sample, SampleCache, _check, _seed


class EndpointSampler:
    """Draws from an endpoint's chat completions.

    Args:
        model: the model's name at the endpoint.
        endpoint: where to ask, and how patiently.
        concurrency: requests in flight.
        cache: where answers are kept.
    """

    def __init__(
        self,
        model: str,
        endpoint: Endpoint,
        *,
        concurrency: int = 8,
        cache: SampleCache | None = None,
    ) -> None:
        if concurrency < 1:
            raise BadInput(f"concurrency = {concurrency} is below 1.", "Allow at least one.")
        self._model, self._endpoint = model, endpoint
        self._concurrency, self._cache = concurrency, cache

    def sample(
        self, prompt: str, n: int, *, temperature: float, max_tokens: int, seed: int
    ) -> list[Sample]:
        """Draws `n` answers in a fixed order; more of the same seed begin with the same requests.

        May be called from any thread; an event loop that runs there waits meanwhile.

        Raises:
            BadInput: if n < 1, max_tokens < 1 or the temperature is not positive, or the endpoint
                refuses the request.
            Unavailable: if the endpoint cannot be reached or keeps failing.
        """
        _check(n, temperature, max_tokens)
        bodies = [
            {
                "model": self._model,
                "messages": [{"role": "user", "content": prompt}],
                "temperature": temperature,
                "max_tokens": max_tokens,
                "seed": _seed(seed, index),
            }
            for index in range(n)
        ]
        if not _runs_a_loop():
            return asyncio.run(self._all(bodies))
        with ThreadPoolExecutor(1) as thread:  # a thread has one event loop at a time
            return thread.submit(asyncio.run, self._all(bodies)).result()

    async def _all(self, bodies: Sequence[Mapping[str, Any]]) -> list[Sample]:
        """Draws all; the first failure ends what is in flight, and nothing more is sent."""
        drawn: dict[int, Sample] = {}
        waiting = iter(enumerate(bodies))

        async def draw() -> None:
            for index, body in waiting:
                drawn[index] = await self._one(body)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._concurrency, len(bodies))):
                    group.create_task(draw())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return [drawn[index] for index in range(len(bodies))]

    async def _one(self, body: Mapping[str, Any]) -> Sample:
        request = {"url": f"{self._endpoint.url}/chat/completions", **body}
        if self._cache is not None and (kept := self._cache.get(request)):
            return kept[0]
        try:
            reply = await self._endpoint.chat(**body)
        except Rejected as error:
            raise BadInput(error.problem, error.remedy) from None
        tokens = None if reply.estimated else reply.tokens_out
        sample = Sample(reply.text, None, tokens, "length" if reply.finish == "length" else "stop")
        if self._cache is not None:
            self._cache.put(request, [sample])
        return sample


def _runs_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
