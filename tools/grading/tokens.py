"""Cuts LaTeX and plain code syntax into one stream of tokens.

Letters come one by one together with the run they stand in, so that the parser can read `sin` as
a function and `bca` as a product. Bounds are checked here, before anything recursive starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tools.grading.errors import Malformed, OverLimit
from tools.grading.glyphs import GLYPHS, HIDDEN, SUBSCRIPTS, SUPERSCRIPTS
from tools.grading.limits import MAX_CHARS, MAX_DEPTH, MAX_NUMBER_DIGITS, MAX_TOKENS


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: num, let, cmd, op, open, close, text, newline, gap or end.
        text: the token itself, for a command without its backslash, for text the content.
        run: for a letter, the run of letters it stands in; for text, the wrapping command.
        place: for a letter, its position in the run.
        spaced: whether white space stands before it.
    """

    kind: str
    text: str
    run: str = ""
    place: int = 0
    spaced: bool = False


END = Token("end", "")
WRAPPERS = frozenset(
    "text textrm textit textbf textsf texttt textnormal mathrm mathit mathsf mathtt operatorname "
    "mbox hbox rm it textup textsc mathnormal operatorname* underline emph".split()
)
DROPPED = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle "
    "textstyle scriptstyle limits nolimits nonumber notag hfill mathstrut strut bf boldmath "
    "centering small large noindent phantom".split()
)
THIN = frozenset({",", ";", ":", "!", ">", " ", "thinspace", "enspace", "medspace", "/"})
WIDE = frozenset({"quad", "qquad", "newline", "par"})
_TOKEN = re.compile(
    r"(?P<space>\s+|~)"
    r"|(?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+(?![\d.]))?)"
    r"|\\(?P<command>[A-Za-z]+\*?|.)"
    r"|(?P<letters>[A-Za-z]+)"
    r"|(?P<operator>\*\*|<=|>=|!=|==|->|!!|\.\.\.|[-+*/^_=<>!',;:|&%.?])"
    r"|(?P<bracket>[()\[\]{}])",
    re.DOTALL,
)
_GROUPED = re.compile(r"(?<![\d.,])(\d{1,3})((?:(?:\{,\}|\\,|\\ |\\!,?|,\\!|~)\d{3})+)(?!\d)")
_COMMAS = re.compile(r"^([-+]?\\?\$?\s*)(\d{1,3}(?:,\d{3})+)(\.\d+)?(?=$|[^\d,])(?!.*,)")
_SPACED_GROUPS = re.compile(r"^([-+]?\s*)(\d{1,3}(?: \d{3})+)(\.\d+)?$")


def prepare(text: str) -> str:
    """Joins digit groups and spells out glyphs, so that the tokens are plain ASCII.

    Raises:
        OverLimit: when the text is too long.
        Malformed: when it holds characters that hide or reorder what is shown.
    """
    if len(text) > MAX_CHARS:
        raise OverLimit(f"The expression has {len(text)} characters, the bound is {MAX_CHARS}.")
    text = text.replace("$", " ") if text.count("$") != text.count("\\$") else text
    text = text.strip()
    if not text.isascii():
        text = _spell(text)
    text = _COMMAS.sub(lambda m: m[1] + m[2].replace(",", "") + (m[3] or ""), text)
    text = _SPACED_GROUPS.sub(lambda m: m[1] + m[2].replace(" ", "") + (m[3] or ""), text)
    return _GROUPED.sub(lambda m: m[1] + re.sub(r"\D", "", m[2]), text)


def _spell(text: str) -> str:
    out: list[str] = []
    i = 0
    while i < len(text):
        char = text[i]
        if char in HIDDEN:
            raise Malformed(
                f"The text holds the invisible character U+{ord(char):04X}.", "Remove it."
            )
        for table, mark in ((SUPERSCRIPTS, "^"), (SUBSCRIPTS, "_")):
            if char in table:
                j = i
                while j < len(text) and text[j] in table:
                    j += 1
                out.append(f"{mark}{{{''.join(table[c] for c in text[i:j])}}}")
                i = j
                break
        else:
            out.append(GLYPHS.get(char, char))
            i += 1
    return "".join(out)


