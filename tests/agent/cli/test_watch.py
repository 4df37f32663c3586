"""What is shown while a run goes on: numbers whatever the width, and no line twice."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from agent.cli import common, watch
from tools.records import Progress

DETAIL = "best 2.63598308; 1.2/s; $0.0123; ok 12, invalid 3"


def record(label: str, done: int, total: int, detail: str = "") -> Any:
    return SimpleNamespace(progress=Progress(label, done, total, 125.0, detail))


def shown(monkeypatch: pytest.MonkeyPatch, width: int, *records: Any) -> list[str]:
    """Returns the lines that a terminal of a width shows at the end."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    monkeypatch.setattr(common, "console", lambda **_: console)
    with watch._bar() as show:
        for one in records:
            show(one)
    # The last picture is drawn when the display closes, and taken away by what follows it.
    return file.getvalue().replace("\r", "\n").split("\n")


@pytest.mark.parametrize("width", [36, 40, 80, 200])
def test_the_numbers_are_there_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    lines = shown(monkeypatch, width, record("searching", 9, 60, DETAIL))
    (line,) = {line.rstrip() for line in lines if "9/60" in line}
    assert line.startswith("\x1b[2Ksearching ") or line.startswith("searching ")
    assert line.endswith("9/60 2 min 5 s left")
    assert any("best 2.63598308" in line for line in lines)
    long = record("tuning baselines with a long name", 9000, 10000)
    (line,) = {one.rstrip() for one in shown(monkeypatch, width, long) if "000" in one}
    assert line.endswith("9000/10000 2 min 5 s left")


def test_a_detail_that_changes_makes_no_new_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = watch._Lines()
    for done in range(1, 6):
        lines(record("searching", done, 60, f"best {done}"))
    lines(record("drawing", 0, 2))
    told = capsys.readouterr().err.splitlines()
    assert told == ["searching 1/60, 2 min 5 s left (best 1)", "drawing 0/2, 2 min 5 s left"]
