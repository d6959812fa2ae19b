"""Lets the shipper, in a process of its own, deliver a spool that has been filled beforehand."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.spool.ledger import LedgerView
from auth0_elastic.spool.spool_file import SpoolFile
from bench.day import raw_events
from bench.engines import now
from bench.processes import cpu_seconds, memory
from bench.served import served

_AT_ONCE = 1_000  # events a commit
_WRITERS = 2  # spool files, as of two workers
_LOOK_SECONDS = 0.1
_WEIGH_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0


class Drained(NamedTuple):
    """Seconds from the first delivered event, which the shipper tries alone, to the last; what it took meanwhile."""

    events: int
    seconds: float
    peak_pss: int
    cpu: float

    @property
    def per_second(self) -> float:
        return (self.events - 1) / self.seconds


def fill_spool(spool: Path, count: int, first: int = 0) -> None:
    """`count` events in the files of the logs' folder, as the listener leaves them."""
    files = [SpoolFile.open_free(spool / "logs", "listener") for _ in range(_WRITERS)]
    for number, start in enumerate(range(0, count, _AT_ONCE)):
        events = list(raw_events(min(_AT_ONCE, count - start), first + start))
        files[number % _WRITERS].append(now(), events)
    for file in files:
        file.close()


def drain(folder: Path, url: str, count: int) -> Drained:
    """Ships the spool of `folder`, which holds `count` events. Raises Auth0ElasticError when it stands still."""
    with served(folder, tls=False, only="ship", elasticsearch={"hosts": [url]}) as shipper:
        logs = shipper.spool / "logs"
        peak, next_weighing = 0, 0.0

        def look() -> int:
            nonlocal peak, next_weighing
            if time.monotonic() >= next_weighing:  # seldom, as the process stands still meanwhile
                next_weighing = time.monotonic() + _WEIGH_SECONDS
                peak = max(peak, memory(shipper.pid).pss)
            return delivered(logs)

        _wait(look, 1)
        started, cpu = time.perf_counter(), cpu_seconds([shipper.pid])
        _wait(look, count)
        return Drained(count, time.perf_counter() - started, peak, cpu_seconds([shipper.pid]) - cpu)


def delivered(logs: Path) -> int:
    """How many events the ledger counts as indexed; 0 as long as there is none."""
    try:
        view = LedgerView(logs)
        try:
            return view.counters().get("indexed", 0)
        finally:
            view.close()
    except sqlite3.OperationalError:
        return 0


def _wait(look: Callable[[], int], goal: int) -> None:
    seen, moved = 0, time.monotonic()
    while (found := look()) < goal:
        if found > seen:
            seen, moved = found, time.monotonic()
        if time.monotonic() - moved > _PATIENCE_SECONDS:
            raise Auth0ElasticError(f"the shipper stands still at {seen} of {goal} events")
        time.sleep(_LOOK_SECONDS)
