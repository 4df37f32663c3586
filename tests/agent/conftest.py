"""Gives every test of the assistant a library that is embedded already."""

import shutil
from pathlib import Path

import pytest

from knowledge.library import Library


@pytest.fixture(scope="session")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped cards, embedded once for all tests."""
    folder = tmp_path_factory.mktemp("library") / "knowledge"
    library = Library.open(folder)
    library.search("warm up", k=1)
    library.close()
    return folder


@pytest.fixture
def home(tmp_path: Path, library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with the library in it, set as ANSATZ_HOME for this process and children."""
    folder = tmp_path / "home"
    shutil.copytree(library_folder, folder / "knowledge")
    monkeypatch.setenv("ANSATZ_HOME", str(folder))
    return folder
