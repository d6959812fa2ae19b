"""`auth0-elastic test`: runs the package's pipeline tests on a real engine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import EmbeddedEngine, cache_directory, running_engine
from auth0_elastic.golden import find_cases, run
from auth0_elastic.golden.show import show_problems, show_table
from auth0_elastic.package_files import find_package
from auth0_elastic.settings_option import config_option, read


@click.command(name="test")
@click.argument("cases", metavar="[CASE]...", nargs=-1)
@click.option(
    "--engine",
    "engine_url",
    metavar="embedded|URL",
    default="embedded",
    show_default=True,
    help="The embedded engine, which is started unless it runs, or the one at URL, with the settings' credentials.",
)
@click.option("--update", is_flag=True, help="Write the expectations anew. Review what changed before you commit it.")
@config_option
@click.pass_context
def command(
    context: click.Context, cases: tuple[str, ...], engine_url: str, update: bool, config_path: Path | None
) -> None:
    """Run the pipeline tests of the package, or those that are named.

    Each event of a case goes through the ingest pipeline; what comes out is compared with what is expected, indexed,
    and found again. Pipelines and index have temporary names and are removed afterwards. Exits with 1 when anything
    differs.
    """
    console = Console()
    paths = find_cases(find_package(), cases)
    with _engine(engine_url, config_path) as engine:
        report = run(engine, paths, update, on_case=lambda case: show_problems(console, case))
    show_table(console, report)
    context.exit(0 if report.ok else 1)


@contextmanager
def _engine(url: str, config_path: Path | None) -> Iterator[Engine]:
    if url != "embedded":
        yield connect(replace(read(config_path).settings.elasticsearch, hosts=(url,)))
        return
    running = running_engine(cache_directory() / "engine-data")
    if running is not None:
        yield _local(running.url)
        return
    with (
        tempfile.TemporaryDirectory(prefix="auth0-elastic-test-") as data,
        EmbeddedEngine(Path(data), short_lived=True) as embedded,
    ):
        yield _local(embedded.url)


def _local(url: str) -> Engine:
    """The embedded engine needs no credentials, so no settings of the user's are read."""
    return connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(url,)))
