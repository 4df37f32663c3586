"""Lanes on a local Ray cluster, and what reaches the caller when one cannot do its work."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator

import pytest

from tools.errors import BadInput, Unavailable
from tools.ray_pool import LanesLost, RayPool

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def _cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def pool(trouble: str = "") -> RayPool:
    # Inside a function, so that the class travels by value: workers do not see the tests.
    class Lane:
        def __init__(self, trouble: str) -> None:
            self.trouble = trouble
            if trouble == "made":
                raise BadInput("It cannot be made.", "Make another.")

        def ready(self) -> None:
            if self.trouble == "ready":
                raise BadInput("It cannot work.", "Use another.")

        def double(self, x: int) -> int:
            self.ready()
            if x < 0:
                raise BadInput(f"x = {x} is negative.", "Give a positive one.")
            return 2 * x

        def sleep(self, seconds: float) -> None:
            time.sleep(seconds)

        def die(self) -> None:
            os._exit(1)

    return RayPool(Lane, trouble, lanes=2, most_losses=2)


# At the discard port nothing listens; Ray would try it for a quarter of an hour.
@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:9", "ray://127.0.0.1:9"])
def test_a_cluster_that_cannot_be_used_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(Unavailable, match=rf"Ray cluster at {address} cannot .* Let RAY_ADDRESS"):
        pool()


@pytest.mark.usefixtures("_cluster")
def test_what_work_raises_is_raised_here_and_the_lane_stays() -> None:
    async def three() -> list[int | BaseException]:
        work = (lanes._on_lane("double", x) for x in (-1, -2, 3, 4))
        return await asyncio.gather(*work, return_exceptions=True)

    with pool() as lanes:
        *wrong, three_, four = asyncio.run(three())
        assert (three_, four, lanes.lost) == (6, 8, 0)
    assert [type(error) for error in wrong] == [BadInput] * 2
    assert str(wrong[0]) == "x = -1 is negative. Give a positive one."


@pytest.mark.usefixtures("_cluster")
def test_a_pool_serves_one_event_loop_after_the_other_even_after_a_cancelled_one() -> None:
    async def more_than_lanes() -> list[int]:
        return await asyncio.gather(*(lanes._on_lane("double", x) for x in range(4)))

    with pool() as lanes:
        for _ in range(2):
            assert asyncio.run(more_than_lanes()) == [0, 2, 4, 6]
            with pytest.raises(TimeoutError):
                asyncio.run(asyncio.wait_for(lanes._on_lane("sleep", 1.0), 0.2))
        assert lanes.lost == 0


@pytest.mark.usefixtures("_cluster")
def test_work_that_takes_every_worker_with_it_is_given_up_and_other_work_is_not() -> None:
    async def both() -> tuple[object, object]:
        with pytest.raises(LanesLost, match="lost 2 times"):
            await lanes._on_lane("die")
        return await asyncio.gather(*(lanes._on_lane("double", x) for x in (1, 2)))

    with pool() as lanes:
        assert asyncio.run(both()) == [2, 4]
        assert lanes.lost == 2


@pytest.mark.usefixtures("_cluster")
@pytest.mark.parametrize(
    ("trouble", "kind"), [("ready", BadInput), ("made", ray.exceptions.ActorDiedError)]
)
def test_a_lane_that_cannot_be_made_is_told_and_not_replaced(trouble, kind) -> None:
    async def more_than_lanes() -> list[object]:
        work = (lanes._on_lane("double", x) for x in range(4))
        return await asyncio.gather(*work, return_exceptions=True)

    with pool(trouble) as lanes:
        told = asyncio.run(more_than_lanes())
        assert lanes.lost == 0
    assert [type(error) for error in told] == [kind] * 4
    assert all("It cannot" in str(error) for error in told)
