"""Runs of suites for other programs: JSON, Parquet, and the log format of Inspect AI."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.played import Played
from evals.sample import State
from evals.summary import summarise
from tools.errors import BadInput

FORMATS = ("json", "parquet", "inspect")


def write(played: Played, form: str, path: Path) -> None:
    """Writes a run.

    Raises:
        BadInput: when the format is none of FORMATS.
    """
    if form == "json":
        text = json.dumps({"header": dict(played.header), "samples": rows(played)}, indent=1)
        path.write_text(text, encoding="utf-8")
    elif form == "parquet":
        _parquet(played, path)
    elif form == "inspect":
        path.write_text(json.dumps(inspect_log(played), indent=1), encoding="utf-8")
    else:
        raise BadInput(f"'{form}' is no format.", f"Use one of {', '.join(FORMATS)}.")


def rows(played: Played) -> list[dict[str, Any]]:
    """Returns one flat row per sample and epoch."""
    made = []
    for entry in played.entries:
        answer, score = entry.answer, entry.score
        made.append(
            {
                "sample": entry.sample.id,
                "problem": entry.sample.cluster,
                "epoch": entry.epoch,
                "state": str(score.state) if score else "",
                "value": score.value if score else None,
                "reason": score.reason if score else "",
                "extracted": score.answer if score else "",
                "answer": answer.text if answer else None,
                "confidence": answer.confidence if answer else None,
                "limit": answer.limit if answer else "",
                "tokens_in": answer.usage.input_tokens if answer else 0,
                "tokens_out": answer.usage.output_tokens if answer else 0,
                "dollars": answer.usage.dollars if answer else None,
                "seconds": entry.seconds,
                "errors": json.dumps(list(entry.errors)),
                "question": _text(entry.sample.question),
                "gold": _text(entry.sample.gold),
                "tags": json.dumps(dict(entry.sample.tags)),
            }
        )
    return made


def _parquet(played: Played, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(rows(played))
    header = {"ansatz": json.dumps(dict(played.header))}
    pq.write_table(table.replace_schema_metadata(header), path)


def inspect_log(played: Played) -> dict[str, Any]:
    """Returns the run as an Inspect AI log (version 2, the `.json` form).

    Credit becomes a score `ansatz` with the letters C, P and I; what could not be graded or has no
    answer is N, so that its viewer tells it from wrong answers.
    """
    summary = summarise(played.entries)
    header = played.header
    usage = asdict(summary.usage)
    model_usage = {
        "input_tokens": usage["input_tokens"],
        "output_tokens": usage["output_tokens"],
        "total_tokens": usage["input_tokens"] + usage["output_tokens"],
    }
    metrics = {
        row.name: {"name": row.name, "value": row.interval.value, "options": {}}
        for row in summary.rows
    }
    complete = header.get("stopped") == "complete"
    return {
        "version": 2,
        "status": "success" if complete else "cancelled",
        "eval": {
            "run_id": played.name,
            "created": header["created"],
            "task": played.suite,
            "task_id": played.name,
            "task_version": header["version"],
            "dataset": {
                "name": played.suite,
                "samples": len({e.sample.id for e in played.entries}),
                "sample_ids": list(dict.fromkeys(e.sample.id for e in played.entries)),
            },
            "model": f"ansatz/{header['model']}",
            "config": {"epochs": header["epochs"]},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": {
            "total_samples": len(played.entries),
            "completed_samples": len(played.entries),
            "scores": [{"name": "ansatz", "scorer": "ansatz", "params": {}, "metrics": metrics}],
        },
        "stats": {
            "started_at": header["created"],
            "completed_at": header.get("ended", header["created"]),
            "model_usage": {f"ansatz/{header['model']}": model_usage},
        },
        "samples": [_inspect_sample(row, played) for row in rows(played)],
    }


_LETTERS = {State.CORRECT: "C", State.PARTIAL: "P", State.INCORRECT: "I"}


def _inspect_sample(row: dict[str, Any], played: Played) -> dict[str, Any]:
    letter = _LETTERS.get(State(row["state"]), "N") if row["state"] else "N"
    model = f"ansatz/{played.header['model']}"
    reply = {"role": "assistant", "content": row["answer"] or "", "source": "generate"}
    return {
        "id": row["sample"],
        "epoch": row["epoch"] + 1,
        "input": row["question"],
        "target": row["gold"],
        "messages": [{"role": "user", "content": row["question"]}, reply],
        "output": {
            "model": model,
            "choices": [{"message": reply, "stop_reason": "stop"}],
            "completion": row["answer"] or "",
        },
        "scores": {
            "ansatz": {
                "value": letter,
                "answer": row["extracted"],
                "explanation": row["reason"],
                "metadata": {"state": row["state"], "value": row["value"]},
            }
        },
        "metadata": {"problem": row["problem"], **json.loads(row["tags"])},
        "total_time": row["seconds"],
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
