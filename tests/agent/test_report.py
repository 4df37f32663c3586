"""The final answer of a turn."""

from __future__ import annotations

from typing import Any

from agent.grounding import Grounding
from agent.report import compose


def answer(text: str, notices: list[str]) -> dict[str, Any]:
    state: Any = {
        "draft": text,
        "failure": "",
        "turn": 1,
        "messages": [],
        "notices": notices,
        "spent": {},
    }
    return compose(state, Grounding((), {}, ()), [], thread="t", offline=True)


def test_a_notice_that_the_text_gives_as_a_note_is_not_given_twice() -> None:
    notices = ["run a-b: 3 of 5 failed; `ansatz runs show a-b` tells why", "retried once"]
    text = "Done.\n\nNote: 3 of 5 failed; ansatz runs show\na-b tells why."
    assert answer(text, [*notices, "retried once"])["notices"] == ["retried once"]


def test_a_notice_that_the_text_only_mentions_stays() -> None:
    notice = "run a-b: 3 of 5 failed"
    assert answer("It is not true that 3 of 5 failed.", [notice])["notices"] == [notice]
