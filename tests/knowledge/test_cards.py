"""Cards are validated strictly, and what ships is valid."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge import KnowledgeError
from knowledge.card import CARDS_FOLDER, parse_card, read_card, read_cards
from knowledge.listing import papers_of

LISTINGS = Path(__file__).parents[3] / "shared" / "data" / "papers"
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def test_every_shipped_card_is_valid_and_named_after_its_key() -> None:
    cards = read_cards()
    assert len(cards) >= 57
    assert {card.key for card in cards} == {path.stem for path in CARDS_FOLDER.glob("*.md")}


@pytest.mark.skipif(not LISTINGS.is_dir(), reason="the listings are not here")
def test_titles_authors_and_numbers_agree_with_the_listings() -> None:
    listed = {
        plain(paper.title): paper
        for path in sorted(LISTINGS.glob("*.txt"))
        for paper in papers_of(path.read_text(encoding="utf-8"))
        if paper.title and paper.authors
    }
    compared = 0
    for card in read_cards():
        paper = listed.get(plain(card.title))
        if paper is None:
            continue
        compared += 1
        assert paper.title.strip() == card.title, card.key
        surnames = [plain(author.split()[-1]) for author in card.authors]
        assert [plain(author.split()[-1]) for author in paper.authors] == surnames[
            : len(paper.authors)
        ], card.key
        assert paper.year is None or 0 <= card.year - paper.year <= 2, card.key
        if card.arxiv and paper.year and (month := MONTHS.find(paper.date[:3])) >= 0:
            # Numbers are given a few days after a paper is handed in.
            handed_in = 12 * paper.year + month // 3
            numbered = 12 * (2000 + int(card.arxiv[:2])) + int(card.arxiv[2:4]) - 1
            assert 0 <= numbered - handed_in <= 1, card.key
    assert compared >= 50


def plain(text: str) -> str:
    """Returns letters and digits, without accents."""
    bare = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in bare if letter.isascii() and letter.isalnum())


def test_section_offsets_point_at_the_section_text() -> None:
    for card in read_cards():
        for section in card.sections:
            assert card.source[section.start : section.end] == section.text


@pytest.mark.parametrize(
    ("before", "after", "field", "remedy"),
    [
        ("key: first2024\n", "", "key", "missing"),
        ("key: first2024", "key: First 2024", "key", "lower-case"),
        ("year: 2024", "year: soon", "year", "between 1900 and 2100"),
        ("year: 2024", "year: yes", "year", "between 1900 and 2100"),
        ('arxiv: "2401.00001"', "arxiv: 2401.00001", "arxiv", "in quotes"),
        ('arxiv: "2401.00001"', 'arxiv: "2401.00001v2"', "arxiv", "without version"),
        ("method: pruning", "method: gardening", "method", "one of pruning"),
        ("authors: [Ada Example, Bob Sample]", "authors: []", "authors", "not empty"),
        ("authors: [Ada Example, Bob Sample]", "authors: Ada", "authors", "a list"),
        ("[pruning.compare]", "[compare]", "experiments", "method.name"),
        ("tags: [Sieve]", "tags: [7]", "tags", "in quotes"),
        ("venue: arXiv", "venue: ''", "venue", "non-empty"),
        ("venue: arXiv", "venue: arXiv\nmood: good", "mood", "unknown field"),
        ("## Limits\nNone known.\n", "", "'Limits'", "missing"),
        ("None known.", "", "'Limits'", "empty"),
        ("## Limits", "## Idea", "'Idea'", "twice"),
        ("## Question", "Preamble\n## Question", "sections", "heading"),
        ("tags: [Sieve]", "tags: [Sieve", "front matter", "YAML"),
        ("---\nkey", "key", "front matter", "missing"),
    ],
)
def test_an_error_names_file_field_and_remedy(
    cards: Path, before: str, after: str, field: str, remedy: str
) -> None:
    path = cards / "first2024.md"
    source = path.read_text()
    assert before in source
    path.write_text(source.replace(before, after, 1))
    with pytest.raises(KnowledgeError) as caught:
        read_card(path)
    message = str(caught.value)
    assert "first2024.md" in message
    assert field in message
    assert remedy in message


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.md"
    path.write_bytes(b"---\nkey: caf\xe9\n---\n")
    with pytest.raises(KnowledgeError, match=r"latin\.md: not UTF-8 at byte 12"):
        read_card(path)


def test_two_cards_of_one_key_are_refused(cards: Path, write_card: Callable[..., Path]) -> None:
    write_card(cards, "first2024").rename(cards / "copy.md")
    write_card(cards, "first2024")
    with pytest.raises(KnowledgeError, match=r"'first2024' is already taken"):
        read_cards(cards)


def test_bibtex_is_complete_and_escaped(cards: Path) -> None:
    source = (cards / "first2024.md").read_text().replace("On sieving of", "Sieves & 100% of")
    assert parse_card(source, "x.md").bibtex() == (
        "@misc{first2024,\n"
        "  title = {{Sieves \\& 100\\% of first2024}},\n"
        "  author = {Ada Example and Bob Sample},\n"
        "  year = {2024},\n"
        "  eprint = {2401.00001},\n"
        "  archiveprefix = {arXiv},\n"
        "  url = {https://arxiv.org/abs/2401.00001},\n"
        "}\n"
    )
