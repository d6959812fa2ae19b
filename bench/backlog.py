"""`scripts/bench backlog`: whether a large backlog drains as fast at its beginning as at its end, in flat memory."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click
from rich.table import Table

from auth0_elastic.errors import Auth0ElasticError
from bench.drain import delivered, fill_spool
from bench.engines import Site, warm_engine
from bench.processes import cpu_seconds, memory, tree
from bench.report import Result, Row, Step, progress, show, table
from bench.served import Served, served

PLOT: Final = Path(__file__).parents[1] / "docs" / "img" / "backlog.svg"
TENTHS: Final = 10
_LOOK_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 60.0
_WARM_UP: Final = 30  # for a large backlog, whose first tenth is not to be measured with an engine that is cold
_LARGE: Final = 500_000
_MIB: Final = 2**20


class Sample(NamedTuple):
    """At `seconds` from the first delivery: events delivered, the shipper's CPU seconds so far, and bytes.

    `shipper` and `listener` are their processes' resident memory (the listener's with all its workers, shared pages
    counted once), `disk` is what the spool takes.
    """

    seconds: float
    delivered: int
    cpu: float
    shipper: int
    listener: int
    disk: int


@click.command(name="backlog")
@click.option("--events", default=2_000_000, show_default=True, type=click.IntRange(10_000), help="How many wait.")
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), help="Where to draw it.  [docs/img/backlog.svg]"
)
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the results there too."
)
def command(events: int, plot: Path | None, json_path: Path | None) -> None:
    """Drain a backlog with the whole server, while nothing comes in: rate, CPU and memory, by tenths of the backlog."""
    samples = measure(events)
    show([Result("backlog", rows := by_tenths(samples, events), _table(rows))], json_path)
    first, last = rows[0], rows[-1]
    click.echo(f"rate, last tenth ÷ first: {last['events_a_second'] / first['events_a_second']:.2f}")
    click.echo(f"shipper's CPU per event, last tenth ÷ first: {last['shipper_cpu_us'] / first['shipper_cpu_us']:.2f}")
    used = [sample.shipper / _MIB for sample in samples]
    click.echo(f"shipper's memory: {min(used):.0f} to {max(used):.0f} MiB")
    from bench.backlog_plot import draw  # matplotlib only where it is used

    draw(samples, events, plot or PLOT)


def measure(events: int) -> list[Sample]:
    """Raises EngineError, or Auth0ElasticError when not every event arrives."""
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as name, progress("backlog", 3) as step:
        step("starting the engine")
        with warm_engine(Path(name), _WARM_UP if events >= _LARGE else 1) as site:
            return list(_drain(site, Path(name), events, step))


def _drain(site: Site, folder: Path, events: int, step: Step) -> Iterator[Sample]:
    step(f"filling the spool with {events:,} events")
    fill_spool(folder / "served" / "spool", events)
    step("draining")
    engine = {"hosts": [site.url]}
    with served(folder / "served", tls=False, elasticsearch=engine, detect={"enabled": False}) as server:
        yield from _watch(server, events)
    site.check(events)


def _watch(server: Served, events: int) -> Iterator[Sample]:
    """A sample now and then, until all is delivered."""
    shipper, listener = _pids(server.pid)
    logs = server.spool / "logs"
    started: float | None = None
    count, moved = 0, time.monotonic()
    while count < events:
        found, now = delivered(logs), time.monotonic()
        if found > count:
            count, moved = found, now
        if now - moved > _PATIENCE_SECONDS:
            raise Auth0ElasticError(f"the shipper stands still at {count} of {events} events")
        if count:
            started = now if started is None else started
            yield Sample(
                now - started,
                count,
                cpu_seconds([shipper]),
                memory(shipper).rss,
                sum(memory(pid).pss for pid in tree(listener)),
                sum(path.stat().st_size for path in logs.glob("listener-*.db*")),
            )
        time.sleep(_LOOK_SECONDS)


def _pids(supervisor: int) -> tuple[int, int]:
    """The shipper's, and that of the listener's first process."""
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in tree(supervisor)}
    return tuple(next(pid for pid, words in commands.items() if part in words) for part in ("ship", "listen"))  # type: ignore[return-value]


def by_tenths(samples: Sequence[Sample], events: int) -> list[Row]:
    """What happened while each tenth of the backlog was delivered."""
    rows: list[Row] = []
    for tenth in range(TENTHS):
        some = [sample for sample in samples if tenth <= sample.delivered * TENTHS / events <= tenth + 1]
        first, last = some[0], some[-1]
        count = last.delivered - first.delivered or 1
        rows.append(
            {
                "tenth": tenth + 1,
                "events_a_second": round(count / max(last.seconds - first.seconds, 1e-9)),
                "shipper_cpu_us": round(1e6 * (last.cpu - first.cpu) / count, 1),
                "shipper_rss_mib": round(max(sample.shipper for sample in some) / _MIB, 1),
                "listener_pss_mib": round(max(sample.listener for sample in some) / _MIB, 1),
                "disk_mib": round(last.disk / _MIB),
            }
        )
    return rows


def _table(rows: Sequence[Row]) -> Table:
    made = table(
        "A backlog drains", "tenth", "events/s", "shipper's CPU µs/event", "its MiB", "listener's MiB", "disk MiB"
    )
    for row in rows:
        made.add_row(*(f"{value:,}" for value in row.values()))
    return made
