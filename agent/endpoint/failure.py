"""Why an attempt brought nothing, and whether another one is worth its wait."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.endpoint.loose import as_dict, as_text

if TYPE_CHECKING:
    import openai

OVERFLOW = re.compile(
    r"context[ _-]?(length|window|size)|(maximum|max|available) context|exceed_context"
    r"|prompt is too long|input is too long|too many (input )?tokens|request too large"
    r"|reduce the length",
    re.IGNORECASE,
)
TOO_LARGE = re.compile(r"request too large", re.IGNORECASE)
# Our own word for an answer that comes from no API at all.
WEB_PAGE = "web_page"


@dataclass(frozen=True)
class Failure:
    """Why an attempt brought no answer.

    Attributes:
        message: what the server or the connection said, uncleaned: it may contain the key.
        status: the HTTP status, or None when there was none.
        code: the endpoint's word for the failure, or an empty string.
        wait: seconds that the server asks to wait, or None.
    """

    message: str
    status: int | None = None
    code: str = ""
    wait: float | None = None

    @classmethod
    def of_status(cls, error: openai.APIStatusError, now: float) -> Failure:
        """Reads an HTTP error."""
        code, message = explained(error.body)
        wait = retry_after(error.response.headers, now)
        return cls(message or "no explanation", error.status_code, code, wait)

    @classmethod
    def of_connection(cls, error: Exception) -> Failure:
        """Reads a connection that failed, with the cause below the SDK's general words."""
        if "Timeout" in type(error).__name__:
            return cls("timed out without a word from the server")
        cause = str(error.__cause__ or "").strip()
        said = str(error).rstrip(".") or type(error).__name__
        return cls(f"{said}: {cause}" if cause else said)

    @classmethod
    def of_event(cls, body: object) -> Failure:
        """Reads an error object that came with status 200, as gateways send it in mid-stream."""
        code, message = explained(body)
        status = int(code) if code.isdecimal() else None
        if status is None and as_text(as_dict(body).get("type")) == "invalid_request_error":
            status = 400
        return cls(message or "an error without explanation", status, code)

    @property
    def is_overflow(self) -> bool:
        """Whether the conversation did not fit."""
        if self.code == "context_length_exceeded" or self.status == 413:
            return True
        # "Too many tokens" may mean too many a minute, unless one request alone is too large.
        pattern = TOO_LARGE if self.status == 429 else OVERFLOW
        return bool(pattern.search(self.message))

    def describe(self) -> str:
        """Returns the status and the message."""
        return self.message if self.status is None else f"HTTP {self.status}: {self.message}"


def connection_errors() -> tuple[type[Exception], ...]:
    """Returns the errors of a broken connection, those that the SDK does not wrap included.

    It wraps errors of the HTTP library while it waits for an answer, but not while a plain body
    is read, and version 2 not while it streams. The library is httpx or httpx2.
    """
    import openai

    loaded = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    return (openai.APIConnectionError, *(module.RequestError for module in loaded))


def explained(body: object) -> tuple[str, str]:
    """Returns (code, message) of an error body, whichever of the usual shapes it has."""
    if isinstance(body, str):
        return "", body
    told = as_dict(body)
    code = told.get("code") or told.get("type") or ""
    message = told.get("message") or told.get("detail") or told
    text = message if isinstance(message, str) else json.dumps(message) if message else ""
    param = as_text(told.get("param"))
    return str(code), f"{text} (param {param})" if param and param not in text else text


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Returns the seconds that `retry-after-ms` or `Retry-After` ask for, or None."""
    from email.utils import parsedate_to_datetime

    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text) * unit
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, date.timestamp() - now)
