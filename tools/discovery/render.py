"""From a syntax tree to the text of a program that is whole in itself."""

from __future__ import annotations

import ast
import builtins
import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tools.discovery.parsing import parse
from tools.discovery.syntax import Node, loads
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.discovery.grammar import Grammar

TREE_FILE = "program.json"
"""The file of a candidate that holds its syntax tree."""

_ROOT = Path(__file__).parents[2]  # the folder that `tools` lies in
_SLOT_LINE = re.compile(r"^([ \t]*)\$([a-z_]+)[ \t]*$", re.M)
_SLOT = re.compile(r"\$([a-z_]+)")
_GIVEN = ("INCUMBENT", "SALT")


@dataclass(frozen=True)
class _Part:
    """A top-level definition: its text, where it stands, and the names it uses."""

    order: tuple[int, int]
    text: str
    uses: frozenset[str]


@dataclass(frozen=True)
class Parts:
    """Definitions that programs are put together from.

    Attributes:
        definitions: by name, those of other modules of ours that are imported included.
        imports: name -> the import statement that brings it.
    """

    definitions: Mapping[str, _Part]
    imports: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Parts:
        """Reads a Python file of top-level functions and constants, without running it.

        A file may import from modules below `tools.discovery.problems`; their definitions are then
        copied into the programs, which import nothing of ours.

        Raises:
            BadInput: when a file cannot be read.
        """
        definitions: dict[str, _Part] = {}
        imports: dict[str, str] = {}
        for rank, file in enumerate(_with_imported(path)):
            for node in _parse(file).body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    imports.update(_foreign(node))
                else:
                    _define(node, rank, file, definitions)
        return cls(definitions, imports)

    def needed(self, text: str) -> tuple[list[str], list[str]]:
        """Returns the import lines and the definitions that a text needs, in order.

        Raises:
            BadInput: when the text uses a name that nothing defines.
        """
        waiting = set(_free(parse(text)))
        found: set[str] = set()
        lines: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in self.definitions:
                found.add(name)
                waiting |= self.definitions[name].uses - found
            elif name in self.imports:
                lines.add(self.imports[name])
            elif name not in _GIVEN and not hasattr(builtins, name):
                raise BadInput(f"The grammar uses `{name}`, which parts.py does not define.")
        chosen = sorted({self.definitions[name].order: name for name in found}.items())
        plain = sorted(line for line in lines if line.startswith("import"))
        other = sorted(lines.difference(plain))
        return plain + other, [self.definitions[name].text for _, name in chosen]


def render(
    grammar: Grammar, tree: Node, *, title: str, salt: int = 0, incumbent: object = None
) -> str:
    """Returns the program of a tree.

    Args:
        grammar: the grammar that the tree obeys.
        tree: the tree.
        title: the line that opens the program.
        salt: a number that makes the randomness of this program its own.
        incumbent: the data of a parent, for a tree that starts from them.
    """
    body = _fill(grammar, tree)
    head = [f"SALT = {salt}"] if re.search(r"\bSALT\b", body) else []
    if grammar.is_warm(tree):
        head.append(f"INCUMBENT = {literal(incumbent)}")
    imports, parts = grammar.parts.needed(body)
    blocks = [f'"""{title}"""', "\n".join(imports), "\n".join(head)]
    text = "\n\n".join(block for block in blocks if block)
    return "\n\n\n".join([text, *parts, body]) + "\n"


def literal(data: object) -> str:
    """Returns plain data as Python text on one line."""
    return repr(json.loads(json.dumps(data)))


def _fill(grammar: Grammar, node: Node) -> str:
    production = grammar.production(node)
    values = {name: repr(value) for name, value in node.constants.items()}
    values |= {slot: _fill(grammar, child) for slot, child in node.children.items()}

    def block(match: re.Match[str]) -> str:
        return textwrap.indent(values[match[2]], match[1])

    # A slot alone on its line takes a block of statements, indented like the slot.
    text = _SLOT_LINE.sub(block, production.text)
    return _SLOT.sub(lambda match: values[match[1]], text)


def _with_imported(path: Path) -> list[Path]:
    """Returns a file and the files of ours that it imports from, what is used before what uses."""
    ordered: list[Path] = []

    def visit(file: Path) -> None:
        if file in ordered:
            return
        for node in _parse(file).body:
            if isinstance(node, ast.ImportFrom) and _ours(node):
                visit(_ROOT.joinpath(*str(node.module).split(".")).with_suffix(".py"))
        ordered.append(file)

    visit(path)
    return ordered


@lru_cache(maxsize=256)
def _parse_text(text: str) -> ast.Module:
    return parse(text)


def _parse(file: Path) -> ast.Module:
    try:
        return _parse_text(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise BadInput(f"The parts {file} cannot be read: {error}.") from error


def _ours(node: ast.ImportFrom) -> bool:
    return str(node.module).startswith("tools.discovery.problems.")


def _foreign(node: ast.Import | ast.ImportFrom) -> Iterable[tuple[str, str]]:
    """Yields each name that an import brings, with the line that brings it alone."""
    if isinstance(node, ast.ImportFrom) and _ours(node):
        return
    start = "import" if isinstance(node, ast.Import) else f"from {node.module} import"
    for alias in node.names:
        tail = f" as {alias.asname}" if alias.asname else ""
        yield alias.asname or alias.name.partition(".")[0], f"{start} {alias.name}{tail}"


def _define(node: ast.stmt, rank: int, file: Path, definitions: dict[str, _Part]) -> None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        names = [node.name]
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        first = node.lineno
    else:
        return  # the docstring of the module
    lines = file.read_text(encoding="utf-8").splitlines()[first - 1 : node.end_lineno]
    part = _Part((rank, first), "\n".join(lines), frozenset(_free(node)))
    for name in names:
        # The same alias may stand in several files; the first stands before all that use it.
        if definitions.setdefault(name, part).text != part.text:
            raise BadInput(f"`{name}` is defined twice among the parts, in {file} too.")


def _free(node: ast.AST) -> set[str]:
    """Returns the names that a piece of Python reads and does not bind itself.

    Scopes are not told apart: a name bound anywhere in the piece counts as its own.
    """
    read: set[str] = set()
    bound: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            (read if isinstance(inner.ctx, ast.Load) else bound).add(inner.id)
        elif isinstance(inner, ast.arg):
            bound.add(inner.arg)
        elif isinstance(inner, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and inner.name:
            bound.add(inner.name)
    return read - bound


def free_names(source: str) -> set[str]:
    """Returns the names that a program uses, does not define, and Python does not bring."""
    tree = parse(source)
    brought: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            brought.update(name for name, _ in _foreign(node))
    return {n for n in _free(tree) - brought if not hasattr(builtins, n)}


def tree_of(files: Mapping[str, str]) -> Node | None:
    """Returns the syntax tree that a candidate carries, or None if it carries none."""
    text = files.get(TREE_FILE)
    if text is None:
        return None
    try:
        return loads(text)
    except ValueError:
        # Somebody else wrote the file; the program is then treated as one without a tree.
        return None
