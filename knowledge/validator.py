"""The validator: what is wrong with a folder of cards, all of it at once.

    ansatz papers check [FOLDER] [--published PATH]

It reports malformed cards, keys and titles used twice, links to cards that do not exist,
unknown experiments, and runs of eight words that a card shares with a published text.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.card import CARDS_FOLDER, Card, read_card, read_cards
from knowledge.errors import KnowledgeError

RUN = 8
"""How many words in a row make a copy."""

_CITATION = re.compile(r"\b[a-z]+(?:19|20)\d\d[a-z]*\b")
_TEXT_COMMAND = re.compile(
    r"\\(?:text\w*|emph|mathrm|mathit)\s*\{([^{}]*)\}|\{\\(?:it|em|bf)\s([^{}]*)\}"
)
_MATHEMATICS = re.compile(r"\$([^$\n]{1,200})\$")
_MARKUP = re.compile(r"[\\^_={}<>|]|\d")
_HYPHEN = re.compile(r"(?<=\w)[-\u00ad\u2010\u2011](?=\w)")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Problem:
    """Something to repair in a card.

    Attributes:
        file: name of the card's file.
        text: what is wrong, and where it helps, what to write instead.
    """

    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.text}"


def validate(
    folder: Path = CARDS_FOLDER,
    *,
    published: Iterable[str] = (),
    experiments: Collection[str] | None = None,
    elsewhere: Iterable[Card] = (),
) -> list[Problem]:
    """Checks every card of a folder; an empty list means that all is well.

    Args:
        folder: where the `*.md` files are; README.md is not a card.
        published: texts whose sentences must not reappear in a card.
        experiments: the names that exist; None leaves the experiments unchecked.
        elsewhere: cards outside the folder, which links may name and keys must not repeat.

    Raises:
        KnowledgeError: there is no such folder.
    """
    if not folder.is_dir():
        raise KnowledgeError(f"{folder}: no such folder; give the folder that holds the cards")
    problems: list[Problem] = []
    cards: dict[str, Card] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        try:
            cards[path.name] = read_card(path)
        except KnowledgeError as error:
            # The message begins with the file's name; a Problem says it by itself.
            problems.append(Problem(path.name, str(error).removeprefix(f"{path.name}: ")))
    others = tuple(elsewhere)
    problems += _names(cards)
    problems += _duplicates(cards, others)
    problems += _links(cards, others)
    if experiments is not None:
        problems += _experiments(cards, experiments)
    problems += _copies(cards, others, published)
    return sorted(problems, key=lambda problem: (problem.file, problem.text))


def check(
    folder: Path, *, published: Path | None = None, experiments: Collection[str] | None = None
) -> list[Problem]:
    """Checks a folder of the user's beside the shipped cards, or the shipped cards themselves.

    Args:
        folder: where the cards are.
        published: a text file or a folder of `*.txt` with texts not to be copied.
        experiments: the names that exist; None leaves the experiments unchecked.

    Raises:
        KnowledgeError: folder or texts cannot be read.
    """
    own = folder.resolve() == CARDS_FOLDER.resolve()
    return validate(
        folder,
        published=[] if published is None else _published(published),
        experiments=experiments,
        elsewhere=[] if own else read_cards(),
    )


def _published(path: Path) -> list[str]:
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    if not files:
        raise KnowledgeError(f"{path}: holds no *.txt; give a text file or a folder of them")
    try:
        for file in files:
            # A pipe would be waited for, and a device has no end.
            if not stat.S_ISREG(file.stat().st_mode):
                raise KnowledgeError(
                    f"{file}: is no regular file; give a text file or a folder of them"
                )
        return [file.read_text(encoding="utf-8") for file in files]
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(
            f"{path}: cannot be read as UTF-8 text ({error}); give a text file or a folder of them"
        ) from error


def copied_runs(text: str, published: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """Returns the stretches of a text that also stand in a published one.

    Compared are runs of `RUN` words, after dropping case, accents, hyphens, punctuation and
    formulas. A run that lies within one of the names, such as a paper's title, is no copy.

    Args:
        text: ours.
        published: theirs.
        names: titles and other wording that everybody must repeat exactly.

    Returns:
        the longest shared stretches in the order of the text, in normalised words.
    """
    theirs = {run for other in published for run in _runs(_words(other))}
    return _shared(text, theirs - {run for name in names for run in _runs(_words(name))})


def _shared(text: str, theirs: Collection[tuple[str, ...]]) -> list[str]:
    words = _words(text)
    hits = [place for place, run in enumerate(_runs(words)) if run in theirs]
    stretches: list[tuple[int, int]] = []
    for place in hits:
        if stretches and place <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], place + RUN)
        else:
            stretches.append((place, place + RUN))
    return [" ".join(words[start:end]) for start, end in stretches]


def _words(text: str) -> list[str]:
    """Lower-case words without accents, hyphens and formulas."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark)).lower()
    plain = _TEXT_COMMAND.sub(lambda match: match[1] or match[2] or "", plain)
    # "$\textit{new}$" has become "$new$": words set as mathematics stay, formulas go.
    plain = _MATHEMATICS.sub(lambda match: " " if _MARKUP.search(match[1]) else match[1], plain)
    return _WORD.findall(_HYPHEN.sub("", plain))


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1)]


