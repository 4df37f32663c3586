"""The system-call filter does what its list says, for every number and on every machine."""

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.isolation import confine

ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050001, 0x80000000
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
OPENS = {"x86_64": {2: 1, 257: 2}, "aarch64": {56: 2}}  # argument that holds the flags
PRLIMIT = {"x86_64": 302, "aarch64": 261}
NUMBERS = st.one_of(st.integers(0, 600), st.integers(0, 2**32 - 1))
ARGUMENTS = st.lists(st.integers(0, 2**32 - 1), min_size=6, max_size=6)

machines = pytest.mark.parametrize("machine", list(ARCH))


def answer(machine: str, number: int, arguments: list[int], arch: int | None = None) -> int:
    """Runs the filter as the kernel does."""
    data = struct.pack("=IIQ6Q", number, ARCH[machine] if arch is None else arch, 0, *arguments)
    steps = list(struct.iter_unpack("=HBBI", confine.program(machine)))
    at = loaded = 0
    while True:
        code, then, otherwise, value = steps[at]
        at += 1
        if code == 0x20:
            (loaded,) = struct.unpack_from("=I", data, value)
        elif code == 0x06:
            return value
        else:
            passed = {
                0x15: loaded == value,
                0x25: loaded > value,
                0x35: loaded >= value,
                0x45: bool(loaded & value),
            }[code]
            at += then if passed else otherwise


def listed(machine: str) -> set[int]:
    return set(confine._allowed(1 if machine == "x86_64" else 2))


@machines
def test_plain_calls_are_allowed_by_the_list_alone(machine: str) -> None:
    special = {*OPENS[machine], PRLIMIT[machine]}
    for number in set(range(1024)) - special:
        expected = ALLOW if number in listed(machine) else REFUSE
        assert answer(machine, number, [1] * 6) == expected, number


@machines
@given(number=NUMBERS, arguments=ARGUMENTS)
def test_no_arguments_open_more_than_the_list(
    machine: str, number: int, arguments: list[int]
) -> None:
    if answer(machine, number, arguments) == ALLOW:
        assert number in listed(machine) | {*OPENS[machine], PRLIMIT[machine]}


@machines
@given(flags=st.integers(0, 2**32 - 1))
def test_files_are_opened_for_reading_only(machine: str, flags: int) -> None:
    writes = flags & (os.O_ACCMODE | os.O_CREAT | os.O_TRUNC)
    for number, argument in OPENS[machine].items():
        arguments = [0xFFFFFFFF] * 6
        arguments[argument] = flags
        assert answer(machine, number, arguments) == (REFUSE if writes else ALLOW)


@machines
def test_limits_are_those_of_the_process_itself(machine: str) -> None:
    assert answer(machine, PRLIMIT[machine], [0] * 6) == ALLOW
    assert answer(machine, PRLIMIT[machine], [1, 0, 0, 0, 0, 0]) == REFUSE


@machines
def test_another_architecture_is_fatal(machine: str) -> None:
    for other in {0x40000003, *ARCH.values()} - {ARCH[machine]}:
        assert answer(machine, 0, [0] * 6, other) == KILL
