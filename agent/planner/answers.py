"""Answers made from look-ups: papers, the list of runs, the list of experiments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner.figures import sentence
from agent.planner.questions import shown
from agent.planner.quotes import citation, instructs, quotes
from agent.planner.similarity import Similarity
from agent.planner.vocabulary import Slot

_PEOPLE = re.compile(r"\b(who|whose|authors?|when|year|which papers?|cite)\b", re.IGNORECASE)
_DETAILS = re.compile(
    r"\b(parameters?|settings?|defaults?|options?|data ?sets?|scores?|values?|splits?|change|"
    r"vary)\b",
    re.IGNORECASE,
)


_STATES = {"unchanged": "in the library already"}


def literature_text(question: str, content: Mapping[str, Any], similarity: Similarity) -> str:
    """Quotes what the library says, or admits that it says nothing."""
    passages = [p for p in content.get("passages") or () if isinstance(p, Mapping)]
    if content.get("error"):
        return f"The papers could not be searched: {sentence(content['error'])}"
    found = quotes(question, passages, similarity) if content.get("relevant") else []
    return _quoted(question, passages, found)


def asked_text(question: str, content: Mapping[str, Any]) -> str:
    """Writes the sentences with which the library answers, or admits that it does not."""
    if content.get("error"):
        return f"The papers could not be asked: {sentence(content['error'])}"
    passages = [p for p in content.get("passages") or () if isinstance(p, Mapping)]
    said = [(" ".join(str(p.get("text", "")).split()), p) for p in passages]
    found = [(text, citation(p)) for text, p in said if text and not instructs(text)]
    return _quoted(question, passages, found)


def _quoted(
    question: str, passages: Sequence[Mapping[str, Any]], found: Sequence[tuple[str, str]]
) -> str:
    if not found:
        return (
            "I do not know: nothing in the library answers that. `ansatz papers list` shows what "
            'it holds; "add paper.pdf to the library" adds to it.'
        )
    works = _works(passages, {cited for _, cited in found})
    people = _PEOPLE.search(question)
    first, *rest = [f'"{quote}" [{cited}]' for quote, cited in found]
    more = "\n".join(f"- {quote}" for quote in rest)
    # Asked for people, the works are the answer and the quotations its support.
    blocks = [works, first] if people else [first, more, works]
    return "\n\n".join(b for b in blocks if b)


def _works(passages: Sequence[Mapping[str, Any]], cited: set[str]) -> str:
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
    return f"From {'; '.join(seen.values())}."


def added_text(content: Mapping[str, Any]) -> str:
    """Tells what became of the files that were to be added."""
    if content.get("error"):
        return f"Nothing was added: {sentence(content['error'])}"
    count = content.get("documents_added", 0)
    lines = [
        f"{count} document{'' if count == 1 else 's'} added to the library."
        if count
        else "Nothing new was added to the library."
    ]
    files = [f for f in content.get("files") or () if isinstance(f, Mapping)]
    lines += [_file_line(f) for f in files if f.get("state") != "skipped"]
    if skipped := content.get("files_skipped"):
        lines.append(f"- {skipped} skipped: of kinds that are not read")
    if more := content.get("files_not_shown"):
        lines.append(f"- {more} further files")
    waiting = content.get("texts_waiting_for_vectors")
    follow = (
        f"They can be asked about now, by their words; {waiting} texts still wait for their "
        "vectors, which follow in the background."
    )
    return "\n".join(lines) + (f"\n\n{follow}" if waiting else "")


def _file_line(file: Mapping[str, Any]) -> str:
    titles = [str(d.get("title")) for d in file.get("documents") or () if isinstance(d, Mapping)]
    held = "; ".join(t for t in titles if not instructs(t))
    more = f"; {file['documents_not_shown']} more" if file.get("documents_not_shown") else ""
    detail = f" ({file['detail']})" if file.get("detail") else ""
    name = str(file.get("path", "")).replace("\\", "/").rsplit("/", 1)[-1]
    state = _STATES.get(str(file.get("state")), file.get("state"))
    return f"- {name}: {state}{f': {held}' if held else ''}{more}{detail}"


def run_list_text(content: Mapping[str, Any], slots: Mapping[str, Mapping[str, Slot]]) -> str:
    """Lists runs, one a line, newest first, with the settings that are not defaults."""
    if content.get("error"):
        return f"The runs cannot be listed: {sentence(content['error'])}"
    lines = []
    for run in content.get("runs") or ():
        known = slots.get(str(run.get("experiment")), {})
        verdicts = ", ".join(str(c.get("verdict")) for c in run.get("claims") or ())
        settings = ", ".join(
            f"{k} = {shown(v, known.get(k))}"
            for k, v in (run.get("params") or {}).items()
            if k not in known or known[k].parameter.default != v
        )
        lines.append(
            f"- run {run.get('number', '?')} [run {run.get('run', '?')}] {run.get('experiment')}: "
            f"{run.get('status')}{'; ' + verdicts if verdicts else ''} ({settings or 'defaults'})"
        )
    return "\n".join(lines) or "No runs have been recorded yet."


def experiment_list_text(
    question: str, content: Mapping[str, Any], slots: Mapping[str, Mapping[str, Slot]]
) -> str:
    """Lists experiments with their claims, and their parameters in full when these were asked."""
    blocks = ["I can run these experiments:"]
    lines = []
    for entry in content.get("experiments") or ():
        names = [str(p.get("name") if isinstance(p, Mapping) else p) for p in entry["parameters"]]
        known = slots.get(str(entry.get("name")), {})
        lines.append(f"- {entry.get('name')}: {sentence(entry.get('summary', ''))}")
        if _DETAILS.search(question) and known:
            lines += [f"  - {_parameter(known[n])}" for n in names if n in known]
        else:
            lines.append(f"  - Tests: {sentence(entry.get('claim', ''))}")
            lines.append(f"  - Parameters: {', '.join(names)}.")
    blocks += ["\n".join(lines)] if lines else []
    blocks.append("I also show and compare recorded runs, and quote the papers of the library.")
    return "\n\n".join(blocks)


def _parameter(slot: Slot) -> str:
    p = slot.parameter
    default = "required" if p.required else f"default {shown(p.default, slot)}"
    return f"{p.name}: {p.description} ({p.bounds or slot.allowed()}; {default})"
