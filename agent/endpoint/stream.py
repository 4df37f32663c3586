"""The events of a streamed answer, or of a plain one as if it had been streamed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from agent.endpoint.loose import as_dict, as_list

if TYPE_CHECKING:
    import openai


class Unreadable(Exception):
    """The server sent something that is neither an event nor JSON."""


async def events(
    response: openai.AsyncAPIResponse[Any], whole: bool
) -> AsyncGenerator[object, None]:
    """Yields the events of a stream, or a whole plain answer as if it were a single event.

    Raises:
        openai.APIError: when an event is an error object.
        Unreadable: when the server sent no JSON.
    """
    import openai

    try:
        if whole:
            answer = as_dict(await response.json())
            if answer.get("error"):
                request = response.http_request
                raise openai.APIError("error in the answer", request, body=answer["error"])
            choices = [
                {**choice, "delta": choice.get("message")}
                for choice in map(as_dict, as_list(answer.get("choices")))
            ]
            yield {**answer, "choices": choices}
            return
        events = await response.parse(to=openai.AsyncStream[object])
        while (event := await anext(events, _END)) is not _END:
            yield event
    except ValueError as error:
        raise Unreadable(f"the answer is not readable: {error}") from None


_END = object()
