"""`auth0-elastic poll`: fetches once what Auth0 has, and delivers it."""

import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from auth0_elastic.commands.stream.common import api_of, tenant_option, tenants_of
from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.poll import Poller
from auth0_elastic.serve.deliver import deliver
from auth0_elastic.settings_option import with_settings
from auth0_elastic.spool.spool_file import SpoolFile
from auth0_elastic.time_option import to_moment


class _Result(NamedTuple):
    tenant: str
    fetched: int
    since: str
    upto: str
    trouble: Auth0ElasticError | None = None


@click.command("poll")
@tenant_option
@click.option(
    "--since",
    callback=to_moment,
    metavar="TIME",
    help="Fetch from there once more (24h, 7d or an ISO time); the checkpoint stays.",
)
@with_settings()
def command(settings: Settings, *, tenant_name: str | None, since: datetime | None) -> None:
    """Fetch the logs that Auth0 has written since the last poll, once, and deliver them.

    It needs tenants.NAME in the settings and the permissions read:logs and read:logs_users. `auth0-elastic serve` polls
    continuously where tenants.NAME.poll.enabled is true. Logs that are there already are not stored twice.
    """
    tenants = tenants_of(settings, tenant_name)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        results = [_poll(settings, tenant, since, bar) for tenant in tenants]
    Console().print(_table(results))
    troubles = [result.trouble for result in results if result.trouble]
    for trouble in troubles:
        click.echo(f"auth0-elastic: {trouble}", err=True)
    click.echo("delivered" if deliver(settings) else "in the spool; the server that runs on it delivers them")
    if troubles:
        sys.exit(troubles[0].exit_code)


def _poll(settings: Settings, tenant: Tenant, since: datetime | None, bar: Progress) -> _Result:
    """One tenant's trouble does not keep another's logs from being fetched."""
    task = bar.add_task(tenant.name, total=None, text="")
    try:
        with closing(SpoolFile.open_named(settings.spool.logs, f"poll-{tenant.name}")) as file, api_of(tenant) as api:
            poller = Poller(api, tenant, file, settings.spool.max_size, since=since)
            try:
                _catch_up(settings, poller, bar, task)
            except Auth0ElasticError as error:
                return _result(tenant, poller, error)
            return _result(tenant, poller, None)
    except Auth0ElasticError as error:
        return _Result(tenant.name, 0, "", "", error)


def _catch_up(settings: Settings, poller: Poller, bar: Progress, task: TaskID) -> None:
    while not poller.caught_up:
        pause = poller.step()
        _show(poller, bar, task)
        if pause and not poller.caught_up and not deliver(settings):
            time.sleep(pause)


def _show(poller: Poller, bar: Progress, task: TaskID) -> None:
    """How far it is, in time: nobody knows how many logs there are."""
    done = poller.progress
    text = f"{done.fetched:,} logs, up to {_text(done.upto)}"
    if poller.caught_up:
        bar.update(task, total=1, completed=1, text=text)
    elif done.since and done.upto:
        ahead = (datetime.now(UTC) - done.since).total_seconds()
        bar.update(task, total=max(ahead, 1), completed=(done.upto - done.since).total_seconds(), text=text)


def _result(tenant: Tenant, poller: Poller, trouble: Auth0ElasticError | None) -> _Result:
    done = poller.progress
    return _Result(tenant.name, done.fetched, _text(done.since), _text(done.upto), trouble)


def _table(results: list[_Result]) -> Table:
    table = Table("tenant", "fetched", "after, UTC", "up to, UTC", box=None)
    for result in results:
        table.add_row(result.tenant, f"{result.fetched:,}", result.since, result.upto)
    return table


def _text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "-"
