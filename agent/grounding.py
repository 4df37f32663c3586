"""Grounding: every number, citation and verdict in an answer must come from a run or a source."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.messages import Message
from agent.numbers import numbers_in, supported

_CITATION = re.compile(r"\[([^\[\]\n]{2,160})\]")
_KEY = re.compile(r"[A-Za-z][\w-]*\d{4}[A-Za-z]*(?::[\w-]+)?")
_RUN = re.compile(r"runs?\s+(.+)", re.IGNORECASE)
_RUN_ID = re.compile(r"[a-z]{5}-[a-z]{5}-[a-z]{5}")
_AUTHOR_YEAR = re.compile(
    r"\b([A-Z][\w'\u2019-]+)(?:\s+et\s+al\.?|\s+(?:and|&)\s+[A-Z][\w'-]+)?,?\s*\(?((?:19|20)\d{2})\)?"
)
_VERDICT = re.compile(r"\b(supported|refuted|inconclusive)\b", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:not|never|neither|un)\s*$", re.IGNORECASE)
_MAX_TABLE_BYTES = 2_000_000


@dataclass(frozen=True)
class Sources:
    """What an answer may be built from.

    Attributes:
        numbers: values from runs, tables and passages, and those the user gave.
        fractions: parameters between 0 and 1, whose complement may also be said ("drop 70 %").
        keys: citation keys and passage ids that were retrieved, with the paper's title.
        runs: ids of the runs that are known to the conversation.
        authors: (family name, year) of retrieved papers, lower case.
        verdicts: verdicts that were computed.
        literal: texts whose numbers need no source: titles, paths, names.
    """

    numbers: frozenset[float]
    fractions: frozenset[float]
    keys: dict[str, str]
    runs: frozenset[str]
    authors: frozenset[tuple[str, str]]
    verdicts: frozenset[str]
    literal: tuple[str, ...]


@dataclass(frozen=True)
class Grounding:
    """What was found when an answer was checked.

    Attributes:
        unverified: numbers, citations and verdicts without a source, as written.
        citations: citation keys and passage ids used that do have one, with the paper's title.
        runs: run ids used.
    """

    unverified: tuple[str, ...]
    citations: dict[str, str]
    runs: tuple[str, ...]


def gather(
    messages: Sequence[Message],
    passages: Sequence[dict[str, Any]],
    stated: Iterable[float] = (),
) -> Sources:
    """Collects the sources of a conversation: tool results, retrieved passages, the user's words.

    Args:
        messages: the conversation; tool messages hold JSON text. Results that are errors do not
            count: they repeat what the model wrote.
        passages: retrieved for this turn, as `describe.passages_json` describes them.
        stated: bounds and defaults that the tools' own descriptions state.
    """
    results = [r for m in messages if m["role"] == "tool" for r in _result(m["content"])]
    values: set[float] = set(stated)
    fractions: set[float] = set()
    verdicts: set[str] = set()
    runs: set[str] = set()
    literal: set[str] = set()
    shown = list(passages)
    for result in results:
        shown += result.get("passages", [])
        values.update(numbers(result))
        values.update(_counts(result))
        for run in _runs(result):
            runs.add(str(run["run"]))
            verdicts.update(str(c["verdict"]) for c in run.get("claims", ()))
            fractions.update(v for v in numbers(run.get("params", {})) if 0 < v < 1)
            literal.update(map(str, [*run.get("figures", ()), *run.get("tables", ())]))
            for table in run.get("tables", ()):
                values.update(_table_numbers(Path(table)))
    for passage in shown:
        values.update(numbers({k: v for k, v in passage.items() if k != "similarity"}))
        literal.update((str(passage["title"]), str(passage.get("arxiv") or "")))
    for message in messages:
        if message["role"] == "user":
            values.update(numbers(message["content"]))
    return Sources(
        numbers=frozenset(v for v in values if math.isfinite(v)),
        fractions=frozenset(fractions),
        keys={str(k): "" for r in results for run in _runs(r) for k in run.get("papers", ())}
        | {str(k): str(p["title"]) for p in shown for k in (p["key"], p["id"])},
        runs=frozenset(runs),
        authors=frozenset(
            (name.split()[-1].lower(), str(p.get("year")))
            for p in shown
            for name in p.get("authors", ())
        ),
        verdicts=frozenset(verdicts),
        literal=tuple(sorted(filter(None, literal), key=len, reverse=True)),
    )


def ground(text: str, sources: Sources) -> Grounding:
    """Checks a text against its sources."""
    unverified: list[str] = []
    citations: dict[str, str] = {}
    runs: list[str] = []
    plain = text
    for item in sources.literal:
        plain = plain.replace(item, " ")
    for match in _CITATION.finditer(plain):
        for name in re.split(r"[;,]\s*", match[1]):
            _judge_citation(name.strip(), sources, citations, runs, unverified)
    plain = _CITATION.sub(_keep_prose, plain)
    for run in _RUN_ID.findall(plain):
        (runs if run in sources.runs else unverified).append(run)
    for author, year in _AUTHOR_YEAR.findall(plain):
        if _is_reference(author) and (author.lower(), year) not in sources.authors:
            unverified.append(f"{author} {year}")
    plain = _AUTHOR_YEAR.sub(lambda m: " " if _is_reference(m[1]) else m[0], plain)
    values = sources.numbers | {1 - f for f in sources.fractions}
    unverified += [n.text for n in numbers_in(plain) if not supported(n, values)]
    for match in _VERDICT.finditer(plain):
        claimed = match[1].lower()
        if claimed not in sources.verdicts and not _NEGATED.search(plain[: match.start()]):
            unverified.append(f"verdict '{claimed}'")
    return Grounding(_unique(unverified), citations, _unique(runs))


def correction(unverified: Sequence[str]) -> str:
    """Writes the message that sends an answer back to the model."""
    return (
        f"UNVERIFIED: {json.dumps(list(unverified))}. These numbers, citations or verdicts were "
        "found in no run, table or retrieved passage. Answer again using only what tool results "
        "and passages contain, at the precision they support; leave out what you cannot trace."
    )


def _judge_citation(
    name: str, sources: Sources, citations: dict[str, str], runs: list[str], unverified: list[str]
) -> None:
    if match := _RUN.fullmatch(name):
        (runs if match[1] in sources.runs else unverified).append(match[1])
    elif name in sources.keys:
        citations[name] = sources.keys[name]
    elif _KEY.fullmatch(name):
        unverified.append(f"[{name}]")


def _keep_prose(match: re.Match[str]) -> str:
    """Drops a bracket that is a citation, keeps one that is prose: an interval, a remark."""
    parts = [p.strip() for p in re.split(r"[;,]\s*", match[1])]
    cited = all(_RUN.fullmatch(p) or _KEY.fullmatch(p) for p in parts)
    return " " if cited else f" ( {match[1]} ) "


_NOT_NAMES = frozenset(
    "In The Since By Of From Until Before After During January February March April May June July "
    "August September October November December Year And Or To Seed Run Runs Table Figure".split()
)


def _is_reference(author: str) -> bool:
    return author not in _NOT_NAMES


def _result(content: str) -> Iterator[dict[str, Any]]:
    try:
        result = json.loads(content)
    except json.JSONDecodeError:
        return
    if isinstance(result, dict) and ("error" not in result or "run" in result):
        yield result


def _runs(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "run" in result:
        yield result
    yield from (r for r in result.get("runs", ()) if isinstance(r, dict) and "run" in r)


def _counts(result: dict[str, Any]) -> Iterator[float]:
    """Yields how many things of each kind there are, which an answer may count."""
    for value in result.values():
        if isinstance(value, list | dict):
            yield float(len(value))


def numbers(node: Any) -> Iterator[float]:
    """Yields every number in a JSON value, those inside its texts included."""
    if isinstance(node, bool) or node is None:
        return
    if isinstance(node, int | float):
        yield float(node)
    elif isinstance(node, str):
        for number in numbers_in(node):
            yield number.value
            if number.percent:
                yield number.value / 100
    elif isinstance(node, dict):
        for value in node.values():
            yield from numbers(value)
    elif isinstance(node, list):
        for value in node:
            yield from numbers(value)


def _table_numbers(path: Path) -> Iterator[float]:
    if not path.is_file() or path.stat().st_size > _MAX_TABLE_BYTES:
        return
    with path.open(newline="", encoding="utf-8") as handle:
        for row in csv.reader(handle):
            for cell in row:
                try:
                    yield float(cell)
                except ValueError:
                    continue


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
