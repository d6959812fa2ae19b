"""Shows a plan, and what was done, as a table."""

from collections.abc import Iterable

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from auth0_elastic.setup.step import Step

_STYLES = {"create": "green", "update": "yellow", "delete": "red"}


def show_steps(console: Console, steps: Iterable[tuple[Step, str]]) -> None:
    """A row for each step with its outcome, or with what would be done."""
    table = Table("asset", "name", "", "", box=None, pad_edge=False, header_style="dim")
    for step, outcome in steps:
        reason = "" if step.action == "update" else step.detail
        table.add_row(
            step.kind, Text(step.name, overflow="fold"), Text(outcome, _STYLES.get(step.action, "dim")), reason
        )
    if table.row_count:
        console.print(table)


def show_differences(console: Console, steps: Iterable[Step]) -> None:
    """What each update would change, as a unified diff."""
    for step in steps:
        if step.action == "update":
            console.print(Text(f"\n{step.kind} {step.name}", "bold"))
            console.print(Syntax(step.detail, "diff", theme="ansi_dark", background_color="default"))
