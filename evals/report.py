"""A self-contained page on one run: numbers with intervals, every sample, filters, differences."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path

from evals.efficiency import efficiency
from evals.journal import Entry
from evals.paired import compare
from evals.played import Played
from evals.sample import State
from evals.statistics import Interval
from evals.summary import Row, Summary, credits, language_of, summarise

_STYLE = (Path(__file__).parent / "assets" / "report.css").read_text(encoding="utf-8")
_SCRIPT = (Path(__file__).parent / "assets" / "report.js").read_text(encoding="utf-8")
_LINE = 110
_SHOWN = 20_000  # characters of one text; the export has them all


def page(played: Played, against: Played | None = None) -> str:
    """Returns the page as HTML. It loads nothing, and text of samples stays text.

    Args:
        played: the run.
        against: a run of the same suite to compare it with, sample by sample.
    """
    summary = summarise(played.entries)
    script = b64encode(sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'"
    header = played.header
    title = f"{header['title']}: {header['model']}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f"<p>run {escape(played.name)}, suite {escape(played.suite)} version {header['version']},"
        f" {header['epochs']} answers a sample, stopped: {escape(str(header.get('stopped')))}</p>",
        _counts(summary),
        _table(summary),
        _language(played),
        _efficiency(played),
    ]
    if against is not None:
        parts.append(_difference(played, against))
    others = {} if against is None else {_key(e): e for e in against.entries}
    parts += [
        _filters(bool(others)),
        '<div id="samples">',
        *(_sample(entry, others.get(_key(entry)), bool(others)) for entry in played.entries),
        "</div>",
        f"<script>{_SCRIPT}</script></body></html>",
    ]
    return "\n".join(parts)


def _key(entry: Entry) -> tuple[str, int]:
    return entry.sample.id, entry.epoch


def _counts(summary: Summary) -> str:
    items = "".join(
        f'<li class="{_css(state)}"><b>{count}</b> {state}</li>'
        for state, count in summary.counts.items()
        if count
    )
    return f'<ul class="counts">{items}</ul>'


def _table(summary: Summary) -> str:
    rows = "".join(_row(row) for row in (*summary.rows, *summary.by_tag))
    text = (
        '<table><tr><th>metric<th>value<th>95 % interval<th>n<th class="wide">0 to 1</tr>'
        f"{rows}</table>"
    )
    if summary.calibration is not None:
        c = summary.calibration
        text += (
            f"<p>Calibration error {c.ece:.3f} over ten bins of equal mass (a perfectly calibrated"
            f" answerer would show {c.floor:.3f} for {c.n} samples, {c.floor_high:.3f} at most in"
            f" 95 of 100 runs); area under selective accuracy {c.selective_area:.3f}, accuracy on"
            f" the most confident tenth {c.accuracy_at_10:.3f}; error after Platt scaling"
            f" {c.platt_ece:.3f}.</p>"
        )
    return text


def _language(played: Played) -> str:
    found = language_of(played.entries)
    if not found:
        return ""
    items = ", ".join(f"{escape(name)} {value:.3f}" for name, value in found.items())
    return (
        f"<p>Words of the answers, by the declared lists alone: {items} (share of toxic answers;"
        " otherwise 0 is even between groups).</p>"
    )


def _efficiency(played: Played) -> str:
    def number(value: float | None, unit: str) -> str:
        return "not known" if value is None else f"{value:.6g} {unit}".strip()

    rows = "".join(
        f"<tr><td>{row['measure']}<td>{number(row['total'], row['unit'])}"
        f"<td>{number(row['per_sample'], row['unit'])}<td>{escape(row['note'])}</tr>"
        for row in efficiency(played.entries, played.header).rows()
    )
    return (
        "<h2>Efficiency</h2><table><tr><th>measure<th>in all<th>per sample"
        f'<th class="wide">what it is</tr>{rows}</table>'
    )


def _row(row: Row) -> str:
    i = row.interval
    return (
        f"<tr><td>{escape(row.name)}<td>{i.value:.4f}<td>[{i.low:.4f}, {i.high:.4f}]<td>{i.n}"
        f"<td>{_bar(i)}</tr>"
    )


def _bar(i: Interval) -> str:
    """Draws an interval on the line from 0 to 1; nothing where it does not fit there."""
    if not (0 <= i.value <= 1):
        return ""
    low = max(0.0, i.low) if i.low == i.low else i.value
    high = min(1.0, i.high) if i.high == i.high else i.value
    return (
        '<svg viewBox="0 0 200 12" class="bar"><line x1="0" x2="200" y1="6" y2="6" class="axis"/>'
        f'<line x1="{200 * low:.1f}" x2="{200 * high:.1f}" y1="6" y2="6" class="interval"/>'
        f'<circle cx="{200 * i.value:.1f}" cy="6" r="4"/></svg>'
    )


def _difference(played: Played, against: Played) -> str:
    left, clusters = credits(played.entries)
    right, more = credits(against.entries)
    found = compare(left, right, {**more, **clusters})
    d = found.difference
    return (
        f"<p>Against run {escape(against.name)} ({escape(str(against.header['model']))}):"
        f" {d.value:+.4f} [{d.low:+.4f}, {d.high:+.4f}], p = {found.p_value:.3g}"
        f" ({found.test}, {d.clusters} problems); {found.only_a + found.only_b} samples of one run"
        " alone are left out.</p>"
    )


def _filters(compared: bool) -> str:
    states = "".join(
        f'<label><input type="checkbox" class="state" value="{_css(s)}" checked>{s}</label>'
        for s in State
    )
    changed = '<label><input type="checkbox" id="changed">changed only</label>' if compared else ""
    return (
        f'<form id="filters">{states}{changed}'
        '<input type="search" id="text" placeholder="words in a sample"> <span id="shown"></span>'
        "</form>"
    )


def _sample(entry: Entry, other: Entry | None, compared: bool) -> str:
    score = entry.score
    state = score.state if score else State.FAILED
    was = other.score if other else None
    changed = compared and (was.state if was else None) is not state
    epoch = f" <small>answer {entry.epoch + 1}</small>" if entry.epoch else ""
    body: list[tuple[str, object]] = [("question", entry.sample.question)]
    body.append(("gold", entry.sample.gold))
    if entry.answer is not None:
        body.append(("answer", entry.answer.text))
        if entry.answer.limit:
            body.append(("ended by the limit of", entry.answer.limit))
        if entry.answer.calls:
            body.append(("calls", [list(call) for call in entry.answer.calls]))
    if score is not None:
        body += [("taken for the answer", score.answer), ("because", score.reason)]
    if entry.errors:
        body.append(("failed attempts", "\n".join(entry.errors)))
    if other is not None and was is not None:
        body.append((f"the other run: {was.state}", other.answer.text if other.answer else ""))
        body.append(("because", was.reason))
    tags = "".join(f" <small>{escape(v)}</small>" for v in entry.sample.tags.values() if v)
    return (
        f'<details class="sample {_css(state)}" data-changed="{int(changed)}"><summary>'
        f"<span>{state}</span> {escape(entry.sample.id)}{epoch}{tags}"
        f"<em>{escape(_line(entry.sample.question))}</em></summary>"
        f"<dl>{''.join(_definitions(body))}</dl></details>"
    )


def _line(question: object) -> str:
    text = question if isinstance(question, str) else json.dumps(question, ensure_ascii=False)
    return " ".join(text.split())[:_LINE]


def _definitions(body: Sequence[tuple[str, object]]) -> Iterable[str]:
    for name, value in body:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
        if text:
            cut = text[:_SHOWN] + (" [cut; the export has it all]" if len(text) > _SHOWN else "")
            yield f"<dt>{escape(name)}<dd><pre>{escape(cut)}</pre>"


def _css(state: State) -> str:
    return state.value.replace(" ", "-")
