"""The chat model behind an endpoint: sends the conversation, retries, counts, explains."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from agent.endpoint.address import checked_key, is_local, shown_url
from agent.endpoint.draft import Draft
from agent.endpoint.failure import (
    WEB_PAGE,
    Failure,
    connection_errors,
)
from agent.endpoint.loose import as_dict, as_text, sendable
from agent.endpoint.stream import Unreadable, events
from agent.messages import Message, ModelError, OnToken, Reply, ToolSpec, Usage
from tools.errors import BadInput
from tools.pricing import (
    Price,
    check_price,
    dollars,
    estimate_tokens,
    read_price,
    read_usage,
)

if TYPE_CHECKING:
    import openai

OPENAI = "https://api.openai.com/v1"
LONGEST_WAIT = 60.0
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 20.0
PROBE_TIMEOUT = 5.0

# Keys and masked keys that a server may quote, besides the one that was sent.
_SECRET = re.compile(r"\bsk-[\w-]{6,}|\S*\*{3,}\S*|(?<=bearer )\S{12,}", re.IGNORECASE)

# Fields that some servers reject by name, with what is lost without them.
_OPTIONAL = {
    "stream_options": (re.compile(r"stream_options|include_usage"), "token counts may be missing"),
    "stream": (
        re.compile(r"(?is)(?=.*\bstream(ing)?\b).*(support|verif|allow|permit|abled|param)"),
        "answers come in one piece",
    ),
}


class Endpoint:
    """A `ChatModel` behind an OpenAI-compatible HTTP endpoint.

    Attributes:
        name: the model's id at the endpoint.
        base_url: the endpoint, without credentials.
        offline: False.
        max_attempts: requests per answer, the first included.
    """

    offline = False

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None,
        api_key: str,
        temperature: float | None = None,
        timeout: float = 60,
        max_attempts: int = 5,
        price: Price | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        """Describes an endpoint; connects to nothing yet.

        Args:
            base_url: up to and including `/v1`; None means OpenAI's own.
            api_key: sent as bearer token; may be empty for a server that asks for none.
            timeout: longest silence in seconds, not the longest answer.
            price: dollars per million (input, output) tokens.
            sleep, clock, rng: how to wait, the time (for `Retry-After` dates), and the jitter.

        Raises:
            BadInput: when a value cannot be used.
        """
        if not model.strip():
            raise BadInput("The model name is empty.", "Set ANSATZ_MODEL or give --model.")
        if max_attempts < 1 or not timeout > 0:
            raise BadInput(
                f"max_attempts={max_attempts} and timeout={timeout} allow no request.",
                "Give at least one attempt and a positive timeout.",
            )
        if price is not None:
            check_price(price)
        self.name = model.strip()
        self.max_attempts = max_attempts
        self._url = (base_url or OPENAI).strip().rstrip("/")
        self.base_url = shown_url(self._url)
        self._key = checked_key(api_key)
        self._temperature = temperature
        self._timeout = timeout
        self._price = price
        self._sleep = sleep
        self._clock = clock
        self._rng = rng or random.Random()
        self._rejected: set[str] = set()
        self._sdk: openai.AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def from_environment(cls, model: str | None, environ: Mapping[str, str]) -> Endpoint:
        """Builds the endpoint that OPENAI_BASE_URL, OPENAI_API_KEY and ANSATZ_* describe.

        Args:
            model: a model id that goes before ANSATZ_MODEL, or None.

        Raises:
            BadInput: when the model or a needed key is missing, or a value cannot be used.
        """
        base_url = environ.get("OPENAI_BASE_URL", "").strip() or None
        key = environ.get("OPENAI_API_KEY", "").strip()
        chosen = (model or environ.get("ANSATZ_MODEL", "")).strip()
        price = environ.get("ANSATZ_PRICE", "").strip()
        where = shown_url(base_url or OPENAI)
        if not chosen:
            raise BadInput(
                f"No model is named for the endpoint {where}.",
                "Set ANSATZ_MODEL or give --model; `ansatz doctor` lists what the endpoint offers.",
            )
        if not key and not is_local(where):
            raise BadInput(
                f"OPENAI_API_KEY is not set, and {where} is not on this machine.",
                "Set OPENAI_API_KEY; any text will do for a server that asks for no key.",
            )
        return cls(
            chosen, base_url=base_url, api_key=key, price=read_price(price) if price else None
        )

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], on_token: OnToken
    ) -> Reply:
        """Answers the conversation so far, trying again where that can help.

        Usage covers the attempt that brought the answer, since endpoints report nothing for the
        others; `requests` counts all of them. Text of an attempt that broke off has been given to
        `on_token` but is no part of the reply; a notice says so.

        Raises:
            ModelError: when no answer can be had, with the remedy in the text.
        """
        notices: list[str] = []
        requests = failures = 0
        while True:
            body = self._body(messages, tools)
            draft = Draft(spec.name for spec in tools)
            failure = await self._attempt(body, draft, on_token)
            requests += 1
            if failure is None:
                return self._finished(draft, body, requests, notices)
            rejected = self._drop_rejected(failure)
            if rejected:
                notices.append(rejected)
                continue
            failures += 1
            await self._raise_if_hopeless(failure, failures)
            seconds = self._wait(failure, failures)
            shown = len(draft.text)
            void = f"; the {shown} characters shown before that are void" if shown else ""
            notices.append(
                f"{self.name}: attempt {failures} of {self.max_attempts} failed "
                f"({self._clean(failure.describe())}); tried again after {seconds:.1f} s{void}"
            )
            await self._sleep(seconds)

    async def probe(self) -> list[str]:
        """Lists the ids of the models that the endpoint offers, in alphabetical order.

        Raises:
            ModelError: when the endpoint does not say, within five seconds.
        """
        import openai

        client = self._client().with_options(timeout=min(PROBE_TIMEOUT, self._timeout))
        try:
            answer = await client.get("/models", cast_to=object)
        except openai.APIStatusError as error:
            failure = Failure.of_status(error, self._clock())
        except connection_errors() as error:
            failure = Failure.of_connection(error)
        except ValueError:
            failure = Failure("the answer is not JSON")
        else:
            listed = answer.get("data") if isinstance(answer, dict) else None
            if isinstance(listed, list):
                return sorted(as_text(as_dict(entry).get("id")) for entry in listed)
            failure = Failure("the answer is not a list of models")
        if failure.status in (401, 403):
            raise self._wrong_key(failure)
        raise ModelError(
            f"{self.base_url}/models does not list models: {self._clean(failure.describe())}.",
            "Check OPENAI_BASE_URL, which usually ends in /v1, and that the server is running.",
        )

    async def close(self) -> None:
        """Releases connections; the endpoint may be used again, in another event loop too."""
        client, self._sdk, self._loop = self._sdk, None, None
        if client is not None:
            await client.close()

    def _client(self) -> openai.AsyncOpenAI:
        """Returns the SDK's client for the running event loop, to which its connections belong."""
        import openai

        loop = asyncio.get_running_loop()
        if self._sdk is None or self._loop is not loop:
            self._loop = loop
            self._sdk = openai.AsyncOpenAI(
                # Never None or empty: the SDK would then look into the process's environment
                # and could send somebody's key or conversation where it was not meant to go.
                api_key=self._key or "none",
                base_url=self._url,
                timeout=openai.Timeout(self._timeout, connect=min(10.0, self._timeout)),
                max_retries=0,
            )
        return self._sdk

    def _body(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [sendable(message) for message in messages],
        }
        if tools:
            body["tools"] = [spec.as_openai() for spec in tools]
        if self._temperature is not None:
            body["temperature"] = self._temperature
        if "stream" not in self._rejected:
            body["stream"] = True
            if "stream_options" not in self._rejected:
                body["stream_options"] = {"include_usage": True}
        return body

    async def _attempt(
        self, body: dict[str, Any], draft: Draft, on_token: OnToken
    ) -> Failure | None:
        """Makes one request and fills the draft; returns why that did not work, or None."""
        import openai

        completions = self._client().chat.completions.with_streaming_response
        try:
            # Leaving this block closes the response on every way out, cancellation included.
            async with completions.create(**body) as response:
                kind = response.headers.get("content-type", "")
                if "html" in kind:
                    return Failure("it is a web page", code=WEB_PAGE)
                whole = "json" in kind or "stream" not in body
                async with aclosing(events(response, whole)) as arriving:
                    async for event in arriving:
                        if piece := draft.add(event):
                            on_token(piece)
        except openai.APIStatusError as error:
            return Failure.of_status(error, self._clock())
        except connection_errors() as error:
            # What comes after the finish reason is only the usage: the answer is whole.
            return None if draft.finish else Failure.of_connection(error)
        except openai.APIError as error:
            return Failure.of_event(error.body if error.body is not None else error.message)
        except Unreadable as error:
            return None if draft.finish else Failure(str(error))
        return draft.failure()

    def _finished(
        self, draft: Draft, body: dict[str, Any], requests: int, notices: list[str]
    ) -> Reply:
        calls = draft.tool_calls(body["messages"])
        counted = read_usage(draft.usage)
        if counted is None:
            sent = json.dumps([body["messages"], body.get("tools", [])], ensure_ascii=False)
            received = draft.text + "".join(call.name + call.raw for call in calls)
            counted = estimate_tokens(sent), estimate_tokens(received)
            notices.append(
                f"{self.name}: the endpoint reported no usable token counts; "
                "they are estimated from the number of characters"
            )
        if draft.finish == "content_filter":
            notices.append(f"{self.name}: the endpoint's content filter ended the answer")
        elif not draft.text and not calls:
            notices.append(f"{self.name}: the answer is empty")
        finish = "length" if draft.finish == "length" else "tool_calls" if calls else "stop"
        usage = Usage(*counted, dollars(self._price, *counted), requests)
        return Reply(draft.text, calls, usage, self.name, finish, tuple(notices))

    def _drop_rejected(self, failure: Failure) -> str | None:
        """Stops sending an optional field that the server rejects; returns the notice, or None."""
        if failure.status not in (400, 422) or failure.is_overflow:
            return None
        for name, (pattern, loss) in _OPTIONAL.items():
            if name not in self._rejected and pattern.search(failure.message):
                self._rejected.add(name)
                return f"{self.name}: the endpoint rejects `{name}`; {loss}"
        return None

    def _wait(self, failure: Failure, failures: int) -> float:
        """Returns the seconds until the next attempt: as told, or exponential with jitter."""
        if failure.wait is not None:
            return min(failure.wait, LONGEST_WAIT)
        longest = min(FIRST_BACKOFF * 2.0 ** (failures - 1), LONGEST_BACKOFF)
        return longest * self._rng.uniform(0.5, 1.0)

    async def _raise_if_hopeless(self, failure: Failure, failures: int) -> None:
        """Raises the error for a failure that another attempt would not mend.

        Raises:
            ModelError: with the remedy that fits the failure.
        """
        status, told = failure.status, self._clean(failure.describe())
        if status in (401, 403):
            raise self._wrong_key(failure)
        if failure.code == WEB_PAGE:
            raise ModelError(
                f"{self.base_url} answered, but {told}.",
                "Check OPENAI_BASE_URL; it usually ends in /v1.",
            )
        if status == 404 or failure.code == "model_not_found":
            raise await self._unknown_model(told)
        if failure.code == "insufficient_quota":
            raise ModelError(
                f"The quota of the key in OPENAI_API_KEY at {self.base_url} is used up ({told}).",
                "Check plan and billing there, set another key, or use the offline planner.",
            )
        if failure.is_overflow:
            raise ModelError(
                f"The conversation is too long for {self.name} ({told}).",
                "Start a new thread, or choose a model with a larger context.",
            )
        if status is not None and status < 500 and status not in (408, 409, 429):
            lacks_tools = re.search(r"not support \w*\s?(tool|function)", failure.message)
            raise ModelError(
                f"{self.base_url} rejected the request to {self.name} ({told}).",
                "Choose a model that can call tools."
                if lacks_tools
                else "Check the model's settings; `ansatz doctor` tests the endpoint.",
            )
        if failures >= self.max_attempts:
            raise ModelError(
                f"{self.name} at {self.base_url} gave no answer in {failures} attempts; "
                f"the last failed with: {told}.",
                "Wait, then ask again; the thread is kept."
                if status == 429
                else "Check that the server at OPENAI_BASE_URL is running and reachable, or use "
                "the offline planner.",
            )

    def _wrong_key(self, failure: Failure) -> ModelError:
        return ModelError(
            f"{self.base_url} refused the key in OPENAI_API_KEY "
            f"({self._clean(failure.describe())}).",
            f"Set OPENAI_API_KEY to a key that is valid there{'' if self._key else '; it is empty'}"
            ", or OPENAI_BASE_URL to the endpoint that the key belongs to.",
        )

    async def _unknown_model(self, told: str) -> ModelError:
        try:
            offered = await self.probe()
        except ModelError:
            return ModelError(
                f"{self.base_url} does not know {self.name} ({told}) and lists no models.",
                "Check ANSATZ_MODEL, and that OPENAI_BASE_URL ends where the API begins, "
                "usually in /v1.",
            )
        shown = ", ".join(offered[:20]) + (
            f" and {len(offered) - 20} more" if len(offered) > 20 else ""
        )
        return ModelError(
            f"{self.base_url} does not know the model {self.name} ({told}).",
            f"Set ANSATZ_MODEL or give --model; it offers: {shown or 'no model at all'}.",
        )

    def _clean(self, text: str) -> str:
        """Returns a server's text as one short line without the key."""
        if self._key:
            # A dummy key such as `x` must not be cut out of other words.
            key = re.escape(self._key)
            text = re.sub(key if len(key) >= 8 else rf"(?<!\w){key}(?!\w)", "[key]", text)
        line = " ".join(_SECRET.sub("[key]", text).split())
        return line if len(line) <= 300 else line[:297] + "..."
