"""A worker may do what it likes: it costs itself, is named for it, and the next call is served."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.errors import BadInput, Unavailable
from tools.isolation.worker import Limit, Outcome
from tools.isolation.workers import WorkerPool

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

DEEDS = """
import ctypes, fcntl, os, socket, struct, threading, time

def do(deed, *arguments):
    return globals()[deed](*arguments)

def echo(value):
    return value

def pid():
    return os.getpid()

def spin():
    while True:
        pass

def spin_in_c():
    return (7 ** 10**8 > 0) + (7 ** (7**10))

def work(steps):
    for _ in range(steps):
        pass
    return steps

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "burnt"

def sleep():
    time.sleep(60)

def allocate(gigabytes):
    return len(bytearray(gigabytes << 30))

def recurse():
    return [recurse()]

def overflow_the_stack():
    nested = []
    for _ in range(10**6):
        nested = [nested]
    return repr(nested)

def segfault():
    return ctypes.string_at(0)

def fork():
    return os.fork()

def run(command):
    return os.system(command)

def write(path):
    with open(path, "w") as file:
        file.write("x")

def remove(path):
    os.remove(path)

def connect():
    socket.create_connection(("127.0.0.1", 9))

def kill_everyone():
    os.kill(-1, 9)

def kill_parent():
    os.kill(os.getppid(), 9)

def handles():
    held = []
    for number in range(3, 64):
        try:
            os.fstat(number)
            held.append(number)
        except OSError:
            pass
    return held

def drip():
    link, = handles()
    os.write(link, struct.pack("!cdI", b"v", 0.0, 400))
    for _ in range(400):
        os.write(link, b" ")
        time.sleep(0.005)

def aim(owner):
    link, = handles()
    fcntl.fcntl(link, fcntl.F_SETOWN, owner)

def chatter():
    while True:
        print("x" * 10**6)

def shout(size):
    return "x" * size

def environment():
    return dict(os.environ)

def unlimit():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))

def not_json():
    return object()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deeds")
    (folder / "deeds.py").write_text(DEEDS)
    return folder


@pytest.fixture(scope="module")
def pool(folder: Path) -> Iterator[WorkerPool]:
    with WorkerPool("deeds:do", workers=4, paths=(folder,)) as it:
        yield it


def served(pool: WorkerPool) -> bool:
    return bool(pool.call("echo", [1, "x", None]).value == [1, "x", None])


def test_a_call_returns_the_value_and_what_it_cost(pool: WorkerPool) -> None:
    outcome = pool.call("echo", {"a": [1.5, "é"]})
    assert outcome.ok
    assert outcome.value == {"a": [1.5, "é"]}
    burnt = pool.call("burn", 0.1)
    assert 0.09 < burnt.processor < 2


def test_an_error_of_the_function_is_told_and_its_worker_goes_on(pool: WorkerPool) -> None:
    assert "KeyError" in pool.call("unknown deed").error
    assert "not JSON serializable" in pool.call("not_json").error
    assert "RecursionError" in pool.call("recurse").error
    assert served(pool)


@pytest.mark.parametrize(
    ("deed", "limit"),
    [
        (("spin",), Limit.PROCESSOR_TIME),
        (("spin_in_c",), Limit.PROCESSOR_TIME),
        (("chatter",), Limit.PROCESSOR_TIME),
        (("allocate", 8), Limit.MEMORY),
        (("segfault",), Limit.CRASH),
        (("shout", 2 << 20), Limit.OUTPUT_SIZE),
    ],
)
def test_each_limit_ends_the_call_by_name_and_the_next_one_is_served(
    pool: WorkerPool, deed: tuple[str | int, ...], limit: Limit
) -> None:
    start = time.monotonic()
    outcome = pool.call(*deed, budget=0.25)
    assert (outcome.limit, outcome.ok, outcome.value) == (limit, False, None)
    assert time.monotonic() - start < 25
    assert served(pool)


def test_what_sleeps_meets_the_wall_cap(pool: WorkerPool) -> None:
    outcome = pool.call("sleep", budget=0.03)
    assert outcome.limit is Limit.WALL_TIME
    assert 0.25 < outcome.wall < 2
    assert served(pool)


def test_an_answer_that_drips_meets_the_wall_cap(pool: WorkerPool) -> None:
    outcome = pool.call("drip", budget=0.05)
    assert outcome.limit is Limit.WALL_TIME
    assert served(pool)


def test_a_worker_holds_no_handle_but_its_own_link(pool: WorkerPool) -> None:
    assert len(pool.call("handles").value) == 1


def test_deep_nesting_in_c_code_costs_its_worker_at_most(pool: WorkerPool) -> None:
    outcome = pool.call("overflow_the_stack")
    assert outcome.limit or outcome.error
    assert served(pool)


def test_a_request_over_the_size_limit_is_not_even_sent(pool: WorkerPool) -> None:
    assert pool.call("echo", "x" * (2 << 20)) == Outcome(limit=Limit.INPUT_SIZE)


def test_a_worker_touches_nothing_outside_itself(pool: WorkerPool, tmp_path: Path) -> None:
    if not pool.confined:
        pytest.skip("no system-call filter on this machine")
    kept, made = tmp_path / "kept", tmp_path / "made"
    kept.write_text("here")
    pool.call("run", f"touch {made}")
    for deed in (
        ("fork",),
        ("write", str(made)),
        ("write", str(kept)),
        ("remove", str(kept)),
        ("connect",),
        ("kill_parent",),
        ("kill_everyone",),
        ("aim", os.getpid()),
    ):
        assert "Operation not permitted" in pool.call(*deed).error, deed
    assert kept.read_text() == "here"
    assert not made.exists()


