"""Shows what came out of a test run."""

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from auth0_elastic.golden.profile import Profile
from auth0_elastic.golden.report import CaseReport, Report


def show_problems(console: Console, case: CaseReport) -> None:
    """Each document's difference, or why it was not indexed."""
    for number, text in case.differences.items():
        console.print(Text(f"\n{case.name}, document {number}", "bold"))
        console.print(Syntax(text, "diff", theme="ansi_dark", background_color="default", word_wrap=True))
    for number, reason in case.not_indexed.items():
        console.print(Text(f"\n{case.name}, document {number} is not indexed: ", "bold") + Text(reason, "red"))


def show_table(console: Console, report: Report) -> None:
    """A row for each test, and one for all."""
    table = Table(box=None, pad_edge=False, header_style="dim", footer_style="bold", show_footer=True)
    broken = sum(not case.ok for case in report.cases)
    table.add_column("case", f"{len(report.cases)} cases", overflow="fold")
    table.add_column("documents", str(sum(case.documents for case in report.cases)), justify="right")
    table.add_column("result", f"{broken} not ok" if broken else "all ok")
    table.add_column("time", f"{sum(case.seconds for case in report.cases):.2f} s", justify="right")
    for case in report.cases:
        status = Text(case.status, "green" if case.ok else "red")
        table.add_row(case.name, str(case.documents), status, f"{case.seconds:.2f} s")
    console.print(table)


def show_profile(console: Console, found: Profile) -> None:
    """A row for each processor, the slowest first, and how the pipeline compares with the baseline."""
    every = sum(cost for _, cost in found.processors)
    table = Table(box=None, pad_edge=False, header_style="dim", footer_style="bold", show_footer=True)
    table.add_column("processor", f"{len(found.processors)} processors", overflow="fold")
    table.add_column("µs a document", f"{every:.1f}", justify="right")
    table.add_column("share", justify="right")
    for tag, cost in found.processors:
        table.add_row(tag, f"{cost:.1f}", f"{cost / every:.0%}" if every else "")
    console.print(table)
    console.print(
        f"pipeline {found.pipeline:.1f} µs, baseline {found.baseline:.1f} µs, ratio {found.ratio:.2f}", style="bold"
    )
    console.print(
        f"Medians of {found.rounds} rounds of {found.documents:,} documents each, after as many to warm up, on "
        f"{found.engine}; with the reading of each document. The baseline is json, date, geoip twice and "
        "user_agent.",
        highlight=False,
    )
    if found.untold:
        console.print(f"Not timed by the engine, because of their `if`: {', '.join(found.untold)}.", highlight=False)
