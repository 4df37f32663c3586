from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from fakes.sums import play

from evals import suites
from evals.efficiency import Clock, efficiency
from evals.energy import Meter, Reading
from evals.journal import Journal
from evals.report import page


def zone(folder: Path, place: str, name: str, micro: int, top: int = 1000_000_000) -> Path:
    path = folder / place
    path.mkdir(parents=True)
    for file, text in (("name", name), ("energy_uj", micro), ("max_energy_range_uj", top)):
        (path / file).write_text(f"{text}\n")
    return path / "energy_uj"


class Nvml(types.ModuleType):
    """Behaves as pynvml with two GPUs."""

    class NVMLError(Exception): ...

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.milli = [5_000, 70_000]
        self.broken = False

    def nvmlInit(self) -> None: ...  # noqa: N802

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:  # noqa: N802
        if self.broken:
            raise self.NVMLError("GPU is lost")
        return self.milli[handle]


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)


@pytest.mark.usefixtures("no_gpu")
def test_packages_and_memory_are_added_and_their_parts_are_not(tmp_path: Path) -> None:
    first = zone(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    second = zone(tmp_path, "intel-rapl:1", "package-1", 0)
    cores = zone(tmp_path, "intel-rapl:0:0", "core", 0)
    memory = zone(tmp_path, "intel-rapl:0:1", "dram", 0)
    whole = zone(tmp_path, "intel-rapl:2", "psys", 0)
    meter = Meter(tmp_path)
    for path, micro in ((first, 4_000_000), (second, 500_000), (cores, 10**8), (memory, 250_000)):
        path.write_text(str(micro))
    whole.write_text("900000000")
    read = meter.read()
    assert read.joules == pytest.approx(3.0 + 0.5 + 0.25)
    assert read.source == "package-0, dram, package-1"


@pytest.mark.usefixtures("no_gpu")
def test_a_counter_that_begins_again_goes_on(tmp_path: Path) -> None:
    path = zone(tmp_path, "intel-rapl:0", "package-0", 990_000_000)
    meter = Meter(tmp_path)
    path.write_text("2000000")
    assert meter.read().joules == pytest.approx(12.0)
    path.write_text("5000000")
    assert meter.read().joules == pytest.approx(15.0)


@pytest.mark.usefixtures("no_gpu")
def test_where_nothing_can_be_read_no_number_is_made_up(tmp_path: Path) -> None:
    read = Meter(tmp_path / "none").read()
    assert read.joules is None
    assert read.source.startswith("not readable here: no /")
    assert "nvidia-ml-py" in read.source
    path = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    meter = Meter(tmp_path)
    path.unlink()
    assert meter.read().joules is None
    path.write_text("7")
    # Once a part was lost the sum is no sum any more.
    assert "a counter was lost" in meter.read().source


def test_gpus_count_in_thousandths_and_a_lost_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvml = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    meter = Meter(tmp_path)
    nvml.milli = [6_500, 70_250]
    assert meter.read() == Reading(pytest.approx(1.75), "gpu-0, gpu-1")
    nvml.broken = True
    assert "GPU is lost" in meter.read().source


def rows(header: Mapping[str, object]) -> dict[str, dict[str, object]]:
    return {row["measure"]: row for row in efficiency([], header).rows()}


@pytest.mark.usefixtures("no_gpu")
def test_sessions_add_up_and_one_without_a_counter_leaves_no_sum(tmp_path: Path) -> None:
    path = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    with closing(Journal(tmp_path / "j.sqlite")) as journal:
        for micro in (3_000_000, 8_000_000):
            clock = Clock(journal, Meter(tmp_path))
            path.write_text(str(micro))
            clock.note()
            clock.note()  # a session that is noted twice is one session
        sessions = journal.header["sessions"]
        assert [s["joules"] for s in sessions] == [3.0, 5.0]
        found = rows(journal.header)
        assert found["energy"]["total"] == pytest.approx(8.0)
        assert "whole machine" in found["energy"]["note"]
        assert found["time"]["total"] == pytest.approx(sum(s["seconds"] for s in sessions))
        Clock(journal, Meter(tmp_path), spread=True).note()
        found = rows(journal.header)
    assert found["energy"]["total"] is None
    assert "other machines" in found["energy"]["note"]
    assert rows({})["time"]["total"] is None


def test_tokens_and_dollars_are_shared_among_samples_and_shown(tmp_path: Path) -> None:
    played = play(tmp_path / "run-a", suites.load("arithmetic", suites.Options(samples=12)))
    found = {r["measure"]: r for r in efficiency(played.entries, played.header).rows()}
    assert found["tokens in"]["total"] == 84
    assert found["tokens out"]["per_sample"] == 3.0
    assert found["dollars"]["total"] == pytest.approx(0.012)
    text = page(played)
    assert "<h2>Efficiency</h2>" in text
    assert "<tr><td>energy<td>not known<td>" in text
