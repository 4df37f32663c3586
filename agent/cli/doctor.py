"""`ansatz doctor`: checks the installation line by line and says what to mend."""

from __future__ import annotations

import click

from agent.cli import checks, common

_MARKS = {"ok": "green", "missing": "yellow", "broken": "red"}


@click.command()
@common.json_option
@common.guarded
def doctor(as_json: bool) -> None:
    """Check the installation and say what to mend.

    Exit status 1 when something that is needed is broken; what is merely missing is optional.
    """
    found = checks.run_all()
    broken = [check for check in found if check.state == "broken" and check.needed]
    if as_json:
        common.emit({"ok": not broken, "checks": [check.as_json() for check in found]})
    else:
        from rich.text import Text

        console = common.console()
        for check in found:
            line = Text(f"{check.state:<8}", style=_MARKS[check.state])
            line.append(f"{check.name}: {common.one_line(check.detail)}", style="default")
            console.print(line, soft_wrap=True)
            if check.remedy and check.state != "ok":
                console.print(f"        {common.one_line(check.remedy)}", soft_wrap=True)
    if broken:
        raise click.exceptions.Exit(common.FAILED)
