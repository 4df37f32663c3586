"""Attacks on the sandbox: each is refused or contained, and the next program is unaffected."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.errors import BadInput, Unavailable
from tools.isolation import bubblewrap, confine
from tools.isolation import session as session_module
from tools.isolation.layers import probe_layers
from tools.isolation.sandbox import Layers, Sandbox
from tools.isolation.session import Allowance, Kind, Lost, Session, Trouble

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

SMALL = Allowance(cpu_seconds=1.0, wall_seconds=30.0, memory=256 << 20, output=100_000)
FRAME = """import os, struct
def say(kind, body):
    os.write(3, struct.pack('!cI', kind, len(body)) + body)
"""
QUICK = Allowance(cpu_seconds=0.2, wall_seconds=30.0, memory=256 << 20)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("numpy") as made:
        offered = {layer.name: layer.works for layer in probe_layers()}
        for name in made.layers.missing:
            # A layer that the machine has and the sandbox does not put on is a fault of ours.
            assert not offered[name.lower()], made.layers
            pytest.skip(made.layers.notice)
        yield made


def start(sandbox: Sandbox, source: str, allowance: Allowance = SMALL) -> Session:
    return sandbox.open({"program.py": source}, "program.py", allowance)


def run(sandbox: Sandbox, source: str, allowance: Allowance = SMALL, **arguments: Any) -> Any:
    with start(sandbox, source, allowance) as session:
        return session.call("f", arguments)


def trouble(sandbox: Sandbox, source: str, allowance: Allowance = SMALL) -> Trouble:
    """Runs an attack; afterwards the sandbox must still work."""
    with pytest.raises(Trouble) as caught:
        run(sandbox, source, allowance)
    assert run(sandbox, "def f(n): return n + 1", n=1) == 2
    return caught.value


# -- what the sandbox refuses ----------------------------------------------------------------------


def test_a_connection_to_this_machine_is_refused(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        attack = f"import socket\ndef f(): socket.create_connection(('127.0.0.1', {port}), 2)"
        assert trouble(sandbox, attack).kind is Kind.FORBIDDEN
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_file_cannot_be_written(sandbox: Sandbox, tmp_path: Path) -> None:
    for target in (tmp_path / "new", Path(tempfile.gettempdir(), "ansatz-sandbox-test")):
        attack = f"def f(): open({str(target)!r}, 'w').write('x')"
        assert trouble(sandbox, attack).kind is Kind.FORBIDDEN
        assert not target.exists()


def test_a_file_of_the_user_cannot_be_read(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    for target in (secret, Path("/etc/passwd"), Path(__file__)):
        caught = trouble(sandbox, f"def f(): return open({str(target)!r}).read()")
        assert caught.kind is Kind.FORBIDDEN
        assert "s3cret" not in caught.message


def test_the_environment_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-1234")
    with Sandbox("plain") as own:
        seen = run(own, "import os\ndef f(): return dict(os.environ)")
        assert trouble(own, "def f(): open('/proc/self/environ')").kind is Kind.FORBIDDEN
    assert "canary-1234" not in seen.values()
    assert "OPENAI_API_KEY" not in seen
    assert seen["HOME"] == "/"


@pytest.mark.parametrize(
    "attack",
    [
        "import os\ndef f(): os.fork()",
        "import subprocess\ndef f(): subprocess.run(['/bin/true'])",
        "import os\ndef f(): os.execv('/bin/true', ['true'])",
        "import threading\ndef f():\n threading.Thread(target=print).start()",
        "import multiprocessing as m\ndef f(): m.Pool(2)",
    ],
    ids=["fork", "subprocess", "exec", "thread", "pool"],
)
def test_processes_and_threads_are_refused(sandbox: Sandbox, attack: str) -> None:
    assert trouble(sandbox, attack).kind is Kind.FORBIDDEN


def test_a_hundred_files_are_too_many(sandbox: Sandbox) -> None:
    attack = "import os\ndef f(): return [open(os.__file__) for _ in range(100)]"
    assert trouble(sandbox, attack).kind is Kind.FORBIDDEN


def test_the_parent_cannot_be_signalled(sandbox: Sandbox) -> None:
    attack = f"""import os, signal
