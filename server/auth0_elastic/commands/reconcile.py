"""`auth0-elastic reconcile`: finds what Auth0 has and the data stream has not, and fills it in."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from auth0_elastic.commands.stream.common import api_of, tenant_option, tenants_of
from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.engine.client import connect
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.package_files import load_assets
from auth0_elastic.reconcile import Comparison, Findings, Indexed, Window
from auth0_elastic.serve.deliver import deliver
from auth0_elastic.settings_option import with_settings
from auth0_elastic.time_option import to_moment


@click.command("reconcile")
@tenant_option
@click.option(
    "--since",
    callback=to_moment,
    metavar="TIME",
    default="24h",
    show_default=True,
    help="Compare from then on: 24h, 7d or an ISO time.",
)
@click.option("--until", callback=to_moment, metavar="TIME", help="Compare up to then. [default: all there is]")
@click.option("--dry-run", is_flag=True, help="Only compare; fill nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, with an entry for each tenant.")
@with_settings()
def command(
    settings: Settings,
    *,
    tenant_name: str | None,
    since: datetime,
    until: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find the logs that Auth0 has and the data stream has not, in all of its backing indices, and fill them in.

    What waits in the spool or is a dead letter counts as present. Ends with exit code 1 when something stays missing.
    It needs tenants.NAME in the settings and the permissions read:logs and read:logs_users.
    """
    tenants = tenants_of(settings, tenant_name)
    window = Window(since, until)
    found: dict[str, Findings] = {}
    troubles: list[Auth0ElasticError] = []
    for tenant in tenants:
        try:
            found[tenant.name] = _reconcile(settings, tenant, window, dry_run=dry_run)
        except Auth0ElasticError as error:  # one tenant's trouble does not keep another's gaps from being filled
            troubles.append(error)
    if as_json:
        click.echo(json.dumps({name: findings.as_json() for name, findings in found.items()}, indent=2))
    else:
        _print(found)
    for trouble in troubles:
        click.echo(f"auth0-elastic: {trouble}", err=True)
    if troubles:
        sys.exit(troubles[0].exit_code)
    if any(findings.still_missing for findings in found.values()):
        sys.exit(1)


def _reconcile(settings: Settings, tenant: Tenant, window: Window, *, dry_run: bool) -> Findings:
    stream = f"{load_assets().name}-{settings.data_stream.namespace}"
    indexed = Indexed(lambda: connect(settings.elasticsearch), stream)
    with api_of(tenant) as api, _bar(tenant, window) as bar:
        comparison = Comparison(api, indexed, settings.spool, window, clock=time.time, dry_run=dry_run)
        for pause in comparison.run():
            bar(comparison)
            if pause and not deliver(settings):
                time.sleep(pause)
        bar.finish(comparison)
        return comparison.findings


class _Bar:
    """How far it is, in time: nobody knows how many logs there are."""

    def __init__(self, progress: Progress, tenant: Tenant, window: Window) -> None:
        self._progress, self._since = progress, window.since
        total = max(((window.until or datetime.now(UTC)) - window.since).total_seconds(), 1)
        self._task = progress.add_task(tenant.name, total=total, text="")

    def __call__(self, comparison: Comparison) -> None:
        done, found = (comparison.upto - self._since).total_seconds(), comparison.findings
        text = f"{found.checked:,} checked, {found.missing:,} missing, {found.filled:,} filled"
        self._progress.update(self._task, completed=done, text=text)

    def finish(self, comparison: Comparison) -> None:
        self(comparison)
        self._progress.update(self._task, total=1, completed=1)


@contextmanager
def _bar(tenant: Tenant, window: Window) -> Iterator[_Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bar(progress, tenant, window)


def _print(found: dict[str, Findings]) -> None:
    table = Table("tenant", "checked", "present", "missing", "filled", box=None)
    for name, each in found.items():
        table.add_row(name, *(f"{count:,}" for count in (each.checked, each.present, each.missing, each.filled)))
    Console().print(table)
    for name, each in found.items():
        for line in _remarks(each):
            click.echo(f"{name}: {line}")


def _remarks(found: Findings) -> Iterator[str]:
    if found.waiting:
        yield f"{found.waiting:,} of those present are in the spool, on their way"
    if found.dead:
        yield f"{found.dead:,} of those present are dead letters; see auth0-elastic dead-letters list"
    if found.unknown:
        since, until = (f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" for moment in found.unknown)
        yield f"Auth0 has no log from {since} to {until}, or none any more: whether any is missing cannot be known"
    if found.still_missing:
        yield f"{found.still_missing:,} stay missing for now; what of them is in the spool will still be delivered"
