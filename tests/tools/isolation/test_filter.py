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
FCNTL, IOCTL = {"x86_64": 72, "aarch64": 25}, {"x86_64": 16, "aarch64": 29}
LINKS = {"x86_64": (44, 45), "aarch64": (206, 207)}  # sendto, recvfrom
SETFL, ASYNC = 4, 0x2000
COMMANDS = {0, 1, 2, 3, SETFL, 1030}
REQUESTS = {0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451}
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
            return int(value)
        else:
            passed = {
                0x15: loaded == value,
                0x25: loaded > value,
                0x35: loaded >= value,
                0x45: bool(loaded & value),
            }[code]
            at += then if passed else otherwise


def listed(machine: str) -> set[int]:
    return set(confine._listed(1 if machine == "x86_64" else 2).values())


def conditional(machine: str) -> set[int]:
    """The calls that are allowed with some arguments only."""
    one_each = {PRLIMIT[machine], FCNTL[machine], IOCTL[machine]}
    return one_each | {*OPENS[machine], *LINKS[machine]}


@machines
def test_plain_calls_are_allowed_by_the_list_alone(machine: str) -> None:
    for number in set(range(1024)) - conditional(machine):
        expected = ALLOW if number in listed(machine) else REFUSE
        assert answer(machine, number, [1] * 6) == expected, number


@machines
@given(number=NUMBERS, arguments=ARGUMENTS)
def test_no_arguments_open_more_than_the_list(
    machine: str, number: int, arguments: list[int]
) -> None:
    if answer(machine, number, arguments) == ALLOW:
        assert number in listed(machine)


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


WORDS = st.one_of(st.integers(0, 2**12), st.integers(0, 2**32 - 1))


@machines
@given(command=WORDS | st.sampled_from(sorted(COMMANDS)), value=WORDS, high=WORDS)
def test_open_files_signal_nobody(machine: str, command: int, value: int, high: int) -> None:
    """The kernel reads the low half of command and flags; the high half changes nothing."""
    arguments = [3, high << 32 | command, high << 32 | value, *[0xFFFFFFFF] * 3]
    harmless = command in COMMANDS and not (command == SETFL and value & ASYNC)
    assert answer(machine, FCNTL[machine], arguments) == (ALLOW if harmless else REFUSE)
    requested = ALLOW if command in REQUESTS else REFUSE
    assert answer(machine, IOCTL[machine], arguments) == requested


@machines
def test_every_way_to_name_an_owner_of_signals_is_refused(machine: str) -> None:
    for command in (8, 10, 15, 1024, 1026):  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
        assert answer(machine, FCNTL[machine], [3, command, 9, 0, 0, 0]) == REFUSE
    assert answer(machine, FCNTL[machine], [3, SETFL, ASYNC | 0x802, 0, 0, 0]) == REFUSE
    assert answer(machine, FCNTL[machine], [3, SETFL, 0x802, 0, 0, 0]) == ALLOW
    for request in (0x5452, 0x8901, 0x8902, 0x5412):  # FIOASYNC, FIOSETOWN, SIOCSPGRP, TIOCSTI
        assert answer(machine, IOCTL[machine], [3, request, 0, 0, 0, 0]) == REFUSE
    for command in sorted(COMMANDS):
        assert answer(machine, FCNTL[machine], [3, command, 0, 0, 0, 0]) == ALLOW
    for request in sorted(REQUESTS):
        assert answer(machine, IOCTL[machine], [3, request, 0, 0, 0, 0]) == ALLOW


@machines
@given(flags=WORDS)
def test_links_carry_plain_bytes_only(machine: str, flags: int) -> None:
    for number in LINKS[machine]:
        arguments = [3, 1, 1, flags, 0, 0]
        assert answer(machine, number, arguments) == (REFUSE if flags else ALLOW)
    for number in {"x86_64": (46, 47, 307, 299), "aarch64": (211, 212, 269, 243)}[machine]:
        assert answer(machine, number, [0] * 6) == REFUSE  # sendmsg and its like carry handles


@machines
def test_another_architecture_is_fatal(machine: str) -> None:
    for other in {0x40000003, *ARCH.values()} - {ARCH[machine]}:
        assert answer(machine, 0, [0] * 6, other) == KILL
