"""Specs: fields and convention statements become inputs, and what cannot be read is an error."""

from __future__ import annotations

import json

import pytest

from tools.errors import BadInput
from tools.grading import GradeSpec, OperatorSpec


def test_benchmark_fields_are_read() -> None:
    spec = GradeSpec.from_fields(
        parameters=r"$k;N; (c_s^\dagger, NC); (c_s, NC)$", functions=r"$ \uparrow; \downarrow$"
    )
    assert spec.parameters == ("k", "N")
    assert spec.noncommuting == (r"c_s^\dagger", "c_s")
    assert spec.functions == (r"\uparrow", r"\downarrow")
    assert GradeSpec.from_fields(parameters="$a;b; c; d$").choices == ("a", "b", "c", "d")
    templates = GradeSpec.from_fields(
        functions=r"$(c_s, NC), (s,\uparrow,\downarrow)$", parameters=""
    )
    assert templates.noncommuting == ("c_s",)


@pytest.mark.parametrize(
    ("text", "domains", "relations"),
    [
        ("x real", (("x", "real"),), ()),
        ("n, m integers", (("n", "integer"), ("m", "integer")), ()),
        ("integers n>=s>=1", (("n", "integer"), ("s", "integer")), ("n>=s>=1",)),
        ("a>0, |x|<a", (), ("a>0", "|x|<a")),
        ("t_1,t_2>0", (), ("t_1, t_2>0",)),
        ("x real and y > 0", (("x", "real"),), ("y > 0",)),
        ("n positive integer; x complex", (("n", "natural"), ("x", "complex")), ()),
    ],
)
def test_domains_and_relations(
    text: str, domains: tuple[tuple[str, str], ...], relations: tuple[str, ...]
) -> None:
    spec = GradeSpec.from_fields(assume=text)
    assert (spec.domains, spec.relations) == (domains, relations)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bosons: [a,a^dagger]=1", {"species": (("a", "boson"), ("*", "boson"))}),
        (
            "fermions: {c_s,c_t^dagger}=delta_st, {c_s,c_t}=0; i and j distinct sites",
            {"species": (("c", "fermion"), ("*", "fermion")), "distinct": (("i", "j"),)},
        ),
        ("f fermion, a boson: they commute", {"species": (("f", "fermion"), ("a", "boson"))}),
        (
            "sigma^{+-}=X +- iY",
            {"species": (("X", "pauli"), ("sigma", "pauli")), "sigma_ladder": "1"},
        ),
        (
            "Majorana: gamma_j hermitian, {gamma_j,gamma_k}=delta_jk",
            {"species": (("gamma", "majorana"),), "majorana_square": "1/2"},
        ),
        ("[q,p]=i", {"species": (("q", "position"), ("p", "momentum")), "commutator": "i"}),
        ("spin one half", {"species": (("S", "spin"), ("sigma", "pauli")), "spin": "1/2"}),
    ],
)
def test_operator_algebras(text: str, expected: dict[str, object]) -> None:
    assert GradeSpec.from_fields(assume=text).operators == OperatorSpec(**expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("ordered slots", "order", "ordered"),
        ("unordered solution list", "order", "unordered"),
        ("gold given to 3 decimals", "decimals", 3),
        ("two decimals", "decimals", 2),
        ("relative tolerance 1e-9", "relative", "1/1000000000"),
        ("all symbols positive", "default_domain", "positive"),
    ],
)
def test_order_and_precision(text: str, field: str, value: object) -> None:
    assert getattr(GradeSpec.from_fields(assume=text), field) == value


def test_a_statement_that_cannot_be_read_is_quoted_in_the_error() -> None:
    with pytest.raises(BadInput, match="frobnicate the widget"):
        GradeSpec.from_fields(assume="x real; frobnicate the widget")


def test_a_whole_question_as_context_gives_only_its_decimals_and_says_so() -> None:
    question = "Put it in a $\\boxed{}$, rounded to two decimal places. " + "Words. " * 60
    spec = GradeSpec.from_fields(context=question)
    assert spec.decimals == 2
    assert spec.notes


def test_a_spec_survives_json() -> None:
    spec = GradeSpec.from_fields(
        parameters="$x;n$", assume="x>0; n integer; bosons: [a,a^dagger]=1; ordered slots"
    )
    assert GradeSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    with pytest.raises(BadInput, match="colour"):
        GradeSpec.from_json({"colour": "blue"})
