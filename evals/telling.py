"""A run of a suite in a sentence or two: what was not solved, and why not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from evals.journal import Entry
from evals.sample import State

_EXAMPLES = 3
_LENGTH = 140  # characters of one reason or question


def unsolved(entries: Sequence[Entry], run: str) -> str:
    """Says how many answers earned no full credit, of which states, with examples; "" for none.

    Args:
        entries: of one journal; those without a score are left out.
        run: the run's id, for the command that shows the rest.
    """
    scored = [e for e in entries if e.score is not None]
    lost = [e for e in scored if e.score and e.score.state is not State.CORRECT]
    if not lost:
        return ""
    states = Counter(str(e.score.state) for e in lost if e.score)
    counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
    shown = "; ".join(map(_example, _different(lost)))
    rest = f"; `ansatz eval report {run}` shows each" if len(lost) > _EXAMPLES else ""
    return f"not solved: {len(lost)} of {len(scored)} ({counts}). For example {shown}{rest}"


def _different(lost: Sequence[Entry]) -> list[Entry]:
    """Returns a few entries of different samples, those with reasons of their own first."""
    by_reason: dict[str, Entry] = {}
    for entry in lost:
        by_reason.setdefault(entry.score.reason if entry.score else "", entry)
    by_sample: dict[str, Entry] = {}
    for entry in (*by_reason.values(), *lost):
        by_sample.setdefault(entry.sample.id, entry)
    return list(by_sample.values())[:_EXAMPLES]


def _example(entry: Entry) -> str:
    assert entry.score is not None
    question = entry.sample.question
    text = question if isinstance(question, str) else json.dumps(question, ensure_ascii=False)
    reason = entry.score.reason.rstrip(". ") or str(entry.score.state)
    return f"{entry.sample.id}, '{_short(text)}': {_short(reason)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LENGTH else line[: _LENGTH - 3] + "..."