def f():
    refused = 0
    for pid in (os.getppid(), {os.getpid()}, {sandbox._process.pid}, 1, 0, -1):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            refused += 1
    return refused"""
    assert run(sandbox, attack) == 6
    assert sandbox._process.poll() is None


def test_memory_of_others_cannot_be_read(sandbox: Sandbox) -> None:
    attack = f"""import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f():
    reached = []
    for pid in (os.getppid(), {os.getpid()}, {sandbox._process.pid}):
        try:
            open(f'/proc/{{pid}}/mem', 'rb').read(1)
            reached.append('mem')
        except OSError:
            pass
        if libc.ptrace(16, pid, 0, 0) == 0:
            reached.append('ptrace')
        if libc.process_vm_readv(pid, None, 0, None, 0, 0) == 0:
            reached.append('vm')
    return reached"""
    assert run(sandbox, attack) == []


def test_neighbours_cannot_be_signalled_through_open_files(sandbox: Sandbox) -> None:
    """A file can be told to signal any process of the same user when it becomes ready."""
    attack = """import ctypes, json, os, select, struct
kernel = ctypes.CDLL(None).syscall
def f(fcntl, ioctl, victim):
    integer = lambda value: ctypes.addressof(kept.setdefault(value, ctypes.c_int(value)))
    kept, done = {}, []
    for kind, owner in ((1, victim), (2, -victim)):  # the process, its group
        pair = (ctypes.c_int * 2)(kind, victim)
        ways = [
            (fcntl, 8, owner), (fcntl, 15, ctypes.addressof(pair)),
            (ioctl, 0x8901, integer(owner)), (ioctl, 0x8902, integer(owner)),
            (fcntl, 10, 9), (fcntl, 4, 0x2002), (ioctl, 0x5452, integer(1)),
            (fcntl, 1026, 0x8000003F),
        ]
        for high in (0, 1 << 32):
            for handle in (1, 2, 3):
                for call, command, value in ways:
                    words = call, handle, high | command, value
                    if kernel(*map(ctypes.c_long, words)) == 0:
                        done.append(command)
    # An answer of its own, so as to be waiting, not reading, when the next request comes.
    answer = json.dumps(done).encode()
    os.write(3, struct.pack('!cI', b'v', len(answer)) + answer)
    select.select([3], [], [], 5)
    return done
"""
    numbers = confine._listed(confine._MACHINES[platform.machine()][1])
    calls = {name: numbers[name] for name in ("fcntl", "ioctl")}
    neighbour = start(sandbox, "import os\ndef f(): return os.getpid()")
    with neighbour, start(sandbox, attack) as attacker:
        victim = neighbour.call("f", {})
        # The second request is what would fire the signal.
        done = [attacker.call("f", calls | {"victim": victim}) for _ in range(2)]
        assert neighbour.call("f", {}) == victim
    assert done == [[], []]


@pytest.mark.parametrize(
    "deed", ["end.send(b'x', socket.MSG_OOB)", "socket.send_fds(end, [b'x'], [3])"]
)
def test_the_link_carries_plain_bytes_only(sandbox: Sandbox, deed: str) -> None:
    attack = f"""import socket
def f():
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=3)
    {deed}"""
    assert trouble(sandbox, attack).kind is Kind.FORBIDDEN


# -- what the sandbox contains ---------------------------------------------------------------------


def test_eight_gigabytes_are_out_of_memory(sandbox: Sandbox) -> None:
    assert trouble(sandbox, "def f(): return len(bytearray(8 << 30))").kind is Kind.OUT_OF_MEMORY
    attack = "import numpy as np\ndef f(): return np.ones(1 << 30).sum()"
    assert trouble(sandbox, attack).kind is Kind.OUT_OF_MEMORY


def test_memory_taken_bit_by_bit_runs_out_as_well(sandbox: Sandbox) -> None:
    attack = "def f():\n held = []\n while True: held.append(bytearray(1 << 20))"
    assert trouble(sandbox, attack).kind is Kind.OUT_OF_MEMORY


def test_limits_cannot_be_raised_again(sandbox: Sandbox) -> None:
    attack = """import resource as r
