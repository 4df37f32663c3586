"""To which parameter a number belongs: by its words, its unit, its bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from agent.planner.lexicon import general
from agent.planner.series import Series
from agent.planner.text import Token, match_at, stem
from agent.planner.vocabulary import KEEPING, REMOVAL, RUN_SEED, Slot, is_rate

_BREAKS = {".", ";", "?", "!", "\n"}
_LEFT_FILLERS = {"to", "at", "of", "=", ":", "is", "only", "about", "the", "around", "up", "just"}
_LEFT_FILLERS |= {"roughly", "exactly", "set", "(", "by", "value", "equal", "with", "from", "a"}
_LEFT_FILLERS |= {"approximately", "no", "nr", "number", "#", "in", "on", "be", "was", "an", "down"}
_LEFT_FILLERS |= {
    "@",
    "[",
    "{",
    "between",
    "for",
    "using",
    "or",
    "as",
    "little",
    "merely",
    "~",
    "than",
}
_RIGHT_FILLERS = {"of", "the", "different", "random", "more", "additional", "separate", "total"}
_RIGHT_FILLERS |= {"independent", "training", "train", "fresh", "new", "extra", "other", "full"}
_RIGHT_FILLERS |= {"test", "whole", "my", "all", "your", "its", "-", "small", "larger", "distinct"}
_COUNTED = frozenset(
    map(stem, "example examples image sample point row item instance record datapoint".split())
)

_BESIDE_BUT = {"for", "the", "only", "hardest", "easiest", "a", "an"}
_OTHER_PLACES = {"on", "in", "with", "by", "for", "to", "than", "when", "if", "and", "or", "but"}

SURE = 1.2
"""Least score at which words, and not only its unit, give a number to a parameter."""
CLOSE = 0.5
"""Two readings whose scores differ by less are asked about."""


@dataclass(frozen=True)
class Anchor:
    """One way to read a number.

    Attributes:
        slot: the parameter.
        score: how much speaks for it; only differences matter.
        words: how much of it comes from words.
    """

    slot: str
    score: float
    words: float


def readings(
    tokens: Sequence[Token], series: Series, slots: Mapping[str, Slot], stops: set[int]
) -> list[Anchor]:
    """Ranks the numeric parameters to which a number may belong, best first.

    Args:
        stops: tokens of other numbers, across which no word reaches.
    """
    left = _reach(tokens, series.first - 1, -1, stops)
    right = _reach(tokens, series.last + 1, 1, stops)
    ranked = []
    for slot in slots.values():
        if not slot.numeric:
            continue
        words = _words(tokens, series, slot, left, right)
        ranked.append(Anchor(slot.name, words + _fit(series, slot), words))
    return sorted(ranked, key=lambda a: -a.score)


def counted(tokens: Sequence[Token], series: Series) -> bool:
    """Whether a whole number counts examples ("keep 300 images")."""
    following = [t.stem for t in tokens[series.last + 1 : series.last + 4]]
    return series.kind == "integer" and bool(_COUNTED & set(following[:2]))


def _reach(tokens: Sequence[Token], at: int, step: int, stops: set[int]) -> list[int]:
    """Lists the tokens on one side that may speak for a number, nearest first."""
    reach: list[int] = []
    while 0 <= at < len(tokens) and len(reach) < 8:
        if tokens[at].text in _BREAKS or at in stops:
            break
        if tokens[at].text == "," and (step > 0 or len(reach) > 0):
            break
        if step > 0 and tokens[at].low in ("and", "but", "then", "&", "+"):
            break
        reach.append(at)
        at += step
    return reach


def _words(
    tokens: Sequence[Token], series: Series, slot: Slot, left: list[int], right: list[int]
) -> float:
    best = 0.0
    # "8 examples per parameter and theta 10": what stands before an "and" names another number.
    ends = (
        k for k, i in enumerate(left) if k and tokens[i].low in ("and", "but", "then", "&", "+")
    )
    near = left[: next(ends, len(left))]
    for phrase in (*slot.phrases, *slot.complements):
        more = len(phrase) - 1
        best = max(best, _beside(tokens, phrase, near, right, 3 + 0.6 * more, 1.6 + 0.3 * more))
    best = max(best, _hinted(tokens, slot, left, right))
    if slot.removed is not None:
        # "... selected by EL2N and 10 % ...": the number after "and" begins something new.
        before = [] if left and tokens[left[0]].low == "and" else left
        verbs = [i for i in (*before, *right[:5]) if tokens[i].stem in REMOVAL | KEEPING]
        if verbs:
            nearest = min(
                abs(i - (series.first if i < series.first else series.last)) for i in verbs
            )
            best = max(best, 2.6 - 0.1 * nearest)
    if slot.name == RUN_SEED:
        return best if _seed_word_before(tokens, left, len(series.values) > 1) else 0.0
    if slot.phrases and _is_seed_phrase(slot) and _seed_word_before(tokens, left):
        # "seed 5" names the seed of the run, "5 seeds" a number of repetitions.
        return 0.0
    return best


def _hinted(tokens: Sequence[Token], slot: Slot, left: list[int], right: list[int]) -> float:
    """Scores single words of phrases and of the description.

    For a part of a whole one such word is a guess ("20 % of the labels"), two are enough ("20 % of
    the labels are wrong").
    """
    beside, near = (1.0, 0.5) if slot.part else (1.4, 0.5)
    parts = {word for phrase in slot.phrases if len(phrase) > 1 for word in phrase} - slot.taken
    if slot.removed is not None:
        parts = set()
    if right and _counts_another(tokens[right[0]], slot):
        left = []  # "training with 3 layers" says nothing about the length of training
    scores = [
        _beside(tokens, (word,), left, right, beside, near) for word in sorted(parts | slot.hints)
    ]
    scores = sorted((s for s in scores if s > 0), reverse=True)
    if slot.part and len(scores) > 1:
        return SURE + 0.1 + scores[0]
    return scores[0] if scores else 0.0


def _counts_another(following: Token, slot: Slot) -> bool:
    """Whether a plural that this parameter does not know follows a number."""
    plural = following.kind == "word" and following.low.endswith("s") and len(following.low) > 4
    own = {word for phrase in (*slot.phrases, *slot.complements) for word in phrase} | slot.hints
    return plural and following.stem not in own | general()


def _is_seed_phrase(slot: Slot) -> bool:
    return any(phrase == (RUN_SEED,) for phrase in slot.phrases)


def _seed_word_before(tokens: Sequence[Token], left: list[int], plural: bool = False) -> bool:
    for i in left[:4]:
        if tokens[i].low == RUN_SEED or (tokens[i].low == "seeds" and plural):
            return True
        if tokens[i].low not in _LEFT_FILLERS:
            return False
    return False


def _beside(
    tokens: Sequence[Token],
    phrase: tuple[str, ...],
    left: list[int],
    right: list[int],
    adjacent: float,
    loose: float,
) -> float:
    """Scores a phrase by where it stands: next to the number, or merely near it."""
    best = 0.0
    for k, start in enumerate(right):
        if match_at(tokens, start, phrase) is not None:
            between = [tokens[i].low for i in right[:k]]
            if start + len(phrase) < len(tokens) and tokens[start + len(phrase)].text in "=:":
                break  # "8 networks=4": the word belongs to the next number
            near = k <= 2 and set(between) <= _RIGHT_FILLERS
            best = max(best, adjacent - 0.2 * k if near else loose - 0.05 * k)
            break
    for k, end in enumerate(left):
        start = end - len(phrase) + 1
        if start in left and match_at(tokens, start, phrase) is not None:
            between = [tokens[i].low for i in left[:k]]
            near = k <= 4 and set(between) <= _LEFT_FILLERS
            stated = 1.5 if between in (["="], [":"]) else 0.0
            best = max(best, adjacent + stated - 0.15 * k if near else loose - 0.1 * k)
            break
    return best


_HOLES = frozenset(map(stem, ("sparsity", "sparse", "sparsities")))


def _fit(series: Series, slot: Slot) -> float:
    """Scores how well the kind of number suits the parameter."""
    whole = slot.parameter.type is int
    score = 0.0
    if series.share:
        score += 1.0 if slot.part else (-3.0 if whole else -1.0)
    elif series.kind == "decimal":
        score += -2.0 if whole else 0.8 if slot.part and 0 < series.values[0] < 1 else 0.2
    else:
        score += 0.5 if whole else -0.8 if slot.part else 0.0
    if not all(slot.admits(v) for v in series.values):
        score -= 0.6
    return score


def stated(tokens: Sequence[Token], series: Series, slot: Slot) -> bool:
    """Whether the noun that names a parameter stands directly beside its number.

    "to 98 % sparsity" and "at sparsity 0.9" give the value itself, whatever the verb.
    """
    for phrase in slot.phrases:
        if set(phrase) & (KEEPING | REMOVAL) or is_rate(phrase[-1]):
            continue
        if match_at(tokens, series.last + 1, phrase) is not None:
            return True
        for skip in (0, 1):
            start = series.first - skip - len(phrase)
            if start >= 0 and match_at(tokens, start, phrase) == series.first - skip:
                return not skip or tokens[series.first - 1].low in ("=", ":", "of", "to", "at")
    return False


def stays(
    tokens: Sequence[Token],
    series: Series,
    slot: Slot,
    stops: set[int],
    plain: frozenset[str],
) -> bool | None:
    """Whether a part of a whole is what stays (True) or goes (False); None when it could be both.

    "keep 30 %", "prune to 30 %" and "all but 30 %" say what stays; "drop 70 %", "30 % fewer" and
    "a pruning rate of 70 %" what goes; "prune it at 30 %" could be either, and so could a verb
    that is not known ("nuke 70 %"). A sparsity is a share of weights that is gone in the end, which
    is neither a share of rows nor one of a single round.

    Args:
        plain: words and stems that are no such verb.
    """
    left = _reach(tokens, series.first - 1, -1, stops)
    right = _reach(tokens, series.last + 1, 1, stops)
    lows = [tokens[i].low for i in left]
    if {tokens[i].stem for i in (*left[:3], *right[:1])} & _HOLES:
        return None
    away = {p[0] for p in slot.complements if slot.removed is False} | REMOVAL
    here = {p[0] for p in slot.phrases if slot.removed is False and len(p) == 1} | KEEPING
    here -= away
    pairs = {p[0] for p in slot.phrases if len(p) > 1 and slot.removed is False}  # "train on"
    rest = [w for w in lows[:4] if w not in _BESIDE_BUT]
    if rest[:1] in (["but"], ["except"]) and rest[1:2] in (["all"], ["everything"]):
        # "drop all but 30 %" keeps it, "keep all but 30 %" drops it.
        return not any(tokens[i].stem in here for i in (*left, *right))
    step = next((w for w in lows if w not in _LEFT_FILLERS - {"to", "at", "by", "with"}), "")
    verb, verb_at = "", -1
    for k, i in enumerate(left):
        if tokens[i].stem in away and not (
            tokens[i].low in ("cut", "cuts") and step not in ("to", "by", "in", "away") and k > 6
        ):
            verb, verb_at = "goes", k
            break
        if tokens[i].stem in here or (
            tokens[i].stem in pairs
            and any(match_at(tokens, i, p) is not None for p in slot.phrases if len(p) > 1)
        ):
            leaves = tokens[i].stem == "leav"
            out = leaves and any(
                tokens[j].low == "out" for j in (i + 1, series.last + 1) if j < len(tokens)
            )
            verb, verb_at = ("goes" if out else "stays"), k
            break
    governed = verb and all(tokens[i].low in _LEFT_FILLERS for i in left[:verb_at])
    if not governed and (fate := _passive(tokens, right, away, here)) is not None:
        return fate
    for k, i in enumerate(right[:6]):
        low, base = tokens[i].low, tokens[i].stem
        if base in away and (k <= 1 or low.endswith(("ed", "n", "t", "away"))):
            noun = low.endswith("ing") and k > 0 and verb
            if not noun and not (verb and k > 2):
                return False
        if base in here and low not in ("using",) and (k <= 1 or low.endswith(("ed", "t", "ing"))):
            if not (verb and k > 1):
                return True
            break
    if verb == "stays":
        return True
    if verb == "goes":
        if step == "to":
            return True
        token = tokens[left[verb_at]]
        rate = any(is_rate(tokens[i].stem) for i in left[:verb_at])
        if step in ("at", "with"):
            if rate:
                return False
            return True if token.low.endswith("ing") else None
        return bool(token.low.endswith("ing") and verb_at > 4 and step not in ("by", ""))
    if step == "by":
        return None
    at = left[0] if left else -1
    while at >= 0 and tokens[at].low in ("of", "the", "a", "another"):
        at -= 1
    odd = at in left and tokens[at].kind == "word" and not {tokens[at].low, tokens[at].stem} & plain
    return None if (odd and at == left[0]) or (odd and tokens[left[0]].low != "of") else True


def _passive(
    tokens: Sequence[Token], right: Sequence[int], away: Set[str], here: Set[str]
) -> bool | None:
    """Reads "45 % of the data removed" and "80 % of it is thrown away"; None when it is neither."""
    for k, i in enumerate(right):
        low, base = tokens[i].low, tokens[i].stem
        if k and base in away | here and low.endswith(("ed", "n", "t", "away")):
            return base in here
        if (k == 0 and low != "of") or low in _OTHER_PLACES:
            return None
    return None
