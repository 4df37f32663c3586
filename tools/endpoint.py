"""A small client for OpenAI-compatible chat completions: standard library, asyncio, no streaming.

    endpoint = Endpoint("http://127.0.0.1:8000/v1")
    reply = await endpoint.chat("my-model", [{"role": "user", "content": "..."}])

A request can be cancelled at any moment. Overload and broken connections are tried again, with
growing waits or as long as the server asks. Proxies are not supported.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from tools.errors import BadInput, Unavailable

DEFAULT_URL = "https://api.openai.com/v1"
CHARACTERS_PER_TOKEN = 4
"""A rule of thumb, used only where an endpoint reports no usage."""

_RETRIED = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_LONGEST_WAIT = 300.0  # seconds between two attempts, whatever the server asks
_LARGEST_REPLY = 64 << 20  # bytes

Message = Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What a model answered.

    Attributes:
        text: its words; may be empty.
        tokens_in, tokens_out: as the endpoint reports them.
        estimated: whether it reported none, and they were estimated from the text's length.
        seconds: time from the first attempt to the answer.
        attempts: requests it took.
    """

    text: str
    tokens_in: int
    tokens_out: int
    estimated: bool
    seconds: float
    attempts: int


class Rejected(Unavailable):
    """The endpoint will not answer this request, however often it is asked.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, problem: str, remedy: str, status: int) -> None:
        super().__init__(problem, remedy)
        self.status = status


class _Failed(Exception):
    """One attempt brought nothing; `wait` is what the server asks for."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Endpoint:
    """An endpoint and how patiently it is asked.

    Attributes:
        url: up to and including the version, such as `http://127.0.0.1:8000/v1`.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str = "",
        *,
        timeout: float = 600.0,
        attempts: int = 6,
        first_wait: float = 1.0,
    ) -> None:
        """Checks the address; connects with the first request.

        Args:
            url: base address.
            api_key: sent as a bearer token; never shown.
            timeout: seconds that one attempt may take.
            attempts: requests made at most for one answer.
            first_wait: seconds before the second attempt; doubles with each further one.

        Raises:
            BadInput: if the address is not one.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(
                f"The endpoint's address {url!r} is no web address.",
                "Give one such as http://127.0.0.1:8000/v1.",
            )
        self.url = url.rstrip("/")
        self._parts, self._key = parts, api_key
        self._timeout, self._attempts, self._first_wait = timeout, attempts, first_wait

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Endpoint:
        """Reads `OPENAI_BASE_URL` and `OPENAI_API_KEY`.

        Raises:
            Unavailable: if neither is set.
        """
        environ = os.environ if environ is None else environ
        url, key = environ.get("OPENAI_BASE_URL", ""), environ.get("OPENAI_API_KEY", "")
        if not (url or key):
            raise Unavailable(
                "No endpoint is configured.",
                "Set OPENAI_BASE_URL (a local server needs no key) or OPENAI_API_KEY.",
            )
        return cls(url or DEFAULT_URL, key)

    async def chat(self, model: str, messages: Sequence[Message], **options: Any) -> Reply:
        """Returns a model's answer.

        Args:
            model: as the endpoint names it.
            messages: with `role` and `content`.
            options: further fields of the request, such as `temperature` or `response_format`.

        Raises:
            Rejected: if the endpoint refuses the request: key, model, length or format.
            Unavailable: if no attempt brought an answer.
        """
        request = {"model": model, "messages": [dict(m) for m in messages], **options}
        body = json.dumps(request).encode()
        begun = time.monotonic()
        failed: _Failed | None = None
        for attempt in range(1, self._attempts + 1):
            try:
                async with asyncio.timeout(self._timeout):
                    status, headers, answer = await self._post("/chat/completions", body)
                self._check(status, headers, answer)
                return _read(answer, body, time.monotonic() - begun, attempt)
            except _Failed as error:
                failed = error
            except TimeoutError:
                failed = _Failed(f"no answer within {self._timeout:g} s")
            except (OSError, asyncio.IncompleteReadError, ssl.SSLError) as error:
                failed = _Failed(str(error) or type(error).__name__)
            if attempt < self._attempts:
                await asyncio.sleep(self._pause(attempt, failed.wait))
        raise Unavailable(
            f"{self.url} gave no answer in {self._attempts} attempts: {self._clean(str(failed))}.",
            "Check the address and the server, or try again later; what is logged is kept.",
        )

    def _pause(self, attempt: int, asked: float | None) -> float:
        """Returns the seconds to wait; a little at random, so that clients do not come in step."""
        if asked is not None:
            return min(asked, _LONGEST_WAIT)
        grown: float = (
            self._first_wait * 2 ** (attempt - 1) * random.SystemRandom().uniform(0.75, 1.25)
        )
        return min(grown, _LONGEST_WAIT)

    def _check(self, status: int, headers: Mapping[str, str], answer: bytes) -> None:
        if status == 200:
            return
        told = self._clean(_explained(answer))
        if status in _RETRIED:
            raise _Failed(f"HTTP {status}: {told}", _retry_after(headers))
        remedies = {
            401: "Set OPENAI_API_KEY to a key of this endpoint.",
            403: "Set OPENAI_API_KEY to a key that may use this model.",
            404: "Check the address (it usually ends in /v1) and the model's name.",
        }
        remedy = remedies.get(status, "Check the model's name and the length of the request.")
        raise Rejected(f"{self.url} refused the request, HTTP {status}: {told}.", remedy, status)

    def _clean(self, text: str) -> str:
        """Removes the key, which some servers echo."""
        text = " ".join(text.split())[:500].rstrip(".")
        return text.replace(self._key, "***") if self._key else text

    async def _post(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = self._parts
        secure = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if secure else 80)
        reader, writer = await asyncio.open_connection(
            parts.hostname, port, ssl=secure, limit=_LARGEST_REPLY
        )
        try:
            lines = [
                f"POST {parts.path.rstrip('/')}{path} HTTP/1.1",
                f"Host: {parts.netloc.rpartition('@')[2]}",
                "Content-Type: application/json",
                "Accept: application/json",
                f"Content-Length: {len(body)}",
                "Connection: close",
            ]
            if self._key:
                lines.append(f"Authorization: Bearer {self._key}")
            writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            await writer.drain()
            return await _response(reader)
        finally:
            writer.close()


