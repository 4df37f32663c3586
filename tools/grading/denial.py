"""The words around a value that deny it, question it or take it back."""

from __future__ import annotations

import re

from tools.grading.errors import Unreadable

# A denying word, and between it and the value only words that carry the denial on: "not hard to see
# that it is 5" denies nothing.
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|never|cannot|cant|neither|nor|hardly|wrong|false|incorrect|untrue|impossible|doubt"
    r"|unlikely|unclear|unknown)|n['\u2019]t)"
    r"(?:\s+(?:true|right|correct|the|case|that|whether|if|it|this|is|was|be|been|are|to|say|claim|think"
    r"|believe|have|equals?|an?|final|answer|result|solution|value|possibly|for|[A-Za-z])\b|\s*[=$*]"
    r"|\s*\\[(\[])*\s*$",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"[\s$*)}\],.;:!-]*(?:\\text\s*\{\s*)?(?:(?:which|that|this|it)\s+)?"
    r"(?:(?:is|was|are|were|seems|(?:would|must|has\s+to|turns\s+out\s+to)\s+be)\s+"
    r"(?:(?:just|simply|clearly|also|therefore|thus|obviously|plainly|certainly|definitely)\s+)*"
    r"(?:wrong|false|incorrect|impossible|invalid|untrue|mistaken|a\s+mistake|not?\s+"
    r"(?:right|correct|true|valid|possible|it|(?:the|an?|my)\s+(?:\w+\s+)?(?:answer|solution)))"
    r"|(?:(?:is|was)n['\u2019]t|can(?:not|['\u2019]t)\s+be|(?:is|was)\s+never)\s+(?:(?:the|an?|my)\s+)?"
    r"(?:right|correct|true|valid|possible|it|answer|solution))\b(?!\s+(?:that|to)\b)"
    r"|[\s$*)}\],.;:!(-]*(?:no|nope|wrong|false|incorrect)\s*(?:[,.:;!)]|$)"
    r"|[\s$*)}\].]*\?(?!\s*(?:yes|yeah|indeed|right|correct)\b)",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:earlier|previous(?:ly)?|initial(?:ly)?|original(?:ly)?|former(?:ly)?|before|first|old)\b"
    r"[^.;,\n]{0,60}\b(?:had|got|found|wrote|said|thought|gave|obtained|claimed|guessed|was|of)"
    r"\s*[$:({*\\\[\s]*$",
    re.IGNORECASE,
)
_NEAR = 160  # characters on either side of a value in which it can be denied


class Denied(Unreadable):
    """The text says what the answer is not, or doubts it, and gives none."""

    def __init__(self) -> None:
        super().__init__("The text denies or doubts the answer it names, and gives no other.")


def is_denied(text: str, start: int, end: int) -> bool:
    """Tells whether the words around the value at text[start:end] deny or question it."""
    before = text[max(0, start - _NEAR) : start]
    return bool(_DENIED_BEFORE.search(before) or _REFUSED.match(text[end : end + _NEAR]))


def is_refused(text: str, start: int) -> bool:
    """Tells whether the words from start on refuse what stands before them ("... is wrong")."""
    return bool(_REFUSED.match(text, start, start + _NEAR))


def is_earlier(text: str, start: int) -> bool:
    """Tells whether the words before text[start:] mark what follows as an earlier answer."""
    return bool(_EARLIER.search(text[max(0, start - _NEAR) : start]))
