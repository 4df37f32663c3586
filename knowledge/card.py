"""The card: our own summary of one paper, read from Markdown with front matter.

A card file looks like this; every field is checked, and an error names file and field:

    ---
    key: paul2021
    title: "Deep Learning on a Data Diet"
    authors: [Mansheej Paul, Surya Ganguli]
    year: 2021
    venue: NeurIPS 2021
    arxiv: "2107.07075"
    method: pruning
    tags: [EL2N]
    experiments: [pruning.compare]
    related: [kirsch2023, sorscher2022]
    ---
    ## Question
    ...

`knowledge/cards.md` describes the format for people who write cards; `knowledge.validator`
checks a folder of them as a whole: links, duplicates, sentences copied from a source.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.fields import Fields

# A paper belongs to the method folder that implements it, or else to a field of study.
ROOMS = ("pruning", "sparsity", "passn", "discovery", "grading", "judging")
TOPICS = (
    "learning theory",
    "optimisation",
    "loss landscapes",
    "representation learning",
    "generative models",
    "language models",
    "reinforcement learning",
    "vision",
    "robustness",
    "interpretability",
    "neuroscience",
    "statistical physics",
    "quantum",
    "data analysis",
)
METHODS = ROOMS + TOPICS
REQUIRED_SECTIONS = (
    "Question",
    "Idea",
    "Method",
    "Headline figures",
    "Limits",
    "For the practitioner",
)
REQUIRED_FIELDS = ("key", "title", "authors", "year", "venue", "method", "tags", "experiments")
OPTIONAL_FIELDS = ("arxiv", "related")
CARDS_FOLDER = Path(__file__).parent / "cards"

_FRONT = re.compile(r"\A---\r?\n(.*?)^---[ \t]*\r?\n", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^##[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"[a-z][a-z0-9_-]*")
_CONFERENCE = re.compile(r"\b(19|20)\d\d$")
_EXPERIMENT = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Section:
    """One section of a card.

    Attributes:
        name: heading, e.g. "Headline figures".
        text: body without surrounding white space.
        start: offset of the first character of `text` in the card's source.
        end: offset behind its last character, so that `source[start:end] == text`.
    """

    name: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Card:
    """Our summary of one paper.

    Attributes:
        key: citation key, e.g. "paul2021"; also the start of every passage id.
        title, authors, year, venue: as published; a last author "others" stands for the rest,
            as in BibTeX, and a venue that ends in a year is a conference.
        arxiv: identifier without version, or None.
        method: the method folder the paper belongs to, or its field: one of `METHODS`.
        tags: names a reader may know the paper by ("EL2N").
        experiments: our registered experiments that test it ("pruning.compare").
        related: keys of cards a reader should see next; `knowledge.validator` follows them.
        sections: in the order of the file; the six of `REQUIRED_SECTIONS` and any others.
        source: the whole file, to which offsets refer.
    """

    key: str
    title: str
    authors: tuple[str, ...]
    year: int
    venue: str
    arxiv: str | None
    method: str
    tags: tuple[str, ...]
    experiments: tuple[str, ...]
    related: tuple[str, ...]
    sections: tuple[Section, ...]
    source: str

    @property
    def url(self) -> str | None:
        """The paper's arXiv page."""
        return f"https://arxiv.org/abs/{self.arxiv}" if self.arxiv else None

    @property
    def hash(self) -> str:
        """The sha256 of the card's source."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def section(self, name: str) -> Section:
        """Returns the section of that heading, in any case.

        Raises:
            KnowledgeError: the card has no such section.
        """
        for section in self.sections:
            if section.name.lower() == name.lower():
                return section
        names = ", ".join(section.name for section in self.sections)
        raise KnowledgeError(f"card {self.key}: no section {name!r}; it has {names}")

    def bibtex(self) -> str:
        """Returns the citation as a BibTeX entry that ends in a newline."""
        preprint = self.venue.lower().startswith("arxiv")
        fields = {
            "title": "{" + _latex(self.title) + "}",
            "author": " and ".join(_latex(author) for author in self.authors),
            "year": str(self.year),
        }
        if not preprint:
            fields["booktitle"] = _latex(self.venue)
        if self.arxiv:
            fields |= {"eprint": self.arxiv, "archiveprefix": "arXiv", "url": self.url or ""}
        kind = "misc" if preprint else "inproceedings"
        if not preprint and not _CONFERENCE.search(self.venue):
            kind = "article"
            fields["journal"] = fields.pop("booktitle")
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
        return "\n".join([f"@{kind}{{{self.key},", *lines, "}", ""])


def read_cards(folder: Path = CARDS_FOLDER) -> list[Card]:
    """Reads every `*.md` of a folder but README.md, sorted by key.

    Raises:
        KnowledgeError: a card is malformed, or two share a key.
    """
    cards: dict[str, Card] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        card = read_card(path)
        if card.key in cards:
            raise KnowledgeError(
                f"{path.name}: key: {card.key!r} is already taken by another card in "
                f"{folder.name}/; give one of them another key"
            )
        cards[card.key] = card
    return [cards[key] for key in sorted(cards)]


def read_card(path: Path) -> Card:
    """Reads one card file.

    Raises:
        KnowledgeError: the file cannot be read or is malformed.
    """
    try:
        source = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise KnowledgeError(
            f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8"
        ) from error
    except OSError as error:
        raise KnowledgeError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_card(source, path.name)


def parse_card(source: str, name: str) -> Card:
    """Parses and validates a card.

    Args:
        source: the text of the file.
        name: the file's name, for messages.

    Raises:
        KnowledgeError: naming file and field, with what to write instead.
    """
    import yaml

    match = _FRONT.match(source)
    if match is None:
        raise KnowledgeError(
            f"{name}: front matter: missing; start the file with a line '---', the fields "
            f"({', '.join(REQUIRED_FIELDS)}) and a second line '---'"
        )
    try:
        front = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise KnowledgeError(f"{name}: front matter: not valid YAML: {problem}") from error
    if not isinstance(front, dict):
        raise KnowledgeError(f"{name}: front matter: expected 'field: value' lines")
    unknown = [str(field) for field in front if field not in REQUIRED_FIELDS + OPTIONAL_FIELDS]
    if unknown:
        known = ", ".join(REQUIRED_FIELDS + OPTIONAL_FIELDS)
        raise KnowledgeError(f"{name}: {unknown[0]}: unknown field; known are {known}")
    reader = Fields(name, front)
    return Card(
        key=reader.text("key", _KEY, "lower-case letters, digits, - and _, e.g. paul2021"),
        title=reader.text("title"),
        authors=reader.texts("authors", least=1),
        year=reader.year(),
        venue=reader.text("venue"),
        arxiv=reader.arxiv(),
        method=reader.choice("method", METHODS),
        tags=reader.texts("tags"),
        experiments=reader.texts("experiments", _EXPERIMENT, "method.name, e.g. pruning.compare"),
        related=_related(reader),
        sections=_sections(source, match.end(), name),
        source=source,
    )


def _related(reader: Fields) -> tuple[str, ...]:
    """Reads the keys of related cards; the field may be absent."""
    if "related" not in reader.values:
        return ()
    return reader.distinct("related", _KEY, "keys of cards, e.g. [paul2021]", reader.values["key"])


def _sections(source: str, start: int, name: str) -> tuple[Section, ...]:
    """Cuts the body at its second-level headings and checks that none is missing or empty."""
    headings = list(_HEADING.finditer(source, start))
    preamble = source[start : headings[0].start() if headings else len(source)]
    if preamble.strip():
        raise KnowledgeError(
            f"{name}: sections: text before the first '## ' heading would belong to no "
            "section; move it under one"
        )
    sections: list[Section] = []
    for index, heading in enumerate(headings):
        end = headings[index + 1].start() if index + 1 < len(headings) else len(source)
        raw = source[heading.end() : end]
        text = raw.strip()
        if not text:
            raise KnowledgeError(f"{name}: section {heading[1]!r}: empty; write it or remove it")
        if any(section.name.lower() == heading[1].lower() for section in sections):
            raise KnowledgeError(f"{name}: section {heading[1]!r}: appears twice; merge the two")
        first = heading.end() + len(raw) - len(raw.lstrip())
        sections.append(Section(heading[1], text, first, first + len(text)))
    names = {section.name for section in sections}
    missing = [section for section in REQUIRED_SECTIONS if section not in names]
    if missing:
        raise KnowledgeError(f"{name}: section {missing[0]!r}: missing; add '## {missing[0]}'")
    return tuple(sections)


def _latex(text: str) -> str:
    """Escapes the characters that BibTeX would not print."""
    return re.sub(r"([&%$#_])", r"\\\1", text)
