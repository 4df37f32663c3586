"""Resolving what a person calls a paper to its card."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

from knowledge.card import Card
from knowledge.errors import KnowledgeError

_ARXIV = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")
_WORD = re.compile(r"[a-z0-9]+")
# Words that people wrap around a name; all others must match.
_FILLER = frozenset({"a", "an", "and", "at", "by", "et", "al", "for", "from", "in", "of", "on"})
_FILLER |= {"the", "to", "with", "paper", "card", "article"}


def resolve(name: str, cards: Sequence[Card]) -> Card:
    """Finds the one card meant by a key, an arXiv id or address, or words.

    Words match title, surnames, year, tags and key; every one must occur, whatever its case
    and accents. A name that is exactly a tag or the short title before a colon wins over
    cards that merely contain the words.

    Raises:
        KnowledgeError: nothing matches, or several cards do; the message names candidates.
    """
    wanted = name.strip()
    for card in cards:
        if wanted.lower() == card.key:
            return card
    identifier = _ARXIV.search(wanted)
    if identifier:
        for card in cards:
            if card.arxiv == identifier[1]:
                return card
        raise _unknown(name, cards)
    words = [word for word in _words(wanted) if word not in _FILLER]
    if not words:
        raise _unknown(name, cards)
    # From the strictest reading to the loosest; the first that fits any card decides.
    for reading in (_is_short_title, _is_name, _in_title, _in_names, _anywhere):
        found = [card for card in cards if reading(words, card)]
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(card.key for card in found)
            raise KnowledgeError(f"paper {name!r}: could be any of {keys}; use one of these keys")
    raise _unknown(name, cards)


def _is_short_title(words: list[str], card: Card) -> bool:
    return words == [
        word for word in _words(card.title.partition(":")[0]) if word not in _FILLER
    ] or words == [word for word in _words(card.title) if word not in _FILLER]


def _is_name(words: list[str], card: Card) -> bool:
    return any(words == _words(tag) for tag in card.tags[:1])


def _in_title(words: list[str], card: Card) -> bool:
    return set(words) <= set(_words(card.title))


def _in_names(words: list[str], card: Card) -> bool:
    return set(words) <= _surnames(card) | {str(card.year)} and bool(
        # A first author's name means the paper that is cited by it.
        set(words) & set(_words(card.authors[0])[-1:]) or len(words) == 1
    )


def _anywhere(words: list[str], card: Card) -> bool:
    tags = {word for tag in card.tags for word in _words(tag)}
    known = set(_words(card.title)) | _surnames(card) | tags | {card.key, str(card.year)}
    return set(words) <= known


def _surnames(card: Card) -> set[str]:
    return {word for author in card.authors for word in _words(author)[-1:]}


def _words(text: str) -> list[str]:
    """Returns the lower-case words without accents."""
    plain = unicodedata.normalize("NFKD", text)
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).lower())


def _unknown(name: str, cards: Sequence[Card]) -> KnowledgeError:
    keys = [card.key for card in cards]
    titles = {card.title.lower(): card.key for card in cards}
    close = get_close_matches(name.lower(), keys, n=3, cutoff=0.5)
    close += [titles[title] for title in get_close_matches(name.lower(), titles, n=3, cutoff=0.4)]
    offer = ", ".join(dict.fromkeys(close)) or ", ".join(keys)
    return KnowledgeError(
        f"paper {name!r}: no card matches; the nearest are {offer}"
        if close
        else f"paper {name!r}: no card matches; there are {offer}"
    )
