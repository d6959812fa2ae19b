"""`auth0-elastic engine`: an OpenSearch on this machine, without Docker, that runs until it is stopped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from auth0_elastic.engine.embedded import EmbeddedEngine, cache_directory, running_engine, stop_engine

_NOT_RUNNING = 3  # what `systemctl status` ends with

_data_option: Callable[[Any], Any] = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: cache_directory() / "engine-data",
    show_default="engine-data in the cache directory",
    help="Directory of the engine's data and log.",
)


@click.group("engine")
def command() -> None:
    """Run a local OpenSearch for trying things out (needs Java 17 and Maven, no Docker)."""


@command.command()
@_data_option
@click.option("--port", type=click.IntRange(1, 65535), default=9200, show_default=True, help="Port on 127.0.0.1.")
@click.option("--heap", default="512m", show_default=True, help="Memory of the Java heap.")
def start(data: Path, port: int, heap: str) -> None:
    """Start the engine in the background and print its URL; fetches it first if needed."""
    running = running_engine(data)
    if running is None:
        running = EmbeddedEngine(data, port=port, heap=heap, detached=True).start()
    click.echo(running.url)


@command.command()
@_data_option
def stop(data: Path) -> None:
    """Stop the engine; its data stays."""
    click.echo("stopped" if stop_engine(data) else "not running")


@command.command()
@_data_option
@click.pass_context
def status(context: click.Context, data: Path) -> None:
    """Print whether the engine runs, and where; exit with 3 when it does not."""
    running = running_engine(data)
    if running is None:
        click.echo("not running")
        context.exit(_NOT_RUNNING)
    click.echo(f"running: {running.url} (pid {running.pid}, {running.kind}, data in {data})")
