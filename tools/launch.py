"""Starting runs: each in a supervised child process of its own, watched through the run store."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tools import registry
from tools.environment import environment
from tools.errors import AnsatzError, Cancelled
from tools.experiment import Experiment, Params
from tools.isolation.forkserver import ForkServer
from tools.locks import hold_lock
from tools.records import Progress, RunRecord, Status
from tools.run import Run
from tools.runs import RunStore

_PRELOAD = ("tools.launch:warm_up",)
_GRACE = 5.0  # seconds a cancelled run has to stop by itself


class Launcher:
    """Starts, watches and cancels runs of one store."""

    def __init__(self, store: RunStore, paths: tuple[Path, ...] = ()) -> None:
        """Warms up a fork server in the background.

        Args:
            store: where runs are recorded.
            paths: folders that children import from besides those of registered packages.
        """
        self.store = store
        self._paths = (*registry.folders(), *paths)
        self._server = ForkServer(_PRELOAD, self._paths)

    def start(
        self,
        experiment: Experiment,
        params: Params,
        *,
        seed: int = 0,
        origin: str = "cli",
        run_id: str | None = None,
    ) -> RunRecord:
        """Submits a run and starts it, unless a run of this id is already alive or completed.

        A run of this id that was interrupted is continued (from its checkpoints, if the
        experiment keeps any); one that failed or was cancelled is returned as it is.
        """
        record = self.store.submit(experiment, params, seed=seed, origin=origin, run_id=run_id)
        if record.status in (Status.QUEUED, Status.INTERRUPTED):
            return self.resume(record)
        return record

    def resume(self, record: RunRecord) -> RunRecord:
        """Starts a queued or ended run under its id; completed steps come from checkpoints.

        When someone else started it since the record was read, theirs is returned.
        """
        try:
            if not self.store.take(record):
                return self.store.get(record.id)
            if not self._server.alive:
                self._server = ForkServer(_PRELOAD, self._paths)
            pid = self._server.call(
                "tools.launch:execute", [str(self.store.home), record.id], record.log
            )
        except AnsatzError as error:
            self.store.abandon(record.id, Status.INTERRUPTED, str(error))
            raise
        except KeyboardInterrupt:
            self.store.abandon(record.id, Status.CANCELLED, "stopped while it was being started")
            raise
        self.store.set_pid(record.id, pid)
        return self.store.get(record.id)

    def wait(
        self,
        run_id: str,
        on_progress: Callable[[RunRecord], None] = lambda record: None,
        deadline: float | None = None,
    ) -> RunRecord:
        """Waits until a run is over and returns it; calls `on_progress` when its progress changes.

        Args:
            deadline: `time.monotonic()` value at which the run is cancelled.
        """
        pause, shown = 0.002, None
        while True:
            record = self.store.get(run_id)
            if record.status.over:
                return record
            # A run that begins again has no progress yet.
            if record.progress is not None and record.progress != shown:
                shown = record.progress
                on_progress(record)
            if deadline is not None and time.monotonic() > deadline:
                self.store.add_notice(run_id, "stopped: the time limit was reached")
                return self.cancel(run_id)
            time.sleep(pause)
            pause = min(pause * 1.2, 0.1)

    def cancel(self, run_id: str) -> RunRecord:
        """Asks a run to stop, and kills it if it does not within a few seconds."""
        return cancel(self.store, run_id)

    def close(self) -> None:
        """Ends the fork server; runs that are still going go on."""
        self._server.close()


def cancel(store: RunStore, run_id: str) -> RunRecord:
    """Asks a run to stop, and kills it if it does not within a few seconds."""
    store.request_cancel(run_id)
    record = store.get(run_id)
    if record.status.over:
        return record
    if record.pid is None and store.abandon(run_id, Status.CANCELLED, "cancelled before it began"):
        return store.get(run_id)
    give_up, told = time.monotonic() + _GRACE, None
    while time.monotonic() < give_up:
        if record.pid != told:
            # A run that is being started gets its process a moment later.
            _signal(record, signal.SIGTERM)
            told = record.pid
        time.sleep(0.02)
        record = store.get(run_id)
        if record.status.over:
            break
    else:
        while not record.status.over:
            _signal(record, signal.SIGKILL)
            store.abandon(run_id, Status.CANCELLED, "cancelled before it began")
            time.sleep(0.02)
            record = store.get(run_id)
    if record.status is Status.INTERRUPTED:
        store.end(run_id, Status.CANCELLED, "stopped on request; it had to be killed")
    return store.get(run_id)


def _signal(record: RunRecord, number: signal.Signals) -> None:
    """Signals a run's whole process group."""
    # 0 and None mean that no process exists yet; `killpg(0)` would end our own group.
    if record.pid:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(record.pid, number)


def warm_up() -> None:
    """Does what every run needs once, in the fork server, so that its children start with it."""
    registry.load()
    environment()


def execute(home: str, run_id: str) -> None:
    """Carries out one queued run; called in the child process."""
    store = RunStore(Path(home))
    # Held until this process ends, however it ends: that is how others know it is alive.
    lock = hold_lock(store.folder / run_id)
    if lock is None:
        print(f"run {run_id} is alive in another process; nothing to do", file=sys.stderr)
        return
    record = store.get(run_id)
    if record.status is not Status.QUEUED:
        print(f"run {run_id} is {record.status}; nothing to do", file=sys.stderr)
        return
    if not store.begin(run_id, os.getpid(), environment()):
        print(f"run {run_id} was cancelled; nothing to do", file=sys.stderr)
        return
    run = Run(store, run_id, record.seed)
    run.stop_on_signal()
    try:
        _carry_out(store, run, record)
    finally:
        _mirror(store, run_id)


def _carry_out(store: RunStore, run: Run, record: RunRecord) -> None:
    """Computes the run and records how it ended; its log holds a defect's traceback by then."""
    try:
        experiment = registry.load().get(record.experiment)
        result = experiment.function(experiment.parse(record.params), run)
        run.stop_if_cancelled()
        store.finish(run.id, result)
    except Cancelled as error:
        store.end(run.id, Status.CANCELLED, str(error))
    except AnsatzError as error:
        store.end(run.id, Status.FAILED, str(error))
    except BaseException as error:  # noqa: BLE001 - recorded, and nothing follows but the end
        # The log keeps the traceback, the record the line a person needs.
        traceback.print_exc()
        store.end(run.id, Status.FAILED, f"{type(error).__name__}: {error}")


def _mirror(store: RunStore, run_id: str) -> None:
    if os.environ.get("MLFLOW_TRACKING_URI"):
        from tools.mirror import mirror

        mirror(store, run_id)


def progress_line(progress: Progress) -> str:
    """Writes progress for people: `scoring 3/10, 12 s left`."""
    from tools.duration import humane

    total = "" if progress.total is None else f"/{progress.total}"
    left = "" if not progress.eta else f", {humane(progress.eta)} left"
    detail = f" ({progress.detail})" if progress.detail else ""
    return f"{progress.label} {progress.done}{total}{left}{detail}"
