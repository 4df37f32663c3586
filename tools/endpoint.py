"""A small client for OpenAI-compatible chat completions: asyncio, no streaming.

    endpoint = Endpoint("http://127.0.0.1:8000/v1")
    reply = await endpoint.chat("my-model", [{"role": "user", "content": "..."}])

A request can be cancelled at any moment. Overload and broken connections are tried again, with
growing waits or as long as the server asks. The environment's proxies are used. Redirects are not
followed, because the key would go along.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tools.errors import BadInput, Unavailable
from tools.pricing import estimate_tokens, read_usage

if TYPE_CHECKING:
    import ssl

    import httpx

DEFAULT_URL = "https://api.openai.com/v1"

_RETRIED = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_LONGEST_WAIT = 300.0  # seconds between two attempts, whatever the server asks
_LARGEST_REPLY = 64 << 20  # bytes

Message = Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What a model answered.

    Attributes:
        text: its words; may be empty.
        finish: why it ended, in the endpoint's word: `stop`, `length` (cut at the limit) or
            another; empty where it tells none.
        tokens_in, tokens_out: as the endpoint reports them.
        estimated: whether it reported none, and they were estimated from the text's length.
        seconds: time from the first attempt to the answer.
        attempts: requests it took.
    """

    text: str
    finish: str
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
            BadInput: if the address is not one, or the key cannot be sent.
        """
        if not _is_address(url):
            raise BadInput(
                f"The endpoint's address {url!r} is no web address.",
                "Give one such as http://127.0.0.1:8000/v1.",
            )
        self.url, self._key = url.rstrip("/"), api_key.strip()
        parts = urlsplit(self.url)
        # A name and password in it would take the key's place.
        self._address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._tls: ssl.SSLContext | None = None
        if not re.fullmatch("[!-~]*", self._key):
            raise BadInput(
                "The endpoint's key has a blank, a line break or a letter beyond ASCII in it.",
                "Set OPENAI_API_KEY again.",
            )
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
            if attempt < self._attempts:
                await asyncio.sleep(self._pause(attempt, failed.wait))
        raise Unavailable(
            f"{self.url} gave no answer in {self._attempts} attempts: {self._clean(str(failed))}.",
            "Check the address and the server, or try again later; what was kept so far stays.",
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
        if 300 <= status < 400:
            target = self._clean(headers.get("location", "")) or "an address it does not name"
            problem = f"{self.url} redirects to {target}, HTTP {status}; the key is not sent there."
            remedy = "If you trust that address, give it as the endpoint's, up to and with its /v1."
            raise Rejected(problem, remedy, status)
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
        text = text.replace(self._key, "***") if self._key else text
        return " ".join(text.split())[:500].rstrip(".")

    async def _post(self, path: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        import httpx  # a fifth of a second, and most who import this ask no endpoint

        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        answer = bytearray()
        try:
            async with (
                self._client() as client,
                client.stream("POST", self._address + path, content=body, headers=headers) as told,
            ):
                async for piece in told.aiter_bytes():
                    answer += piece
                    if len(answer) > _LARGEST_REPLY:
                        raise _Failed("the answer is too long")
                return told.status_code, told.headers, bytes(answer)
        except httpx.HTTPError as error:
            raise _Failed(str(error) or type(error).__name__) from error

    def _client(self) -> httpx.AsyncClient:
        import httpx

        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        try:
            return httpx.AsyncClient(timeout=None, verify=self._tls)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise Unavailable(
                f"The environment's proxy cannot be used: {error}.",
                "Set HTTPS_PROXY, HTTP_PROXY and ALL_PROXY to HTTP proxies, or unset them.",
            ) from error


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(re.fullmatch("(?i)https?://[!-~]+", url) and parts.hostname and parts.port != 0)
    except ValueError:  # brackets or a port that cannot be
        return False


def _read(answer: bytes, request: bytes, seconds: float, attempts: int) -> Reply:
    """Reads a completion; what is none may be one the next time."""
    try:
        told = json.loads(answer)
        choice = told["choices"][0]
        text, finish = choice["message"].get("content") or "", choice.get("finish_reason") or ""
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _Failed(f"the answer is no completion: {_explained(answer)}") from error
    if not isinstance(text, str):
        raise _Failed("the answer's content is no text")
    counted = read_usage(told.get("usage"))
    tokens = counted or (estimate_tokens(request), estimate_tokens(text))
    return Reply(text, str(finish), *tokens, counted is None, seconds, attempts)


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
