"""PDF files: pages, columns, references and scanned pages."""

from __future__ import annotations

import builtins
from io import BytesIO
from typing import Any

import pytest

from knowledge import KnowledgeError
from knowledge.pdf import pages_of


def pdf(*pages: list[tuple[int, int, str]], password: str = "") -> bytes:
    """Makes a PDF whose pages show texts at (x, y)."""
    pypdf = pytest.importorskip("pypdf")
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    for texts in pages:
        page = writer.add_blank_page(612, 792)
        font = DictionaryObject()
        font.update(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        shown = [f"BT /F1 10 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET" for x, y, text in texts]
        stream = DecodedStreamObject()
        stream.set_data("\n".join(shown).encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "On sieves", "/Author": "Ada Example; Bob Sample"})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_pages_have_offsets_and_scanned_ones_are_said() -> None:
    first = [(72, 700, "The first page speaks of sieves at length."), (72, 680, "And of sand.")]
    paged = pages_of(pdf(first, [], [(72, 700, "The third page speaks of looms instead.")]))
    assert (paged.title, paged.authors) == ("On sieves", ("Ada Example", "Bob Sample"))
    assert paged.text[paged.pages[0] :].startswith("The first page")
    assert paged.text[paged.pages[2] :].startswith("The third page")
    assert paged.notes == ("page 2 without text, probably scanned",)


def test_columns_written_line_by_line_are_put_in_order() -> None:
    lines = []
    for row in range(12):
        lines += [(72, 700 - 12 * row, f"Left {row}."), (330, 700 - 12 * row, f"Right {row}.")]
    text = pages_of(pdf(lines)).text
    assert text.index("Left 11.") < text.index("Right 0.")


def test_references_are_cut_off() -> None:
    body = [(72, 700 - 12 * n, f"Sentence {n} of the body of the paper.") for n in range(20)]
    tail = [(72, 400, "References"), (72, 388, "[1] Somebody, Somewhere, 1999.")]
    paged = pages_of(pdf(body + tail))
    assert "Somebody" not in paged.text
    assert "Sentence 19" in paged.text
    assert "references left out" in paged.notes


def test_scanned_encrypted_and_broken_files_are_refused() -> None:
    with pytest.raises(KnowledgeError, match="probably scanned"):
        pages_of(pdf([], []))
    with pytest.raises(KnowledgeError, match="encrypted"):
        pages_of(pdf([(72, 700, "A secret text of some length.")], password="sieve"))
    whole = pdf([(72, 700, "A text that is long enough to count.")])
    for broken in (b"%PDF-1.7 and nothing", b"", whole[: len(whole) // 3]):
        with pytest.raises(KnowledgeError, match=r"broken|no page"):
            pages_of(broken)


def test_without_pypdf_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("pypdf"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(KnowledgeError, match=r"ansatz-lab\[pdf\]"):
        pages_of(b"%PDF")