def _names(cards: dict[str, Card]) -> list[Problem]:
    """Files that are not called after their key."""
    return [
        Problem(file, f"key: is {card.key!r}; name the file {card.key}.md")
        for file, card in cards.items()
        if file != f"{card.key}.md"
    ]


def _duplicates(cards: dict[str, Card], others: Sequence[Card]) -> list[Problem]:
    problems = []
    keys = {card.key: "a card elsewhere" for card in others}
    titles = {" ".join(_words(card.title)): f"card {card.key}" for card in others}
    identifiers = {card.arxiv: f"card {card.key}" for card in others if card.arxiv}
    for file, card in cards.items():
        title = " ".join(_words(card.title))
        if card.key in keys:
            problems.append(Problem(file, f"key: {card.key!r} is taken by {keys[card.key]}"))
        if title in titles:
            problems.append(Problem(file, f"title: the same paper as {titles[title]}; keep one"))
        if card.arxiv in identifiers:
            problems.append(
                Problem(
                    file, f"arxiv: {card.arxiv} is also the number of {identifiers[card.arxiv]}"
                )
            )
        keys.setdefault(card.key, file)
        titles.setdefault(title, file)
        if card.arxiv:
            identifiers.setdefault(card.arxiv, file)
    return problems


def _links(cards: dict[str, Card], others: Sequence[Card]) -> list[Problem]:
    """Related keys, and keys named in the text, that belong to no card."""
    known = {card.key for card in (*cards.values(), *others)}
    problems = []
    for file, card in cards.items():
        for key in card.related:
            if key not in known:
                problems.append(Problem(file, f"related: {key!r} is no card; correct or drop it"))
        named = {key for section in card.sections for key in _CITATION.findall(section.text)}
        for key in sorted(named - known):
            problems.append(Problem(file, f"the text names {key!r}, which is no card"))
    return problems


def _experiments(cards: dict[str, Card], experiments: Collection[str]) -> list[Problem]:
    return [
        Problem(file, f"experiments: {name!r} is not registered; correct or drop it")
        for file, card in cards.items()
        for name in card.experiments
        if name not in experiments
    ]


def _copies(
    cards: dict[str, Card], others: Sequence[Card], published: Iterable[str]
) -> list[Problem]:
    theirs = {run for text in published for run in _runs(_words(text))}
    for card in (*cards.values(), *others):
        theirs -= set(_runs(_words(card.title)))
    return [
        Problem(file, f"section {section.name!r}: copied from a source: {stretch!r}")
        for file, card in cards.items()
        for section in card.sections
        for stretch in _shared(section.text, theirs)
    ]
