"""`scripts/bench resources`: memory of every process, before and after work, and CPU while there is nothing to do."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
from rich.table import Table

from auth0_elastic.errors import Auth0ElasticError
from bench.day import raw_events
from bench.drain import delivered
from bench.engines import warm_engine
from bench.post import Due, post
from bench.processes import command as command_line
from bench.processes import cpu_seconds, memory, tree
from bench.report import Result, Row, options, progress, show, table
from bench.served import Served, served

_SETTLE_SECONDS = 5.0
_A_REQUEST = 100
_MIB = 2**20


class Plan(NamedTuple):
    """How long nothing happens, and how many events are posted then."""

    idle_seconds: float
    events: int


QUICK, FULL = Plan(10, 5_000), Plan(60, 50_000)


@click.command(name="resources")
@options
def command(quick: bool, json_path: Path | None) -> None:
    """Memory of every process, and CPU when idle."""
    show([measure(QUICK if quick else FULL)], json_path)


def measure(plan: Plan) -> Result:
    """Raises EngineError, or Auth0ElasticError when not every event arrives."""
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name, progress("resources", 4) as step:
        step("starting the engine")
        with (
            warm_engine(Path(name), rounds=1) as site,
            served(Path(name) / "ours", tls=True, elasticsearch={"hosts": [site.url]}) as server,
        ):
            step("letting it settle")
            time.sleep(_SETTLE_SECONDS)
            pids = tree(server.pid)
            step(f"idle for {plan.idle_seconds:g} s")
            idle = _idle(pids, plan.idle_seconds)
            before = {pid: memory(pid) for pid in pids}
            step(f"{plan.events} events")
            _work(server, plan.events)
            rows: list[Row] = [
                {
                    "process": _name(pid, server.pid),
                    "idle_cpu_percent": round(100 * idle[pid], 3),
                    "idle_rss_mib": round(before[pid].rss / _MIB, 1),
                    "idle_pss_mib": round(before[pid].pss / _MIB, 1),
                    "after_rss_mib": round(memory(pid).rss / _MIB, 1),
                    "after_pss_mib": round(memory(pid).pss / _MIB, 1),
                }
                for pid in pids
            ]
    return Result("resources", rows, _table(rows, plan.events))


def _idle(pids: Sequence[int], seconds: float) -> dict[int, float]:
    """The part of a CPU that each process takes."""
    before = {pid: cpu_seconds([pid]) for pid in pids}
    time.sleep(seconds)
    return {pid: (cpu_seconds([pid]) - before[pid]) / seconds for pid in pids}


def _work(server: Served, count: int) -> None:
    raw = raw_events(count)
    batches = ([*zip(range(_A_REQUEST), raw, strict=False)] for _ in range(count // _A_REQUEST))
    post(server, (Due(0.0, b"\n".join(each for _, each in batch), len(batch)) for batch in batches))
    deadline = time.monotonic() + 300
    while delivered(server.spool / "logs") < count:
        if time.monotonic() > deadline:
            raise Auth0ElasticError(f"not all of {count} events have arrived")
        time.sleep(0.2)


def _name(pid: int, first: int) -> str:
    """What a process of the server is, by its command line and whose child it is."""
    if pid == first:
        return "supervisor"
    part = command_line(pid).partition("--only ")[2].split(" ")[0]
    is_worker = part == "listen" and pid not in _children(first)
    return "a worker of the listener" if is_worker else {"listen": "listener", "ship": "shipper"}.get(part, part)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _table(rows: Sequence[Row], events: int) -> Table:
    names = ("CPU % idle", "PSS MiB idle", "RSS", f"PSS after {events:,} events", "RSS")
    made = table("Processes", "process", *names)
    keys = ("idle_pss_mib", "idle_rss_mib", "after_pss_mib", "after_rss_mib")
    for row in rows:
        made.add_row(row["process"], f"{row['idle_cpu_percent']:.2f}", *(f"{row[key]:.0f}" for key in keys))
    totals = (f"{sum(row[key] for row in rows):.0f}" for key in keys)
    made.add_row("all", f"{sum(row['idle_cpu_percent'] for row in rows):.2f}", *totals)
    return made
