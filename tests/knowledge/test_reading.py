"""Files of every kind are read to text, and hostile ones are refused with one clear line."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from knowledge import KnowledgeError
from knowledge.bibliography import entries_of_bibtex, entries_of_ris, plain
from knowledge.latex import source_of_archive, source_of_tex
from knowledge.reading import content_of, key_of, read_file
from knowledge.webpage import page_of

TEX = r"""\documentclass{article}
\title{Sieves and \emph{Sand}}
\author{Ada Example \and Bob S\'ample}
\begin{document}
\maketitle
\begin{abstract}
We sieve 50\% of the sand. % a remark to myself
\end{abstract}
\section{Introduction}
Sieves \cite{old} matter when $x > 1$.
\begin{figure}\includegraphics{a.png}\caption{A picture}\end{figure}
\input{more}
\bibliography{all}
Nothing after this.
\end{document}
"""
BIB = r"""
@string{jos = "Journal of Sieves"}
@comment{nothing}
@article{example2024sieve,
  title = {Sieves, {Sand} and G{\"o}del},
  author = "Example, Ada and S{\'a}mple, Bob and others",
  journal = jos # { B}, year = 2024,
  abstract = {A sieve keeps what is coarse.}, keywords = {sand, grains},
  eprint = {2401.01234v2}, archivePrefix = {arXiv}
}
@misc{bare, title = "Only a title", date = {2019-03-01}}
"""
RIS = """TY  - JOUR
TI  - Sieves and sand.
AU  - Example, Ada
AU  - Sample, Bob
PY  - 2024/05/01
JO  - Journal of Sieves
AB  - A sieve keeps
      what is coarse.
KW  - sand
ER  -

TY  - BOOK
T1  - Looms
"""


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_bibtex_resolves_strings_accents_and_names() -> None:
    first, second = entries_of_bibtex(BIB)
    assert (first.key, first.title) == ("example2024sieve", "Sieves, Sand and Gödel")
    assert first.authors == ("Ada Example", "Bob Sámple")
    assert (first.year, first.venue, first.arxiv) == (2024, "Journal of Sieves B", "2401.01234")
    assert (first.abstract, first.tags) == ("A sieve keeps what is coarse.", ("sand", "grains"))
    assert (second.title, second.year, second.abstract) == ("Only a title", 2019, "")


def test_an_entry_without_an_end_is_named() -> None:
    with pytest.raises(KnowledgeError, match=r"'broken', line 2: has no end"):
        entries_of_bibtex("\n@article{broken, title = {never closed")


def test_ris_joins_lines_and_takes_an_unfinished_last_entry() -> None:
    first, second = entries_of_ris(RIS)
    assert (first.title, first.year, first.venue) == ("Sieves and sand", 2024, "Journal of Sieves")
    assert first.authors == ("Ada Example", "Bob Sample")
    assert first.abstract == "A sieve keeps what is coarse."
    assert second.title == "Looms"


@pytest.mark.parametrize(
    ("tex", "text"), [(r"Erd\H{o}s", "Erdős"), (r"\v{C}ech", "Čech"), (r"a\_b \& c", "a_b & c")]
)
def test_tex_letters_become_letters(tex: str, text: str) -> None:
    assert plain(tex) == text


def test_a_web_page_gives_only_what_a_reader_sees() -> None:
    page = page_of(
        "<html><head><title>On &amp; off</title><meta name='citation_author' content='Example, "
        "Ada'><style>p{}</style></head><body><nav>Home</nav><h1>Sieves</h1><p>Coarse\n grains"
        "<script>alert(1)</script> stay.<p style='display: none'>hidden order</p><ul><li>one"
        "<li>two</ul></body>"
    )
    assert page.title == "On & off"
    assert page.text == "# Sieves\n\nCoarse grains stay.\n\n- one\n- two"
    assert page.meta["citation_author"] == ["Example, Ada"]


def test_a_page_nested_a_hundred_thousand_times_is_read() -> None:
    assert page_of("<div>" * 100_000 + "deep" + "</div>" * 100_000).text == "deep"


def test_latex_keeps_sections_and_formulas_and_drops_the_rest() -> None:
    source = source_of_archive(archive({"main.tex": TEX.encode(), "more.tex": b"More words."}))
    assert source.title == "Sieves and Sand"
    assert source.authors == ("Ada Example", "Bob Sámple")
    assert "# Abstract\n\nWe sieve 50" in source.text
    assert "# Introduction" in source.text
    assert "Sieves matter when $x > 1$." in source.text
    assert "More words." in source.text
    for gone in ("remark", "picture", "Nothing after", "cite"):
        assert gone not in source.text


def test_one_compressed_file_is_a_source_too() -> None:
    assert source_of_archive(gzip.compress(TEX.encode())).title == "Sieves and Sand"


def test_files_that_include_each_other_end() -> None:
    looping = TEX.replace("more", "main")
    assert source_of_archive(archive({"main.tex": looping.encode()})).title == "Sieves and Sand"
    bomb = {f"f{n}.tex": (f"\\input{{f{n + 1}}}" * 40).encode() for n in range(9)}
    bomb["f9.tex"] = b"word " * 1000
    files = {"main.tex": TEX.replace("more", "f0").encode(), **bomb}
    with pytest.raises(KnowledgeError, match="too long a text"):
        source_of_archive(archive(files))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"0" * 100_000_001), "unpacks to more than 100 MB"),
        (archive({"/".join("a" * 25) + ".tex": b"x"}), "nests folders deeper"),
        (archive({f"{n}.txt": b"" for n in range(5_001)}), "more than 5000 files"),
        (archive({"a.png": b"x"}), "no LaTeX paper"),
        (archive({"main.tex": TEX.encode()})[:60], "archive is broken"),
        (b"not gzip at all", "archive is broken"),
    ],
    # Archives hold the time at which they were made: in a name it would differ between processes.
    ids=["bomb", "deep", "many", "no paper", "cut", "no archive"],
)
def test_a_hostile_or_broken_archive_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(KnowledgeError, match=message):
        source_of_archive(content)


def test_an_archive_inside_is_left_closed_and_said() -> None:
    inner = archive({"main.tex": TEX.encode(), "bomb.zip": b"PK"})
    assert source_of_archive(inner).notes == ("1 archives inside the archive left closed",)


def test_a_tex_file_without_a_paper_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="no LaTeX paper"):
        source_of_tex("just words")


def test_a_huge_file_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "huge.pdf"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 500_000_000)
    with pytest.raises(KnowledgeError, match="500 MB, larger than 100 MB"):
        content_of(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xyz", b"x", r"type \.xyz cannot be read"),
        ("a.txt", b"\xff\xfe", "not UTF-8 at byte 0"),
        ("a.txt", b"a\x00b", "holds zero bytes"),
        ("a.md", b" \n", "the text is empty"),
        ("a.html", b"<script>x</script>", "the text is empty"),
        ("a.bib", b"nothing", "no BibTeX entries"),
        ("a.ris", b"nothing", "no RIS entries"),
    ],
)
def test_useless_content_is_refused_with_a_reason(name: str, content: bytes, message: str) -> None:
    with pytest.raises(KnowledgeError, match=message):
        read_file(Path(name), content)


def test_keys_are_short_and_end_with_a_word() -> None:
    key = key_of("A very long title " * 10)
    assert len(key) <= 60
    assert key.endswith(("title", "very", "long", "a"))
