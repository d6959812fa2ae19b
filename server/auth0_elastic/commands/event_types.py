"""`auth0-elastic event-types`: shows the table of event types and rewrites the pipeline that is generated from it."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from auth0_elastic.errors import PackageError
from auth0_elastic.event_types import EventType, load, pipeline

PIPELINE_FILE = Path(__file__).parents[3] / "package/data_stream/logs/elasticsearch/ingest_pipeline/event_types.yml"


@click.command(name="event-types")
@click.argument("codes", nargs=-1)
@click.option("--write", is_flag=True, help="Rewrite the package's event_types.yml from event_types.csv instead.")
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
    if not target.parents[4].is_dir():
        raise PackageError(f"{target.parents[4]} is not there: --write needs a checkout of the repository")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(pipeline(), encoding="utf-8")
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
