"""Any OpenAI-compatible endpoint as a chat model: streams, retries, counts, explains failures.

`client` sends the conversation, `stream` yields events, a `draft` assembles them, and a `failure`
says why an attempt brought nothing. Events are read as plain dictionaries (`loose`) and never as
the SDK's types: compatible servers leave out, repeat and misspell fields, and only the fields used
here have to make sense.
"""

from agent.endpoint.client import Endpoint

__all__ = ["Endpoint"]
