"""Reading a model's reply: whole files in fenced blocks, or edits of a known program.

Small models miss the format more often than the point, so reading is tolerant: of missing file
names, extra words, unclosed fences, unified diffs, and blanks that differ. What it cannot read is a
`FormatFailure`, which is counted apart from programs that run and are bad.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.discovery.candidate import Candidate
from tools.discovery.parsing import parse


class FormatFailure(Exception):
    """The reply holds no program that can be read."""


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        info: what follows the opening fence.
        before: the last line that is not blank before it.
        text: its lines.
        closed: whether there is a closing fence.
    """

    info: str
    before: str
    text: str
    closed: bool


_THOUGHTS = re.compile(r"<think(ing)?>.*?(</think(ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_FILE = re.compile(r"([A-Za-z_][\w-]*\.py)\b")
_EDIT = re.compile(
    r"^[ \t]*<{5,}[^\n]*\n(.*?)^[ \t]*={5,}[^\n]*\n(.*?)^[ \t]*>{5,}[^\n]*$",
    re.DOTALL | re.MULTILINE,
)


def read_program(text: str, entry: str = "program.py") -> Candidate:
    """Returns the whole program that a reply holds.

    Raises:
        FormatFailure: if there is none.
    """
    text = _THOUGHTS.sub("", text)
    blocks = [block for block in fenced(text) if block.text.strip()]
    named = {name: b.text for b in blocks if (name := _name_of(b)) and _parses(b.text)}
    if entry in named:
        return Candidate(named, entry)
    whole = [b for b in blocks if _parses(b.text) and "def " in b.text and _name_of(b) is None]
    if whole:
        # The last one, as drafts come first, unless a later one is only an example of its use.
        best = max(whole, key=lambda block: len(block.text))
        chosen = whole[-1] if len(whole[-1].text) * 2 >= len(best.text) else best
        return Candidate({**named, entry: chosen.text}, entry)
    if len(named) == 1:
        return Candidate({entry: next(iter(named.values()))}, entry)
    if not blocks and "def " in text and _parses(text):
        return Candidate({entry: text}, entry)
    if blocks:
        # A broken program is a bad idea, not a missing one: its error helps the next attempt.
        last = max(blocks, key=lambda block: len(block.text))
        if last.closed and "def " in last.text:
            return Candidate({entry: last.text}, entry)
        raise FormatFailure("no code block of the reply is a program, or it was cut short")
    raise FormatFailure("the reply has no code block")


def read_edits(text: str, parent: Candidate) -> Candidate:
    """Returns the parent with the reply's edits made; a whole program is taken as it is.

    Raises:
        FormatFailure: if there are neither, or an edit does not fit the parent.
    """
    text = _THOUGHTS.sub("", text)
    # Other files than Python's say how the parent was made, which no longer holds.
    files = {name: source for name, source in parent.files.items() if name.endswith(".py")}
    edits = [
        (match[1], match[2], _file_before(text, match.start())) for match in _EDIT.finditer(text)
    ]
    if not edits:
        edits = [edit for block in fenced(text) for edit in _hunks(block.text)]
    if not edits:
        return read_program(text, parent.entry)
    for old, new, name in edits:
        file = name if name in files else parent.entry
        files[file] = apply_edit(files[file], old, new)
    return Candidate(files, parent.entry)


def apply_edit(text: str, old: str, new: str) -> str:
    """Replaces the one place where `old` stands; blanks at line ends and the indent may differ.

    Raises:
        FormatFailure: if it stands nowhere, or in several places.
    """
    lines, wanted = text.splitlines(), _trimmed(old.splitlines())
    replacement = _trimmed(new.splitlines())
    if not wanted:
        raise FormatFailure("an edit does not say what it replaces")
    for forms in (str.rstrip, str.strip):
        target = [forms(line) for line in wanted]
        found = [
            at
            for at in range(len(lines) - len(wanted) + 1)
            if [forms(line) for line in lines[at : at + len(wanted)]] == target
        ]
        if len(found) > 1:
            raise FormatFailure(f"an edit fits {len(found)} places: {wanted[0].strip()[:80]!r}")
        if found:
            at = found[0]
            shift = _indent(lines[at]) - _indent(wanted[0])
            shifted = [_shift(line, shift) for line in replacement]
            return "\n".join([*lines[:at], *shifted, *lines[at + len(wanted) :]]) + "\n"
    raise FormatFailure(f"an edit fits nowhere: {wanted[0].strip()[:80]!r}")


def fenced(text: str) -> list[Block]:
    """Returns the fenced blocks of Markdown text, one that is never closed included."""
    found: list[Block] = []
    lines: list[str] = []
    fence = info = before = ""
    for line in text.splitlines():
        match = _FENCE.match(line)
        if not fence:
            if match:
                fence, info, lines = match[1], match[2].strip(), []
            elif line.strip():
                before = line.strip()
        elif match and match[1][0] == fence[0] and len(match[1]) >= len(fence) and not match[2]:
            found.append(Block(info, before, "\n".join(lines) + "\n", True))
            fence = before = ""
        else:
            lines.append(line)
    if fence:
        found.append(Block(info, before, "\n".join(lines) + "\n", False))
    return found


def fence_for(texts: Mapping[str, str]) -> str:
    """Returns a fence that none of the texts can close."""
    longest = max((len(run) for t in texts.values() for run in re.findall(r"`+", t)), default=0)
    return "`" * max(3, longest + 1)


def _name_of(block: Block) -> str | None:
    """Returns the file name that a block carries: on its fence, before it, or in its first line."""
    first = block.text.lstrip().split("\n", 1)[0]
    comment = first if first.startswith("#") else ""
    for place in (block.info, block.before, comment):
        if len(place) <= 80 and (match := _FILE.search(place)):
            return match[1]
    return None


def _hunks(text: str) -> list[tuple[str, str, str | None]]:
    """Reads a unified diff's hunks as edits; line numbers, mostly wrong, are not looked at."""
    if not re.search(r"^@@.*$", text, re.MULTILINE):
        return []
    name = None
    if match := re.search(r"^\+\+\+ (?:b/)?(\S+)", text, re.MULTILINE):
        name = match[1]
    edits = []
    for hunk in re.split(r"^@@.*\n", text, flags=re.MULTILINE)[1:]:
        rows = [line for line in hunk.splitlines() if not line.startswith("\\")]
        old = "\n".join(line[1:] for line in rows if not line.startswith("+"))
        new = "\n".join(line[1:] for line in rows if not line.startswith("-"))
        edits.append((old, new, name))
    return edits


def _file_before(text: str, position: int) -> str | None:
    for line in reversed(text[:position].splitlines()[-3:]):
        if match := _FILE.search(line):
            return match[1]
    return None


def _trimmed(lines: list[str]) -> list[str]:
    """Drops empty lines at both ends."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shift(line: str, by: int) -> str:
    if by >= 0 or not line.strip():
        return " " * by + line if line.strip() else line
    return line[min(-by, _indent(line)) :]


def _parses(text: str) -> bool:
    try:
        parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True
