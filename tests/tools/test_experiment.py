"""One definition gives typed parameters, readable errors, text parsing and a JSON schema."""

from __future__ import annotations

import json
import math
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from tools.errors import BadInput
from tools.experiment import Cost, Estimate, Experiment, Params, Result, Words, experiment
from tools.run import Run


class Needy(Params):
    text: str = Field(description="what to say")


class SampleParams(Params):
    keep: Annotated[float, Words(near=("keep",), complement=("drop",))] = Field(
        0.5, gt=0, le=1, description="fraction kept"
    )
    count: int = Field(3, ge=1, description="how many")
    level: Literal[1, 2, 4] = Field(2, description="which level")
    kind: Literal["el2n", "grand"] = Field("el2n", description="which score")
    sizes: list[float] = Field([0.1, 0.2], description="which sizes")
    kinds: list[Literal["a", "b"]] = Field(["a"], description="which kinds")
    limit: int | None = Field(None, description="at most")
    fast: bool = Field(False, description="whether quick")
    title: str = Field("plain", description="what it is called")


@experiment(
    "sample.one",
    paper=("paul2021", "kirsch2023"),
    claim="It holds.",
    estimate=lambda p: Cost(p.count),
    examples=("do it",),
)
def sample(params: SampleParams, run: Run) -> Result:
    """Finds out one thing. And says
    it on two lines.

    The details.

    More details.
    """
    return Result()


def test_the_definition_is_read_once_and_gives_every_face_what_it_needs() -> None:
    assert sample.summary == "Finds out one thing."
    assert sample.description == "Finds out one thing. And says it on two lines."
    assert sample.details == "The details.\n\nMore details."
    assert sample.papers == ("paul2021", "kirsch2023")
    parameters = {p.name: p for p in sample.parameters()}
    assert list(parameters) == list(SampleParams.model_fields)
    keep = parameters["keep"]
    assert (keep.type, keep.default, keep.bounds) == (float, 0.5, "0 < keep <= 1")
    assert keep.words.complement == ("drop",)
    assert parameters["kind"].choices == ("el2n", "grand")
    assert (parameters["kinds"].type, parameters["kinds"].choices) == (list, ("a", "b"))
    assert parameters["limit"].type is int
    assert not any(p.required for p in sample.parameters())


def test_the_schema_keeps_a_property_called_title_and_drops_annotations() -> None:
    schema = sample.schema()
    assert schema["properties"]["title"]["default"] == "plain"
    assert "title" not in schema["properties"]["keep"]
    assert schema["additionalProperties"] is False
    json.dumps(schema)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("keep", "0.3", 0.3),
        ("keep", "30%", 0.3),
        ("keep", " 30 % ", 0.3),
        ("count", "7", 7),
        ("level", "4", 4),
        ("kind", "grand", "grand"),
        ("sizes", "0.1,0.5", [0.1, 0.5]),
        ("sizes", "[0.1, 0.5]", [0.1, 0.5]),
        ("sizes", "10%, 50%", [0.1, 0.5]),
        ("sizes", "0.3", [0.3]),
        ("kinds", "a, b", ["a", "b"]),
        ("limit", "5", 5),
        ("limit", "none", None),
        ("fast", "true", True),
        ("fast", "no", False),
        ("title", "30%", "30%"),
    ],
)
def test_text_as_typed_becomes_the_value_it_means(name: str, text: str, value: object) -> None:
    assert getattr(sample.parse_text({name: text}), name) == value


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"keep": "1.5"}, ["keep", "1.5", "0 < keep <= 1"]),
        ({"kind": "random"}, ["kind", "random", "el2n, grand"]),
        ({"level": "3"}, ["level", "1, 2, 4"]),
        ({"count": "30%"}, ["count"]),
        ({"count": "many"}, ["count", "many"]),
        ({"keeep": "1"}, ["no parameter 'keeep'", "It takes: keep"]),
        ({"keep": "%"}, ["keep", "%"]),
        ({"keep": "nan"}, ["keep"]),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(values: dict[str, str], told: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        sample.parse_text(values)
    assert all(piece in str(caught.value) for piece in told), str(caught.value)


def test_a_missing_required_value_is_asked_for_with_its_meaning() -> None:
    @experiment("sample.needy", paper=(), claim="", estimate=lambda p: Cost(0))
    def needy(params: Needy, run: Run) -> Result:
        """Needs a text."""
        return Result()

    assert needy.parameters()[0].required
    with pytest.raises(BadInput, match=r"needs 'text'\. Give text: what to say"):
        needy.parse({})


def test_parameters_that_cannot_be_resolved_are_explained() -> None:
    class Local(Params):
        pass

    def hidden(params: Local, run: Run) -> Result:
        """Has parameters that nobody else can see."""
        return Result()

    with pytest.raises(BadInput, match=r"'Local'.*top level"):
        experiment("sample.hidden", paper=(), claim="", estimate=lambda p: Cost(0))(hidden)


def test_parameters_cannot_be_changed_afterwards() -> None:
    params = sample.parse({})
    with pytest.raises(ValueError, match="frozen"):
        params.keep = 0.9  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["nodot", "Upper.case", "a.b.c", "a.", "1a.b", "a b.c"])
def test_an_experiment_must_be_named_method_dot_verb(name: str) -> None:
    with pytest.raises(BadInput, match=r"method\.verb"):
        experiment(name, paper=(), claim="", estimate=lambda p: Cost(0))


def test_an_experiment_needs_a_docstring_and_typed_parameters() -> None:
    decorate = experiment("sample.bad", paper=(), claim="", estimate=lambda p: Cost(0))

    def silent(params: SampleParams, run: Run) -> Result:
        return Result()

    def untyped(params, run):  # type: ignore[no-untyped-def]
        """Says something."""

    with pytest.raises(BadInput, match="docstring"):
        decorate(silent)
    with pytest.raises(BadInput, match="must be annotated"):
        decorate(untyped)


def test_an_estimate_of_one_sample_has_no_standard_error() -> None:
    assert Estimate.of([2.0]) == Estimate(2.0, None, 1)
    with pytest.raises(BadInput, match="at least one"):
        Estimate.of([])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_standard_error_is_that_of_the_mean(samples: list[float]) -> None:
    mean = math.fsum(samples) / len(samples)
    variance = math.fsum((x - mean) ** 2 for x in samples) / (len(samples) - 1)
    found = Estimate.of(samples)
    assert found.mean == pytest.approx(mean, abs=1e-6)
    assert found.stderr == pytest.approx(math.sqrt(variance / len(samples)), rel=1e-6, abs=1e-6)


def test_every_default_of_the_registered_experiments_passes_its_own_rules() -> None:
    from tools import registry

    for item in registry.load():
        assert isinstance(item, Experiment)
        given_values = {p.name: p.default for p in item.parameters() if not p.required}
        if all(not p.required for p in item.parameters()):
            assert item.estimate(item.parse(given_values)).seconds >= 0
