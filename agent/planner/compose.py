"""The planner's final texts, made from tool results; no number is written that is not in one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner.figures import metric, sentence
from agent.planner.history import Result
from agent.planner.questions import shown
from agent.planner.quotes import cite, quotes
from agent.planner.similarity import Similarity
from agent.planner.text import content, stems
from agent.planner.vocabulary import RUN_SEED, Slot

_RANK = {"refuted": 0, "inconclusive": 1, "supported": 2}
_LOSS = re.compile(r"\b(lose|lost|losing|worse|fail|failed|refuted|beaten)\b", re.IGNORECASE)
_SETTINGS = re.compile(r"\b(parameters?|settings?|seed|configuration|used)\b", re.IGNORECASE)
_FILES = re.compile(
    r"\b(figures?|plots?|charts?|graphs?|tables?|files?|where|csv)\b", re.IGNORECASE
)
_MOST_METRICS = 4
_LONG_START = 5  # words that two claims share before the second one is cut short
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
    blocks = []
    if len(runs) > 1:
        blocks = _several(runs, slots, passages)
    elif runs:
        known = slots.get(str(runs[0].content.get("experiment", "")), {})
        blocks = run_blocks(runs[0].content, known, runs[0].arguments, passages)
    blocks += [
        f"Not run: {sentence(r.content.get('error', 'the tool gave no answer'))}" for r in failed
    ]
    return _plain("\n\n".join(blocks))


def _plain(text: str) -> str:
    """Keeps the stars of formulas from being read as Markdown."""
    return re.sub(r"(?<!\\)\*", r"\\*", text)


def _several(
    results: Sequence[Result],
    slots: Mapping[str, Mapping[str, Slot]],
    passages: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Reports several runs of one experiment: the worst verdict, then a line for each run."""
    runs = [r.content for r in results]
    known = slots.get(str(runs[0].get("experiment", "")), {})
    claims = [(c, run) for run in runs for c in run.get("claims") or ()]
    blocks = []
    if claims:
        worst = min(claims, key=lambda pair: _RANK.get(str(pair[0].get("verdict")), 1))
        blocks.append(_verdict_line(*worst, passages=passages))
    asked = [r.arguments for r in results]
    varied = [
        k
        for k in dict.fromkeys(k for a in asked for k in a)
        if len({str(a.get(k)) for a in asked}) > 1
    ]
    lines = []
    for run, given in zip(runs, asked, strict=True):
        what = _settings({k: given[k] for k in varied if k in given}, known)
        status = str(run.get("status", "completed"))
        ended = "" if status == "completed" else f": {_ENDED.get(status, f'is {status}')}"
        lines.append(f"- {what or run.get('experiment')} [run {run.get('run', '?')}]{ended}")
        texts = [str(c.get("text", "")).split() for c in run.get("claims") or ()]
        shared = _shared(texts[0], texts[1]) if len(texts) > 1 else 0
        for claim, words in zip(run.get("claims") or (), texts, strict=True):
            said = " ".join(words[shared:]).rstrip(". ")
            reason = str(claim.get("reason", "")).rstrip(". ")
            lines.append(f"  - {claim.get('verdict')}: {said} ({reason})")
    blocks.append("\n".join(lines))
    first, given = runs[0], asked[0]
    common = {k: v for k, v in given.items() if k not in varied}
    if common:
        blocks.append(f"In all of them: {_settings(common, known)}.")
    return blocks + _backing(first, known, given, passages)


def run_blocks(
    run: Mapping[str, Any],
    slots: Mapping[str, Slot],
    given: Mapping[str, Any] | None,
    passages: Sequence[Mapping[str, Any]],
    question: str = "",
) -> list[str]:
    """Describes one run in paragraphs: verdicts with reasons, what matters, what was assumed.

    Args:
        given: the arguments of the call; None for a run that is only shown.
        question: what was asked about it; what it names comes first.
    """
    status = str(run.get("status", "completed"))
    name = f"[run {run.get('run', '?')}]"
    blocks = []
    if status != "completed":
        why = f" {sentence(run['error'])}" if run.get("error") else ""
        blocks.append(f"The run {_ENDED.get(status, f'is {status}')} {name}.{why}")
    verdicts = _verdicts(run, passages)
    stated = run.get("params") or {} if given is None else given
    told = _settings({**stated, **_seed(run, {})} if given is None else stated, slots)
    title = f"{run.get('experiment', 'run')} {name}{': ' + told if told else ''}."
    asked = _asked(run, question)
    numbers = "\n".join(f"- {k}: {metric(m)}" for k, m in (asked or _chosen(run)).items())
    files = [*(run.get("figures") or ()), *(run.get("tables") or ())]
    if _FILES.search(question):
        listed = "\n".join(f"- {path}" for path in files)
        return [f"Figures and tables of {title}", listed or "There are none."]
    if asked:
        return [f"Measured in {title}", numbers]
    if _SETTINGS.search(question):
        return [title]
    blocks += [*verdicts, numbers, title]
    return [b for b in (*blocks, *_backing(run, slots, given, passages)) if b]


