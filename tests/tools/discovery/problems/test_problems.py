"""The registry, sizes, baselines, drawings, programs of grammars, and a problem of one's own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import plots
from tools.discovery import problems
from tools.discovery.problems import FolderProblem
from tools.discovery.problems.scaffold import scaffold
from tools.discovery.render import free_names, render
from tools.errors import BadInput, NotFound

SMALL: dict[str, dict[str, int | str]] = {
    "autocorrelation_1": {"steps": 8},
    "autocorrelation_2": {"steps": 8},
    "autocorrelation_3": {"steps": 6},
    "autocorrelation_3_absolute": {"steps": 6},
    "bin_packing": {"items": 20, "instances": 2},
    "cap_set": {"n": 3},
    "circle_packing": {"n": 4},
    "circle_packing_rectangle": {"n": 4},
    "difference_basis": {"marks": 8},
    "distance_ratio": {"n": 6, "d": 3},
    "golomb_ruler": {"marks": 6},
    "heilbronn_convex": {"n": 6},
    "heilbronn_triangle": {"n": 6},
    "kissing": {"d": 4},
    "minimum_overlap": {"steps": 6},
    "no_isosceles": {"n": 5},
    "no_three_in_line": {"n": 5},
    "ramsey": {"s": 3, "t": 4},
    "sums_and_differences": {"largest": 60},
}
LEAST_WORK = 0.0  # the share of each range at which the work of a program is least


def converse(problem: FolderProblem, source: str, seed: int = 0) -> Any:
    """Runs one of our own programs and returns the data, as the evaluator does in the sandbox."""
    program: dict[str, Any] = {}
    exec(compile(source, "program.py", "exec"), program)  # noqa: S102  (a program of ours)
    dialogue = problem.dialogue(seed)
    call = next(dialogue)
    while True:
        answer = program[call.function](**call.arguments)
        try:
            call = dialogue.send(answer)
        except StopIteration as done:
            return done.value


def light(problem: FolderProblem, tree: Any) -> Any:
    """Returns a tree whose constants of work are the least allowed."""
    grammar = problem.grammar()
    for place, node in list(tree.walk()):
        limits = grammar.production(node).constants
        numbers = {
            name: limits[name].at(LEAST_WORK) if limits[name].work else value
            for name, value in node.constants.items()
        }
        at = tree.at(place)
        tree = tree.put(place, type(at)(at.kind, at.choice, at.children, numbers))
    return tree


def test_all_problems_are_here_and_have_their_texts() -> None:
    assert problems.names() == tuple(sorted(SMALL))
    for name in problems.names():
        problem = problems.get(name)
        assert problem.name == name
        assert problem.title
        assert "$" not in problem.statement
        assert "Write a function" in problem.statement
        assert problem.baseline().source.startswith('"""')


@pytest.mark.parametrize("name", problems.names())
def test_the_baseline_and_programs_of_the_grammar_return_solutions(name: str) -> None:
    problem = problems.get(name, **SMALL[name])
    baseline = converse(problem, problem.baseline().source)
    verdict = problem.verify(baseline)
    assert verdict.valid, verdict.message
    figure, (axes,) = plots.new_figure(title=problem.title)
    problem.draw(verdict.data or baseline, axes)
    assert axes.has_data() or axes.patches
    figure.canvas.draw()
    grammar = problem.grammar()
    for kind in grammar.kinds:
        for choice in grammar.kinds[kind]:
            assert f"${kind}" not in choice
    rng = random.Random(1)
    for attempt in range(4):
        tree = light(problem, grammar.sample(rng, warm=True))
        text = render(grammar, tree, title=problem.title, salt=attempt, incumbent=baseline)
        assert free_names(text) == set()
        data = converse(problem, text)
        verdict = problem.verify(data)
        assert verdict.valid, f"{verdict.message}\n{text}"


