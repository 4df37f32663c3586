"""The validator finds every problem of a folder of cards at once, and copied wording above all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import KnowledgeError
from knowledge.card import CARDS_FOLDER, TOPICS, parse_card, read_card, read_cards
from knowledge.validator import RUN, check, copied_runs, validate
from tools import registry

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT.parent / "shared" / "data" / "papers"
EXPERIMENTS = tuple(registry.load().experiments)
ABSTRACT = (
    "We show, surprisingly, that the sieve of a randomly-woven network retains exactly those "
    "grains whose diameter exceeds $\\sqrt{N}$ times the mesh."
)


def change(path: Path, before: str, after: str) -> None:
    source = path.read_text()
    assert before in source
    path.write_text(source.replace(before, after, 1))


def texts_of(cards: Path, **options: object) -> list[str]:
    return [str(problem) for problem in validate(cards, **options)]  # type: ignore[arg-type]


def test_the_shipped_cards_have_no_problem() -> None:
    assert texts_of(CARDS_FOLDER, experiments=EXPERIMENTS) == []


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the paper listings are not here")
def test_no_shipped_card_copies_a_listing_and_the_check_would_notice(tmp_path: Path) -> None:
    listings = [path.read_text() for path in sorted(PUBLISHED.glob("*.txt"))]
    assert sum(map(len, listings)) > 100_000
    assert texts_of(CARDS_FOLDER, published=listings) == []
    stolen = next(line for line in listings[0].splitlines() if len(line) > 400)[:200]
    card = tmp_path / "tian2021.md"
    source = (CARDS_FOLDER / card.name).read_text()
    card.write_text(source.replace("## Limits\n", "## Limits\n" + stolen))
    assert any("copied" in text for text in texts_of(tmp_path, published=listings))


def test_every_shipped_card_has_the_length_of_a_card_and_related_cards() -> None:
    for card in read_cards():
        words = sum(len(section.text.split()) for section in card.sections)
        assert 150 <= words <= 700, (card.key, words)
        assert card.related, card.key


def test_small_valid_cards_have_no_problem(cards: Path) -> None:
    change(cards / "second2024.md", 'arxiv: "2401.00001"\n', "related: [first2024]\n")
    assert texts_of(cards, published=[ABSTRACT], experiments=["pruning.compare"]) == []


def test_all_problems_are_reported_at_once(cards: Path, write_card: Callable[..., Path]) -> None:
    write_card(cards, "third2024", limits="See nobody1999 for more.")
    change(cards / "first2024.md", "year: 2024", "year: soon")
    found = texts_of(cards, experiments=["pruning.score"])
    assert found == [
        "first2024.md: year: got 'soon', expected a year between 1900 and 2100",
        "second2024.md: experiments: 'pruning.compare' is not registered; correct or drop it",
        "third2024.md: arxiv: 2401.00001 is also the number of second2024.md",
        "third2024.md: experiments: 'pruning.compare' is not registered; correct or drop it",
        "third2024.md: the text names 'nobody1999', which is no card",
    ]


def test_a_related_key_must_be_a_card_here_or_elsewhere(cards: Path) -> None:
    (cards / "second2024.md").unlink()
    change(cards / "first2024.md", "experiments:", "related: [paul2021]\nexperiments:")
    assert texts_of(cards) == ["first2024.md: related: 'paul2021' is no card; correct or drop it"]
    assert texts_of(cards, elsewhere=read_cards()) == []


@pytest.mark.parametrize(
    ("related", "wanted"),
    [
        ("[first2024]", "not this one"),
        ("[second2024, second2024]", "only once"),
        ("second2024", "a list"),
        ("[Second 2024]", "keys of cards"),
    ],
)
def test_a_malformed_list_of_related_cards_is_refused(
    cards: Path, related: str, wanted: str
) -> None:
    change(cards / "first2024.md", "experiments:", f"related: {related}\nexperiments:")
    with pytest.raises(KnowledgeError, match=f"related: .*{wanted}"):
        read_card(cards / "first2024.md")


def test_a_paper_entered_twice_is_found_by_title_and_by_key(cards: Path) -> None:
    copy = (cards / "first2024.md").read_text().replace('arxiv: "2401.00001"\n', "")
    (cards / "second2024.md").write_text(copy.replace("On sieving", "on Sieving,"))
    assert texts_of(cards) == [
        "second2024.md: key: 'first2024' is taken by first2024.md",
        "second2024.md: key: is 'first2024'; name the file first2024.md",
        "second2024.md: title: the same paper as first2024.md; keep one",
    ]


def test_a_copied_stretch_is_quoted_with_its_section(
    cards: Path, write_card: Callable[..., Path]
) -> None:
    copied = "Here a sieve of a randomly-woven\nNetwork RETAINS exactly those pebbles."
    (cards / "second2024.md").unlink()
    write_card(cards, "first2024", limits=copied)
    assert texts_of(cards, published=["Nothing in common.", ABSTRACT]) == [
        "first2024.md: section 'Limits': copied from a source: "
        "'sieve of a randomlywoven network retains exactly those'"
    ]
    assert texts_of(cards, published=["Nothing in common."]) == []


def test_hyphens_accents_case_and_typesetting_do_not_hide_a_copy() -> None:
    theirs = (
        "The re-normalised Erdős graph has, $\\textit{with}$ certainty, {\\it connected} parts."
    )
    ours = "the renormalised Erdos graph has with certainty connected parts"
    assert copied_runs(ours, [theirs]) == [ours.lower()]


def test_formulas_do_not_count_as_words() -> None:
    theirs = "error falls as $a_1 b_2 c_3 d_4 e_5 f_6 g_7 h_8$ for all"
    ours = "we get $a_1 b_2 c_3 d_4 e_5 f_6 g_7 h_8$ instead"
    assert copied_runs(ours, [theirs]) == []


def test_the_title_of_a_paper_may_be_repeated() -> None:
    title = "How many degrees of freedom do we need to train deep networks"
    theirs = f"Larsen et al. {title}: a summary"
    assert copied_runs(f"See {title}.", [theirs]) == [title.lower()]
    assert copied_runs(f"See {title}.", [theirs], names=[title]) == []


def test_a_card_may_quote_the_title_of_another_card(cards: Path) -> None:
    title = "How many degrees of freedom do we need to train deep networks"
    change(cards / "second2024.md", 'arxiv: "2401.00001"\n', "")
    change(cards / "first2024.md", "None known.", f"Compare {title}.")
    assert len(texts_of(cards, published=[title])) == 1
    change(cards / "second2024.md", "On weaving of second2024", title)
    assert texts_of(cards, published=[title]) == []


WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=RUN, max_size=30)


@given(WORDS, st.integers(0, 22))
def test_any_eight_words_of_a_source_are_found_and_seven_are_not(words: list[str], at: int) -> None:
    at = min(at, len(words) - RUN)
    source = " ".join(words)
    stretch = words[at : at + RUN]
    assert copied_runs("OURS " + ", ".join(stretch).upper() + " OURS", [source])
    assert copied_runs(" ".join(stretch[: RUN - 1]), [source]) == []


def test_a_paper_without_a_room_belongs_to_a_field(cards: Path) -> None:
    source = (cards / "first2024.md").read_text()
    for topic in TOPICS:
        card = parse_card(source.replace("method: pruning", f"method: {topic}"), "x.md")
        assert card.method == topic


@pytest.mark.parametrize(
    ("venue", "kind"),
    [
        ("ICLR 2022", "@inproceedings{first2024,"),
        ("PNAS", "@article{first2024,"),
        ("Transactions on Machine Learning Research", "@article{first2024,"),
        ("arXiv", "@misc{first2024,"),
    ],
)
def test_the_kind_of_bibtex_entry_follows_the_venue(cards: Path, venue: str, kind: str) -> None:
    source = (cards / "first2024.md").read_text().replace("venue: arXiv", f"venue: {venue}")
    assert parse_card(source, "x.md").bibtex().startswith(kind)


def test_a_long_list_of_authors_ends_in_others_in_bibtex(cards: Path) -> None:
    source = (cards / "first2024.md").read_text().replace("Bob Sample", "others")
    assert "author = {Ada Example and others}" in parse_card(source, "x.md").bibtex()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="nowhere: no such folder"):
        validate(tmp_path / "nowhere")


def test_people_can_check_their_own_cards_against_texts_of_their_own(
    cards: Path, tmp_path: Path
) -> None:
    change(cards / "second2024.md", 'arxiv: "2401.00001"\n', "related: [paul2021]\n")
    assert check(cards) == []
    (tmp_path / "abstracts").mkdir()
    with pytest.raises(KnowledgeError, match=r"holds no \*\.txt"):
        check(cards, published=tmp_path / "abstracts")
    (tmp_path / "abstracts" / "one.txt").write_text(ABSTRACT)
    change(cards / "first2024.md", "None known.", ABSTRACT)
    for published in (tmp_path / "abstracts", tmp_path / "abstracts" / "one.txt"):
        (problem,) = check(cards, published=published)
        assert str(problem).startswith("first2024.md: section 'Limits': copied from a source")


def test_texts_that_cannot_be_read_are_named(cards: Path, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    for name in ("latin.txt", "missing.txt"):
        with pytest.raises(KnowledgeError, match=name):
            check(cards, published=tmp_path / name)


@pytest.mark.usefixtures("_never_waits")
def test_a_pipe_is_no_text_whether_given_or_in_the_folder(cards: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for published in (tmp_path / "pipe.txt", tmp_path):
        with pytest.raises(KnowledgeError, match=r"pipe\.txt: is no regular file"):
            check(cards, published=published)
