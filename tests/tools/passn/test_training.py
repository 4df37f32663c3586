from pathlib import Path

import pytest
import torch

from tools.errors import BadInput, Cancelled
from tools.passn.experiments import theory as any_experiment
from tools.passn.models import Perceptron, draw_weights
from tools.passn.objectives import Objective
from tools.passn.tasks import Examples
from tools.passn.train import Job, Training, train_all
from tools.run import Run
from tools.runs import RunStore


def begin(objective: Objective = Objective("dco", 4), rate: float = 1e-2) -> Training:  # noqa: B008
    generator = torch.Generator().manual_seed(0)
    data = Examples(
        torch.randn(50, 4, generator=generator),
        torch.randint(5, (50, 1), generator=generator),
        torch.ones(50, 1, dtype=torch.bool),
    )
    model = draw_weights(Perceptron(4, 5, 1, 8), generator)
    return Training(
        model,
        objective,
        data,
        lambda model, epoch: {"sum": float(sum(w.sum() for w in model.parameters()))},
        generator=generator,
        learning_rate=rate,
        batch=16,
    )


def new_run(tmp_path: Path) -> Run:
    store = RunStore(tmp_path)
    record = store.submit(any_experiment, any_experiment.parse({}), run_id="one")
    return Run(store, record.id, 0)


def test_training_lowers_the_loss() -> None:
    training = begin(Objective("ce"))
    losses = [training.advance()["loss"] for _ in range(30)]
    assert losses[-1] < 0.8 * losses[0]


def test_a_saved_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    straight = begin()
    expected = [straight.advance() for _ in range(5)]
    path = tmp_path / "state.pt"
    first = begin()
    for _ in range(2):
        first.advance()
    first.save(path, "mine")
    second = begin()
    second.restore(path, "mine")
    assert second.epoch == 2
    assert second.record == expected[1]
    assert [second.advance() for _ in range(3)] == expected[2:]
    for a, b in zip(straight.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_state_of_another_job_is_left_alone(tmp_path: Path) -> None:
    other = begin()
    other.advance()
    other.save(tmp_path / "state.pt", "other")
    mine = begin()
    mine.restore(tmp_path / "state.pt", "mine")
    assert mine.epoch == 0


@pytest.mark.parametrize("lost", ["nothing", "the last record", "the weights"])
def test_whatever_a_kill_destroys_the_records_are_the_same(tmp_path: Path, lost: str) -> None:
    jobs = [Job("a", begin), Job("b", lambda: begin(Objective("ce")))]
    expected = train_all(new_run(tmp_path / "whole"), jobs, 4, "training")
    assert [len(records) for records in expected.values()] == [4, 4]

    run = new_run(tmp_path / "cut")

    def dies_in_the_third_epoch() -> Training:
        training = begin(Objective("ce"))
        advance = training.advance

        def dying() -> dict[str, object]:
            if training.epoch == 2:
                raise KeyboardInterrupt
            return advance()

        training.advance = dying  # type: ignore[method-assign]
        return training

    with pytest.raises(KeyboardInterrupt):
        train_all(run, [jobs[0], Job("b", dies_in_the_third_epoch)], 4, "training")
    lines = run.folder / "checkpoints" / "training.jsonl"
    state = run.folder / "checkpoints" / "training.pt"
    assert lines.read_text().count("\n") == 6
    if lost == "the last record":
        kept = lines.read_text().splitlines(keepends=True)[:5]
        lines.write_text("".join(kept) + '{"half')
    if lost == "the weights":
        state.unlink()
    assert train_all(new_run(tmp_path / "cut"), jobs, 4, "training") == expected
    assert not state.exists()


def test_a_cancelled_training_stops_between_two_steps() -> None:
    steps = []

    def third_time() -> None:
        steps.append(1)
        if len(steps) == 3:
            raise Cancelled("stop")

    training = begin()
    training._before_step = third_time
    with pytest.raises(Cancelled):
        training.advance()
    assert training.epoch == 0


def test_a_loss_that_explodes_is_named() -> None:
    training = begin(Objective("ce"), rate=1e30)

    def several() -> None:
        for _ in range(5):
            training.advance()

    with pytest.raises(BadInput, match=r"log-probability|became"):
        several()
