"""Joules that this machine has used, where its counters can be read; nothing is estimated.

Processors count by RAPL (Linux powercap: microjoules since some start, wrapping at a stated range),
NVIDIA GPUs by NVML (millijoules since the driver was loaded). Both count the whole machine, other
work on it included, and neither sees what a chat model's server elsewhere uses.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

POWERCAP = Path("/sys/class/powercap")


class Counter(Protocol):
    """One counter of energy.

    Attributes:
        name: what it counts.
    """

    name: str

    def joules(self) -> float:
        """Returns the energy used since the counter was made, in joules.

        Raises:
            OSError: when it can no longer be read.
        """
        ...


@dataclass(frozen=True)
class Reading:
    """What was used between two moments.

    Attributes:
        joules: of all counters together; None where none can be read.
        source: what was counted, or why nothing was.
    """

    joules: float | None
    source: str


class Meter:
    """Counts from when it is made; ask it more often than a counter wraps (minutes)."""

    def __init__(self, folder: Path = POWERCAP) -> None:
        self._lost = ""
        processors, why = _rapl(folder)
        gpus, why_not = _nvml()
        self._counters: Sequence[Counter] = [*processors, *gpus]
        self._why = f"{why}; {why_not}"

    def read(self) -> Reading:
        """Returns what was used so far."""
        if not self._counters:
            return Reading(None, f"not readable here: {self._why}")
        try:
            joules = sum(counter.joules() for counter in self._counters)
        except OSError as error:
            # A part of the sum would look like the whole.
            self._lost = self._lost or f"not readable here: a counter was lost ({error})"
        if self._lost:
            return Reading(None, self._lost)
        return Reading(joules, ", ".join(counter.name for counter in self._counters))


class _Rapl:
    """One powercap zone."""

    def __init__(self, zone: Path) -> None:
        self.name = (zone / "name").read_text(encoding="utf-8").strip()
        self._path = zone / "energy_uj"
        self._range = int((zone / "max_energy_range_uj").read_text(encoding="utf-8"))
        self._last = self._now()
        self._sum = 0

    def joules(self) -> float:
        now = self._now()
        # Below the last value the counter began again at zero.
        self._sum += now - self._last if now >= self._last else now - self._last + self._range
        self._last = now
        return self._sum / 1e6

    def _now(self) -> int:
        return int(self._path.read_text(encoding="utf-8"))


def _rapl(folder: Path) -> tuple[list[Counter], str]:
    """Returns the packages and their memory; cores are part of a package, `psys` is all of it."""
    if not folder.is_dir():
        return [], f"no {folder}"
    zones = sorted(z for z in folder.glob("intel-rapl:*") if (z / "energy_uj").exists())
    found: list[Counter] = []
    try:
        for zone in zones:
            name = (zone / "name").read_text(encoding="utf-8").strip()
            if name.startswith("package") or name == "dram":
                found.append(_Rapl(zone))
    except (OSError, ValueError) as error:
        return [], f"RAPL: {error}"
    return found, "" if found else f"no package in {folder}"


class _Gpu:
    """One GPU, by NVML."""

    def __init__(self, nvml: Any, index: int) -> None:
        self.name = f"gpu-{index}"
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(index)
        self._start = self._now()

    def joules(self) -> float:
        try:
            return (self._now() - self._start) / 1e3
        except self._nvml.NVMLError as error:
            raise OSError(f"{self.name}: {error}") from error

    def _now(self) -> int:
        return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))


def _nvml() -> tuple[list[Counter], str]:
    try:
        nvml: Any = importlib.import_module("pynvml")
    except ImportError:
        return [], "no NVML (package nvidia-ml-py)"
    try:
        nvml.nvmlInit()
        return [_Gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount())], "no GPU"
    except nvml.NVMLError as error:
        return [], f"NVML: {error}"
