"""Durations are read as people write them, and written as people read them."""

from __future__ import annotations

import pytest

from tools.duration import humane, parse_duration
from tools.errors import BadInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("0.5", 0.5),
        ("10m", 600),
        ("10 min", 600),
        ("10 minutes", 600),
        ("1.5h", 5400),
        ("2h30m", 9000),
        ("1 hour 5 mins", 3900),
        ("30 sec", 30),
        ("2 days", 172800),
        ("1H", 3600),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "10x", "-5", "10m nonsense", "1e3", "10mm", "ten"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="Write for example"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
        (None, "unknown"),
        (float("inf"), "unknown"),
    ],
)
def test_a_duration_is_written(seconds: float | None, text: str) -> None:
    assert humane(seconds) == text
