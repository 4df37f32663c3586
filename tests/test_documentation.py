"""What the documentation says is true: pages match the definitions, links lead somewhere."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def build():
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_pages_are_what_the_definitions_say():
    for name, text in build().pages().items():
        written = (ROOT / "docs" / "experiments" / name).read_text(encoding="utf-8")
        assert written == text, f"docs/experiments/{name} is old: run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_of_the_readme_exists():
    from agent.cli.main import cli

    named = set(re.findall(r"\bansatz ([a-z]+)\b", (ROOT / "README.md").read_text()))
    known = set(cli.list_commands(None))
    assert named <= known, named - known
