"""Where the networks of a score are trained and asked: the processor or a GPU."""

from __future__ import annotations

import re

from tools.errors import BadInput

_KNOWN = re.compile(r"(?:cpu|cuda(?::\d+)?)?")


def check_name(name: str) -> str:
    """Returns a device's name; for the validators of parameters, so without torch.

    Raises:
        ValueError: if it is none of "", "cpu", "cuda" and "cuda:0", "cuda:1", ...
    """
    if not _KNOWN.fullmatch(name):
        raise ValueError("give cpu, cuda, or one GPU such as cuda:0")
    return name


def usable(name: str, usual: str) -> str:
    """Returns the torch device to compute on.

    Args:
        name: as `check_name` allows it; "" takes the usual one.
        usual: the device of the run, a GPU where torch finds one.

    Raises:
        BadInput: if torch does not find it here.
    """
    if not name.startswith("cuda"):
        return name or usual
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(name.partition(":")[2] or 0) < count:
        return name
    there = ", ".join(f"cuda:{k}" for k in range(count))
    raise BadInput(
        f"device = {name}: torch {torch.__version__} finds "
        + (f"only {there} here." if count else "no GPU here."),
        f"Give cpu or {there}." if count else "Give cpu, or install torch for your GPU.",
    )
