"""`scripts/bench accept`: how much the listener takes, each event on the disk before the answer, beside Telegraf.

Only the listener runs (`serve --only listen`): shipping, which would take its share of the machine, is measured apart.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
from rich.table import Table

from bench import wrk
from bench.day import requests
from bench.processes import cpu_seconds, tree
from bench.report import Result, Row, Step, options, progress, ratio, show, table
from bench.served import served
from bench.telegraf import HOW_TO_INSTALL, dropped, find, telegraf
from bench.wrk import Load

SIZES = (1, 10, 100, 1000)  # events a request
CONNECTIONS = {1: 64, 10: 64, 100: 64, 1000: 8}  # more of the large ones would only wait for each other
_EVENTS = 4_000  # distinct ones; those of a size are sent again and again


class Plan(NamedTuple):
    """How long and how often each is measured."""

    seconds: float
    rounds: int


QUICK, FULL = Plan(2, 1), Plan(4, 3)


class Target(NamedTuple):
    """A server to be loaded."""

    pid: int
    url: str
    token: str


class Taken(NamedTuple):
    """The rounds of one server at one size, and its CPU seconds in them."""

    loads: list[Load]
    cpu: list[float]

    @property
    def requests(self) -> list[float]:
        return [load.per_second for load in self.loads]


@click.command(name="accept")
@click.option(
    "--telegraf", "program", type=click.Path(path_type=Path, exists=True), help="Telegraf, if not on the PATH."
)
@options
def command(program: Path | None, quick: bool, json_path: Path | None) -> None:
    """Events/s and requests/s on the disk, over HTTPS and HTTP, beside Telegraf's http_listener_v2.

    Needs wrk (apt-get install wrk). Telegraf is measured where it is found; without it, the table says how to get it.
    """
    show([measure(QUICK if quick else FULL, find(program))], json_path)


def measure(plan: Plan, program: Path | None, sizes: tuple[int, ...] = SIZES) -> Result:
    """Both in turn, round by round. Raises MissingTool without wrk, Auth0ElasticError when a server does not start."""
    rows: list[Row] = []
    servers = 2 if program else 1
    with progress("accept", 2 * len(sizes) * plan.rounds * servers) as step:
        for scheme in ("https", "http"):
            for size in sizes:
                rows.append(_compare(plan, program, scheme, size, step))
    return Result("accept", rows, _table(rows))


def _compare(plan: Plan, program: Path | None, scheme: str, size: int, step: Step) -> Row:
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name, _both(Path(name), program, scheme) as both:
        bodies = Path(name) / "bodies"
        wrk.write_bodies(bodies, requests(size, max(8, _EVENTS // size)))
        taken = {who: Taken([], []) for who in both}
        for _ in range(plan.rounds):
            for who, target in both.items():
                step(f"{who}, {scheme}, {size} a request")
                _load(target, bodies, CONNECTIONS[size], plan.seconds, taken[who])
        said_dropped = dropped(Path(name) / "telegraf")
    row: dict[str, object] = {"scheme": scheme, "events_a_request": size}
    for who, each in taken.items():
        row |= {f"{who}_{key}": value for key, value in _figures(each, size).items()}
    if "telegraf" in taken:
        row["telegraf_dropped"] = said_dropped
        row["ratio"] = round(ratio(taken["ours"].requests, taken["telegraf"].requests), 2)
    return row


@contextmanager
def _both(folder: Path, program: Path | None, scheme: str) -> Iterator[dict[str, Target]]:
    tls = scheme == "https"
    with served(folder / "ours", tls=tls, only="listen") as ours:
        targets = {"ours": Target(ours.pid, ours.url, ours.token)}
        if program is None:
            yield targets
            return
        with telegraf(program, folder / "telegraf", tls=tls) as theirs:
            yield targets | {"telegraf": Target(theirs.pid, theirs.url, "unused")}


def _load(target: Target, bodies: Path, connections: int, seconds: float, taken: Taken) -> None:
    processes = tree(target.pid)
    before = cpu_seconds(processes)
    load = wrk.run(target.url, bodies, target.token, connections=connections, seconds=seconds)
    taken.loads.append(load)
    taken.cpu.append(cpu_seconds(processes) - before)


def _figures(taken: Taken, size: int) -> dict[str, float]:
    """The medians of the rounds."""
    answered = sum(load.requests - load.failed for load in taken.loads)
    return {
        "events_a_second": round(median(taken.requests) * size),
        "requests_a_second": round(median(taken.requests), 1),
        "p50_ms": round(median(load.p50 for load in taken.loads), 1),
        "p99_ms": round(median(load.p99 for load in taken.loads), 1),
        "failed": sum(load.failed for load in taken.loads),
        "cpu_us_an_event": round(1e6 * sum(taken.cpu) / max(1, answered * size), 1),
    }


def _table(rows: list[Row]) -> Table:
    names = ("÷ Telegraf", "events/s", "requests/s", "p50 ms", "p99 ms", "CPU µs/event")
    made = table("Accepted", "events a request", *names)
    keys = ("events_a_second", "requests_a_second", "p50_ms", "p99_ms", "cpu_us_an_event")
    for row in rows:
        beside = f"{row['ratio']:.2f}" if "ratio" in row else "-"
        named = {f"{row['scheme']}, {row['events_a_request']:,}": ("ours", beside), "   Telegraf": ("telegraf", "")}
        for name, (who, first) in named.items():
            if f"{who}_p50_ms" in row:
                made.add_row(name, first, *(f"{row[f'{who}_{key}']:,.0f}" for key in keys))
    lost = sum(row.get("telegraf_dropped", 0) for row in rows)
    if not any("ratio" in row for row in rows):
        made.caption = f"Telegraf was not found; --telegraf PATH, or {HOW_TO_INSTALL}"
    elif lost:
        made.caption = f"Telegraf says that it has dropped {lost:,} of the events it had acknowledged."
    return made
