"""How runs and passages are described to a chat model: short, and every number as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.records import RunRecord

if TYPE_CHECKING:
    from knowledge.passage import Passage

_PASSAGE_CHARACTERS = 900  # of each passage, in a tool's answer


def summary(record: RunRecord) -> dict[str, Any]:
    """Describes a run to a chat model: short, and every number as recorded."""
    whole = record.as_json()
    described = {
        "run": record.id,
        **{k: whole[k] for k in ("number", "experiment", "status", "params", "seed", "metrics")},
        "claims": [
            {k: c[k] for k in ("text", "paper", "verdict", "reason")} for c in whole["claims"]
        ],
        "papers": list(record.papers),
        "figures": [str(a.path) for a in record.artifacts if a.kind == "figure"],
        "tables": [str(a.path) for a in record.artifacts if a.kind == "table"],
        "seconds": round(record.seconds, 2),
    }
    if record.error:
        described["error"] = record.error
    if record.notices:
        described["notices"] = list(record.notices)
    if not record.status.over:
        described["progress"] = None if record.progress is None else record.progress.label
    return described


def passages_json(passages: list[Passage]) -> dict[str, Any]:
    """Describes passages to a chat model; their text is data from outside."""
    return {
        "relevant": any(p.relevant for p in passages),
        "passages": [
            {
                "id": p.id,
                "key": p.key,
                "title": p.title,
                "section": p.section,
                "year": p.year,
                "authors": list(p.authors)[:4],
                "arxiv": p.arxiv,
                "similarity": round(p.similarity, 3),
                "text": p.text[:_PASSAGE_CHARACTERS],
            }
            for p in passages
        ],
    }
