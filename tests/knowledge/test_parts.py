"""Texts are cut into passages without losing anything but white space."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.parts import cut, ids_of, parts_of_text

prose = st.text(st.sampled_from("ab. \n-#\u00e9"), max_size=300)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=prose, longest=st.integers(1, 60))
def test_pieces_are_short_in_order_and_lose_only_white_space(text: str, longest: int) -> None:
    pieces = cut(text, longest)
    place = 0
    for start, end in pieces:
        assert 0 < end - start <= longest
        assert not text[place:start].strip()
        assert text[start:end] == text[start:end].strip()
        place = end
    assert not text[place:].strip()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=prose)
def test_ids_are_unique_and_without_spaces(text: str) -> None:
    ids = ids_of("key", parts_of_text(text))
    assert len(ids) == len(set(ids))
    assert not any(" " in id for id in ids)


def test_a_paragraph_break_is_preferred_to_a_sentence_end() -> None:
    text = "One two three four five.\n\nSix seven. Eight nine ten eleven twelve."
    pieces = [text[start:end] for start, end in cut(text, 45)]
    assert pieces == ["One two three four five.", "Six seven. Eight nine ten eleven twelve."]


def test_a_heading_that_looks_like_a_second_piece_gets_its_own_id() -> None:
    source = "# Part\n" + "word " * 300 + "\n# Part 2\nother\n"
    ids = ids_of("k", parts_of_text(source))
    assert ids == ["k:part", "k:part-2", "k:part-2-2"]
