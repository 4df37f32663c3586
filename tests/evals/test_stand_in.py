from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from evals.stand_in import Known, StandIn, answer, read_known
from tools.errors import BadInput

KNOWN = {"always?": Known("1", 1.0), "never?": Known("2", 0.0), "often?": Known("3", 0.7)}


def test_it_is_right_as_often_as_it_says_and_the_same_for_the_same_seed() -> None:
    def share(question: str) -> float:
        texts = [answer(KNOWN, question, seed) for seed in range(2000)]
        return sum(t == f"\\boxed{{{KNOWN[question].gold}}}" for t in texts) / 2000

    assert share("always?") == 1.0
    assert share("never?") == 0.0
    assert share("often?") == pytest.approx(0.7, abs=0.04)  # four standard errors
    assert answer(KNOWN, "often?", 5) == answer(KNOWN, "Some words.\n\noften?\n", 5)
    assert answer(KNOWN, "what else?", 5) == "I do not know."


def test_it_answers_chat_requests() -> None:
    with StandIn(KNOWN) as endpoint:
        assert endpoint.base_url.endswith("/v1")
        body = {"model": "m", "seed": 1, "messages": [{"role": "user", "content": "always?"}]}
        request = urllib.request.Request(
            f"{endpoint.base_url}/chat/completions", json.dumps(body).encode()
        )
        with urllib.request.urlopen(request) as reply:
            assert json.load(reply)["choices"][0]["message"]["content"] == "\\boxed{1}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"question": "q", "gold": "1"}', "line 1: KeyError"),
        ("{", "line 1"),
        ('{"question": "q", "gold": "1", "chance": 1.5}', r"line 1: chance = 1\.5"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(line)
    with pytest.raises(BadInput, match=message):
        read_known(path)
