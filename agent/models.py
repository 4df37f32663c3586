"""Which chat model answers: an endpoint that was named, else the embedded planner."""

from __future__ import annotations

from collections.abc import Mapping

from agent.messages import ChatModel

OFFLINE = "offline"


def choose(name: str | None, environ: Mapping[str, str]) -> tuple[ChatModel | None, str]:
    """Returns the endpoint to use, or None for the embedded planner, and a notice or "".

    Args:
        name: what the user asked for: a model's name, `offline`, or None to decide by the
            environment (`ANSATZ_MODEL` with OPENAI_API_KEY or OPENAI_BASE_URL).

    Raises:
        ModelError: when a model was asked for and no endpoint is configured.
    """
    wanted = name or environ.get("ANSATZ_MODEL")
    configured = environ.get("OPENAI_API_KEY") or environ.get("OPENAI_BASE_URL")
    if wanted == OFFLINE or (not wanted and not configured):
        return None, ""
    if not wanted:
        return None, (
            "an endpoint is configured but no model is named, so the offline planner answers; "
            "set ANSATZ_MODEL or give --model"
        )
    from agent.endpoint import Endpoint

    return Endpoint.from_environment(wanted, environ), ""