def test_a_worker_cannot_lift_its_limits(pool: WorkerPool) -> None:
    pool.call("unlimit")
    assert pool.call("allocate", 8).limit is Limit.MEMORY


def test_a_worker_sees_no_environment_of_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with WorkerPool("deeds:do", paths=(folder,)) as pool:
        assert "OPENAI_API_KEY" not in pool.call("environment").value


def test_a_warm_spare_takes_over_at_once(folder: Path) -> None:
    with WorkerPool("deeds:do", workers=1, spares=1, paths=(folder,)) as pool:
        pool.call("echo", 1)
        pool.wait_ready()
        spare = next(p for p in pool.pids if p != pool.call("pid").value)
        assert pool.call("spin", budget=0.05).limit is Limit.PROCESSOR_TIME
        assert pool.call("pid").value == spare


def test_a_worker_is_replaced_after_its_share_of_calls(folder: Path) -> None:
    with WorkerPool("deeds:do", workers=1, calls_per_worker=3, paths=(folder,)) as pool:
        pids = [pool.call("pid").value for _ in range(9)]
    assert len(set(pids)) >= 3
    assert max(pids.count(p) for p in pids) == 3


def test_many_threads_share_the_pool(pool: WorkerPool) -> None:
    def ask(number: int) -> bool:
        if number % 25 == 7:
            return bool(pool.call("segfault").limit is Limit.CRASH)
        return bool(pool.call("echo", number).value == number)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(200)))
    # At most `workers` at work, and one spare.
    assert len(pool.pids) <= 5


def test_async_callers_are_served_side_by_side(pool: WorkerPool) -> None:
    async def ask() -> list[Outcome]:
        return await asyncio.gather(
            *(pool.acall("echo", n) for n in range(40)),
            pool.acall("spin", budget=0.1),
            pool.acall("sleep", budget=0.02),
        )

    outcomes = asyncio.run(ask())
    assert [o.value for o in outcomes[:40]] == list(range(40))
    assert [o.limit for o in outcomes[40:]] == [Limit.PROCESSOR_TIME, Limit.WALL_TIME]


def test_the_verdict_of_a_budget_does_not_depend_on_the_load(pool: WorkerPool) -> None:
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(3 * (os.cpu_count() or 1))
    ]
    try:
        time.sleep(0.2)
        within = [pool.call("burn", 0.12, budget=0.2) for _ in range(4)]
        beyond = [pool.call("burn", 0.3, budget=0.2) for _ in range(4)]
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert [o.value for o in within] == ["burnt"] * 4
    assert [o.limit for o in beyond] == [Limit.PROCESSOR_TIME] * 4


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pids: tuple[int, ...] | list[int], patience: float = 5.0) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if not any(map(alive, pids)):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("a_fork_holds_the_socket", [False, True])
def test_killing_the_parent_leaves_no_worker(folder: Path, a_fork_holds_the_socket: bool) -> None:
    script = textwrap.dedent(f"""
        import os, sys, threading, time
        from pathlib import Path
        from tools.isolation.workers import WorkerPool
        pool = WorkerPool("deeds:do", paths=(Path({str(folder)!r}),))
        # Made and used in a thread that ends: the workers must not end with it.
        thread = threading.Thread(target=lambda: pool.call("echo", 1))
        thread.start(); thread.join()
        pool.wait_ready()
        assert pool.call("echo", 1).ok
        threading.Thread(target=lambda: pool.call("spin", budget=60), daemon=True).start()
        time.sleep(0.1)
        pool.wait_ready()
        pids = list(pool.pids)
        if {a_fork_holds_the_socket} and os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        print(*pids, pool._nursery.pid, flush=True)
        time.sleep(60)
    """)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(p) for p in parent.stdout.readline().split()]
    assert len(pids) >= 3
    assert all(map(alive, pids))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone(pids, 2.5)


def test_closing_ends_every_worker_and_refuses_further_calls(folder: Path) -> None:
    pool = WorkerPool("deeds:do", paths=(folder,))
    pool.call("echo", 1)
    pool.wait_ready()
    pids = pool.pids
    assert len(pids) >= 2
    pool.close()
    pool.close()
    assert gone(pids)
    with pytest.raises(BadInput, match="closed"):
        pool.call("echo", 1)


def test_a_nursery_that_dies_is_replaced(folder: Path) -> None:
    with WorkerPool("deeds:do", paths=(folder,)) as pool:
        assert served(pool)
        os.kill(pool._nursery.pid, signal.SIGKILL)
        pool._nursery._process.wait()
        assert all(served(pool) for _ in range(3))


def test_an_idle_worker_that_was_killed_is_passed_over(folder: Path) -> None:
    with WorkerPool("deeds:do", paths=(folder,)) as pool:
        victim = pool.call("pid").value
        os.kill(victim, signal.SIGKILL)
        assert gone([victim])
        assert served(pool)


def test_a_function_that_cannot_be_imported_is_said_so(folder: Path) -> None:
    with (
        WorkerPool("deeds:absent", paths=(folder,)) as pool,
        pytest.raises(Unavailable, match="absent"),
    ):
        pool.call(1)


@pytest.mark.parametrize("budget", [0.0, -1.0, float("nan"), float("inf")])
def test_a_budget_that_is_no_budget_is_refused(pool: WorkerPool, budget: float) -> None:
    with pytest.raises(BadInput, match="budget"):
        pool.call("echo", 1, budget=budget)


def test_a_fork_of_the_owner_may_not_use_the_pool(pool: WorkerPool) -> None:
    assert served(pool)
    pid = os.fork()
    if pid == 0:
        try:
            pool.call("echo", 1)
        except BadInput:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert served(pool)
