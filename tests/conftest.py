"""What all tests share: a state folder of their own, and a toolbox of tiny fake experiments."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tools import registry
from tools.launch import Launcher
from tools.registry import Registry
from tools.runs import RunStore

_FAKES = Path(__file__).parent / "fakes"


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides the developer's own endpoint and servers from the tests."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "ANSATZ_PRICE", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def _never_waits() -> Iterator[None]:
    """Ends a test that waits for a pipe."""

    def late(*_: object) -> None:
        raise AssertionError("waited for a pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty state folder, set as ANSATZ_HOME for this process and its children."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ANSATZ_HOME", str(folder))
    return folder


@pytest.fixture
def store(home: Path) -> RunStore:
    """The run store of `home`."""
    return RunStore(home)


@pytest.fixture(scope="session")
def fakes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An import folder with the package `fakes` and the metadata that makes it a plugin."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "fakes").symlink_to(_FAKES)
    info = folder / "ansatz_fakes-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ansatz-fakes\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[ansatz.experiments]\nfakes = fakes.experiments\n")
    return folder


@pytest.fixture
def fake_experiments(fakes_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """Registers tests/fakes/experiments.py as an installed package would, and yields the registry.

    It holds in this process, in the child processes of runs, and in subprocesses that inherit the
    environment (such as the console command).
    """
    # Last, as an installed package would be: `fakes` is found in tests/ first, so that tests and
    # registry share the same objects.
    monkeypatch.setattr(sys, "path", [*sys.path, str(fakes_folder)])
    inherited = os.environ.get("PYTHONPATH")
    paths = [inherited] if inherited else []
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*paths, str(fakes_folder)]))
    load = registry.load  # a test may replace it
    load.cache_clear()
    yield load()
    load.cache_clear()


@pytest.fixture
def launcher(store: RunStore, fake_experiments: Registry) -> Iterator[Launcher]:
    """A launcher of `store` that knows the fake experiments."""
    with closing(Launcher(store)) as it:
        yield it
