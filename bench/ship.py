"""`scripts/bench ship`: how fast a spool drains into the engine, beside a bare `_bulk` replay of the same documents.

Both in turn, into a fresh data stream each, on the same engine; once as it is, and once behind 100 ms of latency.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
from rich.table import Table

from auth0_elastic.engine.embedded.ports import free_port
from bench.day import raw_events
from bench.drain import Drained, drain, fill_spool
from bench.engines import STREAM, Site, now, warm_engine
from bench.replay import Way, bodies, replay
from bench.report import Result, Row, Step, options, progress, ratio, show, table
from bench.served import running

LATENCY_MS = 100


def _ways(documents: Sequence[int], at_once: Sequence[int]) -> tuple[Way, ...]:
    return tuple(map(Way._make, product(documents, at_once)))


class Plan(NamedTuple):
    """How many events are drained, how often; of which ways the best is looked for, with how many; warm-up rounds."""

    events: int
    rounds: int
    ways: tuple[Way, ...]
    trial: int
    warm_up: int

    @property
    def steps(self) -> int:
        return 1 + 2 * (len(self.ways) + 2 * self.rounds)


QUICK = Plan(5_000, 1, _ways((1000, 2000), (2, 4)), 4_000, 3)
FULL = Plan(100_000, 3, _ways((500, 1000, 2000, 4000), (2, 4, 8)), 16_000, 20)


@click.command(name="ship")
@options
def command(quick: bool, json_path: Path | None) -> None:
    """Events/s drained into the engine beside a bare _bulk replay, with and without 100 ms of latency."""
    show([measure(QUICK if quick else FULL)], json_path)


def measure(plan: Plan) -> Result:
    """Raises EngineError, or Auth0ElasticError when not every event arrives."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name, progress("ship", plan.steps) as step:
        step("starting the engine")
        with warm_engine(Path(name), plan.warm_up) as site:
            rows.append(_compare(plan, site, site.url, Path(name) / "direct", step))
            with delayed(Path(name), site.url, LATENCY_MS) as url:
                rows.append(_compare(plan, site, url, Path(name) / "delayed", step))
    direct, far = rows
    far = {**far, "ratio_to_direct_replay": round(far["ours_events_a_second"] / direct["replay_events_a_second"], 2)}
    return Result("ship", [direct, far], _table([direct, far]))


@contextmanager
def delayed(folder: Path, url: str, milliseconds: int) -> Iterator[str]:
    """Another URL of the engine, behind latency."""
    port, target = free_port(), url.rpartition(":")[2]
    command = [sys.executable, "-m", "bench.delay", str(port), target, str(milliseconds)]
    with running(command, folder / "delay.log", port):
        yield f"{url.rpartition(':')[0]}:{port}"


def _compare(plan: Plan, site: Site, url: str, folder: Path, step: Step) -> Row:
    best = _best_way(plan, site, url, step)
    requests = bodies(list(raw_events(plan.events)), best.documents, now())
    replayed: list[float] = []
    drained: list[Drained] = []
    for number in range(plan.rounds):
        step(f"replay, {best.documents} a request, {best.at_once} at once")
        replayed.append(plan.events / _replay(site, url, requests, best.at_once, plan.events))
        step("shipper")
        spool = folder / str(number)
        fill_spool(spool / "spool", plan.events)
        site.fresh()
        drained.append(drain(spool, url, plan.events))
        site.check(plan.events)
    ours = [each.per_second for each in drained]
    return {
        "latency_ms": 0 if url == site.url else LATENCY_MS,
        "ratio": round(ratio(ours, replayed), 3),
        "ours_events_a_second": round(median(ours)),
        "replay_events_a_second": round(median(replayed)),
        "replay_documents_a_request": best.documents,
        "replay_requests_at_once": best.at_once,
        "shipper_cpu_us_an_event": round(1e6 * median(each.cpu / each.events for each in drained), 1),
        "shipper_peak_pss_mib": round(max(each.peak_pss for each in drained) / 2**20),
        "rounds": [round(mine / other, 3) for mine, other in zip(ours, replayed, strict=True)],
    }


def _best_way(plan: Plan, site: Site, url: str, step: Step) -> Way:
    """The fastest of the ways, each tried with the same few documents."""
    events = list(raw_events(plan.trial))
    seconds: dict[Way, float] = {}
    for way in plan.ways:
        step(f"looking for the best replay: {way.documents} a request, {way.at_once} at once")
        seconds[way] = _replay(site, url, bodies(events, way.documents, now()), way.at_once, plan.trial)
    return min(seconds, key=lambda way: seconds[way])


def _replay(site: Site, url: str, requests: Sequence[bytes], at_once: int, count: int) -> float:
    site.fresh()
    seconds = replay(url, STREAM, requests, at_once)
    site.check(count)
    return seconds


def _table(rows: Sequence[Row]) -> Table:
    names = (
        "÷ replay",
        "÷ direct replay",
        "events/s",
        "replay's events/s",
        "its requests at once",
        "CPU µs/event",
        "peak MiB",
    )
    made = table("Drained into the engine", "latency", *names)
    for row in rows:
        beside = f"{row.get('ratio_to_direct_replay', row['ratio']):.2f}"
        way = f"{row['replay_requests_at_once']} of {row['replay_documents_a_request']:,}"
        rates = (f"{row[f'{who}_events_a_second']:,}" for who in ("ours", "replay"))
        cost = (f"{row['shipper_cpu_us_an_event']:.0f}", f"{row['shipper_peak_pss_mib']}")
        made.add_row(f"{row['latency_ms']} ms", f"{row['ratio']:.2f}", beside, *rates, way, *cost)
    return made
