"""`scripts/bench scale-out`: what one and two listeners behind nginx take, each with a spool of its own.

On one machine they share its processors with nginx and wrk. So the ratio says whether anything else is shared, and not
what a second machine brings.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
from rich.table import Table

from bench import wrk
from bench.day import requests
from bench.nginx import nginx
from bench.processes import cpu_seconds, tree
from bench.replicas import TOKEN, replica
from bench.report import Result, Row, Step, options, progress, ratio, show, table

SIZES = (1, 100)  # events a request
_CONNECTIONS = 32
_EVENTS = 4_000  # distinct ones, sent again and again
_PATH = "/auth0/logs"
ALONE, ONE, TWO = "one listener", "one behind nginx", "two behind nginx"


class Plan(NamedTuple):
    """How long and how often each is measured."""

    seconds: float
    rounds: int


QUICK, FULL = Plan(2, 1), Plan(5, 5)


class Target(NamedTuple):
    """Where to post, and the processes that take part in it besides wrk: those of the listeners, and of nginx."""

    url: str
    listeners: tuple[int, ...]
    nginx: tuple[int, ...] = ()


class Taken(NamedTuple):
    """Of each round: events/s, p99 in ms, CPUs that the listeners and nginx took, failed requests."""

    events: list[float]
    p99: list[float]
    listeners: list[float]
    nginx: list[float]
    failed: list[int]


@click.command(name="scale-out")
@options
def command(quick: bool, json_path: Path | None) -> None:
    """Events/s on the disk: one listener over HTTP, one and two of them behind nginx, which takes HTTPS.

    Each listener has one worker. Needs wrk and nginx (apt-get install wrk nginx-light).
    """
    show([measure(QUICK if quick else FULL)], json_path)


def measure(plan: Plan, sizes: tuple[int, ...] = SIZES) -> Result:
    """All three in turn, round by round. Raises MissingTool without wrk or nginx, Auth0ElasticError otherwise."""
    rows: list[Row] = []
    with progress("scale-out", len(sizes) * plan.rounds * 3) as step:
        for size in sizes:
            rows += _compare(plan, size, step)
    return Result("scale_out", rows, _table(rows))


def _compare(plan: Plan, size: int, step: Step) -> list[Row]:
    taken = {name: Taken([], [], [], [], []) for name in (ALONE, ONE, TWO)}
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name, _targets(Path(name)) as targets:
        bodies = Path(name) / "bodies"
        wrk.write_bodies(bodies, requests(size, max(8, _EVENTS // size)))
        for _ in range(plan.rounds):
            for target, one in targets.items():
                step(f"{target}, {size} a request")
                _load(one, bodies, size, plan.seconds, taken[target])
    return [_row(name, size, each, taken[ONE]) for name, each in taken.items()]


@contextmanager
def _targets(folder: Path) -> Iterator[dict[str, Target]]:
    with ExitStack() as running:
        first, second = (running.enter_context(replica(folder / name, "listen")) for name in ("first", "second"))
        of_one = running.enter_context(nginx(folder / "nginx-1", [first.port]))
        of_two = running.enter_context(nginx(folder / "nginx-2", [first.port, second.port]))
        yield {
            ALONE: Target(f"http://127.0.0.1:{first.port}{_PATH}", (first.pid,)),
            ONE: Target(of_one.url + _PATH, (first.pid,), (of_one.pid,)),
            TWO: Target(of_two.url + _PATH, (first.pid, second.pid), (of_two.pid,)),
        }


def _load(target: Target, bodies: Path, size: int, seconds: float, taken: Taken) -> None:
    listeners, proxy = _cpu(target.listeners), _cpu(target.nginx)
    load = wrk.run(target.url, bodies, TOKEN, connections=_CONNECTIONS, seconds=seconds)
    taken.events.append(load.per_second * size)
    taken.p99.append(load.p99)
    taken.failed.append(load.failed)
    taken.listeners.append((_cpu(target.listeners) - listeners) / load.seconds)
    taken.nginx.append((_cpu(target.nginx) - proxy) / load.seconds)


def _cpu(pids: tuple[int, ...]) -> float:
    return sum(cpu_seconds(tree(pid)) for pid in pids)


def _row(name: str, size: int, taken: Taken, one: Taken) -> Row:
    return {
        "what": name,
        "events_a_request": size,
        "ratio_to_one_behind_nginx": round(ratio(taken.events, one.events), 2),
        "events_a_second": round(median(taken.events)),
        "p99_ms": round(median(taken.p99), 1),
        "failed": sum(taken.failed),
        "listeners_cpus": round(median(taken.listeners), 2),
        "nginx_cpus": round(median(taken.nginx), 2),
    }


def _table(rows: list[Row]) -> Table:
    names = ("÷ one behind nginx", "events/s", "p99 ms", "failed", "CPUs of listeners", "CPUs of nginx")
    made = table("Accepted by replicas", "events a request", *names)
    for row in rows:
        made.add_row(
            f"{row['events_a_request']:,}, {row['what']}",
            f"{row['ratio_to_one_behind_nginx']:.2f}",
            f"{row['events_a_second']:,}",
            f"{row['p99_ms']:.1f}",
            f"{row['failed']:,}",
            f"{row['listeners_cpus']:.2f}",
            f"{row['nginx_cpus']:.2f}",
        )
    return made
