"""The guard around the grader: hostile answers cost at most the budget, and only their own call."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.errors import BadInput
from tools.grading import service
from tools.grading.spec import GradeSpec
from tools.isolation.workers import WorkerPool

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

BUDGET = 0.5


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with service.open_pool(workers=2) as it:
        it.wait_ready()
        yield it


@pytest.fixture(scope="module")
def hanging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """A pool whose grader does what an undiscovered defect of the real one might."""
    folder = tmp_path_factory.mktemp("grader")
    (folder / "stub.py").write_text(
        "import ctypes\n"
        "from tools.grading.service import decide as real\n"
        "def decide(gold, answer, spec):\n"
        "    if answer == 'spin': 7 ** (7 ** 10)\n"
        "    if answer == 'eat': bytearray(8 << 30)\n"
        "    if answer == 'crash': ctypes.string_at(0)\n"
        "    if answer == 'raise': raise KeyError('lost')\n"
        "    return real(gold, answer, spec)\n"
    )
    with WorkerPool("stub:decide", workers=2, paths=(folder,)) as it:
        yield it


def test_a_grade_comes_back_whole(pool: WorkerPool) -> None:
    grade = service.grade(r"\frac{1}{2}", r"so it is \boxed{0.5}", pool=pool)
    assert (grade.verdict, grade.gold, grade.answer) == ("correct", "1/2", "1/2")
    assert grade.extracted == "the box"
    assert service.grade("1/2", "1/3", pool=pool).verdict == "incorrect"


def test_the_spec_reaches_the_worker(pool: WorkerPool) -> None:
    spec = GradeSpec.from_fields(assume="x > 0")
    assert service.grade("x", r"\sqrt{x^2}", spec, pool=pool).correct
    assert not service.grade("x", r"\sqrt{x^2}", pool=pool).correct


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("spin", "The decision took more than 0.2 s of processor time."),
        ("eat", "The decision needed more memory than a worker is given."),
        ("crash", "The decision ended its process: the worker was ended by SIGSEGV."),
        ("raise", "The grader failed on this pair: KeyError: 'lost'."),
    ],
)
def test_whatever_goes_wrong_is_ungradable_with_its_reason(
    hanging: WorkerPool, answer: str, reason: str
) -> None:
    grade = service.grade("1", answer, budget=0.2, pool=hanging)
    assert (grade.verdict, grade.reason, grade.answer) == ("ungradable", reason, answer)
    assert service.grade("1/2", "0.5", pool=hanging).correct


@pytest.mark.parametrize(
    "answer",
    [
        "9^{9^{9^9}}",
        "9**9**9**9",
        "x" * 1_000_000,
        "7" * 150_000,
        "{" * 10_000 + "1" + "}" * 10_000,
        "(" * 10_000 + "1" + ")" * 10_000,
        r"\frac{" * 3_000,
        r"\sqrt{" * 60 + "x" + "}" * 60,
        "(" + "+".join(f"x_{{{i}}}" for i in range(60)) + ")^{40}",
        r"\sum_{k=1}^{10^{30}} k^{k}",
        r"\prod_{n=1}^{10^9} (1 + \frac{1}{n!})",
        "100000!",
        r"\boxed{" * 5_000,
        "\x00\ud800\u202e",
        "",
    ],
    ids=lambda text: text[:14].encode("unicode_escape").decode(),
)
def test_a_hostile_answer_costs_at_most_the_budget(pool: WorkerPool, answer: str) -> None:
    start = time.monotonic()
    grade = service.grade("42", answer, budget=BUDGET, pool=pool)
    # Processor time is what is bounded; the margin is for a machine with other things to do.
    assert time.monotonic() - start < 40 * BUDGET
    assert grade.verdict != "correct"
    assert service.grade("1/2", "0.5", pool=pool).correct


def test_no_code_in_an_answer_runs(pool: WorkerPool, tmp_path: Path) -> None:
    made = tmp_path / "X"
    for answer in (
        f'__import__("os").system("touch {made}")',
        f"open('{made}', 'w')",
        f"().__class__.__base__.__subclasses__()[0]; open('{made}','w')",
        rf"\write18{{touch {made}}}",
    ):
        assert service.grade("1", answer, pool=pool).verdict != "correct"
    assert not made.exists()


def test_a_text_over_the_size_limit_is_ungradable(pool: WorkerPool) -> None:
    grade = service.grade("1", "1" + " " * (2 << 20), pool=pool)
    assert grade.verdict == "ungradable"
    assert "longer than" in grade.reason


def test_a_budget_that_is_none_is_refused(pool: WorkerPool) -> None:
    with pytest.raises(BadInput, match="budget"):
        service.grade("1", "1", budget=0, pool=pool)


def test_verdicts_do_not_depend_on_the_load(pool: WorkerPool) -> None:
    pairs = [
        ("2x", "x*2"),
        (r"\int_0^1 x^2 dx", "1/3"),
        (r"\sum_{k=1}^n k", "n(n+1)/2"),
        ("x", "|x|"),
        ("a; b", "b; a"),
        ("1", "9^{9^{9^9}}"),
    ]
    idle = [service.grade(*pair, pool=pool) for pair in pairs]
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        loaded = [service.grade(*pair, pool=pool) for pair in pairs]
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert [(g.verdict, g.reason) for g in loaded] == [(g.verdict, g.reason) for g in idle]


def test_threads_and_tasks_are_served_alike(pool: WorkerPool) -> None:
    def thread(n: int) -> bool:
        return service.grade(str(n), f"{n}.0", pool=pool).correct

    async def tasks() -> list[bool]:
        grades = await asyncio.gather(
            *(service.agrade(str(n), str(n + n % 2), pool=pool) for n in range(20))
        )
        return [grade.correct for grade in grades]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(thread, range(60)))
    assert asyncio.run(tasks()) == [n % 2 == 0 for n in range(20)]


def test_the_default_pool_is_made_once_for_each_process_and_ends_with_it() -> None:
    script = (
        "import os\n"
        "from tools.grading import service\n"
        "pool = service.default_pool()\n"
        "assert service.default_pool() is pool\n"
        "assert service.grade('1/2', '0.5').correct\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    good = service.grade('1/2', '0.5').correct and service.default_pool() is not pool\n"
        "    os._exit(0 if good else 1)\n"
        "assert os.waitpid(pid, 0)[1] == 0\n"
        "assert service.grade('1/2', '0.5').correct\n"
        "pool.wait_ready()\n"
        "print(*pool.pids)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    end = time.monotonic() + 3
    left = [Path(f"/proc/{pid}") for pid in done.stdout.split()]
    assert left
    while any(p.exists() for p in left) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(p.exists() for p in left)


def test_importing_the_service_imports_neither_grader_nor_sympy() -> None:
    script = (
        "import sys, tools.grading.service\n"
        "assert not {'sympy', 'mpmath', 'numpy', 'tools.grading.grade'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
