"""One answer, assembled from the pieces of its stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.endpoint.failure import Failure
from agent.endpoint.loose import as_dict, as_json, as_list, as_text, read_arguments
from agent.messages import Message, ToolCall


@dataclass
class CallDraft:
    """A tool call whose pieces are still coming in."""

    slot: int
    id: str = ""
    name: str = ""
    raw: str = ""

    @property
    def complete(self) -> bool:
        """Whether the pieces so far are a whole JSON object."""
        return read_arguments(self.raw)[1] is None and bool(self.raw)


class Draft:
    """Assembles one answer from the events of its stream.

    Attributes:
        text: the text so far, refusals included.
        finish: the endpoint's finish reason, or None while the answer is not whole.
        usage: the last usage report, as it came.
    """

    def __init__(self, tool_names: Iterable[str] = ()) -> None:
        self.text = ""
        self.finish: str | None = None
        self.usage: object = None
        self._any_choice = False
        self._known = frozenset(tool_names)
        self._calls: list[CallDraft] = []

    def add(self, event: object) -> str:
        """Takes in one event and returns the text that it adds."""
        chunk = as_dict(event)
        if chunk.get("usage") is not None:
            self.usage = chunk["usage"]
        piece = ""
        for choice in map(as_dict, as_list(chunk.get("choices"))):
            # Only one choice is asked for; a second one would be woven into the first.
            if choice.get("index", 0) not in (0, None):
                continue
            self._any_choice = True
            delta = as_dict(choice.get("delta"))
            piece += as_text(delta.get("content")) + as_text(delta.get("refusal"))
            for position, entry in enumerate(map(as_dict, as_list(delta.get("tool_calls")))):
                self._add_call(position, entry)
            self.finish = as_text(choice.get("finish_reason")) or self.finish
        self.text += piece
        return piece

    def failure(self) -> Failure | None:
        """Returns why the answer, at the end of its stream, is not whole, or None."""
        if not self._any_choice:
            return Failure("the answer has no choices")
        if self.finish is None:
            return Failure("the stream ended before the answer did")
        if self.finish == "error":
            return Failure("the endpoint broke off the answer")
        return None

    def tool_calls(self, messages: Sequence[Message] = ()) -> tuple[ToolCall, ...]:
        """Returns the assembled calls in the order of their indices.

        Ids that are missing, or that the conversation has used before, are made from the position
        in the conversation, so that the same conversation gives the same ids.
        """
        used = {call["id"] for m in messages for call in m.get("tool_calls") or ()}
        calls: list[ToolCall] = []
        drafts = [d for d in self._calls if d.name or d.raw]
        for position, draft in enumerate(sorted(drafts, key=lambda d: d.slot)):
            given = draft.id
            if not given or given in used:
                given = f"{given or 'call'}_{len(messages)}_{position}"
            while given in used:
                given += "_"
            used.add(given)
            arguments, error = read_arguments(draft.raw)
            if not draft.name:
                arguments, error = {}, "the call names no tool"
            # Endpoints want JSON back: a call without any argument text has no arguments.
            calls.append(ToolCall(given, draft.name, arguments, draft.raw or "{}", error))
        return tuple(calls)

    def _add_call(self, position: int, entry: dict[str, Any]) -> None:
        function = as_dict(entry.get("function"))
        index = entry.get("index")
        slot = index if isinstance(index, int) else position
        name, id_ = as_text(function.get("name")), as_text(entry.get("id"))
        call = self._find(slot, id_, name)
        call.id = call.id or id_
        # Names come in pieces, but some servers repeat the whole name with each piece.
        repeated = name == call.name and name in self._known
        if not call.raw and not repeated:
            call.name += name
        arguments = function.get("arguments")
        call.raw += arguments if isinstance(arguments, str) else as_json(arguments)

    def _find(self, slot: int, id_: str, name: str) -> CallDraft:
        """Returns the call that a piece belongs to, a new one if need be.

        Some servers give parallel calls the same index: another id, or a name after complete
        arguments, begins a new call.
        """
        here = [call for call in self._calls if call.slot == slot]
        same = [call for call in here if id_ and call.id == id_]
        if same:
            return same[-1]
        last = here[-1] if here else None
        if last is None or (id_ and last.id) or (name and last.complete):
            last = CallDraft(slot)
            self._calls.append(last)
        return last
