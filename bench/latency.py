"""`scripts/bench latency`: how long after it is posted an event is accepted, indexed and searchable, at several rates.

The whole product runs, with an engine beside it. Events are told apart by their number: the first one indexed or found
is taken for the first one posted, and so on, which is exact to within a batch.
"""

import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click
from rich.table import Table

from auth0_elastic.errors import Auth0ElasticError
from bench.day import raw_events
from bench.drain import delivered
from bench.engines import STREAM, Site, warm_engine
from bench.post import Posted, post, steadily
from bench.report import Result, Row, options, progress, show, table
from bench.served import Served, served

RATES = (1, 10, 100, 1000)  # events a second
_EVENTS_A_REQUEST = {1000: 10}  # at this rate; otherwise one
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 60.0


class Plan(NamedTuple):
    """How long each rate is kept up, and how often to warm the engine up."""

    seconds: float
    warm_up: int


QUICK, FULL = Plan(5, 3), Plan(20, 8)


class Seen(NamedTuple):
    """How many events there were at a moment."""

    at: float
    events: int


@click.command(name="latency")
@options
def command(quick: bool, json_path: Path | None) -> None:
    """Milliseconds from posted to accepted, indexed and searchable, at 1 to 1,000 events/s."""
    show([measure(QUICK if quick else FULL)], json_path)


def measure(plan: Plan, rates: Sequence[int] = RATES) -> Result:
    """Raises EngineError, or Auth0ElasticError when not every event arrives."""
    with (
        tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name,
        progress("latency", len(rates) + 1) as step,
    ):
        step("starting the engine")
        with warm_engine(Path(name), plan.warm_up) as site:
            interval = refresh_interval(site)
            with served(Path(name) / "ours", tls=True, elasticsearch={"hosts": [site.url]}) as server:
                rows: list[Row] = []
                first = 0
                for rate in rates:
                    step(f"{rate} events/s")
                    count = max(3, round(rate * plan.seconds))
                    rows.append({"refresh_interval": interval, **_at(rate, first, count, server, site)})
                    first += count
    return Result("latency", rows, _table(rows, interval))


def refresh_interval(site: Site) -> str:
    """The data stream's, which is the engine's default unless somebody has set one."""
    path = f"/{STREAM}/_settings/index.refresh_interval"
    found = site.engine.call("GET", path, params={"include_defaults": "true", "flat_settings": "true"})
    (index,) = found.values()
    return str((index["defaults"] | index["settings"])["index.refresh_interval"])


def _at(rate: int, first: int, count: int, server: Served, site: Site) -> Row:
    size = _EVENTS_A_REQUEST.get(rate, 1)
    raw = list(raw_events(count, first))
    bodies = [b"\n".join(raw[start : start + size]) for start in range(0, count, size)]
    logs = server.spool / "logs"
    with (
        _watching(lambda: delivered(logs), first + count) as indexed,
        _watching(lambda: _searchable(site), first + count) as searchable,
    ):
        posted = sorted(post(server, steadily(bodies, size, rate)))
    row: dict[str, object] = {"events_a_second": rate, "events_a_request": size, "events": count}
    accepted = [each.answered - each.due for each in posted for _ in range(each.events)]
    for name, seconds in {
        "accepted": accepted,
        "indexed": latencies(posted, indexed, first),
        "searchable": latencies(posted, searchable, first),
    }.items():
        row |= {f"{name}_p{part}_ms": round(1000 * percentile(seconds, part), 1) for part in (50, 99)}
    return row


def _searchable(site: Site) -> int:
    return int(site.engine.call("GET", f"/{STREAM}/_count")["count"])


@contextmanager
def _watching(count: Callable[[], int], goal: int) -> Iterator[list[Seen]]:
    """Notes when the count grows, until it has reached the goal, which is waited for on leaving.

    Raises Auth0ElasticError when it stands still before.
    """
    seen: list[Seen] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            found = count()
            if not seen or found > seen[-1].events:
                seen.append(Seen(time.perf_counter(), found))
            if found >= goal:
                return
            stop.wait(_LOOK_SECONDS)

    started = time.perf_counter()
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
        while thread.is_alive() and time.perf_counter() - (seen[-1].at if seen else started) < _PATIENCE_SECONDS:
            thread.join(0.1)
    finally:
        stop.set()
        thread.join()
    if not seen or seen[-1].events < goal:
        raise Auth0ElasticError(f"not all of {goal} events have arrived, and none for {_PATIENCE_SECONDS:g} s")


def latencies(posted: Sequence[Posted], seen: Sequence[Seen], first: int) -> list[float]:
    """Seconds from each posted event to when it was seen; `first` is how many there had been before."""
    due = [each.due for each in posted for _ in range(each.events)]
    counts = [each.events for each in seen]
    return [seen[bisect_right(counts, first + number)].at - at for number, at in enumerate(due)]


def percentile(values: Sequence[float], part: int) -> float:
    """The smallest value that `part` % of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def _table(rows: Sequence[Row], interval: str) -> Table:
    parts = [f"{name} p{part}" for name in ("accepted", "indexed", "searchable") for part in (50, 99)]
    made = table(f"Milliseconds since posted; refresh_interval is {interval}", "events/s", *parts)
    for row in rows:
        keys = (f"{name.replace(' ', '_')}_ms" for name in parts)
        made.add_row(f"{row['events_a_second']:,}", *(f"{row[key]:,.0f}" for key in keys))
    return made