def tokenize(text: str) -> list[Token]:
    """Cuts a text into tokens, the last of which is END.

    Raises:
        OverLimit: when the text is too long, too deep, or holds too large a number.
        Malformed: when it holds a character that no notation here uses.
    """
    text = prepare(text)
    tokens: list[Token] = []
    position, spaced, drop_dot = 0, False, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed(f"Cannot read the character {text[position]!r}.")
        position = match.end()
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "space":
            spaced = True
            continue
        if drop_dot and value in (".",):
            drop_dot = False
            continue
        drop_dot = False
        if kind == "command":
            if value in DROPPED:
                drop_dot = value in ("left", "right")
                continue
            if value in THIN:
                tokens.append(Token("thin", value))
                spaced = True
                continue
            if value in WRAPPERS:
                content, position = _group(text, position)
                tokens.append(Token("text", content, value, 0, spaced))
                spaced = False
                continue
        tokens.extend(_make(kind, value, spaced))
        spaced = False
        if len(tokens) > MAX_TOKENS:
            raise OverLimit(f"The expression has more than {MAX_TOKENS} tokens.")
    return _collapse([t for t in tokens if t.kind != "thin"])


def _make(kind: str, value: str, spaced: bool) -> list[Token]:
    if kind == "number":
        digits, _, power = value.lower().partition("e")
        if len(digits) > MAX_NUMBER_DIGITS or (power and abs(int(power)) > MAX_NUMBER_DIGITS):
            raise OverLimit(f"A number has more than {MAX_NUMBER_DIGITS} digits.")
        return [Token("num", value, "", 0, spaced)]
    if kind == "letters":
        return [
            Token("let", char, value, place, spaced and place == 0)
            for place, char in enumerate(value)
        ]
    if kind == "command":
        return [_command(value, spaced)]
    if kind == "bracket":
        return [Token("open" if value in "([{" else "close", value, "", 0, spaced)]
    return [Token("op", {"**": "^", "==": "="}.get(value, value), "", 0, spaced)]


def _command(value: str, spaced: bool) -> Token:
    if value == "\\":
        return Token("newline", value)
    if value in WIDE:
        return Token("gap", value)
    if value in ("{", "lbrace"):
        return Token("open", "\\{", "", 0, spaced)
    if value in ("}", "rbrace"):
        return Token("close", "\\}", "", 0, spaced)
    if value in ("lbrack", "lparen"):
        return Token("open", "[" if value == "lbrack" else "(", "", 0, spaced)
    if value in ("rbrack", "rparen"):
        return Token("close", "]" if value == "rbrack" else ")", "", 0, spaced)
    if value in ("%", "$", "#", "&", "_"):
        return Token("op", "%" if value == "%" else "currency" if value == "$" else value)
    if value in ("lvert", "rvert", "vert", "mid", "|", "Vert", "lVert", "rVert"):
        return Token("op", "|", "", 0, spaced)
    return Token("cmd", value, "", 0, spaced)


def _group(text: str, position: int) -> tuple[str, int]:
    """Reads the raw content of the brace group at a position, or the next character."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text) or text[position] != "{":
        if position >= len(text):
            raise Malformed("The text ends where a group was expected.")
        return text[position], position + 1
    depth, start = 0, position + 1
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
            continue
        depth += (char == "{") - (char == "}")
        position += 1
        if depth == 0:
            return text[start : position - 1], position
    raise Malformed("A brace is opened and never closed.")


def _collapse(tokens: list[Token]) -> list[Token]:
    """Drops doubled brackets and stray closing braces; checks the depth of what is left."""
    partner: dict[int, int] = {}
    stacks: dict[str, list[int]] = {"{": [], "(": []}
    stray: set[int] = set()
    for i, token in enumerate(tokens):
        if token.text in stacks and token.kind == "open":
            stacks[token.text].append(i)
        elif token.kind == "close" and token.text in "})":
            stack = stacks["{" if token.text == "}" else "("]
            if stack:
                start = stack.pop()
                partner[start] = i
            elif token.text == "}":
                stray.add(i)
    if stacks["{"]:
        raise Malformed("A brace is opened and never closed.")
    if stray and (len(stray) > 1 or min(stray) != len(tokens) - 1 or len(tokens) == 1):
        raise Malformed("A closing brace has no opening one.")
    drop = set(stray)
    for start, end in partner.items():
        inner = partner.get(start + 1)
        if inner == end - 1 and tokens[start].text == tokens[start + 1].text:
            drop.update((start + 1, inner))
    kept = [t for i, t in enumerate(tokens) if i not in drop]
    depth = 0
    for token in kept:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth > MAX_DEPTH:
            raise OverLimit(f"Brackets are nested deeper than {MAX_DEPTH}.")
    return [*(replace(t, spaced=True) if i == 0 else t for i, t in enumerate(kept)), END]
