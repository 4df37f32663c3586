"""Labelled pairs whose labels are recomputed here, hostile answers, and graders that misbehave."""

from __future__ import annotations

import asyncio
import cmath
import json
import sys
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fakes.sums import play

from evals import runner, suites
from evals.sample import Answer, Sample, State
from evals.suites import graders
from evals.summary import summarise
from tools.errors import BadInput
from tools.isolation.worker import Limit, Outcome
from tools.isolation.workers import WorkerPool

FAMILIES = tomllib.loads(graders.FAMILIES.read_text(encoding="utf-8"))["family"]
ALIKE = 1e-9


def ladder(size: int) -> np.ndarray:
    return np.diag(np.sqrt(np.arange(1.0, size)), 1)


def operators() -> dict:
    """Matrices of the operators: bosons cut off at 24 quanta, fermions on two modes, spin 1/2."""
    x, z = np.array([[0, 1], [1, 0]], complex), np.diag([1, -1]).astype(complex)
    y = 1j * x @ z
    lower = np.array([[0, 1], [0, 0]], complex)
    a, rng = ladder(24), np.random.default_rng(5)
    return {
        "A": a, "Ad": a.T, "one": np.eye(24),
        "Q": (a + a.T) / 2**0.5, "P": -1j * (a - a.T) / 2**0.5,
        "C1": np.kron(lower, np.eye(2)), "C2": np.kron(z, lower), "Cone": np.eye(4),
        "X": x, "Y": y, "Z": z, "Sz": z / 2, "Sp": lower, "Sm": lower.T, "Sone": np.eye(2),
        "G": rng.normal(size=(3, 3)), "H": rng.normal(size=(3, 3)),
    }  # fmt: skip


def names(values: dict, free: dict) -> dict:
    """What the programs beside the texts may use; drawn numbers go before everything else."""
    return {
        "Fraction": Fraction, "frozenset": frozenset, "comm": lambda a, b: a @ b - b @ a,
        "power": np.linalg.matrix_power, "dag": lambda m: m.conj().T, "N": 7,
        "sqrt": cmath.sqrt, "sin": cmath.sin, "cos": cmath.cos, "exp": cmath.exp,
        "log": cmath.log, "tanh": cmath.tanh, **operators(), **free, **values,
    }  # fmt: skip


def alike(a, b) -> bool:
    if isinstance(a, Fraction | tuple | frozenset):
        return type(a) is type(b) and a == b
    if isinstance(a, np.ndarray):
        # High powers reach beyond the cut-off; the corner is free of it.
        top = min(len(a), 12)
        return bool(np.allclose(a[:top, :top], b[:top, :top], rtol=ALIKE, atol=ALIKE))
    return abs(a - b) <= ALIKE * max(abs(a), abs(b))


@pytest.mark.parametrize("number", range(len(FAMILIES)), ids=lambda n: FAMILIES[n]["kind"])
def test_every_label_holds_for_whatever_is_drawn(number: int) -> None:
    family = FAMILIES[number]
    points = [dict(zip("xyJjkTt", np.random.default_rng(s).uniform(0.3, 2, 7), strict=True))
              for s in range(2)]  # fmt: skip
    for seed in range(60):
        values = graders.drawn(family, number, seed)

        def same(text: str, values: dict = values) -> bool:
            # Data of ours, in a test: the shipped code never evaluates them.
            known = [names(values, point) for point in points]
            return all(alike(eval(family["gold"][1], k), eval(text, k)) for k in known)  # noqa: S307

        for text, program in family["right"]:
            assert same(program), (text, values)
        for text, program in family["wrong"]:
            assert not same(program), (text, values)


def test_every_kind_has_answers_of_both_labels_and_a_seed_draws_other_numbers() -> None:
    samples = graders.drawn_pairs(0)
    for label in (True, False):
        assert {s.tags["kind"] for s in samples if s.gold["right"] is label} == {
            f["kind"] for f in FAMILIES
        }
    again, other = graders.drawn_pairs(0), graders.drawn_pairs(1)
    assert samples == again
    assert sum(a.question != b.question for a, b in zip(samples, other, strict=True)) > 80


def test_our_grader_accepts_nothing_wrong_and_nothing_hostile(tmp_path: Path) -> None:
    suite = suites.load("graders", suites.Options(samples=60, seed=3))
    summary = summarise(play(tmp_path, suite).entries)
    found = {row.name: row.interval.value for row in summary.rows}
    assert found["false_accept"] == 0
    assert found["hostile_contained"] == 1
    assert found["accuracy"] >= 0.95


