"""arXiv sources: the readable text of a LaTeX paper, from one file or a compressed archive.

An archive is a stranger's: it is read as a stream, nothing is written to disk, and it is
refused when it grows beyond bounds, holds too many files, or nests folders too deeply.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge.bibliography import plain
from knowledge.errors import KnowledgeError

MOST_BYTES = 100_000_000
MOST_FILES = 5_000
DEEPEST = 20
DEEPEST_INPUT = 10

_COMMENT = re.compile(r"(?<!\\)%.*")
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{([^{}]+)\}")
_DROPPED = "figure|table|tabular|tikzpicture|thebibliography|lstlisting|algorithm|wrapfigure"
_ENVIRONMENT = re.compile(rf"\\begin\{{({_DROPPED})(\*?)\}}.*?\\end\{{\1\2\}}", re.DOTALL)
_HEADING = re.compile(r"\\((?:sub)*)section\*?\s*(?:\[[^\]]*\])?\s*\{")
_REFERENCE = re.compile(
    r"~?\\(?:cite\w*|ref|eqref|label|autoref|cref|Cref|footnote(?:mark)?|url)\*?"
    r"\s*(?:\[[^\]]*\])*\s*\{[^{}]*\}"
)
_WRAPPER = re.compile(r"\\(?:emph|text\w{2}|textrm|underline|mbox|texttt)\s*\{([^{}]*)\}")
_BEGIN_END = re.compile(
    r"\\(?:begin|end)\s*\{(?:abstract|document|itemize|enumerate|center|quote)\}"
)
_END = re.compile(r"\\(?:bibliography\s*\{|begin\{thebibliography\}|end\{document\}|appendix\b)")
_ARCHIVES = (".tar", ".gz", ".tgz", ".zip", ".bz2", ".xz", ".7z", ".rar")


@dataclass(frozen=True)
class Source:
    """A LaTeX paper as text: title, authors, Markdown-like text, and notes for the report."""

    title: str
    authors: tuple[str, ...]
    text: str
    notes: tuple[str, ...]


def source_of_archive(content: bytes) -> Source:
    """Reads an arXiv source: a compressed tar archive, or one compressed .tex file.

    Raises:
        KnowledgeError: not such an archive, broken, beyond the bounds, or without a paper.
    """
    try:
        raw = gzip.GzipFile(fileobj=io.BytesIO(content))
        unpacked = raw.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise KnowledgeError(f"the archive is broken ({error}); fetch it again") from error
    if len(unpacked) > MOST_BYTES:
        raise KnowledgeError(
            f"unpacks to more than {MOST_BYTES // 1_000_000} MB; unpack it yourself and add the "
            ".tex file"
        )
    try:
        files, notes = _members(unpacked)
    except tarfile.ReadError:
        files, notes = {"paper.tex": _decoded(unpacked)}, ()
    except (tarfile.TarError, EOFError) as error:
        raise KnowledgeError(f"the archive is broken ({error}); fetch it again") from error
    return _source(files, notes)


def source_of_tex(text: str) -> Source:
    """Reads one LaTeX file; files that it includes are not looked for.

    Raises:
        KnowledgeError: it holds no text.
    """
    return _source({"paper.tex": text}, ())


def _members(unpacked: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    files: dict[str, str] = {}
    inner = 0
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
        for number, member in enumerate(archive):
            if number >= MOST_FILES:
                raise KnowledgeError(f"holds more than {MOST_FILES} files; add the .tex file alone")
            if len(PurePosixPath(member.name).parts) > DEEPEST:
                raise KnowledgeError(
                    f"nests folders deeper than {DEEPEST}; add the .tex file alone"
                )
            if not member.isfile():
                continue
            if member.name.lower().endswith(_ARCHIVES):
                inner += 1
            elif member.name.lower().endswith(".tex"):
                handle = archive.extractfile(member)
                files[member.name.removeprefix("./")] = _decoded(handle.read() if handle else b"")
    notes = (f"{inner} archives inside the archive left closed",) if inner else ()
    return files, notes


def _source(files: dict[str, str], notes: tuple[str, ...]) -> Source:
    files = {name: _COMMENT.sub("", text) for name, text in files.items()}
    mains = [name for name, text in files.items() if "\\begin{document}" in text]
    if not mains:
        raise KnowledgeError("holds no LaTeX paper (no file with \\begin{document})")
    main = max(mains, key=lambda name: len(files[name]))
    whole = _with_inputs(files[main], files, frozenset({main}), 0)
    _, _, body = whole.partition("\\begin{document}")
    title = _argument(whole, "title")
    authors = re.split(r"\\and\b|\\\\|,|\\AND\b", _argument(whole, "author"))
    names = [plain(_prose(name)) for name in authors]
    names = [name for name in names if re.fullmatch(r"[^\W\d_][\w.'’ -]{2,40}", name)]
    end = _END.search(body)
    text = _prose(body[: end.start()] if end else body)
    if not text:
        raise KnowledgeError("the LaTeX paper holds no text")
    return Source(plain(_prose(title)), tuple(names), text, notes)


def _with_inputs(text: str, files: dict[str, str], seen: frozenset[str], depth: int) -> str:
    """Puts included files in; a circle or a chain too long ends in nothing."""

    def put(found: re.Match[str]) -> str:
        name = found[1].strip().removeprefix("./")
        name = name if name in files else f"{name}.tex"
        if name not in files or name in seen or depth >= DEEPEST_INPUT:
            return ""
        return _with_inputs(files[name], files, seen | {name}, depth + 1)

    grown = _INPUT.sub(put, text)
    # Files that include each other many times grow exponentially without any circle.
    if len(grown) > MOST_BYTES // 10:
        raise KnowledgeError("the files include each other into too long a text")
    return grown


def _argument(text: str, command: str) -> str:
    """Returns the argument of the first such command, braces balanced, or ""."""
    found = re.search(rf"\\{command}\s*(?:\[[^\]]*\])?\s*\{{", text)
    return _balanced(text, found.end()) if found else ""


def _balanced(text: str, start: int) -> str:
    """Returns the text up to the brace that closes the one before `start`."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start:place]
    return text[start:]


def _prose(text: str) -> str:
    """Turns LaTeX into text: headings with '#', formulas as they are, the rest in plain words."""
    text = _ENVIRONMENT.sub("", text)
    text = text.replace("\\begin{abstract}", "\n\n# Abstract\n\n")
    pieces, place = [], 0
    for found in _HEADING.finditer(text):
        if found.start() < place:
            continue
        name = _balanced(text, found.end())
        marks = "#" * (1 + len(found[1]) // 3)
        pieces += [text[place : found.start()], f"\n\n{marks} {' '.join(name.split())}\n\n"]
        place = found.end() + len(name) + 1
    text = "".join([*pieces, text[place:]])
    text = _BEGIN_END.sub("\n", _REFERENCE.sub("", text))
    for _ in range(3):
        text = _WRAPPER.sub(r"\1", text)
    text = re.sub(r"\\item\b", "\n- ", text)
    text = re.sub(
        r"\\(?:maketitle|noindent|centering|small|large|bf|it|tableofcontents)\b", "", text
    )
    text = re.sub(r"\\(?:title|author|date|thanks|vspace|hspace)\*?\s*\{[^{}]*\}", "", text)
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=- )", text))
    return "\n\n".join(part.replace("~", " ") for part in paragraphs if part)


def _decoded(content: bytes) -> str:
    """Old sources are often Latin-1, in which every byte is a letter."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
