"""`auth0-elastic dead-letters`: what could not be indexed, and why."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from auth0_elastic.config.settings import Settings
from auth0_elastic.log import clean
from auth0_elastic.settings_option import with_settings
from auth0_elastic.spool.ledger import DeadLetter, LedgerView

SHOWN = 80


@click.command("dead-letters")
@click.option("--export", is_flag=True, help="Print them whole, as JSON lines, with the original.")
@with_settings()
def command(settings: Settings, *, export: bool) -> None:
    """Show the events that could not be indexed, with the reason of each and how it begins."""
    found = [letter for folder in settings.spool.folders.values() for letter in _in(folder)]
    letters = sorted(found, key=lambda letter: letter.died)
    if export:
        for letter in letters:
            click.echo(json.dumps(_whole(letter), ensure_ascii=False))
        return
    console = Console()
    console.print(_table(letters))
    for reason, count in Counter(letter.reason for letter in letters).most_common(10):
        console.print(f"{count:>6}  {clean(reason)}", markup=False)


def _in(folder: Path) -> list[DeadLetter]:
    try:
        with closing(LedgerView(folder)) as view:
            return view.dead_letters()
    except sqlite3.OperationalError:  # no server has run on this spool yet
        return []


def _table(letters: list[DeadLetter]) -> Table:
    table = Table(
        "received, UTC", "refused by", "reason, and how it begins", box=None, title=f"{len(letters)} dead letters"
    )
    for letter in letters[-20:]:
        by = "the listener" if letter.status is None else f"the engine, {letter.status}"
        beginning = letter.raw[:SHOWN].decode(errors="replace")
        table.add_row(_time(letter.received), by, f"{clean(letter.reason)}\n{clean(beginning)}")
    return table


def _whole(letter: DeadLetter) -> dict[str, object]:
    return {
        "received": _time(letter.received),
        "died": _time(letter.died),
        "status": letter.status,
        "reason": letter.reason,
        "original": letter.raw.decode(errors="backslashreplace"),
    }


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
