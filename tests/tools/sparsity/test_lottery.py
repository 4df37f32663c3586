from pathlib import Path
from typing import Any

import pytest
from torch import nn

from tools.claims import Verdict, recheck
from tools.errors import BadInput
from tools.run import Run
from tools.runs import RunStore
from tools.sparsity import networks
from tools.sparsity.experiments import lottery
from tools.sparsity.tickets import claims, density, one_seed

TINY = {"dataset": "wine", "rounds": 2, "seeds": 2, "epochs": 3, "rewind": 5}


def test_a_run_finds_a_ticket_for_each_rewind_point(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    params = lottery.parse(TINY)
    record = store.submit(lottery, params, seed=0)
    result = lottery.function(params, Run(store, record.id, 0))
    store.finish(record.id, result)
    assert set(result.metrics) == {
        *("accuracy_initialisation", "accuracy_full", "accuracy_part", "density")
    }
    assert result.metrics["density"] == pytest.approx(0.36)
    assert [a.name for a in store.get(record.id).artifacts] == ["by_seed", "tickets"]
    first = result.claims[0]
    assert recheck(first.check.method, first.check.evidence) == first.verdict


def test_where_rewinding_changes_nothing_nothing_is_claimed() -> None:
    params = lottery.parse({})
    alike = [0.95, 0.96, 0.94, 0.95, 0.96]
    other = [0.96, 0.95, 0.95, 0.94, 0.96]
    found = claims(params, {"initialisation": alike, "full": other, "part": other[::-1]})
    assert [claim.verdict for claim in found] == [Verdict.INCONCLUSIVE] * 2
    assert [claim.paper for claim in found] == ["", "paul2022lottery"]


def test_a_rewind_point_that_helps_is_seen() -> None:
    params = lottery.parse({})
    low = [0.50, 0.52, 0.51, 0.50, 0.51]
    high = [0.90, 0.91, 0.90, 0.92, 0.91]
    found = claims(params, {"initialisation": low, "full": high, "part": low[::-1]})
    assert found[0].verdict is Verdict.SUPPORTED
    assert found[1].verdict is Verdict.INCONCLUSIVE
    assert "not seen to matter" not in found[1].check.reason
    found = claims(params, {"initialisation": low, "full": high, "part": high[::-1]})
    assert [claim.verdict for claim in found] == [Verdict.SUPPORTED] * 2
    found = claims(params, {"initialisation": high, "full": low, "part": low})
    assert [claim.verdict for claim in found] == [Verdict.REFUTED, Verdict.INCONCLUSIVE]


def test_without_a_gain_from_rewinding_a_part_of_the_data_proves_nothing() -> None:
    params = lottery.parse({})
    low = [0.50, 0.52, 0.51, 0.50, 0.51]
    high = [0.90, 0.91, 0.90, 0.92, 0.91]
    _, on_a_part = claims(params, {"initialisation": low, "full": low[::-1], "part": high})
    assert on_a_part.verdict is Verdict.INCONCLUSIVE
    assert "rewinding is not seen to matter here" in on_a_part.check.reason
    assert on_a_part.check.evidence["a"] == high


def test_all_tickets_are_trained_for_equally_many_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[int, int, int]] = []

    def train(model: nn.Module, x: object, y: object, **options: Any) -> None:
        last = options["last"] or options["steps"]
        done.append((len(x), options["first"], last))  # type: ignore[arg-type]

    monkeypatch.setattr(networks, "train", train)
    params = lottery.parse(TINY)
    store = RunStore(tmp_path)
    run = Run(store, store.submit(lottery, params, seed=0).id, 0)
    one_seed(params, run, 0)
    whole = done[0][0]
    from_start, rest = [(whole, 0, 6)] * 3, [(whole, 5, 6)] * 3
    assert done == [*from_start, (whole, 0, 5), *rest, (round(0.1 * whole), 0, 5), *rest]


def test_a_rewind_point_beyond_the_end_is_refused(tmp_path: Path) -> None:
    params = lottery.parse(TINY | {"rewind": 6})
    store = RunStore(tmp_path)
    run = Run(store, store.submit(lottery, params, seed=0).id, 0)
    with pytest.raises(BadInput, match=r"rewind = 6: 3 epochs of 1\d\d examples are only 6 steps"):
        one_seed(params, run, 0)


def test_parameters_are_bounded_and_cost_is_estimated() -> None:
    with pytest.raises(BadInput, match="keep = 1"):
        lottery.parse({"keep": 1})
    params = lottery.parse({"rounds": 3, "keep": 0.5})
    assert density(params) == 0.125
    more = lottery.parse({"rounds": 9, "keep": 0.5})
    assert lottery.estimate(params).seconds < lottery.estimate(more).seconds