def f():
    free = (r.RLIM_INFINITY, r.RLIM_INFINITY)
    raised = []
    for name in ('RLIMIT_AS', 'RLIMIT_NOFILE', 'RLIMIT_FSIZE', 'RLIMIT_NPROC', 'RLIMIT_CPU'):
        try:
            r.setrlimit(getattr(r, name), free)
            raised.append(name)
        except (OSError, ValueError):
            pass
    return raised"""
    assert run(sandbox, attack) == []


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import signal as s; [s.signal(n, s.SIG_IGN) for n in (14, 15, 24, 27)]\n    while 1: 0",
        "return 7 ** (7 ** 10)",
        "while 1:\n        try:\n            while 1: pass\n        except BaseException: pass",
    ],
    ids=["loop", "signals ignored", "in C", "exceptions caught"],
)
def test_spinning_ends_at_the_deadline(sandbox: Sandbox, body: str) -> None:
    with start(sandbox, f"def f():\n    {body}", QUICK) as session:
        with pytest.raises(Trouble) as caught:
            session.call("f", {})
        ending = session.close()
    assert caught.value.kind is Kind.TIMED_OUT
    assert QUICK.cpu_seconds <= ending.cpu_seconds < 2


def test_the_budget_is_for_all_calls_together(sandbox: Sandbox) -> None:
    source = "from time import process_time as t\ndef f():\n end = t() + 0.08\n while t() < end: 0"

    def call_often(session: Session) -> None:
        for _ in range(20):
            session.call("f", {})

    with start(sandbox, source, QUICK) as session, pytest.raises(Trouble) as caught:
        call_often(session)
    assert caught.value.kind is Kind.TIMED_OUT


def test_the_budget_is_for_quick_calls_too(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So long that no single answer is waited for until then, however busy the machine.
    monkeypatch.setattr(session_module, "SLACK", 0.5)
    source = "from time import process_time as t\ndef f():\n end = t() + 0.003\n while t() < end: 0"

    def call_often(session: Session) -> None:
        for _ in range(300):
            session.call("f", {})

    with start(sandbox, source, QUICK) as session, pytest.raises(Trouble) as caught:
        call_often(session)
    assert caught.value.kind is Kind.TIMED_OUT


@pytest.mark.parametrize(
    ("between", "says"),
    [
        ("time.sleep(0.005)", "on the clock"),
        ("time.sleep(0.005); print('x' * 4096, flush=True)", "on the clock"),
        ("sum(range(40_000))", "processor time"),
    ],
    ids=["asleep", "printing", "spinning"],
)
def test_an_answer_that_drips_meets_the_limits(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, between: str, says: str
) -> None:
    # No drip is waited for until then, however busy the machine.
    monkeypatch.setattr(session_module, "SLACK", 0.2)
    attack = f"""import os, struct, time
