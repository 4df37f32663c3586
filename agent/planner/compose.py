"""The planner's final texts, made from tool results; no number is written that is not in one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner.figures import metric, sentence
from agent.planner.history import Result
from agent.planner.questions import shown
from agent.planner.quotes import cite, quotes
from agent.planner.similarity import Similarity
from agent.planner.vocabulary import RUN_SEED, Slot

_RANK = {"refuted": 0, "inconclusive": 1, "supported": 2}
_LOSS = re.compile(r"\b(lose|lost|losing|worse|fail|failed|refuted|beaten)\b", re.IGNORECASE)
_TO_THE_POINT = 0.5
_ENDED = {
    "failed": "failed",
    "cancelled": "was cancelled",
    "interrupted": "was interrupted",
    "refused": "was not started, because its cost was declined",
}


def runs_text(
    results: Sequence[Result],
    slots: Mapping[str, Mapping[str, Slot]],
    passages: Sequence[Mapping[str, Any]],
) -> str:
    """Reports runs: verdicts first, a refutation in the first sentence."""
    runs = [r for r in results if "run" in r.content or "metrics" in r.content]
    failed = [r for r in results if r not in runs]
    claims = [(c, r.content) for r in runs for c in r.content.get("claims") or ()]
    lines = []
    if len(runs) > 1 and claims:
        worst = min(claims, key=lambda pair: _RANK.get(str(pair[0].get("verdict")), 1))
        lines.append(_verdict_line(*worst, passages=passages))
        lines.append("")
    for result in runs:
        known = slots.get(str(result.content.get("experiment", "")), {})
        lines += [*run_lines(result.content, known, result.arguments, passages), ""]
    lines += [
        f"Not run: {sentence(r.content.get('error', 'the tool gave no answer'))}" for r in failed
    ]
    return "\n".join(lines).strip()


def run_lines(
    run: Mapping[str, Any],
    slots: Mapping[str, Slot],
    given: Mapping[str, Any] | None,
    passages: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Describes one run: verdicts with reasons, metrics, files, and what was assumed."""
    status = str(run.get("status", "completed"))
    name = f"[run {run.get('run', '?')}]"
    lines = []
    if status != "completed":
        why = f" {sentence(run['error'])}" if run.get("error") else ""
        lines.append(f"The run {_ENDED.get(status, f'is {status}')} {name}.{why}")
    claims = sorted(run.get("claims") or (), key=lambda c: _RANK.get(str(c.get("verdict")), 1))
    lines += [_verdict_line(claim, run, passages) for claim in claims]
    settings = ", ".join(
        f"{k} = {shown(v, slots.get(k))}" for k, v in (run.get("params") or {}).items()
    )
    title = f"{run.get('experiment', 'run')} {name}"
    if given is None and settings:
        lines.append(f"{title}: {settings}, seed = {run.get('seed')}.")
    else:
        stated = ", ".join(f"{k} = {shown(v, slots.get(k))}" for k, v in (given or {}).items())
        lines.append(f"{title}{': ' + stated if stated else ''}.")
    lines += [f"- {k}: {metric(m)}" for k, m in (run.get("metrics") or {}).items()]
    lines += [f"Figure: {path}" for path in run.get("figures") or ()]
    lines += [f"Table: {path}" for path in run.get("tables") or ()]
    if given is not None:
        assumed = ", ".join(
            f"{k} = {shown(v, slots.get(k))}"
            for k, v in {**(run.get("params") or {}), **_seed(run, given)}.items()
            if k not in given
        )
        if assumed and status != "refused":
            lines.append(f"Assumed, because not stated: {assumed}.")
    papers = [cite(str(key), passages) for key in run.get("papers") or ()]
    if papers and not any(c.get("paper") for c in claims):
        lines.append(f"Paper: {', '.join(papers)}.")
    lines += [f"Note: {sentence(n)}" for n in run.get("notices") or ()]
    return lines


