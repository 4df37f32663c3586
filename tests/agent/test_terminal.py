"""The terminal face: all that backs an answer is shown, and nothing takes over the screen."""

import io

import pytest
from rich.console import Console

from agent.terminal import TurnView, print_answer

RUN = {
    "id": "lusab-babad-gutih",
    "number": 3,
    "experiment": "pruning.compare",
    "seed": 0,
    "status": "completed",
    "seconds": 12.5,
    "error": None,
    "figures": ["runs/accuracy.png"],
    "tables": [],
    "claims": [
        {"text": "EL2N wins [really]", "paper": "paul2021", "verdict": "refuted", "reason": "-0.1"}
    ],
}
ANSWER = {
    "text": "It lost [paul2021:limits] by 0.1.\nSecond line.",
    "runs": [RUN],
    "citations": [{"id": "paul2021:limits", "title": "Deep Learning on a Data Diet"}],
    "unverified": ["0.1"],
    "notices": ["retried once"],
    "model": "offline planner",
    "thread": "t",
    "usage": {"input_tokens": 0, "output_tokens": 0, "dollars": 0.0, "requests": 0},
}


def console():
    return Console(file=io.StringIO(), width=120, markup=False, highlight=False)


def printed(answer):
    out = console()
    print_answer(out, answer)
    return out.file.getvalue()


@pytest.mark.parametrize(
    "piece",
    [
        "[paul2021:limits]",
        "Second line.",
        "refuted",
        "EL2N wins [really] [paul2021]",
        "run lusab-babad-gutih (#3)",
        "runs/accuracy.png",
        "Deep Learning on a Data Diet",
        "UNVERIFIED, found in no run or source: 0.1",
        "note: retried once",
        "offline planner, thread t",
    ],
)
def test_an_answer_shows_all_that_backs_it(piece):
    assert piece in printed(ANSWER)


def test_lines_of_an_answer_stay_lines():
    lines = [line.strip() for line in printed(ANSWER).splitlines()]
    assert "Second line." in lines


def test_tokens_and_dollars_are_shown_when_spent():
    usage = {"input_tokens": 70, "output_tokens": 30, "dollars": 0.0123, "requests": 1}
    assert "100 tokens, $0.0123" in printed(ANSWER | {"usage": usage})


def test_control_characters_never_reach_the_terminal():
    evil = "\x1b[2J\x1b]0;owned\x07gone"
    claim = RUN["claims"][0] | {"text": evil, "reason": evil}
    answer = ANSWER | {"text": evil, "notices": [evil], "runs": [RUN | {"claims": [claim]}]}
    text = printed(answer)
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text


def test_progress_without_a_terminal_is_about_ten_lines_a_stage():
    err = console()
    with TurnView(err) as view:
        view.show(
            {"type": "run_started", "run": "r", "estimate": 3.0, "call": "c", "experiment": "x.y"}
        )
        for done in range(101):
            view.show(
                {
                    "type": "progress",
                    "run": "r",
                    "label": "step",
                    "done": done,
                    "total": 100,
                    "eta": 1.0,
                }
            )
    assert 10 <= len(err.file.getvalue().splitlines()) <= 13


def test_a_quiet_turn_says_nothing_and_keeps_the_answer():
    err = console()
    with TurnView(err, quiet=True) as view:
        view.show({"type": "tool_error", "error": "no"})
        view.show({"type": "answer", "answer": ANSWER})
    assert err.file.getvalue() == ""
    assert view.answers == [ANSWER]