def f():
    os.write(3, struct.pack('!cI', b'v', 600))
    for _ in range(600):
        os.write(3, b' ')
        {between}"""
    wall = 0.4 if says == "on the clock" else 30.0
    caught = trouble(sandbox, attack, Allowance(cpu_seconds=0.2, wall_seconds=wall))
    assert caught.kind is Kind.TIMED_OUT
    assert says in caught.message


def test_sleeping_for_ever_ends_too(sandbox: Sandbox) -> None:
    source = "import time\ndef f(): time.sleep(1000)"
    with pytest.raises(Trouble) as caught:
        run(sandbox, source, Allowance(cpu_seconds=1.0, wall_seconds=0.3))
    assert caught.value.kind is Kind.TIMED_OUT
    assert "on the clock" in caught.value.message


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import os; os._exit(0)", "code 0"),
        ("import os; os._exit(3)", "code 3"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.abort()", "SIG"),
        ("return f()", "RecursionError"),
        ("x = ()\n    for _ in range(10**6): x = (x,)\n    return hash(x)", "SIGSEGV"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; os.close(3)", "ended"),
        ("import os; os.closerange(0, 100); import time; time.sleep(100)", "pipe"),
    ],
)
def test_an_ending_of_its_own_is_a_crash(sandbox: Sandbox, body: str, says: str) -> None:
    caught = trouble(sandbox, f"def f():\n    {body}")
    assert caught.kind is Kind.CRASHED
    assert says in caught.message


def test_an_endless_print_is_cut_and_timed_out(sandbox: Sandbox) -> None:
    with start(sandbox, "def f():\n while True: print('x' * 4096)", QUICK) as session:
        with pytest.raises(Trouble) as caught:
            session.call("f", {})
        assert caught.value.kind is Kind.TIMED_OUT
        assert 0 < len(session.printed) <= 4000


def test_too_large_an_answer_is_invalid(sandbox: Sandbox) -> None:
    caught = trouble(sandbox, "def f(): return 'x' * 200_000")
    assert caught.kind is Kind.INVALID
    assert "200,002" in caught.message


def test_a_forged_header_that_announces_too_much_is_not_waited_for(sandbox: Sandbox) -> None:
    attack = FRAME + "def f():\n os.write(3, struct.pack('!cI', b'v', 2**32 - 1))\n while 1: pass"
    assert trouble(sandbox, attack).kind is Kind.INVALID


def test_forged_frames_are_data_at_most(sandbox: Sandbox) -> None:
    assert run(sandbox, FRAME + "def f():\n say(b'v', b'[7]')\n return 8") == [7]
    assert trouble(sandbox, FRAME + "def f(): say(b'?', b'{}')").kind is Kind.CRASHED
    assert trouble(sandbox, FRAME + "def f(): say(b'v', b'{not json')").kind is Kind.INVALID
    deep = FRAME + "def f(): say(b'v', b'[' * 50_000)"
    assert trouble(sandbox, deep).kind is Kind.INVALID
    digits = FRAME + "def f(): say(b'v', b'9' * 50_000)"
    assert trouble(sandbox, digits).kind is Kind.INVALID


def test_code_of_ours_that_is_patched_changes_the_own_process_only(sandbox: Sandbox) -> None:
    attack = """import json, tools.isolation.program as p
json.dumps = lambda *a, **k: '"patched"'
def f(): return 1"""
    assert run(sandbox, attack) == "patched"
    assert run(sandbox, "def f(): return 1") == 1


def test_the_clock_on_the_wall_starts_with_the_first_call(sandbox: Sandbox) -> None:
    allowance = Allowance(wall_seconds=0.5)
    with start(sandbox, "def f(): return 1", allowance) as session:
        time.sleep(0.7)
        assert session.call("f", {}) == 1
    assert trouble(sandbox, "import time\ndef f(): time.sleep(9)", allowance).kind is Kind.TIMED_OUT


def test_a_program_is_lost_with_a_sandbox_that_dies_before_it_tells_of_it() -> None:
    with Sandbox("plain") as own:
        assert run(own, "def f(): return 1") == 1
        forking = own._process.pid
        while children := Path(f"/proc/{forking}/task/{forking}/children").read_text().split():
            forking = int(children[0])
        os.kill(forking, signal.SIGSTOP)
        with start(own, "def f(): return 1") as session:
            os.kill(forking, signal.SIGKILL)
            with pytest.raises(Lost):
                session.call("f", {})
        own._process.wait(10)
        assert run(own, "def f(): return 2") == 2


def test_a_sandbox_that_has_died_is_started_again() -> None:
    with Sandbox("plain") as own:
        assert run(own, "def f(): return 1") == 1
        own._process.kill()
        own._process.wait()
        time.sleep(0.2)
        assert run(own, "def f(): return 2") == 2


# -- what works in it ------------------------------------------------------------------------------


def test_data_come_back_as_plain_data(sandbox: Sandbox) -> None:
    source = """import numpy as np