async def _response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Reads a response: RFC 9112, sections 4 to 7."""
    try:
        while True:
            status = int((await reader.readline()).split(maxsplit=2)[1])
            headers: dict[str, str] = {}
            while line := (await reader.readline()).strip():
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            if status >= 200:
                break
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return status, headers, await _chunks(reader)
        if "content-length" in headers:
            length = min(int(headers["content-length"]), _LARGEST_REPLY)
            return status, headers, await reader.readexactly(length)
        return status, headers, await reader.read(_LARGEST_REPLY)
    except (IndexError, ValueError) as error:
        raise _Failed("what came back is not HTTP, or was cut short") from error


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    pieces: list[bytes] = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        if sum(map(len, pieces)) + size > _LARGEST_REPLY:
            raise _Failed("the answer is too long")
        pieces.append(await reader.readexactly(size))
        await reader.readline()
    return b"".join(pieces)


def _read(answer: bytes, request: bytes, seconds: float, attempts: int) -> Reply:
    """Reads a completion; what is none may be one the next time."""
    try:
        told = json.loads(answer)
        message = told["choices"][0]["message"]
        text = message.get("content") or ""
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _Failed(f"the answer is no completion: {_explained(answer)}") from error
    if not isinstance(text, str):
        raise _Failed("the answer's content is no text")
    usage = told.get("usage")
    counts = [
        usage.get(name) if isinstance(usage, dict) else None
        for name in ("prompt_tokens", "completion_tokens")
    ]
    given, received = (n if type(n) is int and n >= 0 else None for n in counts)
    estimated = given is None or received is None
    if given is None or received is None:
        given, received = (math.ceil(len(t) / CHARACTERS_PER_TOKEN) for t in (request, text))
    return Reply(text, given, received, estimated, seconds, attempts)


def _explained(answer: bytes) -> str:
    text = answer.decode("utf-8", "replace")
    try:
        told = json.loads(text)
        error = told.get("error", told)
        return str(error.get("message") or error) if isinstance(error, dict) else str(error)
    except (ValueError, AttributeError, RecursionError):
        return text or "no explanation"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Returns the seconds that `retry-after-ms` or `Retry-After` ask for, or None."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "")
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text) * unit
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    except (KeyError, ValueError):
        return None
