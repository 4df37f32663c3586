"""Reading replies: whatever form a model chooses, the program it means is found, or nothing is."""

from __future__ import annotations

import pytest

from tools.discovery.candidate import Candidate
from tools.discovery.proposers.reply import (
    FormatFailure,
    apply_edit,
    fence_for,
    read_edits,
    read_program,
)

PROGRAM = "def solve(n):\n    return n\n"
PARENT = Candidate.of("import math\n\n\ndef solve(n):\n    x = 1\n    return x * n\n")


@pytest.mark.parametrize(
    "reply",
    [
        f"```python\n{PROGRAM}```",
        f"Here it is.\n\n```\n{PROGRAM}```\nGood luck.",
        f"~~~py\n{PROGRAM}~~~",
        f"```python\n{PROGRAM}",
        PROGRAM,
        f"<think>```python\ndef wrong(): pass\n```</think>\n```python\n{PROGRAM}```",
        f"First a draft:\n```python\ndef solve(n): pass\n```\nBetter:\n```python\n{PROGRAM}```",
        f"```python\n{PROGRAM}```\nUse it so:\n```python\nprint(solve(3))\n```",
        f"```json\n{{}}\n```\n```python\n{PROGRAM}```",
        f"````python\n{PROGRAM}````",
        f"**program.py**\n```python\n{PROGRAM}```",
    ],
)
def test_the_whole_program_is_found(reply: str) -> None:
    assert read_program(reply).source == PROGRAM


def test_several_named_files_are_one_candidate() -> None:
    reply = f"`helper.py`:\n```python\ndef g(): return 1\n```\n```python program.py\n{PROGRAM}```"
    assert dict(read_program(reply).files) == {
        "helper.py": "def g(): return 1\n",
        "program.py": PROGRAM,
    }


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot do that.",
        "```python\nprint('hi')\n",
        "```python\ndef solve(n):\n    return (n",
    ],
)
def test_a_reply_without_a_program_is_a_format_failure(reply: str) -> None:
    with pytest.raises(FormatFailure):
        read_program(reply)


def test_a_program_with_a_mistake_is_a_program() -> None:
    assert "retrun" in read_program("```python\ndef solve(n):\n    retrun n\n```").source


@pytest.mark.parametrize(
    "reply",
    [
        "<<<<<<< SEARCH\n    x = 1\n=======\n    x = 2\n>>>>>>> REPLACE",
        "```\n<<<<<<< SEARCH program.py\n    x = 1   \n=======\n    x = 2\n>>>>>>> REPLACE\n```",
        "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE",
        "<<<<<<<<< SEARCH\n\n    x = 1\n\n========\n    x = 2\n>>>>>>>>>",
        "```diff\n--- a/program.py\n+++ b/program.py\n@@ -4,3 +4,3 @@\n def solve(n):\n-    x = 1\n"
        "+    x = 2\n     return x * n\n```",
        "```python\nimport math\n\n\ndef solve(n):\n    x = 2\n    return x * n\n```",
    ],
    ids=["plain", "fenced", "indent lost", "sloppy", "unified", "whole program"],
)
def test_an_edit_is_made_however_it_is_written(reply: str) -> None:
    assert read_edits(reply, PARENT).source == PARENT.source.replace("x = 1", "x = 2")


def test_several_edits_are_made_in_order() -> None:
    reply = (
        "<<<<<<< SEARCH\n    x = 1\n=======\n    x = 2\n    y = 3\n>>>>>>> REPLACE\n"
        "<<<<<<< SEARCH\n    y = 3\n    return x * n\n=======\n"
        "    return x * y * n\n>>>>>>> REPLACE"
    )
    assert read_edits(reply, PARENT).source.endswith("    x = 2\n    return x * y * n\n")


def test_an_edit_keeps_the_indent_of_its_place() -> None:
    text = "if a:\n    if b:\n        c()\n"
    assert (
        apply_edit(text, "if b:\n    c()", "while b:\n    d()")
        == "if a:\n    while b:\n        d()\n"
    )


@pytest.mark.parametrize(
    ("old", "says"), [("    y = 1", "fits nowhere"), ("\n", "does not say"), ("", "does not say")]
)
def test_an_edit_that_does_not_fit_is_a_format_failure(old: str, says: str) -> None:
    with pytest.raises(FormatFailure, match=says):
        apply_edit(PARENT.source, old, "z = 1")


def test_an_edit_of_two_places_is_refused() -> None:
    with pytest.raises(FormatFailure, match="2 places"):
        apply_edit("a = 1\na = 1\n", "a = 1", "a = 2")


def test_how_a_parent_was_made_is_not_said_of_its_edited_child() -> None:
    parent = Candidate({**PARENT.files, "tree.json": "{}"})
    reply = "<<<<<<< SEARCH\n    x = 1\n=======\n    x = 2\n>>>>>>> REPLACE"
    assert list(read_edits(reply, parent).files) == ["program.py"]


def test_a_fence_cannot_be_closed_by_what_it_holds() -> None:
    assert fence_for({"a": "x = '```'", "b": "`````"}) == "``````"
