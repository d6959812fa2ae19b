"""`scripts/bench growth` and `scripts/bench all`: measure after measure, with tables and plots for the docs.

The loads of accept, latency and depth grow by factors of ten, so that their plots show how each measure grows.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from auth0_elastic.errors import Auth0ElasticError
from bench import accept, depth, latency, resources, ship
from bench.docs_tables import write_tables
from bench.plots import draw_all
from bench.report import Result, options, show, write
from bench.telegraf import find

Measurements = Mapping[str, Callable[[], Result]]

_telegraf = click.option(
    "--telegraf", "program", type=click.Path(path_type=Path, exists=True), help="Telegraf, if not on the PATH."
)
_docs = click.option(
    "--docs",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Draw the plots into img/ of this folder, and put the tables into its performance.md.",
)


@click.command(name="growth")
@_telegraf
@_docs
@options
def command(program: Path | None, docs: Path | None, quick: bool, json_path: Path | None) -> None:
    """How each measure grows with its load: accept, latency, drain, memory, storage."""
    run(_growing(program, quick=quick), docs, json_path)


@click.command(name="all")
@_telegraf
@_docs
@options
def everything(program: Path | None, docs: Path | None, quick: bool, json_path: Path | None) -> None:
    """accept, ship, latency, resources and growth: 15 minutes on a machine that does nothing else, 5 with --quick."""
    others: Measurements = {
        "ship": partial(ship.measure, ship.QUICK if quick else ship.FULL),
        "resources": partial(resources.measure, resources.QUICK if quick else resources.FULL),
    }
    run({**_growing(program, quick=quick), **others}, docs, json_path)


def _growing(program: Path | None, *, quick: bool) -> Measurements:
    return {
        "accept": partial(accept.measure, accept.QUICK if quick else accept.FULL, find(program)),
        "latency": partial(latency.measure, latency.QUICK if quick else latency.FULL),
        "depth": partial(depth.measure, depth.QUICK if quick else depth.FULL),
    }


def run(measurements: Measurements, docs: Path | None, json_path: Path | None) -> None:
    """One after the other, each shown and kept at once; one that fails spares the others, but not the exit code."""
    results: list[Result] = []
    for name, measure in measurements.items():
        try:
            result = measure()
        except Auth0ElasticError as error:
            click.echo(f"{name}: {error}", err=True)
            continue
        results.append(result)
        show([result], None)
        _keep(results, docs, json_path)
    sys.exit(len(results) < len(measurements))


def _keep(results: Sequence[Result], docs: Path | None, json_path: Path | None) -> None:
    if json_path is not None:
        write(results, json_path)
    if docs is not None:
        draw_all(results, docs / "img")
        write_tables(results, docs / "performance.md")
