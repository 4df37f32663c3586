"""Experiments are found through entry points, and a broken package costs nobody else anything."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from tools import registry
from tools.errors import NotFound
from tools.registry import Registry


def point(value: str, name: str = "p") -> importlib.metadata.EntryPoint:
    return importlib.metadata.EntryPoint(name, value, registry.GROUP)


def test_a_module_gives_all_its_experiments_and_an_attribute_one() -> None:
    whole = registry.collect([point("fakes.experiments")])
    assert list(whole.experiments) == [
        "fake.add",
        "fake.crash",
        "fake.ping",
        "fake.slow",
        "fake.stubborn",
    ]
    assert whole.problems == ()
    assert list(registry.collect([point("fakes.experiments:add")]).experiments) == ["fake.add"]


def test_packages_that_cannot_be_used_are_reported_and_the_others_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaver.py").write_text("raise SystemExit(1)")
    (tmp_path / "broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    found = registry.collect(
        [
            point("nowhere.at_all", "absent"),
            point("broken", "broken"),
            point("leaver", "leaver"),
            point("json", "empty"),
            point("math:pi", "number"),
            point("fakes.experiments:add", "good"),
        ]
    )
    assert list(found.experiments) == ["fake.add"]
    assert [p.split(" ")[0] for p in found.problems] == [
        "absent",
        "broken",
        "empty",
        "leaver",
        "number",
    ]
    assert "ZeroDivisionError" in found.problems[1]


def test_of_two_experiments_with_one_name_the_first_wins_and_the_other_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(__file__).parents[1] / "fakes" / "experiments.py"
    (tmp_path / "copycat.py").write_text(source.read_text())
    monkeypatch.syspath_prepend(tmp_path)
    found = registry.collect([point("copycat:add", "b"), point("fakes.experiments:add", "a")])
    assert found.get("fake.add").function.__module__ == "fakes.experiments"
    assert len(found.problems) == 1
    assert "hidden" in found.problems[0]


def test_an_unknown_name_is_answered_with_close_ones() -> None:
    found = registry.collect([point("fakes.experiments")])
    with pytest.raises(NotFound, match=r"Did you mean fake\.add"):
        found.get("fake.ad")
    with pytest.raises(NotFound, match="tools list"):
        found.get("zzzzzz")


def test_the_folders_of_plugins_are_known_so_that_children_find_them(
    fake_experiments: Registry, fakes_folder: Path
) -> None:
    assert "fake.add" in fake_experiments.experiments
    assert fakes_folder.resolve() in registry.folders()


def test_without_the_fixture_no_fake_is_registered() -> None:
    assert not [name for name in registry.load().experiments if name.startswith("fake.")]
