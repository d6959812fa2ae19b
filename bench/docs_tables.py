"""Puts measured tables into docs/performance.md, each between `<!-- NAME -->` and `<!-- /NAME -->`."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

from rich.table import Table

from bench.report import Result


def write_tables(results: Sequence[Result], page: Path) -> None:
    """Replaces the tables of these results; what has no place in the page is left out."""
    text = page.read_text()
    when = f"Measured {datetime.now(UTC):%Y-%m-%d} on {cpu_count()} CPUs."
    for result in results:
        text = replaced(text, result.name, f"{when}\n\n{markdown(result.table)}")
    page.write_text(text)


def replaced(text: str, name: str, content: str) -> str:
    """The text with other content between the marks of that name."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)


def markdown(table: Table) -> str:
    """The table in Markdown, numbers to the right, with its caption below."""
    rows = zip(*(column.cells for column in table.columns), strict=True)
    names = [str(column.header) for column in table.columns]
    lines = [names, ["---", *["---:"] * (len(names) - 1)], *([str(cell).strip() for cell in row] for row in rows)]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{text}\n\n{table.caption}" if table.caption else text
