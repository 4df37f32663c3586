"""Unicode characters of mathematics and the LaTeX they stand for."""

from __future__ import annotations

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi "
    "Omega varepsilon vartheta varphi varrho varsigma varkappa varpi digamma"
).split()
"""Names of Greek letters as LaTeX writes them."""

VARIANTS = {
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "phi",
    "varrho": "rho",
    "varsigma": "sigma",
    "varkappa": "kappa",
    "varpi": "pi",
}
"""Glyph variants of the same letter, told apart only where one side uses both."""

HIDDEN = frozenset(
    [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\x00"]
)
"""Characters that reorder or hide text."""

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙᵢⱼₖₓ", "0123456789+-nijkx", strict=True))

_PLAIN = {
    "−": "-",
    "–": "-",
    "—": "-",
    "×": r"\times ",
    "·": r"\cdot ",
    "⋅": r"\cdot ",
    "∙": r"\cdot ",
    "÷": r"\div ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "≈": r"\approx ",
    "∼": r"\sim ",
    "∝": r"\propto ",
    "→": r"\to ",
    "∞": r"\infty ",
    "√": r"\sqrt ",
    "†": r"\dagger ",
    "⟨": r"\langle ",
    "⟩": r"\rangle ",
    "〈": r"\langle ",
    "〉": r"\rangle ",
    "∑": r"\sum ",
    "∏": r"\prod ",
    "∫": r"\int ",
    "∂": r"\partial ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "∈": r"\in ",
    "∅": r"\emptyset ",
    "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}",
    "ℕ": r"\mathbb{N}",
    "ℂ": r"\mathbb{C}",
    "ℚ": r"\mathbb{Q}",
    "±": r"\pm ",
    "∓": r"\mp ",
    "↑": r"\uparrow ",
    "↓": r"\downarrow ",
    "ħ": r"\hbar ",
    "ℏ": r"\hbar ",
    "°": r"^\circ ",
    "′": "'",
    "’": "'",
    "…": "...",
    "µ": r"\mu ",
    "Å": r"\text{angstrom}",
    "½": r"\frac{1}{2}",
    "¼": r"\frac{1}{4}",
    "⊗": r"\otimes ",
    "∖": r"\setminus ",
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u200b": "",
}
_CAPITAL = dict(
    zip(
        "ΓΔΘΛΞΠΣΥΦΨΩ",
        "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(),
        strict=True,
    )
)
_SMALL = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", [*GREEK[:17], *GREEK[17:24]], strict=True))
GLYPHS = _PLAIN | {
    k: f"\\{v} " for k, v in (_CAPITAL | _SMALL | {"ϵ": "epsilon", "ϕ": "phi"}).items()
}
"""Each character with the LaTeX that replaces it."""
