"""A warm parent that fails: nothing runs that is not confined, and nothing that cannot be ended."""

from __future__ import annotations

import socket
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.isolation import bodies
from tools.isolation import sandbox as sandbox_module
from tools.isolation.sandbox import Sandbox
from tools.isolation.session import Allowance, Kind, Lost, Session, Trouble

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

LIMITS = Allowance(cpu_seconds=1.0, wall_seconds=3.0, memory=256 << 20)


def start(sandbox: Sandbox, source: str) -> Session:
    return sandbox.open({"program.py": source}, "program.py", LIMITS)


def answer(sandbox: Sandbox) -> Any:
    with start(sandbox, "def f(): return 1") as session:
        return session.call("f", {})


def altered(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """Has warm parents start with some of their code replaced."""
    script = f"from tools.isolation import confine, sandbox_main\n{change}\nsandbox_main.main()"
    monkeypatch.setattr(sandbox_module, "_PYTHON", [sys.executable, "-s", "-P", "-c", script])


def test_a_program_whose_filter_fails_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse = "confine.Filter.install = lambda filter: False"
    altered(monkeypatch, f"{refuse}\nsandbox_main._filter_holds = lambda filter: True")
    with Sandbox("plain") as own:
        assert own.layers.seccomp
        with pytest.raises(Trouble, match="code 1") as caught:
            answer(own)
        assert caught.value.kind is Kind.CRASHED


def test_where_there_is_no_filter_programs_run_with_a_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    altered(monkeypatch, "confine.Filter.install = lambda filter: False")
    with Sandbox("plain") as own:
        assert answer(own) == 1
        assert "seccomp" in own.notice


def test_what_cannot_be_started_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    send = socket.send_fds

    def fail_once(control: socket.socket, words: Sequence[bytes], handles: Sequence[int]) -> int:
        monkeypatch.setattr(socket, "send_fds", send)
        raise BrokenPipeError

    with Sandbox("plain") as own:
        assert answer(own) == 1
        monkeypatch.setattr(socket, "send_fds", fail_once)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            assert answer(own) == 1
    assert not [str(each.message) for each in caught if "socket" in str(each.message)]


def test_a_program_that_nobody_can_name_dies_with_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        # The parent forks in time, but takes long to say whom.
        stall = "import socket, time\nsocket.send_fds = lambda *told: time.sleep(20)"
        altered(patched, stall)
        patched.setattr(bodies, "_LONGEST_WORD", 0.2)
        own = Sandbox("plain")
        assert own.layers.warm
        session = start(own, "import time\ndef f(): time.sleep(20)")
    with own:
        with session:
            unnamed = youngest(own._process.pid)
            with pytest.raises(Lost):
                session.call("f", {})
        own._process.wait(10)
        assert ended(unnamed)
        assert answer(own) == 1


def youngest(process: int) -> int:
    """Returns the process number of the program: grandchild of the one that was started."""
    for _ in range(2):
        children = Path(f"/proc/{process}/task/{process}/children")
        end = time.monotonic() + 10
        while not (numbers := children.read_text().split()):
            assert time.monotonic() < end
            time.sleep(0.01)
        process = int(numbers[-1])
    return process


def ended(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    for _ in range(200):
        # A killed process may stay a zombie where nobody collects it.
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False