def f(x):
    told = {'a': np.arange(3) / 3, 'b': np.int64(7), 'c': {3, 1, 2}, 'd': [x, None, True]}
    return told | {'e': 1e400}"""
    told = run(sandbox, source, x="é\ud800")
    assert told == {
        "a": [0.0, 1 / 3, 2 / 3],
        "b": 7,
        "c": [1, 2, 3],
        "d": ["é\ud800", None, True],
        "e": float("inf"),
    }


def test_what_is_no_plain_data_is_invalid(sandbox: Sandbox) -> None:
    caught = trouble(sandbox, "def f(): return [1j]")
    assert caught.kind is Kind.INVALID
    assert "complex" in caught.message


def test_files_import_each_other(sandbox: Sandbox) -> None:
    files = {
        "program.py": "import helper\ndef f(): return helper.g()",
        "helper.py": "def g(): return 5",
    }
    with sandbox.open(files, "program.py", SMALL) as session:
        assert session.call("f", {}) == 5


def test_state_lives_between_calls_and_not_between_programs(sandbox: Sandbox) -> None:
    source = "n = 0\ndef f():\n global n\n n += 1\n return n"
    with start(sandbox, source) as session:
        assert [session.call("f", {}) for _ in range(3)] == [1, 2, 3]
    assert run(sandbox, source) == 1


def test_random_numbers_that_nobody_seeds_are_the_same_again(sandbox: Sandbox) -> None:
    source = (
        "import random, numpy as np\ndef f(): return [random.random(), float(np.random.rand())]"
    )
    assert run(sandbox, source) == run(sandbox, source)


def test_a_traceback_shows_the_program_only(sandbox: Sandbox) -> None:
    source = "import statistics\ndef g(x): return statistics.mean(x)\ndef f():\n    return g([])\n"
    message = trouble(sandbox, source).message
    assert 'File "program.py", line 4, in f\n    return g([])' in message
    assert message.endswith("StatisticsError: mean requires at least one data point")
    assert "site-packages" not in message
    assert "/isolation/" not in message


def test_many_programs_at_a_time_do_not_meet(sandbox: Sandbox) -> None:
    sessions = [start(sandbox, f"def f(): return {i}") for i in range(12)]
    try:
        assert [session.call("f", {}) for session in sessions] == list(range(12))
    finally:
        for session in sessions:
            session.close()


# -- layers and fallback ---------------------------------------------------------------------------


def test_strict_refuses_what_has_no_sandbox() -> None:
    with pytest.raises(Unavailable, match="strict"):
        Sandbox("plain", strict=True, fresh=True)


def test_a_fresh_interpreter_works_with_a_warning() -> None:
    with Sandbox("plain", fresh=True) as own:
        assert "NO SANDBOX" in own.layers.notice
        assert run(own, "def f(n): return n * 2", n=21) == 42
        spin = trouble(own, "def f():\n while True: pass", Allowance(cpu_seconds=0.5))
        assert spin.kind is Kind.TIMED_OUT
        assert trouble(own, "def f(): return bytearray(8 << 30)").kind is Kind.OUT_OF_MEMORY
        assert "code 3" in trouble(own, "import os\ndef f(): os._exit(3)").message


def test_a_child_left_behind_dies_with_its_session() -> None:
    """Where a filter holds there is none; where none does, the whole group is killed."""
    leave = """import os, time
def f():
    pid = os.fork()
    if pid == 0:
        time.sleep(100)
    return pid"""
    with Sandbox("plain", fresh=True) as own:
        if os.getuid() == 0:
            # Root is exempt from the limit on processes.
            assert not _runs(run(own, leave, Allowance(cpu_seconds=1.0)))
        else:
            assert trouble(own, leave).kind is Kind.FORBIDDEN


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    for _ in range(100):
        # A killed process may stay a zombie where nobody collects it.
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        time.sleep(0.02)
    return True


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_bubblewrap_makes_the_namespaces_where_we_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "prefix", bubblewrap.command)
    with Sandbox("plain") as own:
        assert own.layers.bubblewrap
        assert run(own, "def f(): return 1") == 1
        listing = trouble(own, "import os\ndef f(): return os.listdir('/root')")
        assert listing.kind in (Kind.FORBIDDEN, Kind.CRASHED)
        spin = trouble(own, "def f():\n while True: pass", QUICK)
        assert spin.kind is Kind.TIMED_OUT


def test_missing_layers_are_named() -> None:
    assert Layers(("user", "net"), 7, True, True).notice == ""
    partial = Layers((), 0, True, True)
    assert partial.missing == ("namespaces", "Landlock")
    assert "without namespaces and Landlock" in partial.notice


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(BadInput, match="plain, numpy, scipy"):
        Sandbox("torch")
