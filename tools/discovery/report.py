"""A self-contained page on one search: how it went, what it found, what it learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tools.discovery.contrast import Contrast, Score, Split
from tools.discovery.report_figures import construction, convergence
from tools.discovery.rows import as_member

if TYPE_CHECKING:
    from tools.discovery.candidate import Member
    from tools.discovery.concepts import ConceptTree
    from tools.discovery.log import Log, Row
    from tools.discovery.problems import FolderProblem

_STYLE = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_GAMMA, _N_MIN = 0.25, 3  # the split that colours the tree; ours, as in `policies.ccts`
_FAILURES = 20
_SHOWN = 40_000


def page(log: Log, problem: FolderProblem) -> str:
    """Returns the page as HTML. It runs no script and loads nothing; all text stays text.

    Args:
        log: of the search, which may still be going on.
        problem: the same problem at the same size, for its records and its drawing.
    """
    with log.snapshot():
        return _page(log, problem)


def _page(log: Log, problem: FolderProblem) -> str:
    rows = list(log.rows())
    members = [member for row in rows if (member := as_member(row)) is not None]
    best = log.best()
    header = log.header
    size = ", ".join(f"{k} = {v}" for k, v in problem.size.items())
    title = f"{problem.title}, {size}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f"<p>policy {escape(header['policy']['name'])}, proposer"
        f" {escape(header['proposer']['name'])}, seed {header['seed']}</p>",
        *_result(problem, members, best),
        *_course(log, rows),
        f"<h2>Convergence</h2>{convergence(problem, rows)}",
    ]
    if best is not None:
        parts += [
            f"<h2>The best construction</h2>{construction(problem, best)}",
            *_lineage(problem, members, rows, best),
            *_program(best),
        ]
    parts += [*_tree(log.tree(), members), *_failures(members)]
    return "\n".join([*parts, "</body></html>"])


def _result(problem: FolderProblem, members: Sequence[Member], best: Member | None) -> list[str]:
    if best is None:
        return ["<p class='verdict'>No program has been valid so far.</p>"]
    lines = [("verified value", _number(best.evaluation.exact))]
    if members and members[0].evaluation.exact:
        lines.append(("baseline", _number(members[0].evaluation.exact)))
    optimum = problem.optimum()
    if optimum is not None:
        kind = "known optimum" if optimum.proven else "believed optimum"
        lines.append((kind, f"{_decimal(optimum.value)} ({optimum.source})"))
    lines += [
        (f"record of {r.date}", f"{_decimal(r.value)} ({r.source})") for r in problem.records()
    ]
    direction = "larger is better" if problem.maximise else "smaller is better"
    body = "".join(f"<tr><th>{escape(k)}<td>{escape(v)}</tr>" for k, v in lines)
    return [f"<table>{body}</table><p>{direction}; verified in exact arithmetic</p>"]


def _course(log: Log, rows: Sequence[Row]) -> list[str]:
    spend = log.spend()
    outcomes = ", ".join(f"{count} {name}" for name, count in log.outcomes().items() if count)
    cost = ""
    if spend.tokens_in or spend.tokens_out:
        cost = f"; {spend.tokens_in} tokens in, {spend.tokens_out} out, {spend.dollars:.4f} dollars"
    sessions = log.sessions()
    reason = sessions[-1].reason if sessions else "not begun"
    notices = dict.fromkeys(text for session in sessions for text in session.notices)
    return [
        f"<p>{_count(len(rows), 'proposal')} in {log.seconds():.1f} s: {escape(outcomes)}{cost}.",
        f"{_count(len(sessions), 'session')}; {escape(reason)}.</p>",
        *(f"<p class='notice'>{escape(text)}</p>" for text in notices),
    ]


def _lineage(
    problem: FolderProblem, members: Sequence[Member], rows: Sequence[Row], best: Member
) -> Iterator[str]:
    """Lists the ancestors of the best program by first parents, oldest first."""
    operators = {r.member: r.proposal.operator for r in rows if r.member is not None}
    chain = [best]
    while chain[-1].parents:
        chain.append(members[chain[-1].parents[0]])
    yield "<h2>How it came about</h2><table><tr><th>program<th>made by<th>from<th>value</tr>"
    for member in reversed(chain):
        parents = ", ".join(map(str, member.parents)) or "-"
        how = "baseline" if member.id == 0 else operators.get(member.id, "")
        exact = member.evaluation.exact
        value = _decimal(Fraction(exact)) if exact else str(member.evaluation.outcome)
        yield f"<tr><td>{member.id}<td>{escape(how)}<td>{parents}<td>{escape(value)}</tr>"
    yield "</table>"


def _program(best: Member) -> Iterator[str]:
    yield "<h2>The program</h2>"
    for name, text in best.candidate.files.items():
        is_entry = name == best.candidate.entry
        cut = text[:_SHOWN] + ("\n[cut]" if len(text) > _SHOWN else "")
        yield f"<details{' open' if is_entry else ''}><summary>{escape(name)}</summary>"
        yield f"<pre>{escape(cut)}</pre></details>"


def _tree(tree: ConceptTree, members: Sequence[Member]) -> Iterator[str]:
    """Draws the concepts with how much more the good programs have them than the rest."""
    if len(tree) < 2:
        return
    split = Split(_GAMMA, _N_MIN)
    counts: dict[int, int] = {}
    for member in members:
        split.add(member)
        for concept in member.concepts:
            counts[concept] = counts.get(concept, 0) + 1
    high, low = split.sizes
    ratios: dict[int, float] = {}
    yield "<h2>Concepts</h2><p>"
    if high and low:
        ratios = Contrast(split, tree, Score()).ratio()
        yield (
            "Colour: log of how much likelier a concept is among the best"
            f" {_count(high, 'program')} than among the other {low} (given its parent); green is"
            " more, red is less."
        )
    yield "In brackets: programs that have it.</p>"
    yield "<ul class='tree'>" + "".join(_branch(tree, 0, ratios, counts)) + "</ul>"


def _branch(
    tree: ConceptTree, node: int, ratios: dict[int, float], counts: dict[int, int]
) -> Iterator[str]:
    for child in tree.children(node):
        ratio = ratios.get(child)
        shown = "" if ratio is None else f" {ratio:+.2f}"
        yield (
            f"<li><span style='background:{_colour(ratio)}'>{escape(tree.node(child).name)}</span>"
            f"<small>{shown} ({counts.get(child, 0)})</small>"
        )
        below = "".join(_branch(tree, child, ratios, counts))
        if below:
            yield f"<ul>{below}</ul>"
        yield "</li>"


def _colour(ratio: float | None) -> str:
    """Returns green for a positive, red for a negative log ratio; the number stands beside it."""
    if ratio is None:
        return "transparent"
    strength = min(1.0, abs(ratio) / 2)
    base = (0, 158, 115) if ratio > 0 else (213, 94, 0)
    return f"rgba({base[0]},{base[1]},{base[2]},{0.08 + 0.55 * strength:.2f})"


def _failures(members: Sequence[Member]) -> Iterator[str]:
    failed = [m for m in members if m.score is None]
    if not failed:
        return
    yield f"<h2>Failures</h2><p>The last {min(len(failed), _FAILURES)} of {len(failed)}.</p>"
    yield "<table><tr><th>program<th>outcome<th>message</tr>"
    for member in failed[-_FAILURES:]:
        evaluation = member.evaluation
        yield (
            f"<tr><td>{member.id}<td>{evaluation.outcome}"
            f"<td><pre>{escape(evaluation.message[:600])}</pre></tr>"
        )
    yield "</table>"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _number(exact: str) -> str:
    """Writes an exact value, with its decimals where it is a fraction."""
    if not exact or "/" not in exact:
        return exact
    shown = exact if len(exact) <= 60 else f"{exact[:28]}...{exact[-28:]}"
    return f"{float(Fraction(exact)):.15g} = {shown}"


def _decimal(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.12g}"
