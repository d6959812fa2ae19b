"""`auth0-elastic send`: posts a file, or generated events, to a listener."""

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from auth0_elastic.errors import ConfigError
from auth0_elastic.generate import events
from auth0_elastic.generate.encode import FORMATS, split
from auth0_elastic.secret import Secret
from auth0_elastic.send import MIXED, Summary, Target, send

_TOKEN = "AUTH0_ELASTIC_SEND_TOKEN"  # noqa: S105 - the variable's name


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f} events/s")


def _token(file: Path | None) -> Secret | None:
    """The token from the file or else the environment; `Authorization` carries it as it stands."""
    value = file.read_text(encoding="utf-8").strip() if file else os.environ.get(_TOKEN, "")
    source = f"--token-file {file}" if file else _TOKEN
    if file and not value:
        raise ConfigError(f"{source}: the file is empty; write the listener's token into it")
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"{source}: not one line of ASCII; write the listener's token into it, and nothing else")
    return Secret(value) if value else None


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ConfigError(f"--url: {url!r} is not a URL; try https://localhost:8383/auth0/logs")
    if parts.username or parts.password:
        raise ConfigError("--url: a URL with a password in it is seen by every user; use --token-file")
    return url


def _from(file: IO[bytes]) -> Iterable[bytes]:
    try:
        return split(file)
    except ValueError as error:
        raise ConfigError(f"{file.name}: {error}") from error


def _source(file: IO[bytes] | None, generate: int | None, seed: int) -> Iterable[dict[str, Any] | bytes]:
    if (file is None) == (generate is None):
        raise click.UsageError("Give either a FILE (- for standard input) or --generate COUNT.")
    if file is not None:
        return _from(file)
    return events(seed, generate or 0, end=datetime.now(UTC))


def _send(source: Iterable[dict[str, Any] | bytes], target: Target, total: int | None) -> Summary:
    columns = (TextColumn("posting"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("posting", total=total)
        summary = send(source, target, progress=lambda count: bar.advance(task, count))
        bar.update(task, total=summary.posted)
    return summary


def _report(summary: Summary) -> None:
    click.echo(
        f"posted {summary.posted:,}, accepted {summary.accepted:,}, rejected {summary.rejected:,} "
        f"in {summary.requests:,} requests and {summary.seconds:.1f} s: {summary.events_per_second:,.0f} events/s"
    )
    if summary.rejected:
        click.echo("Rejected events are the listener's dead letters; its log says why.", err=True)


@click.command("send")
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--url", required=True, help="The listener's URL, such as https://localhost:8383/auth0/logs.")
@click.option("--generate", type=click.IntRange(1), metavar="COUNT", help="Send COUNT events of a generated last day.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which day to generate.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Holds the value of the Authorization header; else the environment's {_TOKEN}.",
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of the authority that signed the listener's certificate.",
)
@click.option(
    "--content-format",
    type=click.Choice((*FORMATS, MIXED)),
    default="JSONLINES",
    show_default=True,
    help="Auth0's content formats; mixed takes them in turn.",
)
@click.option(
    "--batch-size", type=click.IntRange(1), default=100, show_default=True, help="Events in a request; JSONOBJECT: 1."
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="At most so many events a second.")
@click.option("--connections", type=click.IntRange(1, 64), default=4, show_default=True, help="Requests in flight.")
def command(
    file: IO[bytes] | None,
    url: str,
    generate: int | None,
    seed: int,
    token_file: Path | None,
    ca: Path | None,
    content_format: str,
    batch_size: int,
    rate: float | None,
    connections: int,
) -> None:
    """Post Auth0 events to a listener: those of FILE (JSON lines, an array or an object; - is standard input), or
    generated ones.

    A busy listener (503) and a broken connection are tried again; an event that arrives twice is stored once. Ends with
    exit code 0 only if every event was accepted.
    """
    source = _source(file, generate, seed)
    token = _token(token_file)
    target = Target(_checked_url(url), token, ca, content_format, batch_size, rate, connections)
    summary = _send(source, target, generate)
    _report(summary)
    if not summary.complete:
        sys.exit(1)
