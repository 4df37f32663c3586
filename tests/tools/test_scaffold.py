"""`ansatz tools new` writes a package that works as it stands."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tools import registry
from tools.errors import BadInput
from tools.launch import Launcher
from tools.runs import RunStore
from tools.scaffold import create


def test_the_new_package_passes_its_own_test_and_is_found_and_runs(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    files = create("my-annealing", folder)
    assert {str(f.relative_to(folder)) for f in files} == {
        "README.md",
        "my_annealing/__init__.py",
        "my_annealing/experiments.py",
        "pyproject.toml",
        "tests/test_experiments.py",
    }
    assert not [f for f in files if "$" in f.read_text()]
    environment = dict(os.environ, PYTHONPATH=str(folder))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout

    # As `pip install` would: an entry point as its pyproject.toml declares it.
    import tomllib

    declared = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    value = declared["entry-points"][registry.GROUP]["my_annealing"]
    info = folder / "ansatz_my_annealing-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {declared['name']}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\nmy_annealing = {value}\n")
    monkeypatch.syspath_prepend(folder)
    found = registry.collect([EntryPoint("my_annealing", value, registry.GROUP)])
    assert (list(found.experiments), found.problems) == (["my_annealing.antithetic"], ())
    experiment = found.get("my_annealing.antithetic")
    launcher = Launcher(RunStore(home))
    record = launcher.start(experiment, experiment.parse({"repeats": 40}))
    record = launcher.wait(record.id)
    launcher.close()
    assert record.error is None
    assert [c.verdict for c in record.claims] == ["supported"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Upper", "cannot name a package"),
        ("1st", "cannot name a package"),
        ("a/b", "cannot name a package"),
        ("..", "cannot name a package"),
        ("", "cannot name a package"),
        ("x", "cannot name a package"),
        ("lambda", "word of Python"),
        ("json", "another Python package"),
        ("numpy", "another Python package"),
        ("tools", "another Python package"),
        ("tests", "another Python package"),
        ("pruning", "already"),
    ],
)
def test_a_name_that_cannot_work_is_refused(name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=told):
        create(name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        create("annealing", tmp_path)
    with pytest.raises(BadInput, match="exists already"):
        create("annealing", tmp_path / "README.md")
    assert [p.name for p in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_dotted_name_names_the_experiment_too(tmp_path: Path) -> None:
    create("my-lab.coupling", tmp_path / "new")
    text = (tmp_path / "new" / "my_lab" / "experiments.py").read_text()
    assert '"my_lab.coupling"' in text
    with pytest.raises(BadInput, match="'9 lives' cannot name an experiment"):
        create("mylab.9 lives", tmp_path / "other")
