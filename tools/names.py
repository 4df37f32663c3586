"""Run ids: pronounceable, without digits, and derivable from a conversation."""

from __future__ import annotations

import secrets
from hashlib import blake2b

_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"


def new_id() -> str:
    """Returns a fresh run id."""
    return _spell(int.from_bytes(secrets.token_bytes(6), "big"))


def derived_id(*parts: str) -> str:
    """Returns the run id that belongs to these names, always the same for the same names."""
    digest = blake2b("\0".join(parts).encode(), digest_size=6).digest()
    return _spell(int.from_bytes(digest, "big"))


def _spell(number: int) -> str:
    """Spells 48 bits as three pronounceable words (proquints, arXiv:0901.4016).

    An id without digits cannot be mistaken for a result when answers are checked for numbers.
    """
    words = []
    for shift in (32, 16, 0):
        bits = number >> shift & 0xFFFF
        words.append(
            _CONSONANTS[bits >> 12 & 15]
            + _VOWELS[bits >> 10 & 3]
            + _CONSONANTS[bits >> 6 & 15]
            + _VOWELS[bits >> 4 & 3]
            + _CONSONANTS[bits & 15]
        )
    return "-".join(words)
