from pathlib import Path

import pytest

from tools.claims import Verdict, recheck
from tools.errors import BadInput
from tools.run import Run
from tools.runs import RunStore
from tools.sparsity.experiments import lottery
from tools.sparsity.tickets import claims, density

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
    for claim in result.claims:
        assert recheck(claim.check.method, claim.check.evidence) == claim.verdict


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


def test_parameters_are_bounded_and_cost_is_estimated() -> None:
    with pytest.raises(BadInput, match="keep = 1"):
        lottery.parse({"keep": 1})
    params = lottery.parse({"rounds": 3, "keep": 0.5})
    assert density(params) == 0.125
    more = lottery.parse({"rounds": 9, "keep": 0.5})
    assert lottery.estimate(params).seconds < lottery.estimate(more).seconds