def _seed(run: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {} if RUN_SEED in given or run.get("seed") is None else {RUN_SEED: run["seed"]}


def _verdict_line(
    claim: Mapping[str, Any], run: Mapping[str, Any], passages: Sequence[Mapping[str, Any]]
) -> str:
    verdict = str(claim.get("verdict", "inconclusive")).capitalize()
    paper = f" {cite(str(claim['paper']), passages)}" if claim.get("paper") else ""
    reason = str(claim.get("reason", "")).rstrip(". ")
    text = str(claim.get("text", "")).rstrip(". ")
    return f"{verdict}: {text} ({reason}) [run {run.get('run', '?')}]{paper}."


def literature_text(question: str, content: Mapping[str, Any], similarity: Similarity) -> str:
    """Quotes what the library says, or admits that it says nothing."""
    passages = [p for p in content.get("passages") or () if isinstance(p, Mapping)]
    if content.get("error"):
        return f"The papers could not be searched: {sentence(content['error'])}"
    found = quotes(question, passages, similarity) if content.get("relevant") else []
    if not found:
        return (
            "I do not know: nothing in the library answers that. `ansatz papers` shows what it "
            "holds; with a document added to it I could look again."
        )
    titles = _titles(question, passages, {cited for _, cited in found})
    quoted = [f'"{quote}" [{cited}]' for quote, cited in found]
    # Asked for people, the works are the answer and the quotations its support.
    people = re.search(r"\b(who|whose|authors?|when|year)\b", question, re.IGNORECASE)
    return "\n".join([*titles, *quoted] if people else [*quoted, *titles])


def _titles(question: str, passages: Sequence[Mapping[str, Any]], cited: set[str]) -> list[str]:
    """Names the works quoted; authors too, which is what "who proposed" asks for."""
    seen: dict[str, str] = {}
    for passage in sorted(passages, key=lambda p: p.get("year") or 9999):
        if str(passage.get("id")) not in cited or str(passage.get("key")) in seen:
            continue
        authors = ", ".join(map(str, passage.get("authors") or ()))
        year = f", {passage['year']}" if passage.get("year") else ""
        by = f"{authors}: " if authors else ""
        line = f"{by}{passage.get('title', passage.get('key'))}{year} [{passage.get('id')}]"
        seen[str(passage.get("key"))] = line
    return [f"From: {line}." for line in seen.values()]


def explanation_text(
    question: str,
    run: Mapping[str, Any],
    found: Result | None,
    slots: Mapping[str, Mapping[str, Slot]],
    similarity: Similarity,
) -> str:
    """Explains a run by its own numbers and, asked why, by what the papers say."""
    if "error" in run and "run" not in run:
        return f"That run cannot be shown: {sentence(run['error'])}"
    content = found.content if found else {}
    passages = content.get("passages") or ()
    lines = run_lines(run, slots.get(str(run.get("experiment")), {}), None, passages)
    verdicts = {str(c.get("verdict")) for c in run.get("claims") or ()}
    if _LOSS.search(question) and verdicts and "refuted" not in verdicts:
        lines.insert(0, "It did not lose: no check of this run came out against its claim.")
    if found is None:
        return "\n".join(lines)
    wanted = str(found.arguments.get("query", question))
    relevant = content.get("relevant")
    quoted = quotes(wanted, passages, similarity, 2, least=_TO_THE_POINT) if relevant else []
    if quoted:
        lines += ["", "The run itself does not say why. The papers say about this:"]
        lines += [f'"{quote}" [{cited}]' for quote, cited in quoted]
    else:
        lines += ["", "Why this is so I do not know: nothing in the library explains it."]
    return "\n".join(lines)


def run_list_text(content: Mapping[str, Any]) -> str:
    """Lists runs, one a line, newest first."""
    if content.get("error"):
        return f"The runs cannot be listed: {sentence(content['error'])}"
    lines = []
    for run in content.get("runs") or ():
        verdicts = ", ".join(str(c.get("verdict")) for c in run.get("claims") or ())
        settings = ", ".join(f"{k} = {shown(v)}" for k, v in (run.get("params") or {}).items())
        lines.append(
            f"- run {run.get('number', '?')} [run {run.get('run', '?')}] {run.get('experiment')}: "
            f"{run.get('status')}{'; ' + verdicts if verdicts else ''} ({settings})"
        )
    return "\n".join(lines) or "No runs have been recorded yet."


def experiment_list_text(content: Mapping[str, Any]) -> str:
    """Lists experiments with their claims and parameters."""
    lines = ["I can run these experiments:"]
    for entry in content.get("experiments") or ():
        names = [str(p.get("name") if isinstance(p, Mapping) else p) for p in entry["parameters"]]
        lines.append(f"- {entry.get('name')}: {sentence(entry.get('summary', ''))}")
        lines.append(f"  Tests: {sentence(entry.get('claim', ''))}")
        lines.append(f"  Parameters: {', '.join(names)}.")
    lines.append("I also show and compare recorded runs, and quote the papers of the library.")
    return "\n".join(lines)


def without_numbers(text: str, complaint: str) -> str:
    """Drops the sentences that hold something which could not be traced."""
    items = re.findall(r'"([^"]+)"', complaint) or re.findall(r"\d+(?:\.\d+)?", complaint)
    bad = [re.escape(re.sub(r"^verdict '(.*)'$", r"\1", item)) for item in items]
    pattern = re.compile("|".join(rf"(?<![\w.]){b}(?!\w|\.\d)" for b in bad) or "(?!)", re.I)
    kept = []
    for line in text.split("\n"):
        if not pattern.search(line):
            kept.append(line)
            continue
        rest = [s for s in re.split(r"(?<=[.?!])\s+", line) if not pattern.search(s)]
        kept += [" ".join(rest)] if rest else []
    return "\n".join(kept).strip() or "What I could say could not be traced to a source."
