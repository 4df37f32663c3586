"""Typed grammars: every edit stays well typed, rendering is repeatable, programs are whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.discovery import edits
from tools.discovery.grammar import Grammar
from tools.discovery.productions import Constant
from tools.discovery.render import TREE_FILE, Parts, free_names, render, tree_of
from tools.discovery.syntax import Node, loads
from tools.errors import BadInput

GRAMMAR = '''
[program.main]
text = """
def solve(n: int, seed: int) -> float:
    total = $value
    $block
    return total
"""
value = "number"
block = "block"

[block.keep]
text = "total = round(total, SALT % 3)"

[block.repeat]
text = """
for _ in range($times):
    $inner
"""
inner = "block"
times = {low = 1, high = 9, integer = true, work = true}

[number.constant]
text = "$value"
value = {low = 0.5, high = 8.0, log = true}

[number.sum]
text = "add($a, $b)"
a = "number"
b = "number"

[number.parent]
text = "float(INCUMBENT[0])"
warm = true
'''
PARTS = '''"""Parts."""

from __future__ import annotations

import math

UNIT = 1.0


def add(a: float, b: float) -> float:
    """Adds, through another part."""
    return scaled(a) + b


def scaled(a: float) -> float:
    """Uses a constant and an import."""
    return UNIT * math.fsum([a])


def unused() -> int:
    """Is never copied."""
    return 0
'''


def make(folder: Path, text: str = GRAMMAR, parts: str = PARTS) -> Grammar:
    (folder / "grammar.toml").write_text(text)
    (folder / "parts.py").write_text(parts)
    return Grammar.read(folder / "grammar.toml")


@pytest.fixture(scope="module")
def grammar(tmp_path_factory: pytest.TempPathFactory) -> Grammar:
    return make(tmp_path_factory.mktemp("grammar"))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 8))
def test_every_edit_keeps_a_tree_well_typed_and_within_bounds(
    grammar: Grammar, seed: int, steps: int
) -> None:
    rng = random.Random(seed)
    tree, other = (grammar.sample(rng, warm=True) for _ in range(2))
    for _ in range(steps):
        edit = rng.randrange(5)
        if edit == 0:
            tree = edits.replace(grammar, tree, rng, warm=True)
        elif edit == 1:
            tree = edits.perturb(grammar, tree, rng)
        elif edit == 2:
            tree = edits.cross(grammar, tree, other, rng)
        elif edit == 3:
            tree = edits.cool(grammar, tree, rng)
            assert not grammar.is_warm(tree)
        else:
            tree = edits.heat(grammar, tree, rng)
        grammar.check(tree)
        assert tree.height <= grammar.height
        assert tree.count <= grammar.count
        assert loads(tree.dumps()) == tree


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_programs_are_whole_repeatable_and_say_what_their_tree_says(
    grammar: Grammar, seed: int
) -> None:
    tree = grammar.sample(random.Random(seed), warm=True)
    text = render(grammar, tree, title="A title", salt=5, incumbent=[2.5])
    assert text == render(grammar, loads(tree.dumps()), title="A title", salt=5, incumbent=[2.5])
    assert free_names(text) == set()
    assert "unused" not in text
    assert ("def scaled" in text) == ("import math" in text) == ("add(" in text)
    program: dict[str, object] = {}
    exec(compile(text, "program.py", "exec"), program)  # noqa: S102  (a text of this file)
    assert isinstance(program["solve"](n=1, seed=1), float)  # type: ignore[operator]


def test_the_rendered_program_is_readable(grammar: Grammar) -> None:
    leaf = Node("number", "constant", constants={"value": 2.0})
    inner = Node("block", "repeat", {"inner": Node("block", "keep")}, {"times": 3})
    tree = Node("program", "main", {"value": leaf, "block": inner})
    assert render(grammar, tree, title="A title", salt=7) == (
        '"""A title"""\n\nSALT = 7\n\n\n'
        "def solve(n: int, seed: int) -> float:\n"
        "    total = 2.0\n"
        "    for _ in range(3):\n"
        "        total = round(total, SALT % 3)\n"
        "    return total\n"
    )


def test_concepts_are_the_choices_and_recursion_makes_no_endless_paths(grammar: Grammar) -> None:
    number = Node("number", "constant", constants={"value": 2.0})
    for _ in range(3):
        number = Node("number", "sum", {"a": number, "b": number})
    block = Node("block", "repeat", {"inner": Node("block", "keep")}, {"times": 3})
    tree = Node("program", "main", {"value": number, "block": block})
    assert grammar.concepts(tree) == {
        ("value",), ("value", "sum"), ("value", "constant"),
        ("block",), ("block", "repeat"), ("block", "keep"),
    }  # fmt: skip
    assert grammar.work(tree) == 3


@settings(max_examples=60, deadline=None)
@given(
    low=st.floats(0.001, 10), span=st.floats(0, 100), log=st.booleans(),
    whole=st.booleans(), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_a_constant_is_always_in_its_range(
    low: float, span: float, log: bool, whole: bool, seed: int
) -> None:
    first, last = (round(low) + 1, round(low + span) + 1) if whole else (low, low + span)
    constant = Constant(first, last, integer=whole, log=log)
    rng = random.Random(seed)
    value = constant.draw(rng)
    assert constant.holds(value)
    for _ in range(5):
        moved = constant.near(value, rng)
        assert constant.holds(moved)
        assert not whole or moved != value or first == last
        value = moved


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: {**t, "choice": "other"}, "there is no production"),
        (lambda t: {**t, "kind": "number"}, "the root is of kind"),
        (lambda t: {**t, "children": {"value": t["children"]["value"]}}, "needs"),
        (lambda t: {**t, "constants": {"x": 1}}, "needs"),
    ],
)
def test_a_tree_that_is_not_well_typed_is_refused(grammar: Grammar, change, told: str) -> None:
    import json

    plain = change(grammar.sample(random.Random(1)).plain())
    with pytest.raises(ValueError, match=told):
        grammar.check(loads(json.dumps(plain)))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": 1, "choice": "x"}', '{"kind": "a"}'])
def test_text_that_is_no_tree_is_refused_and_a_candidate_with_it_has_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json's own errors are of this kind too)
        loads(text)
    assert tree_of({TREE_FILE: text}) is None
    assert tree_of({}) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[a.b]\ntext = "$c"', "declares"),
        ('[a.b]\ntext = "1"\nc = "d"', "no production that ends"),
        ('[a.b]\ntext = "$c"\nc = "a"', "no production that ends"),
        ('[a.b]\ntext = "$c"\nc = {low = 2, high = 1}', "cannot be"),
        ('[a.b]\ntext = "$c"\nc = {low = 0, high = 1, log = true}', "cannot be"),
        ('[a.b]\ntext = "$c"\nc = {lower = 0}', "lower"),
        ("[a.b]\nweight = 1.0", "needs a `text`"),
        ("a = ", "cannot be read"),
        ('include = "nowhere.toml"', "cannot be read"),
    ],
)
def test_a_malformed_grammar_is_refused_with_the_place(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        make(tmp_path, text)


def test_an_included_grammar_is_taken_over_and_can_be_added_to(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(GRAMMAR)
    grammar = make(tmp_path, 'include = "base.toml"\n[number.one]\ntext = "1.0"')
    assert set(grammar.kinds["number"]) == {"constant", "sum", "parent", "one"}
    assert grammar.root == "program"


def test_a_name_that_no_part_defines_is_refused(tmp_path: Path) -> None:
    grammar = make(tmp_path, '[program.a]\ntext = "missing(1)"')
    with pytest.raises(BadInput, match="`missing`"):
        render(grammar, grammar.sample(random.Random(0)), title="")


def test_parts_of_one_name_and_two_meanings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text("def f():\n    return 1\n\n\ndef f():\n    return 2\n")
    with pytest.raises(BadInput, match="twice"):
        Parts.read(tmp_path / "parts.py")
