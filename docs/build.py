"""Writes the reference pages of the experiments: `python docs/build.py`.

The pages come from the definitions themselves, so they cannot say anything else; a test fails when
the committed ones differ.
"""

from __future__ import annotations

from pathlib import Path

from tools import registry
from tools.reference import as_markdown

_OURS = ("tools.", "evals.")
FOLDER = Path(__file__).parent / "experiments"


def pages() -> dict[str, str]:
    """Returns file name -> text of every page."""
    experiments = [e for e in registry.load() if e.function.__module__.startswith(_OURS)]
    lines = ["# Experiments", "", "| experiment | what it finds out |", "| --- | --- |"]
    lines += [f"| [{e.name}]({e.name}.md) | {e.summary} |" for e in experiments]
    texts = {"index.md": "\n".join(lines) + "\n"}
    return texts | {f"{e.name}.md": as_markdown(e).rstrip() + "\n" for e in experiments}


def main() -> None:
    """Writes all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"docs/experiments/{name}")


if __name__ == "__main__":
    main()
