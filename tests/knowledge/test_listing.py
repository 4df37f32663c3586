"""Listings are split into papers, whatever the page's habit of writing them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge import Library
from knowledge.listing import is_listing, names_of, papers_of

DATA = Path(__file__).parents[3] / "shared" / "data"

SIEVES = (
    "We study how coarse a sieve may be before the grains that matter are lost. A bound on the "
    "loss follows from the tail of their sizes, and experiments with sand agree with it to three "
    "digits. The bound also says when a finer sieve is worth its price."
)
LOOMS = (
    "Looms that weave two patterns at once are slower than two looms. We explain this by a queue "
    "at the shuttle and give the length of the queue in closed form. Removing the queue doubles "
    "the speed of the loom without any change to the pattern that is woven."
)
KILNS = (
    "The temperature inside a kiln fluctuates, and pots crack. We model the walls as a slow filter "
    "and show that thicker walls exchange fewer cracks for more fuel. The best thickness depends "
    "on the price of both, and a rule of thumb is within five percent of it."
)
WITH_HEADS = f"""Ada Example

LG
68papers
AI Score63

LGJun 26, 2023Code
How coarse may a sieve be?

Ada Example, José de la Cruz, Bob B. Sample et al. · somewhere

{SIEVES}

NCMar 3
Weaving two patterns at once

Carol Third

{LOOMS}

MLFeb 12, 2021
Cracks in the Kiln

Dan Fourth, Eve Fifth

{KILNS}
"""
WITH_TAILS = f"""new

Get the latest papers by mail!

Subscribe

Nov 21

How coarse may a sieve be?

{SIEVES}

  • 3 authors
·
Dec 3, 2023

Weaving two patterns at once

{LOOMS}

  • 1 authors
·
Sep 22

On Neural Kilns

{KILNS}

  • 2 authors
·
Jan 24, 2024
"""
BARE = f"""Note: the links on this page lead elsewhere.

null (Ed.){SIEVES}more » « less

null (Ed.){LOOMS}more » « less

null (Ed.)Kilns \u00e2\u20ac\u201d {KILNS}more » « less
"""


def test_heads_give_date_title_and_authors() -> None:
    papers = papers_of(WITH_HEADS)
    assert [p.title for p in papers] == [
        "How coarse may a sieve be?",
        "Weaving two patterns at once",
        "Cracks in the Kiln",
    ]
    assert papers[0].authors == ("Ada Example", "José de la Cruz", "Bob B. Sample")
    assert papers[1].authors == ("Carol Third",)
    assert [p.date for p in papers] == ["Jun 26, 2023", "Mar 3", "Feb 12, 2021"]
    assert [p.year for p in papers] == [2023, None, 2021]
    assert [p.abstract for p in papers] == [SIEVES, LOOMS, KILNS]


def test_dates_below_belong_to_the_paper_above_and_a_capital_title_is_no_author() -> None:
    papers = papers_of(WITH_TAILS)
    assert [p.title for p in papers] == [
        "How coarse may a sieve be?",
        "Weaving two patterns at once",
        "On Neural Kilns",
    ]
    assert [p.date for p in papers] == ["Dec 3, 2023", "Sep 22", "Jan 24, 2024"]
    assert all(p.authors == () for p in papers)


def test_abstracts_alone_are_kept_apart_and_cleaned() -> None:
    papers = papers_of(BARE)
    assert [p.title for p in papers] == ["", "", ""]
    assert [p.abstract for p in papers] == [SIEVES, LOOMS, f"Kilns — {KILNS}"]


@pytest.mark.parametrize(
    ("text", "listing"),
    [(WITH_HEADS, True), (WITH_TAILS, True), (BARE, True), (f"{SIEVES}\n\n{LOOMS}", False),
     ("", False), ("A short note.\n\nAnother.", False)],
)  # fmt: skip
def test_only_a_listing_is_taken_for_one(text: str, listing: bool) -> None:
    assert is_listing(text) is listing


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Ludwig van Beethoven", ("Ludwig van Beethoven",)),
        ("A. Name, B. Other and C. Third", ("A. Name", "B. Other", "C. Third")),
        ("A title about something", ()),
        ("Kilns: A Survey", ()),
        ("", ()),
    ],
)
def test_a_line_of_names_is_told_from_a_title(line: str, names: tuple[str, ...]) -> None:
    assert names_of(line) == names


def test_a_listing_becomes_documents_that_are_found(
    tmp_path: Path, cards: Path, embedder: object
) -> None:
    (tmp_path / "page.txt").write_text(WITH_HEADS, encoding="utf-8")
    with Library.open(tmp_path / "home", cards=cards, embedder=embedder) as library:  # type: ignore[arg-type]
        (line,) = library.ingest([tmp_path / "page.txt"])
        assert (line.state, len(line.keys)) == ("added", 3)
        found = library.search("pots crack in the kiln", k=1)[0]
        assert (found.title, found.year) == ("Cracks in the Kiln", 2021)
        assert found.authors == ("Dan Fourth", "Eve Fifth")
        assert found.text == KILNS


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "papers").is_dir(), reason="the listings are not here")
def test_questions_find_their_papers_among_distractors(tmp_path: Path) -> None:
    rows = [json.loads(x) for x in (DATA / "retrieval" / "queries.jsonl").read_text().splitlines()]
    with Library.open(tmp_path) as library:
        library.ingest([DATA / "papers"])
        ranks = []
        for row in rows:
            found = library.search(row["query"], k=30)
            titles = list(dict.fromkeys(passage.title.lower() for passage in found))
            wanted = [title.lower() for title in row["gold"]]
            ranks.append(min((titles.index(t) + 1 for t in wanted if t in titles), default=99))
    assert sum(rank == 1 for rank in ranks) / len(ranks) >= 0.93
    assert sum(rank <= 5 for rank in ranks) / len(ranks) >= 0.98
    assert sum(1 / rank for rank in ranks) / len(ranks) >= 0.95
