"""`auth0-elastic test`: runs the package's pipeline tests on a real engine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.docker import DockerEngine, image_of
from auth0_elastic.engine.embedded import EmbeddedEngine, cache_directory, install, running_engine
from auth0_elastic.generate import day, encode
from auth0_elastic.golden import find_cases, read_case, run
from auth0_elastic.golden.case import data_stream_of
from auth0_elastic.golden.profile import Profile, profile
from auth0_elastic.golden.show import show_problems, show_profile, show_table
from auth0_elastic.package_files import find_package, load_assets
from auth0_elastic.settings_option import config_option, read

_PROFILED = "logs"


@click.command(name="test")
@click.argument("cases", metavar="[CASE]...", nargs=-1)
@click.option(
    "--engine",
    "engine_url",
    metavar="embedded|docker|URL",
    default="embedded",
    show_default=True,
    help="The embedded engine, which is started unless it runs; Elasticsearch in Docker (docker:VERSION); or "
    "the one at URL, with the settings' credentials.",
)
@click.option("--update", is_flag=True, help="Write the expectations anew. Review what changed before you commit it.")
@click.option(
    "--profile",
    "profiled",
    is_flag=True,
    help="Measure what the pipeline costs a document instead, with a generated day and the cases that are named.",
)
@click.option("--rounds", default=25, show_default=True, type=click.IntRange(min=1), help="Rounds of --profile.")
@config_option
@click.pass_context
def command(
    context: click.Context,
    cases: tuple[str, ...],
    engine_url: str,
    update: bool,
    profiled: bool,
    rounds: int,
    config_path: Path | None,
) -> None:
    """Run the pipeline tests of the package, or those that are named.

    Each event of a case goes through the ingest pipeline; what comes out is compared with what is expected, indexed,
    and found again. Pipelines and index have temporary names and are removed afterwards. Exits with 1 when anything
    differs.
    """
    console = Console()
    paths = find_cases(find_package(), cases)
    if profiled:
        with _engine(engine_url, config_path, for_profile=True) as engine:
            show_profile(console, _profile(engine, paths if cases else [], rounds))
        return
    with _engine(engine_url, config_path) as engine:
        report = run(engine, paths, update, on_case=lambda case: show_problems(console, case))
    show_table(console, report)
    context.exit(0 if report.ok else 1)


def _profile(engine: Engine, paths: list[Path], rounds: int) -> Profile:
    events = [event for path in paths if data_stream_of(path).name == _PROFILED for event in read_case(path).events]
    tags = ["preserve_original_event", "forwarded"]
    end = datetime(2026, 11, 21, tzinfo=UTC)
    documents = [event for event in events if "message" in event]
    for each in day(1, 3000, end=end):
        message = encode([each], "JSONOBJECT").decode()
        documents.append({"@timestamp": end.isoformat(), "message": message, "tags": tags})
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Warming up and measuring", total=2 * rounds)
        return profile(engine, load_assets(_PROFILED), documents, rounds, lambda: progress.advance(task))


@contextmanager
def _engine(url: str, config_path: Path | None, for_profile: bool = False) -> Iterator[Engine]:
    if url == "docker" or url.startswith("docker:"):
        geoip = install("opensearch") / "modules" / "ingest-geoip"  # the image has no databases of its own
        with DockerEngine(image_of(url), geoip) as container:
            yield _local(container.url)
        return
    if url != "embedded":
        yield connect(replace(read(config_path).settings.elasticsearch, hosts=(url,)))
        return
    running = running_engine(cache_directory() / "engine-data")
    if running is not None and not for_profile:
        yield _local(running.url)
        return
    with (
        tempfile.TemporaryDirectory(prefix="auth0-elastic-test-") as data,
        EmbeddedEngine(Path(data), short_lived=not for_profile) as embedded,
    ):
        yield _local(embedded.url)


def _local(url: str) -> Engine:
    """The embedded engine needs no credentials, so no settings of the user's are read."""
    return connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(url,)))
