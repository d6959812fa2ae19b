"""`auth0-elastic event-types`: shows the table of event types and brings the pipeline up to date with it."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from auth0_elastic.errors import PackageError
from auth0_elastic.event_types import EventType, load, with_event_types
from auth0_elastic.package_files.locate import read_text

PIPELINE_FILE = Path(__file__).parents[3] / "package/data_stream/logs/elasticsearch/ingest_pipeline/default.yml"


@click.command(name="event-types")
@click.argument("codes", nargs=-1)
@click.option("--write", is_flag=True, help="Bring the package's pipeline up to date with event_types.csv instead.")
def command(codes: tuple[str, ...], write: bool) -> None:
    """Show what Auth0's event type CODES become in ECS; without CODES, all of them."""
    if write:
        _write(PIPELINE_FILE)
        return
    table = load()
    if missing := [code for code in codes if code not in table]:
        raise click.BadArgumentUsage(
            f"not in event_types.csv: {', '.join(missing)}; such events are kept with event.action unknown-<code>"
        )
    Console().print(_as_table([table[code] for code in codes or table]))


def _write(target: Path) -> None:
    if not target.is_file():
        raise PackageError(f"{target} is not there: --write needs a checkout of the repository")
    target.write_text(with_event_types(read_text(target)), encoding="utf-8")
    click.echo(f"wrote {len(load())} event types to {target}")


def _as_table(event_types: list[EventType]) -> Table:
    table = Table(show_lines=True)
    table.add_column("event.code\nevent.outcome, severity", overflow="fold")
    table.add_column("name\nevent.action", overflow="fold")
    table.add_column("event.category\nevent.type", overflow="fold")
    for each in event_types:
        table.add_row(
            f"{each.code}\n{each.outcome}, {each.severity}",
            f"{each.name}\n{each.action}",
            f"{' '.join(each.category)}\n{' '.join(each.type)}",
        )
    return table