@pytest.mark.parametrize(
    ("gold", "verdict", "state", "part"),
    [
        ({"right": True}, "correct", State.CORRECT, ("false_reject", 0.0)),
        ({"right": True}, "incorrect", State.INCORRECT, ("false_reject", 1.0)),
        ({"right": True}, "ungradable", State.UNGRADABLE, ("false_reject", 1.0)),
        ({"right": False}, "incorrect", State.CORRECT, ("false_accept", 0.0)),
        ({"right": False}, "correct", State.INCORRECT, ("false_accept", 1.0)),
        ({"right": False}, "ungradable", State.UNGRADABLE, ("false_accept", 0.0)),
        ({"right": False}, "crash", State.INCORRECT, ("false_accept", 0.0)),
        ({"right": False, "hostile": True}, "ungradable", State.CORRECT, ("hostile_contained", 1)),
        ({"right": False, "hostile": True}, "correct", State.INCORRECT, ("hostile_contained", 0)),
        ({"right": False, "hostile": True}, "hang", State.INCORRECT, ("hostile_contained", 0)),
    ],
)
def test_a_verdict_is_judged_by_its_label(gold: dict, verdict: str, state: State, part) -> None:
    found = asyncio.run(graders.score(Sample("s", {}, gold), Answer(verdict)))
    assert found.state is state
    assert found.parts[part[0]] == part[1]


def test_what_is_no_verdict_is_no_answer() -> None:
    found = asyncio.run(graders.score(Sample("s", {}, {"right": True}), Answer("maybe")))
    assert found.state is State.NO_ANSWER


@pytest.fixture(scope="module")
def bad_grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """A pool whose grader has every defect that hostile answers look for."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "bad_grader.py").write_text(
        "import ctypes\n"
        "from tools.grading.grade import grade_unguarded\n"
        "def decide(gold, answer, spec):\n"
        "    if answer == 'crash': ctypes.string_at(0)\n"
        "    if answer == 'raise': raise KeyError('lost')\n"
        "    if '(' in answer: answer = str(eval(answer))\n"
        "    return grade_unguarded(gold, answer).to_json()\n"
    )
    with WorkerPool("bad_grader:decide", workers=1, paths=(folder,)) as it:
        yield it


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("crash", "crash"),
        ("raise", "crash"),
        ("__import__('os')._exit(3)", "crash"),
        ("int('1') / 2", "correct"),
        ("0.5", "correct"),
        ("2", "incorrect"),
    ],
)
def test_a_grader_that_misbehaves_is_caught(
    bad_grader: WorkerPool, answer: str, verdict: str
) -> None:
    sample = Sample("s", {"gold": "1/2", "answer": answer}, {"right": False, "hostile": True})
    solve = graders.verdicts(bad_grader)
    found = asyncio.run(solve(sample, SimpleNamespace(epoch=0)))  # type: ignore[arg-type]
    assert found.text == verdict


def test_a_decision_that_does_not_end_is_a_hang() -> None:
    class Late:
        async def acall(self, *given: object, budget: float) -> Outcome:
            return Outcome(limit=Limit.WALL_TIME, wall=10 * budget)

    sample = Sample("s", {"gold": "1", "answer": "2"}, {"right": False, "hostile": True})
    solve = graders.verdicts(Late())  # type: ignore[arg-type]
    assert asyncio.run(solve(sample, SimpleNamespace(epoch=0))).text == "hang"  # type: ignore[arg-type]


def test_verdicts_of_another_grader_come_from_a_file(tmp_path: Path) -> None:
    samples = suites.load("graders", suites.Options(samples=20)).samples
    answers = tmp_path / "answers.jsonl"
    answers.write_text("\n".join(json.dumps({"id": s.id, "answer": "Correct"}) for s in samples))
    suite = suites.load("graders", suites.Options(samples=20, answers=answers))
    rows = {r.name: r.interval.value for r in summarise(play(tmp_path, suite).entries).rows}
    assert (rows["false_accept"], rows["false_reject"], rows["hostile_contained"]) == (1, 0, 0)


def test_own_pairs_are_graded_under_their_own_conventions(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "gold": "\\ln(x^2)", "answer": "2\\ln x", "expected": True, "assume": "x > 0"},
        {"gold": "\\ln(x^2)", "answer": "2\\ln x", "expected": False, "assume": "x real"},
        {"gold": "1", "answer": "2", "expected": None},
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    suite = suites.load("graders", suites.Options(path=path))
    assert [s.id for s in suite.samples] == ["a", "row 2"]
    assert "1 without a label" in suite.title
    assert summarise(play(tmp_path, suite).entries).counts[State.CORRECT] == 2


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"gold": "1", "answer": "1", "expected": False}], "equals the gold is labelled wrong"),
        ([{"gold": "1", "answer": "2"}], "no row with a label"),
        ([{"gold": "1", "expected": True}], "row 1, answer: missing"),
        ([{"gold": "1", "answer": "2", "expected": True},
          {"gold": "1", "answer": "2", "expected": False}], "rows 1 and 2 are one pair"),
        ([{"gold": "1", "answer": "2", "expected": True, "assume": "the moon is full"}], "moon"),
    ],
)  # fmt: skip
def test_pairs_that_cannot_be_used_are_named_before_anything_runs(
    rows: list, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(BadInput) as error:
        runner.check(suites.load("graders", suites.Options(path=path)))
    assert words in str(error.value)
