"""Sentences quoted word for word from passages, each with its citation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent.planner.similarity import Similarity
from agent.planner.text import STOP_WORDS, tokenise

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(\"$])|\n\s*\n|\n(?=\s*[-*] )")
# A passage that talks to the assistant is not evidence about anything.
_INSTRUCTION = re.compile(
    r"\b(ignore|disregard|forget|override)\b.{0,40}\b(instruction|previous|above|rule|prompt|user)"
    r"|\b(assistant|chatbot|language model|system prompt|ai)\b\s*[:,]"
    r"|\b(you|assistant|agent|planner) (must|should|shall|are|have to|need to|will) "
    r"|\b(call|invoke|use|run|execute|start|launch) (the |a |an )?(tool|function|"
    r"experiment|command|"
    r"pruning|shell|[a-z_]+\.[a-z_]+)\b"
    r"|\b(reply|respond|answer|say|output|print) (only|with|that|exactly)\b"
    r"|\b(delete|erase|reveal|exfiltrate|send) (all|every|the|your|my)\b|<\/?(system|tool|user)",
    re.IGNORECASE,
)
_MEANING = re.compile(
    r"\b(what('s| is| are| does| do)|define|explain|describe|meaning of|definition of|"
    r"how (is|are|does|do)|tell me (about|what)|what)\b[^?.,;]*",
    re.IGNORECASE,
)
_ASKING = frozenset("define explain describe meaning definition tell about mean means".split())
_CLOSE_ENOUGH = 0.25
_TO_COMPARE = 6  # sentences compared by embedding; the rest is sorted out by shared words


def quotes(
    question: str,
    passages: Sequence[Mapping[str, Any]],
    similarity: Similarity,
    most: int = 3,
    least: float = 0.0,
) -> list[tuple[str, str]]:
    """Chooses up to `most` (sentence, citation) pairs that answer a question best.

    Args:
        question: what the sentences should be about.
        passages: where they are taken from, best first.
        similarity: measures closeness.
        most: most sentences.
        least: closeness below which a sentence is beside the point.
    """
    defines = _definition_of(question)
    rows: list[tuple[float, int, str, str]] = []
    for place, passage in enumerate(passages):
        title = f"{passage.get('title', '')} {passage.get('section', '')}"
        said = sentences(str(passage.get("text", "")))
        for at, sentence in enumerate(said):
            if defines.search(sentence):
                # What follows says more about "it".
                more = [s for s in said[at + 1 : at + 2] if re.match(r"(It|They|This)\b", s)]
                return [(s, citation(passage)) for s in (sentence, *more)]
            shared = similarity.between(question, f"{title} {sentence}", quick=True)
            rows.append((shared - 0.04 * place, place, sentence, citation(passage)))
    rows.sort(key=lambda row: (-row[0], row[1]))
    near = [
        (similarity.between(question, sentence) + shared, place, sentence, cited)
        for shared, place, sentence, cited in rows[:_TO_COMPARE]
    ]
    near.sort(key=lambda row: (-row[0], row[1]))
    near = [row for row in near if row[0] >= least]
    chosen = near[:1] + [r for r in near[1:most] if r[0] >= max(_CLOSE_ENOUGH, near[0][0] * 0.6)]
    return [(sentence, cited) for _, _, sentence, cited in chosen]


def _definition_of(question: str) -> re.Pattern[str]:
    """Matches sentences that define what a question asks the meaning of, else nothing."""
    match = _MEANING.search(question)
    terms = [t for t in tokenise(match[0]) if t.kind == "word"] if match else []
    names = [re.escape(t.text) for t in terms if t.low not in STOP_WORDS | _ASKING]
    if not names:
        return re.compile(r"(?!)")
    verb = r"(:|\b(is|are|means?|measures?|scores?|stands? for|keeps?)\b)"
    return re.compile(rf"^\W*(the |an? )?({'|'.join(names)})\b\s*(\([^)]*\)\s*)?{verb}", re.I)


def instructs(text: str) -> bool:
    """Whether a text talks to the assistant: it is quoted to nobody."""
    return bool(_INSTRUCTION.search(text))


def citation(passage: Mapping[str, Any]) -> str:
    """Returns how a passage is cited."""
    return str(passage.get("id") or passage.get("key") or "")


def cite(key: str, passages: Iterable[Mapping[str, Any]]) -> str:
    """Cites a paper by one of its passages where one was given, else by its key."""
    for passage in passages:
        if passage.get("key") == key or str(passage.get("id", "")).split(":")[0] == key:
            return f"[{citation(passage)}]"
    return f"[{key}]"


def sentences(text: str) -> list[str]:
    """Splits a passage into sentences fit to be quoted."""
    found = []
    for raw in _SENTENCE.split(text):
        sentence = re.sub(r"^[-*\s]+", "", " ".join(raw.split()))
        if len(sentence.split()) >= 5 and not instructs(sentence):
            found.append(sentence)
    return found
