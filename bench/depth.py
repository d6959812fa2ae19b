"""Backlogs of several depths drained into a fresh data stream each: the rate, the shipper's memory, bytes on disk."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from bench.drain import drain, fill_spool
from bench.engines import STREAM, Site, warm_engine
from bench.indices import merged
from bench.report import Result, Row, progress, table

_MIB = 2**20


class Plan(NamedTuple):
    """How many events are waiting in the spool when it is drained, and how often the engine is warmed up."""

    depths: tuple[int, ...]
    warm_up: int


QUICK, FULL = Plan((500, 5_000), 3), Plan((4_000, 40_000, 400_000), 30)


def measure(plan: Plan) -> Result:
    """Raises EngineError, or Auth0ElasticError when not every event arrives."""
    rows: list[Row] = []
    steps = 1 + len(plan.depths)
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name, progress("depth", steps) as step:
        step("starting the engine")
        with warm_engine(Path(name), plan.warm_up) as site:
            for depth in plan.depths:
                step(f"{depth:,} events waiting")
                rows.append(_at(depth, Path(name) / str(depth), site))
    return Result("depth", rows, _table(rows))


def _at(depth: int, folder: Path, site: Site) -> Row:
    fill_spool(folder / "spool", depth)
    site.fresh()
    drained = drain(folder, site.url, depth)
    site.check(depth)
    return {
        "events_waiting": depth,
        "events_a_second": round(drained.per_second),
        "shipper_peak_pss_mib": round(drained.peak_pss / _MIB, 1),
        "shipper_cpu_us_an_event": round(1e6 * drained.cpu / depth, 1),
        "bytes_an_event": round(merged(site.engine, STREAM)["store"]["size_in_bytes"] / depth),
    }


def _table(rows: Sequence[Row]) -> Table:
    names = ("events/s", "peak PSS MiB", "CPU µs/event", "bytes/event on disk")
    made = table("A backlog drained, by its depth", "events waiting", *names)
    keys = ("events_a_second", "shipper_peak_pss_mib", "shipper_cpu_us_an_event", "bytes_an_event")
    for row in rows:
        made.add_row(f"{row['events_waiting']:,}", *(f"{row[key]:,.0f}" for key in keys))
    return made
