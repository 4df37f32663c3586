"""Graders and searches do as well as they did: baselines of suites that ask no model."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.sums import play

from evals import gate, suites
from evals.summary import summarise


@pytest.mark.parametrize("name", ["graders", "discovery"])
def test_no_suite_of_programs_has_dropped_beyond_noise(name: str, tmp_path: Path) -> None:
    before = gate.baselines()[name]
    suite = suites.load(name, suites.Options(samples=before.n))
    entries = play(tmp_path, suite).entries
    assert len(entries) == before.n
    assert [e.errors for e in entries if e.errors] == []
    assert gate.drop(summarise(entries).rows[0].interval, before) == ""
