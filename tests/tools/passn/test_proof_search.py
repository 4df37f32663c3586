import numpy as np
import pytest
import torch
from torch import nn

from tools.errors import BadInput
from tools.passn.models import StepPolicy, draw_weights
from tools.passn.objectives import Objective
from tools.passn.proofs import encode, graph, judging, theorems
from tools.passn.proofs.checker import check
from tools.passn.proofs.search import Policy, tree_search
from tools.passn.proofs.terms import steps_from
from tools.passn.tasks import Examples
from tools.passn.train import log_probs

DEPTH = 3


def some_theorems(count: int = 12) -> tuple[theorems.Theorem, ...]:
    drawn = theorems.split(
        np.random.default_rng(0), train=1, validation=1, test=count, shortest=1, longest=2
    )
    return drawn.test


def policy_net() -> nn.Module:
    model = draw_weights(
        StepPolicy(encode.FEATURES, encode.TACTICS, 16), torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(2)
    return model


def by_recursion(model: nn.Module, term: str, target: str, left: int, width: int) -> float:
    """Computes the success of a search from its definition, one state at a time."""
    if term == target:
        return 1.0
    ways = steps_from(term)
    if not left or not ways:
        return 0.0
    inputs = torch.from_numpy(encode.features([(term, target)]))[:, None]
    with torch.no_grad():
        logits = model(inputs, torch.zeros(1, 1))[0, 0].double()
    chances = logits[[encode.tactic(step) for step in ways]].softmax(0).tolist()
    one = sum(
        chance * by_recursion(model, step.result, target, left - 1, width)
        for chance, step in zip(chances, ways, strict=True)
    )
    return float(1 - (1 - one) ** width)


@pytest.mark.parametrize("width", [1, 3])
def test_success_on_the_graph_is_that_of_the_definition(width: int) -> None:
    chosen, model = some_theorems(), policy_net()
    built = graph.build(chosen, DEPTH)
    found = graph.success(built, graph.probabilities(graph.logits_of(model, built)), width)
    expected = [by_recursion(model, t.start, t.target, DEPTH, width) for t in chosen]
    assert found == pytest.approx(expected, rel=1e-6)
    assert all(found > 0)


@pytest.mark.parametrize("width", [1, 2])
def test_searches_succeed_as_often_as_the_graph_says(width: int) -> None:
    chosen, model = some_theorems(), policy_net()
    built = graph.build(chosen, DEPTH)
    expected = graph.success(built, graph.probabilities(graph.logits_of(model, built)), width)
    policy, rng = Policy(model), np.random.default_rng(1)
    tries = 400
    found = np.zeros(len(chosen))
    for place, theorem in enumerate(chosen):
        for _ in range(tries):
            proof = tree_search(policy, theorem, width=width, depth=DEPTH, rng=rng)
            if proof is not None:
                found[place] += 1 / tries
                assert check(theorem.start, theorem.target, proof).holds
                assert len(proof) <= DEPTH
    # Four standard errors of each share, and all of them together.
    errors = np.sqrt(expected * (1 - expected) / tries) + 1 / tries
    assert (abs(found - expected) < 4.5 * errors).all()
    assert found.mean() == pytest.approx(expected.mean(), abs=0.03)


def test_a_colder_policy_draws_its_likeliest_step_more_often() -> None:
    theorem = some_theorems()[0]
    rng = np.random.default_rng(0)
    drawn = [
        {
            (step.rule, step.position)
            for _ in range(200)
            if (step := Policy(policy_net(), t).draw(theorem.start, theorem.target, rng))
        }
        for t in (1e-4, 5.0)
    ]
    assert len(drawn[0]) == 1 < len(drawn[1])
    with pytest.raises(BadInput, match="temperature = 0 is not positive"):
        Policy(policy_net(), 0)


def test_a_tree_without_nodes_is_refused() -> None:
    rng = np.random.default_rng(0)
    for width, depth in ((0, 3), (3, 0)):
        with pytest.raises(BadInput, match=f"width {width} and depth {depth}"):
            tree_search(Policy(policy_net()), some_theorems()[0], width=width, depth=depth, rng=rng)
    assert graph.tree_draws(1, 5) == 5
    assert graph.tree_draws(3, 2) == 12


def test_drawn_proofs_are_judged_and_a_wrong_one_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen, objective = some_theorems(), Objective("ce")

    def drawn() -> dict[Objective, list[dict[str, object]]]:
        rng = np.random.default_rng(0)
        return {
            objective: [
                judging.drawn_proofs(policy_net(), chosen, depth=DEPTH, attempts=20, rng=rng)
            ]
        }

    honest = drawn()
    assert honest[objective][0]["proofs_found"] > 0  # type: ignore[operator]
    assert judging.every_proof_holds(honest, "Here").verdict == "supported"

    def liar(*args: object, **options: object) -> list[object]:
        return [steps_from(chosen[0].start)[0]] * 2

    monkeypatch.setattr(judging, "tree_search", liar)
    claim = judging.every_proof_holds(drawn(), "Here")
    assert claim.verdict == "refuted"
    assert "rejections, such as: step" in claim.check.reason


def test_examples_hold_each_state_its_tactic_and_what_is_legal() -> None:
    chosen = some_theorems()
    data = encode.examples(chosen)
    for row, theorem in enumerate(chosen):
        assert int(data.mask[row].sum()) == len(theorem.proof)
        for step, (state, taken) in enumerate(zip(theorem.states, theorem.proof, strict=True)):
            assert int(data.answers[row, step]) == encode.tactic(taken)
            assert data.legal is not None
            assert int(data.legal[row, step].sum()) == len(steps_from(state))
            assert int(data.inputs[row, step].sum()) == len(state) + len(theorem.target)


def test_a_proof_has_the_probability_of_its_legal_steps_alone() -> None:
    chosen, model = some_theorems(), policy_net()
    data = encode.examples(chosen)
    losses = Objective("ce").losses(log_probs(model, data), data)
    built = graph.build(chosen, 1)
    single = [row for row, theorem in enumerate(chosen) if len(theorem.proof) == 1]
    found = graph.success(built, graph.probabilities(graph.logits_of(model, built)))
    # One step leads from start to target; another law may say the same, so at least as likely.
    assert all(found[row] >= float(losses[row].neg().exp()) - 1e-6 for row in single)
    with pytest.raises(BadInput, match="no theorems"):
        encode.examples([])
    assert isinstance(data, Examples)
