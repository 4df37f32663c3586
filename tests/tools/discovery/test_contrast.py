"""The contrastive model against formulas written out program by program."""

import math
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.concepts import ConceptTree
from tools.discovery.contrast import PARTS, Contrast, Part, Score, Split
from tools.errors import BadInput

PATHS = [("a",), ("a", "b"), ("a", "c"), ("d",), ("d", "e"), ("a", "b", "f")]
Sample = list[tuple[float | None, frozenset[int]]]


def tree() -> ConceptTree:
    made = ConceptTree({})
    made.close(PATHS)
    return made


TREE = tree()
CLOSED = [
    frozenset(s)
    for s in chain.from_iterable(combinations(range(1, 7), k) for k in range(7))
    if all(TREE.parent(v) == 0 or TREE.parent(v) in s for v in s)
]
samples = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(-3, 3).map(float)), st.sampled_from(CLOSED)),
    min_size=1,
    max_size=25,
)


def split_of(sample: Sample, gamma: float = 0.25, n_min: int = 3) -> Split:
    made = Split(gamma, n_min)
    for id, (score, concepts) in enumerate(sample):
        outcome = Outcome.CRASHED if score is None else Outcome.OK
        made.add(Member(id, Candidate.of(""), Evaluation(outcome, score), (), concepts))
    return made


def halves(
    sample: Sample, gamma: float = 0.25, n_min: int = 3
) -> tuple[list[frozenset[int]], list[frozenset[int]]]:
    """The high and the low set by sorting everything."""
    order = sorted(
        range(len(sample)),
        key=lambda i: (math.inf if sample[i][0] is None else -(sample[i][0] or 0.0), i),
    )
    ok = sum(score is not None for score, _ in sample)
    cut = min(ok, max(n_min, math.ceil(gamma * len(sample))))
    return [sample[i][1] for i in order[:cut]], [sample[i][1] for i in order[cut:]]


def theta(side: list[frozenset[int]], v: int, alpha: float) -> float:
    above = TREE.parent(v)
    parents = sum(above == 0 or above in b for b in side)
    return (sum(v in b for b in side) + alpha) / (parents + 2 * alpha)


def by_hand(sample: Sample, b: frozenset[int], score: Score) -> float:
    high, low = halves(sample)
    total, terms = 0.0, 0
    for v in range(1, 7):
        if not any(v in concepts for _, concepts in sample):
            continue
        above = TREE.parent(v)
        if above != 0 and above not in b:
            continue
        if score.presence_only and v not in b:
            continue
        h, w = theta(high, v, score.alpha), theta(low, v, score.alpha)
        if (score.part == "avoid only" and h >= w) or (score.part == "seek only" and h <= w):
            continue
        terms += 1
        numerator, denominator = (math.log(p if v in b else 1 - p) for p in (h, w))
        total += {"numerator only": numerator, "denominator only": -denominator}.get(
            score.part, numerator - denominator
        )
    return total / max(terms, 1) if score.size_normalised else total


@given(samples)
def test_the_split_counts_as_sorting_everything_would(sample: Sample) -> None:
    made, (high, low) = split_of(sample), halves(sample)
    assert made.sizes == (len(high), len(low))
    counted = made.counts()
    for side, counts in zip((high, low), counted, strict=True):
        for v in range(1, len(counts)):
            assert counts[v] == sum(v in b for b in side)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("presence_only", "size_normalised"), [(False, False), (True, True)])
@given(sample=samples, b=st.sampled_from(CLOSED))
def test_the_score_is_the_formula_term_by_term(
    part: Part, presence_only: bool, size_normalised: bool, sample: Sample, b: frozenset[int]
) -> None:
    score = Score(part, presence_only, size_normalised, alpha=0.7)
    contrast = Contrast(split_of(sample), TREE, score)
    assert contrast.score(b) == pytest.approx(by_hand(sample, b, score), abs=1e-9)
    flat = np.array([0, *b, 0], dtype=np.int64)
    together = contrast.score_all(flat, np.array([0, len(b) + 1], dtype=np.int64))
    assert together == pytest.approx([contrast.score(b), contrast.score([])])


@given(samples)
def test_each_model_is_a_distribution_over_the_closed_sets(sample: Sample) -> None:
    sample = [*sample, (0.0, frozenset(range(1, 7)))]  # every concept has been seen
    split = split_of(sample)
    for part, sign in (("numerator only", 1), ("denominator only", -1)):
        contrast = Contrast(split, TREE, Score(part))  # type: ignore[arg-type]
        mass = sum(math.exp(sign * contrast.score(b)) for b in CLOSED)
        assert mass == pytest.approx(1.0)


@given(samples)
def test_a_subtree_never_entered_is_neutral(sample: Sample) -> None:
    """Nothing that is known of what lies below `a` moves a program without `a`."""
    below = {TREE.find(path) for path in PATHS if path[0] == "a" and len(path) > 1}
    bare = [(score, b - below) for score, b in sample]
    for b in CLOSED:
        if 1 not in b:
            full, cut = (Contrast(split_of(s), TREE, Score()).score(b) for s in (sample, bare))
            assert full == pytest.approx(cut)


@given(samples)
def test_avoiding_and_seeking_add_up_to_the_full_score(sample: Sample) -> None:
    split = split_of(sample)
    full, avoid, seek = (
        Contrast(split, TREE, Score(part))
        for part in ("full", "avoid only", "seek only")  # type: ignore[arg-type]
    )
    for b in CLOSED:
        assert full.score(b) == pytest.approx(avoid.score(b) + seek.score(b))


def test_a_small_case_by_hand() -> None:
    """Two good programs have `a`, two bad ones have `d`; alpha 1, so theta is 3/4 or 1/4."""
    a, d = frozenset({1}), frozenset({4})
    split = split_of([(2.0, a), (1.0, a), (0.0, d), (None, d)], gamma=0.5, n_min=1)
    contrast = Contrast(split, TREE, Score())
    log3 = math.log(3)
    assert contrast.score(a) == pytest.approx(2 * log3)  # has a, lacks d: log 3 each
    assert contrast.score(d) == pytest.approx(-2 * log3)
    assert contrast.score(a | d) == pytest.approx(0)
    assert contrast.score([]) == pytest.approx(0)
    assert contrast.ratio() == pytest.approx({1: log3, 4: -log3})
    present = Contrast(split, TREE, Score(presence_only=True))
    assert present.score(a) == pytest.approx(log3)
    normalised = Contrast(split, TREE, Score(size_normalised=True))
    assert normalised.score(a) == pytest.approx(log3)  # two terms, log 3 each


def test_concepts_that_the_model_has_not_seen_are_neutral() -> None:
    contrast = Contrast(split_of([(1.0, frozenset({1})), (None, frozenset())]), TREE, Score())
    assert contrast.score({1, 6, 99}) == contrast.score({1})
    both = contrast.score_all(np.array([0, 1, 99]), np.array([0]))
    assert both == pytest.approx([contrast.score({1})])


@pytest.mark.parametrize("bad", [{"part": "neither"}, {"alpha": 0.0}, {"alpha": math.inf}])
def test_a_score_that_makes_no_sense_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Score(**bad)  # type: ignore[arg-type]