def test_every_production_renders_to_a_whole_program() -> None:
    for name in problems.names():
        grammar = problems.get(name).grammar()
        wanted = {(k, c) for k, choices in grammar.kinds.items() for c in choices}
        rng = random.Random(0)
        for _ in range(400):
            tree = grammar.sample(rng, warm=True)
            fresh = {(node.kind, node.choice) for _, node in tree.walk()} & wanted
            if fresh:
                text = render(grammar, tree, title="", incumbent=[1])
                compile(text, name, "exec")
                assert free_names(text) == set()
                wanted -= fresh
            if not wanted:
                break
        assert not wanted, f"{name}: {wanted} were never drawn"


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [
        ("cap_set", {"n": 0}, "n = 0 cannot be"),
        ("cap_set", {"n": True}, "n = True cannot be"),
        ("cap_set", {"n": 2.0}, "n = 2.0 cannot be"),
        ("cap_set", {"n": "2"}, "n = '2' cannot be"),
        ("cap_set", {"m": 2}, "no size parameter m"),
        ("bin_packing", {"distribution": "normal"}, "is unknown"),
    ],
)
def test_a_size_that_cannot_be_is_refused(name: str, size: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        problems.get(name, **size)


def test_an_unknown_problem_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There are: autocorrelation_1"):
        problems.get("packing")
    with pytest.raises(NotFound, match="no problem at"):
        problems.get(str(tmp_path / "missing.py"))


def test_bins_are_filled_in_the_order_of_arrival_and_the_program_sees_no_item_early() -> None:
    problem = problems.get("bin_packing", items=30, instances=2)
    dialogue = problem.dialogue(0)
    call = next(dialogue)
    seen: list[list[int]] = [[], []]
    while True:
        for row, item in zip(seen, call.arguments["items"], strict=True):
            row.append(item)
        spaces = call.arguments["spaces"]
        fits = [
            next(k for k, space in enumerate(row) if space >= item)
            for item, row in zip(call.arguments["items"], spaces, strict=True)
        ]
        try:
            call = dialogue.send(fits)
        except StopIteration as done:
            data = done.value
            break
    assert [tuple(row) for row in seen] == list(problem.instances())  # type: ignore[attr-defined]
    assert problem.verify(data).valid


@pytest.mark.parametrize("answer", [None, [0], [0, 0, 0], [True, 0], [5, 0], ["0", 0], [-1, 0]])
def test_a_choice_that_cannot_be_ends_the_dialogue_and_is_refused(answer: object) -> None:
    problem = problems.get("bin_packing", items=3, instances=2)
    dialogue = problem.dialogue(0)
    next(dialogue)
    with pytest.raises(StopIteration) as done:
        dialogue.send(answer)
    assert not problem.verify(done.value.value).valid


ONE_FILE = """
from tools.discovery.problem import Verdict
from tools.discovery.problems import FolderProblem, Size
from tools.discovery.problems.reading import integer


class Problem(FolderProblem):
    name = "number"
    title = "A large number"
    sizes = (Size("n", 5, 1, 9),)
    texts = {
        "statement.md": "Return a number up to $n.",
        "baseline.py": "def solve(n, seed):\\n    return 1\\n",
    }

    def judge(self, data):
        return Verdict(True, integer(data, "data", 0, self.size["n"]))
"""


def test_a_problem_may_be_a_single_file(tmp_path: Path) -> None:
    file = tmp_path / "number.py"
    file.write_text(ONE_FILE)
    problem = problems.get(str(file), n=7)
    assert problem.statement == "Return a number up to 7."
    assert problem.verify(converse(problem, problem.baseline().source)).value == 1
    assert problem.records() == ()
    assert problem.optimum() is None
    with pytest.raises(BadInput, match=r"grammar\.toml cannot be read"):
        problem.grammar()
    # Two files of one class name live side by side.
    other = tmp_path / "other.py"
    other.write_text(ONE_FILE.replace('"number"', '"other"'))
    assert (problems.get(str(other)).name, problems.get(str(file)).name) == ("other", "number")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("class Other: ...", "no class `Problem`"),
        ("class Problem: ...", "derived from `FolderProblem`"),
        ("def (", "SyntaxError"),
    ],
)
def test_a_file_that_is_no_problem_is_refused_and_says_why(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "problem.py").write_text(text)
    with pytest.raises(BadInput, match=told):
        problems.get(str(tmp_path))


def test_a_malformed_list_of_records_is_refused(tmp_path: Path) -> None:
    (tmp_path / "problem.py").write_text(ONE_FILE)
    (tmp_path / "known.toml").write_text('[[optimum]]\nvalue = "one"\n')
    with pytest.raises(BadInput, match=r"known\.toml cannot be read"):
        problems.get(str(tmp_path)).optimum()


def test_a_new_problem_passes_its_own_tests_and_can_be_searched(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    files = scaffold("sum-free", folder)
    assert {file.name for file in files} == {
        "README.md", "baseline.py", "grammar.toml", "known.toml", "parts.py", "problem.py",
        "statement.md", "test_problem.py",
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(
        command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 passed" in done.stdout
    problem = problems.get(str(folder))
    assert problem.name == "sum_free"
    assert problem.optimum().value == 20  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["", "x", "1st", "a/b", "..", "Upper", "cap_set"])
def test_a_name_that_cannot_work_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        scaffold(name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        scaffold("sum_free", tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
