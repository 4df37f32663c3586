"""Concepts of a program read off its syntax tree; the program is never run.

What stands for what is written in `taxonomy.toml`: dotted names that are used, words within
names, and shapes of the syntax:

- `loop`, `nested`, `deep`: `for` or `while` loops one, two, three or more within one another
  (within one function); `until`: any `while`.
- `recursion`: a function calls its own name. `generator`: `yield`.
- `bits`: shifts, or bitwise operators. `modulus`: the operator `%` on what is no text.
- `comprehension`: list, set, dict or generator comprehensions.
- `acceptance`: a comparison with `exp(...)` on one side, as in the Metropolis rule.

It sees words, not meaning: a coarse map for searches that have no language model at hand.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from tools.discovery.candidate import Candidate
from tools.discovery.concepts import Path
from tools.discovery.parsing import parse

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BITWISE = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)
_LONGEST = 400_000  # characters of a file that is still read


def concepts_of(candidate: Candidate) -> frozenset[Path]:
    """Returns the concept paths of all Python files of a candidate."""
    found: set[Path] = set()
    for name, text in candidate.files.items():
        if name.endswith(".py"):
            found |= extract(text)
    return frozenset(found)


def extract(source: str) -> frozenset[Path]:
    """Returns the concept paths of a Python text; none if it is no Python or longer than 400 kB.

    Text that does not parse is no program: its evaluation is INVALID, and here it has no concepts.
    """
    if len(source) > _LONGEST:
        return frozenset()
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    table = _taxonomy()
    aliases = _imports(tree)
    paths = {table["shapes"][shape] for shape in _shapes(tree)}
    for node in ast.walk(tree):
        for dotted in _dotted_names(node, aliases):
            if path := _longest_match(dotted, table["uses"]):
                paths.add(path)
        for name in _spelled(node):
            paths.update(table["words"][w] for w in _words(name) if w in table["words"])
    return frozenset(tuple(path.split("/")) for path in paths)


@cache
def _taxonomy() -> Mapping[str, Mapping[str, str]]:
    text = files("tools.discovery").joinpath("taxonomy.toml").read_text("utf-8")
    return tomllib.loads(text)


def _imports(tree: ast.AST) -> dict[str, str]:
    """Returns what each imported name stands for, such as `np` -> `numpy`."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                whole = each.name if each.asname else each.name.split(".")[0]
                aliases[each.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                aliases[each.asname or each.name] = f"{node.module}.{each.name}"
    return aliases


def _dotted_names(node: ast.AST, aliases: Mapping[str, str]) -> Iterator[str]:
    """Yields the dotted name that an expression uses; builtins only where they are called."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id not in aliases:
            yield node.func.id
    elif isinstance(node, ast.Name) and node.id in aliases:
        yield aliases[node.id]
    elif isinstance(node, ast.Attribute):
        parts, at = [node.attr], node.value
        while isinstance(at, ast.Attribute):
            parts.append(at.attr)
            at = at.value
        if isinstance(at, ast.Name) and at.id in aliases:
            yield ".".join([aliases[at.id], *reversed(parts)])


def _longest_match(dotted: str, table: Mapping[str, str]) -> str:
    while dotted:
        if dotted in table:
            return table[dotted]
        dotted = dotted.rpartition(".")[0]
    return ""


def _spelled(node: ast.AST) -> Iterator[str]:
    """Yields the names that a node spells out."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg


def _words(name: str) -> list[str]:
    """Divides snake_case and CamelCase into lower-case words."""
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())


def _shapes(tree: ast.AST) -> Iterator[str]:
    """Yields the shapes of the whole tree, with repeats; walks without recursion."""
    stack: list[tuple[ast.AST, int, str]] = [(tree, 0, "")]  # node, loops around it, function
    while stack:
        node, loops, function = stack.pop()
        if isinstance(node, _LOOPS):
            loops += 1
            yield ("loop", "nested", "deep")[min(loops, 3) - 1]
        yield from _shape(node, function)
        if isinstance(node, _FUNCTIONS):
            loops, function = 0, getattr(node, "name", "")
        stack.extend((child, loops, function) for child in ast.iter_child_nodes(node))


def _shape(node: ast.AST, function: str) -> Iterator[str]:
    """Yields the shapes that one node shows."""
    if isinstance(node, ast.While):
        yield "until"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == function:
            yield "recursion"
    elif isinstance(node, ast.Yield | ast.YieldFrom):
        yield "generator"
    elif isinstance(node, _COMPREHENSIONS):
        yield "comprehension"
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        if isinstance(node.op, _BITWISE):
            yield "bits"
        elif isinstance(node.op, ast.Mod) and not _is_text(node):
            yield "modulus"
    elif isinstance(node, ast.Compare) and any(map(_is_exp, [node.left, *node.comparators])):
        yield "acceptance"


def _is_text(node: ast.BinOp | ast.AugAssign) -> bool:
    """Tells formatting (`"%d" % n`) from the remainder."""
    left = node.left if isinstance(node, ast.BinOp) else node.value
    return isinstance(left, ast.JoinedStr) or (
        isinstance(left, ast.Constant) and isinstance(left.value, str | bytes)
    )


def _is_exp(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return getattr(function, "attr", getattr(function, "id", "")) == "exp"
