"""Drawing answers from an OpenAI-compatible endpoint (vLLM and the like), by plain HTTP.

One request for each answer, each with a seed of its own: every server understands that, the cache
can grow, and servers that share prefixes pay for the prompt once.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any

from tools.errors import BadInput, Unavailable
from tools.passn.sample import Sample, SampleCache, _check, _seed

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0  # seconds


class EndpointSampler:
    """Draws from `POST base_url/chat/completions`.

    Args:
        model: the model's name at the endpoint.
        base_url: address ending in /v1.
        concurrency: requests in flight.
        tries: attempts for one answer; passing failures (429, 5xx, lost connections, unreadable
            answers) are tried again, after what Retry-After says or with doubling waits.
        timeout: seconds for one attempt.
        cache: where answers are kept.
        key: bearer key; `OPENAI_API_KEY` by default. It is never stored or shown.
        sleep: waits; tests replace it.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        concurrency: int = 8,
        tries: int = 6,
        timeout: float = 600.0,
        cache: SampleCache | None = None,
        key: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise BadInput(f"base_url = {base_url!r} is no address.", "Begin it with http(s)://.")
        if concurrency < 1 or tries < 1:
            raise BadInput(f"concurrency = {concurrency} and tries = {tries} must be at least 1.")
        self._model, self._url = model, base_url.rstrip("/") + "/chat/completions"
        self._concurrency, self._tries, self._timeout = concurrency, tries, timeout
        self._cache, self._sleep = cache, sleep
        self._key = os.environ.get("OPENAI_API_KEY", "") if key is None else key
        self._opener = urllib.request.build_opener(_NoRedirect)

    def sample(
        self, prompt: str, n: int, *, temperature: float, max_tokens: int, seed: int
    ) -> list[Sample]:
        """Draws `n` answers in a fixed order; more of the same seed begin with the same requests.

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
        with ThreadPoolExecutor(min(self._concurrency, n)) as threads:
            futures = [threads.submit(self._one, body) for body in bodies]
            try:
                return [future.result() for future in futures]
            finally:
                # After a failure nothing that still waits is worth sending.
                threads.shutdown(wait=False, cancel_futures=True)

    def _one(self, body: Mapping[str, Any]) -> Sample:
        request = {"url": self._url, **body}
        if self._cache is not None and (kept := self._cache.get(request)):
            return kept[0]
        trouble, wait = "", _FIRST_WAIT
        for attempt in range(self._tries):
            if attempt:
                self._sleep(wait)
            try:
                sample = _read(self._post(body))
            except urllib.error.HTTPError as error:
                trouble = f"status {error.code}: {self._without_key(_message(error))}"
                if error.code not in _PASSING:
                    raise BadInput(f"{self._url} refused a request with {trouble}") from None
                asked = _retry_after(error.headers.get("Retry-After"))
                wait = _FIRST_WAIT * 2**attempt if asked is None else asked
            except (OSError, HTTPException, _Unreadable) as error:
                trouble, wait = str(error) or type(error).__name__, _FIRST_WAIT * 2**attempt
            else:
                if self._cache is not None:
                    self._cache.put(request, [sample])
                return sample
            wait = min(wait, _LONGEST_WAIT)
        raise Unavailable(
            f"{self._url} gave no answer in {self._tries} tries; the last: {trouble}",
            "Check that the server runs; answers drawn so far are kept, run again to go on.",
        )

    def _post(self, body: Mapping[str, Any]) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url, json.dumps(body).encode(), headers)
        with self._opener.open(request, timeout=self._timeout) as response:
            data: bytes = response.read()
        return data

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


class _Unreadable(Exception):
    """An answer with status 200 that is not what was asked for."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would carry the key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _read(data: bytes) -> Sample:
    try:
        answer = json.loads(data)
        choice = answer["choices"][0]
        text = choice["message"]["content"] or ""
        usage = answer.get("usage") or {}
        tokens = usage.get("completion_tokens")
        finish = "length" if choice.get("finish_reason") == "length" else "stop"
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise _Unreadable(f"an answer without choices: {data[:200]!r}") from None
    if not isinstance(text, str):
        raise _Unreadable(f"a message without text: {data[:200]!r}")
    return Sample(text, None, tokens if isinstance(tokens, int) else None, finish)


def _message(error: urllib.error.HTTPError) -> str:
    data = error.read(4096)
    try:
        return str(json.loads(data)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return data[:200].decode(errors="replace").strip() or "no message"


def _retry_after(value: str | None) -> float | None:
    """Reads Retry-After, in seconds or as a date; None when there is none to read."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