def _backing(
    run: Mapping[str, Any],
    slots: Mapping[str, Slot],
    given: Mapping[str, Any] | None,
    passages: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Says what was assumed, and cites the papers that no claim cites."""
    blocks = []
    if given is not None and run.get("status") != "refused":
        left = {**(run.get("params") or {}), **_seed(run, given)}
        left = {k: v for k, v in left.items() if v != ""}
        assumed = _settings({k: v for k, v in left.items() if k not in given}, slots)
        blocks += [f"Assumed, because not stated: {assumed}."] if assumed else []
    papers = [cite(str(key), passages) for key in run.get("papers") or ()]
    if papers and not any(c.get("paper") for c in run.get("claims") or ()):
        blocks.append(f"Paper: {', '.join(papers)}.")
    return blocks + [f"Note: {sentence(n)}" for n in run.get("notices") or ()]


def _settings(values: Mapping[str, Any], slots: Mapping[str, Slot]) -> str:
    return ", ".join(f"{k} = {shown(v, slots.get(k))}" for k, v in values.items())


def _chosen(run: Mapping[str, Any]) -> dict[str, Any]:
    """Picks the few metrics that say most beside the verdicts, which state differences.

    These are the first, which an experiment gives because it matters most, and the largest family
    of measured ones: `accuracy_full`, `accuracy_random`, ...
    """
    metrics: dict[str, Any] = dict(run.get("metrics") or {})
    if len(metrics) <= _MOST_METRICS:
        return metrics
    measured = {
        k: m for k, m in metrics.items() if isinstance(m, Mapping) and m.get("stderr") is not None
    }
    families = Counter(k.split("_")[0] for k in measured)
    name, size = families.most_common(1)[0] if families else ("", 0)
    family = [k for k in measured if k.split("_")[0] == name] if size > 1 else [*measured, *metrics]
    chosen = dict.fromkeys([next(iter(metrics)), *family])
    return {k: metrics[k] for k in list(chosen)[:_MOST_METRICS]}


def _asked(run: Mapping[str, Any], question: str) -> dict[str, Any]:
    """Picks the metrics that a question names; the more words of a name, the better."""
    words = content(question)
    metrics: dict[str, Any] = dict(run.get("metrics") or {})
    hits = {k: len(words & set(stems(k.replace("_", " ")))) for k in metrics}
    best = max(hits.values(), default=0)
    return {k: m for k, m in metrics.items() if best and hits[k] == best}


def _verdicts(run: Mapping[str, Any], passages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Writes the verdicts, the worst first; words that claims begin with are said once."""
    claims = sorted(run.get("claims") or (), key=lambda c: _RANK.get(str(c.get("verdict")), 1))
    lines = []
    before: list[str] = []
    for claim in claims:
        words = str(claim.get("text", "")).split()
        shared = _shared(before, words)
        said = f"... {' '.join(words[shared:])}" if shared else " ".join(words)
        lines.append(_verdict_line({**claim, "text": said}, run, passages))
        before = before or words
    return lines


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """Counts the words with which both begin, if these are many enough to leave out."""
    pairs = zip(a, b, strict=False)
    same = next((i for i, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))
    return same if _LONG_START <= same < min(len(a), len(b)) else 0


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
    result = found.content if found else {}
    passages = result.get("passages") or ()
    known = slots.get(str(run.get("experiment")), {})
    blocks = run_blocks(run, known, None, passages, "" if found else question)
    verdicts = {str(c.get("verdict")) for c in run.get("claims") or ()}
    if _LOSS.search(question) and verdicts and "refuted" not in verdicts:
        blocks.insert(0, "It did not lose: no check of this run came out against its claim.")
    if found is None:
        return _plain("\n\n".join(blocks))
    wanted = str(found.arguments.get("query", question))
    relevant = result.get("relevant")
    quoted = quotes(wanted, passages, similarity, 2, least=_TO_THE_POINT) if relevant else []
    if quoted:
        lines = [f'- "{quote}" [{cited}]' for quote, cited in quoted]
        blocks.append("The run itself does not say why. The papers say about this:")
        blocks.append("\n".join(lines))
    else:
        blocks.append("Why this is so I do not know: nothing in the library explains it.")
    return "\n\n".join(blocks)


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
