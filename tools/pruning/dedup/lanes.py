"""Carrying out the same function on many parts: in threads of one machine, or on many machines.

A product of two small blocks gains little from a threaded BLAS, whose threads wait for each other
by spinning. So every lane multiplies on one thread, and there are as many lanes as cores.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Lanes(Protocol):
    """Applies a function to items, several at a time, and yields the results in order."""

    def __call__(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yields function(item) for each item."""
        ...


def cores() -> int:
    """Returns how many cores this process may use; `OMP_NUM_THREADS` can lower it."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(mine or 1, int(asked)) if asked.isdigit() and int(asked) else mine or 1


def in_threads(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Applies a function in one thread for each core; NumPy lets go of the lock while it works.

    At most two results a thread wait to be taken, so memory stays bounded.
    """
    from threadpoolctl import threadpool_limits

    count = cores()
    with threadpool_limits(1), ThreadPoolExecutor(count) as pool:
        rest = iter(items)
        waiting: deque[Future[R]] = deque(
            pool.submit(function, item) for item in itertools.islice(rest, 2 * count)
        )
        try:
            while waiting:
                result = waiting.popleft().result()
                for item in itertools.islice(rest, 1):
                    waiting.append(pool.submit(function, item))
                yield result
        finally:
            for future in waiting:
                future.cancel()


class OnRay:
    """Applies functions through Ray Data, on the cluster that `RAY_ADDRESS` names or on this one.

    The function travels once, into Ray's object store, where the arrays it holds are shared by all
    workers of a machine without a copy.
    """

    def __init__(self, workers: int | None = None) -> None:
        """Connects to Ray.

        Args:
            workers: tasks at a time; by default as many as the cluster has cores.

        Raises:
            Unavailable: if Ray is not installed.
        """
        try:
            import ray
            import ray.data
        except ImportError as error:
            from tools.errors import Unavailable

            raise Unavailable(
                "Ray is not installed.", "Install it: pip install 'ansatz-lab[ray]'."
            ) from error
        if not ray.is_initialized():
            ray.init(
                num_cpus=workers if not os.environ.get("RAY_ADDRESS") else None,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=30,
            )
        self._ray, self._workers = ray, workers

    def __call__(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yields function(item) for each item, in order."""
        ray = self._ray
        listed = list(items)
        if not listed:
            return
        shared = ray.put(function)

        def apply(row: dict[str, Any]) -> dict[str, Any]:
            import pickle

            part = pickle.loads(row["item"])
            return {"number": row["number"], "result": pickle.dumps(ray.get(shared)(part))}

        yield from _in_order(ray, listed, apply, self._workers)


def _in_order(
    ray: Any, items: list[Any], apply: Callable[[dict[str, Any]], dict[str, Any]], workers: Any
) -> Iterator[Any]:
    """Runs the tasks as a Ray data set and puts the results back into the items' order."""
    import pickle

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    rows = [{"number": i, "item": pickle.dumps(item)} for i, item in enumerate(items)]
    data = ray.data.from_items(rows, override_num_blocks=len(rows))
    early: dict[int, Any] = {}
    wanted = 0
    ways = {} if workers is None else {"compute": ray.data.TaskPoolStrategy(size=workers)}
    for row in data.map(apply, **ways).iter_rows():
        early[row["number"]] = pickle.loads(row["result"])
        while wanted in early:
            yield early.pop(wanted)
            wanted += 1
