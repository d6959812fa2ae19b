"""How every measurement is asked for, shown and kept: the same options, progress, tables and JSON."""

import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from math import inf
from os import cpu_count
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

F = TypeVar("F", bound=Callable[..., Any])

Row = Mapping[str, Any]
Step = Callable[[str], None]
"""Is told what is measured next."""


class Result(NamedTuple):
    """A measurement's rows as they go into the JSON, and the same as a table."""

    name: str
    rows: Sequence[Row]
    table: Table


def options(function: F) -> F:
    """`--quick` and `--json`."""
    quick = click.option("--quick", is_flag=True, help="Shorter and fewer rounds: a first impression.")
    path = click.option(
        "--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the results there too."
    )
    return quick(path(function))


@contextmanager
def progress(what: str, steps: int) -> Iterator[Step]:
    """A bar for as many steps, on standard error; each call of what it yields begins one."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=steps)
        begun = 0

        def step(description: str) -> None:
            nonlocal begun
            bar.update(task, completed=begun, description=description)
            begun += 1

        yield step


def show(results: Sequence[Result], json_path: Path | None) -> None:
    """Prints the tables; writes the rows to the file, if there is one."""
    console = Console()
    for result in results:
        console.print(result.table)
        console.print()
    if json_path is not None:
        write(results, json_path)


def write(results: Sequence[Result], path: Path) -> None:
    """The rows as JSON, with when and on what they were measured."""
    about = {"measured": datetime.now(UTC).isoformat(timespec="seconds"), "cpus": cpu_count(), **_platform()}
    measured = {result.name: [dict(row) for row in result.rows] for result in results}
    path.write_text(json.dumps(about | measured, indent=2) + "\n")


def _platform() -> dict[str, str]:
    return {"system": platform.platform(), "python": platform.python_version()}


def table(title: str, first: str, *others: str) -> Table:
    """A table whose first column is text and whose others are numbers."""
    made = Table(first, title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for name in others:
        made.add_column(name, justify="right", min_width=max(map(len, name.split()), default=0))
    return made


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios: each round measured both in turn, so what slows the machine slows both."""
    return median(mine / other if other else inf for mine, other in zip(ours, theirs, strict=True))
