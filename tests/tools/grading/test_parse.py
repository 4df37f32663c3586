"""Reading: notation means what a physicist means by it, and what is no notation is refused."""

from __future__ import annotations

import contextlib
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.grading.errors import Malformed, OverLimit, Unreadable, Unsupported
from tools.grading.parse import parse
from tools.grading.tree import Add, Func, Mul, Node, Num, Pow, Sym, add, func, mul, number


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("E_{n-1}", "E_n-1"),
        ("k_{B}", "k_B"),
        (r"k_\text{B}", "k_B"),
        (r"\lambda_{\mathrm{max}}", "lambda_max"),
        (r"c_{i,\sigma}", "c_{i,sigma}"),
        (r"c_{i\sigma}", "c_{i,sigma}"),
        (r"\tilde{J}", "J~tilde"),
        ("x'", "x~prime"),
        (r"S^z_1", "S_1^z"),
        (r"\mathbb{Z}_2", "Z_2"),
    ],
)
def test_a_subscripted_or_accented_letter_is_one_name(text: str, name: str) -> None:
    node = parse(text)
    assert isinstance(node, Sym)
    assert node.name == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\frac12", r"\frac{1}{2}"),
        (r"\frac 1 2", "1/2"),
        (r"{1 \over 2}", "1/2"),
        (r"\sin 2x", r"\sin(2x)"),
        (r"\sin^2 x", r"(\sin x)^2"),
        (r"\tanh\frac{x}{2}", r"\tanh(x/2)"),
        (r"\cos k_xa", r"\cos(k_x a)"),
        ("1{,}000", "1000"),
        (r"1\,000\,000", "1,000,000"),
        ("2**3", "2^3"),
        ("3*sin(pi*x)", r"3\sin(\pi x)"),
        (r"{n \choose k}", r"\binom{n}{k}"),
        ("−7", "-7"),
        ("√2", r"\sqrt{2}"),
        ("x²", "x^2"),
        (r"\left[x\right]", "x"),
        (r"\sqrt[3]{27}", r"27^{1/3}"),
        ("{{{{5}}}}", "5"),
        (r"|\psi|^2", r"\left|\psi\right|^2"),
        (r"c^{\dagger2}", r"(c^\dagger)^2"),
        (r"\hat{g}_{k}", r"\hat g_k"),
    ],
)
def test_two_spellings_of_one_formula_read_alike(one: str, other: str) -> None:
    assert parse(one) == parse(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\sin^2 x", r"\sin x^2"),
        ("x_{12}", "x_1x_2"),
        ("E_{n-1}", "E_n-1"),
        ("T", "t"),
        (r"\Gamma", r"\gamma"),
        (r"\hbar", "h"),
        ("m^*", "m"),
        ("a/b+c", r"\frac{a}{b+c}"),
    ],
)
def test_two_different_formulas_do_not_read_alike(one: str, other: str) -> None:
    assert parse(one) != parse(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$$",
        r"\frac{1}{",
        r"\frac{}{}",
        "}}{{",
        "x_{",
        "4 2",
        "2{3}",
        "(1",
        "1+",
        "%",
        "\u202e24",
    ],
)
def test_text_that_is_no_formula_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


def test_an_unknown_command_is_named_in_the_error() -> None:
    with pytest.raises(Unsupported, match="undefinedmacro"):
        parse(r"\undefinedmacro")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        r"\sqrt{" * 300 + "x" + "}" * 300,
        r"\frac{1}{1+" * 200 + "x" + "}" * 200,
        "x" * 1_000_000,
        "-" * 3_000 + "x",
        "2^" * 2_000 + "2",
        "5" + "!" * 900,
        r"\sin" * 900 + " x",
        "9" * 6_000,
        "1e999999",
        "|" * 800 + "x" + "|" * 800,
    ],
)
def test_hostile_sizes_are_refused_within_a_fraction_of_a_second(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(Unreadable):
        parse(text)
    assert time.perf_counter() - start < 5


def test_ten_thousand_braces_around_a_value_are_refused_and_two_hundred_are_not() -> None:
    assert parse("{" * 200 + "5" + "}" * 200) == number(5)
    with pytest.raises(OverLimit):
        parse("{" * 10_000 + "5" + "}" * 10_000)


_NAMES = st.sampled_from([Sym("x"), Sym("y"), Sym("alpha"), Sym("k", (), ("B",)), Sym("T")])
_LEAVES = st.one_of(_NAMES, st.integers(1, 40).map(number))


def _grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: add(*parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: mul(*parts)),
        st.tuples(inner, st.integers(2, 4)).map(lambda pair: Pow(pair[0], number(pair[1]))),
        st.tuples(st.sampled_from(["sin", "tanh"]), inner).map(lambda pair: func(*pair)),
    )


TREES: st.SearchStrategy[Node] = st.recursive(_LEAVES, _grow, max_leaves=8)


def printed(node: Node) -> str:
    """Writes a tree as LaTeX with every bracket spelled out."""
    match node:
        case Num(value=value):
            assert value.denominator == 1
            return f"{value}" if value >= 0 else f"({value})"
        case Sym(base=base, sub=sub):
            letter = f"\\{base}" if len(base) > 1 else base
            return letter + (f"_{{{','.join(sub)}}}" if sub else "")
        case Add(terms=terms):
            return "(" + "+".join(printed(t) for t in terms) + ")"
        case Mul(factors=factors):
            return r"\cdot ".join(printed(f) for f in factors)
        case Pow(base=base, exponent=exponent):
            return f"{{({printed(base)})}}^{{{printed(exponent)}}}"
        case Func(name=name, args=(arg,)):
            return f"\\{name}({printed(arg)})"
    raise AssertionError(node)


@given(TREES)
def test_printing_a_tree_and_reading_it_back_gives_the_same_tree(tree: Node) -> None:
    assert parse(printed(tree)) == tree


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(Unreadable):
        parse(text)


def test_decimals_are_exact_and_remember_how_they_were_written() -> None:
    assert parse("0.200") == Num(Fraction(1, 5), 3)
    assert parse("6.626E-34") == Num(Fraction(6626, 10**37), 37)
    assert parse(r"0.1\overline{6}") == Num(Fraction(1, 6))
