"""`auth0-elastic detect`: runs the detections over what the engine has, and writes alerts."""

import signal
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Event

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from auth0_elastic.config.settings import Settings
from auth0_elastic.detect.alert import sentence
from auth0_elastic.detect.detection import Detection
from auth0_elastic.detect.detector import LOOK_BACK, Pass
from auth0_elastic.detect.incident import Incident
from auth0_elastic.detect.rule import SEVERITY, Rule
from auth0_elastic.settings_option import with_settings
from auth0_elastic.time_option import to_moment

_TOP = 3


@click.command("detect")
@click.option("--once", is_flag=True, help="Look once at what is new, then end.")
@click.option(
    "--since",
    callback=to_moment,
    metavar="TIME",
    help="With --backtest, from when on: 24h, 30d or an ISO time; otherwise where to begin if nothing was detected "
    "before. [default: 24h]",
)
@click.option("--backtest", "is_backtest", is_flag=True, help="Say what the rules would have raised; write nothing.")
@with_settings()
def command(settings: Settings, *, once: bool, since: datetime | None, is_backtest: bool) -> None:
    """Run the detections over the events in the data streams, and write alerts to logs-auth0.alerts-NAMESPACE.

    It goes on where it ended the last time, on any host: how far it has come is kept in the engine. Without --once it
    goes on until it is stopped. It writes one alert for each incident, which grows while more events come.
    """
    if once and is_backtest:
        raise click.UsageError("--once and --backtest do not go together.")
    begin = int(since.timestamp() * 1000) if since else int(time.time() * 1000) - LOOK_BACK
    with Detection(settings, begin) as detection:
        if is_backtest:
            _show_incidents(detection.rules, _backtest(detection, begin))
        elif once:
            _show_pass(detection.run_once())
        else:
            detection.run_until(_stopped(), _show_raised)


def _stopped() -> Event:
    """Is set by SIGINT and SIGTERM."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _backtest(detection: Detection, since: int) -> list[Incident]:
    columns = (TextColumn("backtest"), BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=max(time.time() * 1000 - since, 1), text="")

        def on_page(read: int, at: int) -> None:
            moment = datetime.fromtimestamp(at / 1000, UTC)
            progress.update(task, completed=at - since, text=f"{read:,} events, up to {moment:%Y-%m-%d %H:%M}")

        found = detection.backtest(on_page)
        progress.update(task, total=1, completed=1)
    return found


def _show_incidents(rules: Iterable[Rule], incidents: Iterable[Incident]) -> None:
    """A row for each rule, the highest level and the most alerts first."""
    by_rule: dict[str, list[Incident]] = {}
    for incident in incidents:
        by_rule.setdefault(incident.rule.id, []).append(incident)
    table = Table("rule", "level", "alerts", "events", "most often", box=None)
    for rule in sorted(rules, key=lambda rule: (-SEVERITY[rule.level], -len(by_rule.get(rule.id, ())), rule.id)):
        found = by_rule.get(rule.id, [])
        events = sum(incident.count for incident in found)
        table.add_row(
            rule.id, rule.level, f"{len(found):,}", f"{events:,}", _top(found), style=None if found else "dim"
        )
    Console().print(table)


def _top(incidents: Iterable[Incident]) -> str:
    whose = Counter(", ".join(value for _, value in incident.key) for incident in incidents)
    return ", ".join(f"{text} ({number})" if number > 1 else text for text, number in whose.most_common(_TOP) if text)


def _show_pass(done: Pass) -> None:
    _show_raised(done)
    click.echo(f"{done.events:,} events, {len(done.raised)} new alerts, {len(done.grown)} that grew")


def _show_raised(done: Pass) -> None:
    for incident in done.raised:
        click.echo(f"{incident.rule.level:<13} {sentence(incident)}")
