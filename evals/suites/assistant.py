"""The assistant end to end: a request in, real runs, and an answer that claims nothing unchecked.

Each sample is a conversation of its own in one state folder that goes with the process. Five things
are judged, each where the sample expects it: the experiments that ran and their parameters, the
verdicts, the citations, that nothing is unverified, and that what cannot be done is declined.
"""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.context import Context
from evals.sample import Answer, Sample, Score, State, Suite
from evals.suites import Options, spread
from tools.errors import BadInput

REQUESTS = Path(__file__).parent / "data" / "assistant.toml"
_FIELDS = {"experiment", "params", "verdicts", "cites", "declines", "says"}
_DECLINES = re.compile(
    r"\b(cannot|can't|can not|not available|do not know|don't know|unable|outside|not able|"
    r"no experiment|nothing in the library)\b|\?",
    re.IGNORECASE,
)


def build(options: Options) -> Suite:
    """Builds the suite from the shipped requests, or from a file of the same form.

    Raises:
        BadInput: when an entry has an unknown field or no request.
    """
    path = options.path or REQUESTS
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("sample", [])
    samples = [_sample(entry, path.name) for entry in entries]
    home = tempfile.TemporaryDirectory(prefix="ansatz-eval-")

    async def solve(sample: Sample, context: Context) -> Answer:
        return await converse(Path(home.name), sample, context)

    return Suite(
        "assistant",
        "Requests to checked answers",
        1,
        spread(samples, options.samples),
        solve,
        score,
        options.epochs,
    )


def _sample(entry: Mapping[str, Any], place: str) -> Sample:
    unknown = sorted(set(entry) - _FIELDS - {"id", "request", "kind"})
    if unknown or not entry.get("request"):
        wrong = f"'{unknown[0]}' is no field" if unknown else "there is no request"
        raise BadInput(f"{place}, sample {entry.get('id')}: {wrong}.", "See the shipped file.")
    gold = {key: entry[key] for key in _FIELDS & set(entry)}
    return Sample(entry["id"], entry["request"], gold, tags={"kind": entry.get("kind", "")})


async def converse(home: Path, sample: Sample, context: Context) -> Answer:
    """Asks the assistant, lets it run what it will, and returns the answer with what backs it."""
    from agent.session import Assistant

    answer: dict[str, Any] = {}
    async with Assistant(home, context.model) as assistant:
        async for event in assistant.ask(sample.question, f"{sample.id}-{context.epoch}", _approve):
            if event["type"] == "answer":
                answer = event["answer"]
    runs = [
        {
            "experiment": r["experiment"],
            "params": r["params"],
            "status": r["status"],
            "verdicts": [claim["verdict"] for claim in r["claims"]],
        }
        for r in answer.get("runs", ())
    ]
    data = {
        "runs": runs,
        "cites": [c["id"].partition(":")[0] for c in answer.get("citations", ())],
        "unverified": list(answer.get("unverified", ())),
    }
    calls = tuple((c["experiment"], c["arguments"]) for c in answer.get("calls", ()))
    return Answer(answer.get("text", ""), calls=calls, usage=context.usage, data=data)


async def _approve(cost: dict[str, Any]) -> bool:
    return True


async def score(sample: Sample, answer: Answer) -> Score:
    """Judges an answer by what the sample expects of it."""
    if not answer.text.strip() or not isinstance(answer.data, Mapping):
        return Score.wrong(answer.limit or "There is no answer.", state=State.NO_ANSWER)
    gold, data = sample.gold, answer.data
    reasons: dict[str, str] = {}
    if data["unverified"]:
        reasons["grounded"] = f"unverified: {data['unverified']}"
    ran = [r["experiment"] for r in data["runs"]]
    wanted = [gold["experiment"]] if gold.get("experiment") else []
    if ran != wanted:
        reasons["experiment"] = f"ran {ran or 'nothing'}, not {wanted or 'nothing'}"
    elif wanted:
        given = data["runs"][0]
        off = {k: given["params"].get(k) for k, v in gold.get("params", {}).items()
               if given["params"].get(k) != v}  # fmt: skip
        if off:
            reasons["parameters"] = f"parameters differ: {off}"
        verdicts = gold.get("verdicts")
        if verdicts is not None and given["verdicts"] != verdicts:
            reasons["verdicts"] = f"verdicts {given['verdicts']}, not {verdicts}"
    missing = set(gold.get("cites", ())) - set(data["cites"])
    if missing:
        reasons["citations"] = f"does not cite {', '.join(sorted(missing))}"
    if gold.get("declines") and not _DECLINES.search(answer.text):
        reasons["declines"] = "neither declines nor asks back"
    unsaid = [word for word in gold.get("says", ()) if word.lower() not in answer.text.lower()]
    if unsaid:
        reasons["says"] = f"does not say {unsaid}"
    judged = {"grounded", "experiment"} | {k for k in ("parameters", "verdicts") if wanted}
    judged |= {name for name in ("declines", "says") if gold.get(name)}
    judged |= {"citations"} if gold.get("cites") else set()
    parts = {name: float(name not in reasons) for name in sorted(judged)}
    if reasons:
        return Score(State.INCORRECT, 0.0, "; ".join(reasons.values()), parts=parts)
    return Score(State.CORRECT, 1.0, "as expected", parts=parts)
