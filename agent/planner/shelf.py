"""Requests about the library itself: adding files to it, and asking what its papers say."""

from __future__ import annotations

import re

from agent.planner.forms import any_of
from agent.planner.literals import literals

_ADDING = r"(?:add|put|import|include|load|store|save|upload|ingest|index|bring|take)"
_SHELF = (
    r"(?:in|into|to) (?:(?:the|my|our|your|this) )?(?:\w+ )?"
    r"(?:library|papers|paper library|literature|knowledge base|bibliography|collection)\b"
)
_ADD = any_of(rf"\b{_ADDING}\b.{{0,300}}?\b{_SHELF}", r"^\W*(?:please )?ingest\b")
_TO_LIBRARY = re.compile(rf"\b{_ADDING}\b.{{0,120}}?\b(?:in|into|to) [\w ]*library\b", re.I)
_NOT_NOW = any_of(
    rf"\b(?:don't|do not|dont|never|not|without)\b.{{0,20}}\b{_ADDING}(?:ing)?\b",
)
_ABOUT_IT = any_of(
    r"^\W*(?:did|has|have|had|was|were|is|are|does|why|when|who|what|which|where|whether)\b",
    rf"\b(?:if|whether|how|when|after|before|since|because) (?:i|you|we|they|to)\b.{{0,30}}"
    rf"\b{_ADDING}\b",
    r"^\W*how\b",
    rf"\b(?:should|would|might|may) (?:i|we|you|one)\b.{{0,20}}\b{_ADDING}\b",
)
_FOLDER = re.compile(
    r"\b(?:folder|directory|file)\s+(?:called |named )?"
    r"(?!(?:to|in|into|of|with|and|from|at|on|as|for|called|named|is|that|which)\b)"
    r"([\w~./-][\w.+/-]*)",
    re.I,
)
_SAYING = r"(?:say|says|said|know|knows|tell (?:me|us)|report|reports|write|state|find|found)"
_HOLDINGS = (
    r"(?:(?:the|my|our|your|these|those) )?(?:\w+ )?"
    r"(?:papers|library|literature|cards|paper library)"
)
_ASKS = any_of(
    rf"^\W*(?:so |and |ok |okay |please )*what (?:do|does|did|can|could) {_HOLDINGS} {_SAYING}"
    r"(?: (?:about|on|of|regarding|concerning))? (?P<about>.+)$",
    rf"^\W*(?:please |now |can you |could you )*ask {_HOLDINGS} ?(?:about|whether|if|:|,|-)? "
    r"?(?P<asked>.+)$",
)


def wants_adding(text: str) -> bool:
    """Whether a request orders that something be added to the library."""
    if _NOT_NOW.search(text) or _ABOUT_IT.search(text) or not _ADD.search(text):
        return False
    return bool(paths(text)) or bool(_TO_LIBRARY.search(text))


def asks_how_to_add(text: str) -> bool:
    """Whether a text asks how things are added to the library."""
    return bool(re.search(r"^\W*(?:so |and )*how\b", text, re.I) and _TO_LIBRARY.search(text))


def paths(text: str) -> tuple[str, ...]:
    """Returns the files and folders that a request names, in order, each once."""
    found = [(one.start, one.value) for one in literals(text) if one.kind in ("path", "quoted")]
    named = [(m.start(1), m[1].rstrip(".,;:!?")) for m in _FOLDER.finditer(text)]
    known = {value for _, value in found}
    found += [(at, name) for at, name in named if not any(name in value for value in known)]
    return tuple(dict.fromkeys(value for _, value in sorted(found)))


def question_to_papers(text: str) -> str:
    """Returns what a request asks the papers in so many words, or ""."""
    match = _ASKS.search(text)
    if match is None:
        return ""
    return (match["about"] or match["asked"] or "").strip(" \t\n?.!:,")
