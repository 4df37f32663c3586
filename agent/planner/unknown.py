"""Names in a request that the experiment does not know: asked about, never replaced silently."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from agent.planner.lexicon import general, names
from agent.planner.reading import Problem
from agent.planner.text import STOP_WORDS, Token, identifier, match_at, stem
from agent.planner.vocabulary import KEEPING, REMOVAL, Slot

_DATA_NOUNS = {"dataset", "datasets", "data", "benchmark", "corpus", "collection"}
_METHOD_NOUNS = {"score", "scores", "scoring", "metric", "criterion", "policy", "method", "ranking"}
_OPPONENT = {"vs", "versus", "against", "than", "beat", "beats", "outperform", "outperforms"}
_METHOD_TAILS = _METHOD_NOUNS | {"based", "selection", "sampling", "pruning", "driven"}
_BEFORE_DATA = {"on", "using", "with", "by", "for", "via", "in", "of", "from"}
_BEFORE_METHOD = {"using", "via", "by", "with", "try", "test", "run", "use", "evaluate", "compare"}
_BEFORE_METHOD |= _OPPONENT
_DETERMINERS = {"the", "a", "an", "some", "my", "our", "your", "his", "her", "their", "this"}
_QUALIFIERS = frozenset("good both different other high low new another various default".split())
_OWN = re.compile(
    r"\b(?:my|our|own|custom|proprietary|in-house|company)\b(?: own)?(?: [\w-]+){0,2}? "
    r"(csv|file|files|spreadsheet|table|dataset|data ?sets?|data|images|photos|corpus|recordings|"
    r"measurements|excel|parquet|logs)\b"
    r"|\b(?:a|the|this|these) (csv|spreadsheet|parquet|excel)(?: files?)?\b",
    re.IGNORECASE,
)


def unknown_names(
    text: str,
    tokens: Sequence[Token],
    slots: Mapping[str, Slot],
    known: frozenset[str],
    covered: set[int],
    strange: Sequence[tuple[str, str]] = (),
    given: Collection[str] = (),
) -> list[Problem]:
    """Lists the names that stand where a value could stand and that are no value.

    Args:
        strange: (kind, value) of the formulas and files that no parameter takes.
        given: the parameters that have a value.
    """
    found: dict[str, Problem] = {}
    for kind, value in strange:
        slot = _slot_for("data", slots) if kind == "path" else ""
        found[value.lower()] = Problem("unknown", slot, value)
    shouting = text.upper() == text
    choice = _slot_for("data", slots)
    files = any(s.parameter.words.takes == "path" and s.name in given for s in slots.values())
    open_data = bool(choice) and choice not in given and not files
    for at, token in enumerate(tokens):
        if at in covered or token.kind != "word" or token.low in found:
            continue
        behind = identifier(tokens, at)
        parts = [t for t in tokens[at:behind] if t.kind == "word"]
        if any(not {t.stem, t.low} & known for t in parts):
            said = "".join(t.text for t in tokens[at:behind])
            if not covered & set(range(at, behind)) and said.lower() not in names():
                found[said.lower()] = Problem("unknown", "", said)
                covered = covered | set(range(at, behind))
                continue
        if owner := _beside_its_noun(tokens, at, slots, known):
            found[token.low] = Problem("unknown", owner, token.text, named=True)
            continue
        kind = _kind(tokens, at, known, shouting, covered)
        if not kind and open_data and names().get(token.low) == "data":
            # That a description mentions a data set does not make it one of the choices.
            kind = "" if _plain(tokens, at, "data") else "data"
        if kind:
            found[token.low] = Problem("unknown", _slot_for(kind, slots), token.text)
    takes_files = any(slot.parameter.words.takes == "path" for slot in slots.values())
    optional = [s for s in slots.values() if s.parameter.words.takes == "path"]
    optional = [s for s in optional if not s.parameter.required and s.name not in given]
    if (optional or not takes_files) and not files and (own := _OWN.search(text)):
        # Without its name the experiment would run on data of its own instead.
        slot = optional[0].name if optional else _slot_for("data", slots)
        found[own[0].lower()] = Problem("unknown", slot, own[0].strip())
    return list(found.values())


def _beside_its_noun(
    tokens: Sequence[Token], at: int, slots: Mapping[str, Slot], known: frozenset[str]
) -> str:
    """Names the choice whose own noun follows a strange word: "with the focal loss"."""
    token = tokens[at]
    before = tokens[at - 1].low if at else ""
    plain = {token.stem, token.low} & (known | general() | STOP_WORDS)
    if plain or before not in ("the", "with", "on", "using") or token.low.endswith(("ed", "ing")):
        return ""
    for slot in slots.values():
        if slot.values and any(match_at(tokens, at + 1, p) is not None for p in slot.phrases):
            return slot.name
    return ""


def _kind(
    tokens: Sequence[Token], at: int, known: frozenset[str], shouting: bool, covered: set[int]
) -> str:
    """Says what a word seems to name: `data`, `method`, `model`, `name`, or "" for nothing."""
    token = tokens[at]
    base = token.low.split("-")[0]
    if _replaces_a_method(tokens, at):
        return "method"
    if token.stem in known:
        return ""
    if _is_basis(tokens, at):
        return "method"
    if (listed := names().get(token.low) or names().get(base)) and not _plain(tokens, at, listed):
        return listed
    if token.low in general() or token.stem in general():
        return ""
    following = tokens[at + 1].low if at + 1 < len(tokens) else ""
    before = tokens[at - 1].low if at else ""
    if before in _DETERMINERS and at > 1:
        before = tokens[at - 2].low
    if before in _BEFORE_DATA:
        if following in _DATA_NOUNS:
            return "data"
        if following in _METHOD_NOUNS:
            return "method"
    joined = "".join(t.low for t in tokens[at : at + 3])
    if joined.count("-") == 1 and (listed := names().get(joined)):
        return listed
    rival = before in _OPPONENT or (before in ("with", "to") and _compares(tokens, at))
    if rival and not token.low.endswith(("ed", "ly")):
        phrase = _phrase(tokens, at)
        if not any(i in covered or tokens[i].stem in known | general() for i in phrase):
            return "method"
    if before in _BEFORE_DATA and _names_data(tokens, at, known, covered):
        return "data"
    if before == "on" and not token.low.endswith(("ing", "ed", "ly")):
        phrase = _phrase(tokens, at)
        if not any(i in covered or tokens[i].stem in known for i in phrase):
            return "data"
    adverb = token.low.endswith(("ed", "ly", "ing")) and token.low != "early"
    if before in ("with", "plus", "including", "use") and not adverb:
        phrase = _phrase(tokens, at)
        if not any(i in covered or tokens[i].stem in known | general() for i in phrase):
            return "name"
    if before in ("using", "via") and _ends(tokens, at) and not token.low.endswith(("ing", "ly")):
        return "method"
    return "name" if _name_like(token, shouting) else ""


def _names_data(tokens: Sequence[Token], at: int, known: frozenset[str], covered: set[int]) -> bool:
    """Whether a phrase such as "german credit dataset" begins here: strange words, then a noun."""
    phrase = _phrase(tokens, at)
    nouns = [i for i in phrase if tokens[i].low in _DATA_NOUNS]
    strange = [i for i in phrase if not nouns or i < nouns[0]]
    plain = known | general()
    return bool(nouns and strange) and not any(
        i in covered or tokens[i].stem in plain or tokens[i].low.endswith(("ing", "ed"))
        for i in strange
    )


def _is_basis(tokens: Sequence[Token], at: int) -> bool:
    """Whether "-based" or "based" follows: "loss-based pruning" names a method."""
    following = [t.low for t in tokens[at + 1 : at + 3]]
    plain = tokens[at].low in STOP_WORDS or tokens[at].low in ("is", "are")
    return not plain and (following[:1] == ["based"] or following == ["-", "based"])


def _compares(tokens: Sequence[Token], at: int) -> bool:
    """Whether "compare ... with" leads up to a token."""
    return any(t.stem in ("compar", "contrast") for t in tokens[max(0, at - 8) : at])


def _replaces_a_method(tokens: Sequence[Token], at: int) -> bool:
    """Whether the text asks to use a score that it names: "use random scores"."""
    before = tokens[at - 1].low if at else ""
    following = tokens[at + 1].low if at + 1 < len(tokens) else ""
    names = before in ("use", "using", "with", "by", "via") and following in _METHOD_NOUNS
    return names and tokens[at].low not in STOP_WORDS | _QUALIFIERS


def _plain(tokens: Sequence[Token], at: int, kind: str) -> bool:
    """Whether a listed name is used as an ordinary word ("a 95 % confidence interval")."""
    token = tokens[at]
    if kind == "data" and token.low in ("arc", "adult", "amazon", "pile", "pascal", "flowers"):
        return at == 0 or tokens[at - 1].low not in ("on", "for", "using", "the")
    if at + 2 < len(tokens) and tokens[at + 1].text == "-":
        # "forgetting-score pruning"
        tokens = [*tokens[: at + 1], *tokens[at + 2 :]]
    if token.low in (
        "confidence",
        "margin",
        "influence",
        "forgetting",
        "moderate",
        "entropy",
        "uncertainty",
        "grasp",
        "memorization",
        "memorisation",
        "badge",
    ):
        following = tokens[at + 1].low if at + 1 < len(tokens) else ""
        before = tokens[at - 1].low if at else ""
        named = following in _METHOD_TAILS or before in _BEFORE_METHOD
        return not named or following in ("interval", "intervals", "level", "bands")
    return False


def _phrase(tokens: Sequence[Token], at: int) -> list[int]:
    """Lists the tokens of the noun phrase that begins here."""
    found = []
    for i in range(at, min(len(tokens), at + 4)):
        if tokens[i].kind != "word" or tokens[i].stem in KEEPING | REMOVAL:
            break
        if tokens[i].low in STOP_WORDS and i > at:
            break
        found.append(i)
    return found


def _ends(tokens: Sequence[Token], at: int) -> bool:
    """Whether a noun phrase ends here."""
    if at + 1 >= len(tokens):
        return True
    following = tokens[at + 1]
    return following.kind != "word" or following.low in (
        "at with and for using keeping when if but instead by please keep or then in via".split()
    )


def _name_like(token: Token, shouting: bool) -> bool:
    """Whether a word is written like a name: ImageNet, SVHN, GPT4."""
    inner = any(c.isupper() for c in token.text[1:]) and not shouting
    digits = any(c.isdigit() for c in token.text)
    return (inner and len(token.text) > 2) or (digits and token.text[0].isalpha())


def _slot_for(kind: str, slots: Mapping[str, Slot]) -> str:
    """Names the choice that a name of this kind would belong to, or ""."""
    nouns = {
        "data": {"data", "dataset", "problem", "benchmark", "task"},
        "method": {"score", "method", "metric", "criterion", "policy", "saliency", "loss"},
        "model": {"model", "network", "architecture"},
    }.get(kind, set())
    stemmed = {stem(n) for n in nouns}
    for slot in slots.values():
        if slot.values and any(stemmed & set(p) for p in slot.phrases):
            return slot.name
    return ""
