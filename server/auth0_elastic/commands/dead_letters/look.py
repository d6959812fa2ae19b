"""`auth0-elastic dead-letters list`, `show` and `export`."""

import json
from collections import Counter, deque
from collections.abc import Iterable

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auth0_elastic.commands.dead_letters.common import (
    Found,
    counted,
    described,
    find,
    named,
    reason_option,
    stores_of,
    time_of,
    whole,
)
from auth0_elastic.config.settings import Settings
from auth0_elastic.log import clean
from auth0_elastic.settings_option import with_settings

LONGEST_REASON = 160


@click.command("list")
@reason_option
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many of the newest to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print all of them as JSON lines, without the events themselves.")
@with_settings()
def list_(settings: Settings, *, reason: str | None, limit: int, as_json: bool) -> None:
    """Count the dead letters by kind of reason, and show the newest."""
    with stores_of(settings) as stores:
        if as_json:
            for found in find(stores, reason):
                click.echo(json.dumps(described(found), ensure_ascii=False))
        else:
            _print(find(stores, reason), limit)


def _print(letters: Iterable[Found], limit: int) -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    newest: deque[Found] = deque(maxlen=limit)
    for found in letters:
        key = found.data_stream, found.letter.kind
        kinds[key] += 1
        examples[key] = found.letter.reason
        newest.append(found)
    console = Console()
    console.print(counted(kinds.total()))
    if kinds:
        console.print(_kinds(kinds, examples))
        console.print()
        console.print(_newest(newest))


def _kinds(kinds: Counter[tuple[str, str]], examples: dict[tuple[str, str], str]) -> Table:
    table = Table("count", "data stream", "kind", "such as", box=None)
    table.columns[0].justify = "right"
    for key, count in kinds.most_common():
        table.add_row(f"{count:,}", *key, _shortened(examples[key]))
    return table


def _newest(letters: Iterable[Found]) -> Table:
    table = Table("id", "died, UTC", "data stream", "kind", "size", "state", box=None)
    table.columns[4].justify = "right"
    for found in letters:
        letter = found.letter
        size = f"{len(letter.raw):,}"
        table.add_row(found.id, time_of(letter.died)[:19], found.data_stream, letter.kind, size, found.state)
    return table


def _shortened(reason: str) -> Text:
    text = clean(reason)
    return Text(text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…")


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, the event in it as the text `original`.")
@with_settings()
def show(settings: Settings, *, id_: str, as_json: bool) -> None:
    """Show a dead letter whole: why it is one, and the event as it came."""
    with stores_of(settings) as stores:
        (found,) = named(stores, [id_])
    if as_json:
        click.echo(json.dumps(whole(found), indent=2, ensure_ascii=False))
        return
    for name, value in described(found).items():
        if value is not None:
            click.echo(f"{name + ':':<13}{clean(str(value))}")
    click.echo(f"\n{clean(found.letter.raw.decode(errors='backslashreplace'))}")


@click.command()
@reason_option
@with_settings()
def export(settings: Settings, *, reason: str | None) -> None:
    """Print them whole as JSON lines, the event in each as the text `original`."""
    with stores_of(settings) as stores:
        for found in find(stores, reason):
            click.echo(json.dumps(whole(found), ensure_ascii=False))


commands = (list_, show, export)
