"""`auth0-elastic stream create`, `update`, `pause`, `resume` and `delete`."""

import sys
from pathlib import Path

import click
from rich.console import Console

from auth0_elastic.commands.stream.common import api_of, one_tenant, store_of, tenant_option, tenants_of
from auth0_elastic.config.settings import Listener, LogStream, Settings, Tenant
from auth0_elastic.errors import ConfigError
from auth0_elastic.log_stream import manage, manual
from auth0_elastic.log_stream.compare import differences
from auth0_elastic.log_stream.desired import desired, start_from, token_of, token_or_new
from auth0_elastic.log_stream.filters import warning
from auth0_elastic.log_stream.show import show_differences, show_entries
from auth0_elastic.secret import Secret
from auth0_elastic.settings_option import with_settings

_WOULD_CHANGE = 3


@click.command()
@tenant_option
@click.option("--manual", "by_hand", is_flag=True, help="Print what to enter in Auth0's dashboard, and do nothing.")
@click.option(
    "--copy-token-to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With manual mode: write the token to this new file, readable for you alone.",
)
@with_settings()
def create(settings: Settings, *, tenant_name: str | None, by_hand: bool, copy_token_to: Path | None) -> None:
    """Create the log stream in Auth0 (log_stream.mode automatic), or print what to enter there (manual).

    A second run changes nothing; a stream that differs from the settings is repaired.
    """
    if not settings.tenants:
        _print_guide(settings, None, copy_token_to)
        return
    tenants = tenants_of(settings, tenant_name)
    manual_ones = [tenant for tenant in tenants if by_hand or tenant.log_stream.mode == "manual"]
    if copy_token_to and len(manual_ones) != 1:
        raise click.UsageError("--copy-token-to is for one tenant in manual mode; give --tenant, or --manual.")
    for tenant in tenants:
        if tenant in manual_ones:
            _print_guide(settings, tenant, copy_token_to)
        else:
            _ensure(settings, tenant)


@click.command()
@tenant_option
@click.option("--dry-run", is_flag=True, help="Only show what would change; exit with 3 if anything would, else 0.")
@with_settings()
def update(settings: Settings, *, tenant_name: str | None, dry_run: bool) -> None:
    """Make the log stream in Auth0 what the settings want; shows first what differs."""
    tenants = tenants_of(settings, tenant_name)
    if not dry_run:
        for tenant in tenants:
            _ensure(settings, tenant)
    elif any([_would_change(settings, tenant) for tenant in tenants]):  # noqa: C419 - each shows what it would change
        sys.exit(_WOULD_CHANGE)


def _ensure(settings: Settings, tenant: Tenant) -> None:
    console, store = Console(), store_of(settings)
    wanted = desired(tenant, token_or_new(tenant.name, settings.listener.authorization_token, store))
    with api_of(tenant) as api:
        stream = manage.found_stream(api, tenant)
        if stream is None:
            done = manage.make(api, wanted, start_from(tenant))
        else:
            if changes := differences(stream.configuration, wanted):
                show_differences(console, changes, stream.configuration, wanted)
            done = manage.repair(api, stream, wanted)
    click.echo(f"{tenant.name}: {done.action}: {done.stream.name} ({done.stream.id}), {done.stream.status}")
    if done.stream.status != "active":
        click.echo(f"{tenant.name}: it delivers nothing until `auth0-elastic stream resume`", err=True)
    if lost := warning(tenant.log_stream.filters, priority=tenant.log_stream.priority):
        click.echo(f"{tenant.name}: {lost}", err=True)
    if done.remaining:
        what = ", ".join(done.remaining)
        click.echo(f"{tenant.name}: Auth0 leaves {what} as it is; change it in its dashboard, or delete it", err=True)
        sys.exit(1)


def _would_change(settings: Settings, tenant: Tenant) -> bool:
    token = token_of(tenant.name, settings.listener.authorization_token, store_of(settings))
    wanted = desired(tenant, token or Secret(""))
    with api_of(tenant) as api:
        stream = manage.found_stream(api, tenant)
    if stream is None:
        click.echo(f"{tenant.name}: {tenant.log_stream.name} would be created")
        return True
    changes = differences(stream.configuration, wanted)
    if changes:
        show_differences(Console(), changes, stream.configuration, wanted)
    click.echo(f"{tenant.name}: {stream.name} ({stream.id}) would be {'repaired' if changes else 'left as it is'}")
    return bool(changes)


def _print_guide(settings: Settings, tenant: Tenant | None, copy_to: Path | None) -> None:
    store, configured = store_of(settings), settings.listener.authorization_token
    token = token_of(tenant.name, configured, store) if tenant else next(iter(configured), None)
    if token is None:
        remedy = "`auth0-elastic config init` makes a settings file with one"
        raise ConfigError(f"listener.authorization_token: missing, so there is none to enter in Auth0; {remedy}")
    wanted = tenant.log_stream if tenant else manual.DEFAULTS
    place = manual.token_place(configured, bool(tenant and store.current(tenant.name)), store.path)
    _show_guide(wanted, settings.listener, tenant, place)
    if copy_to:
        manual.copy_token(token, copy_to)
        click.echo(f"The token is in {copy_to}; delete it when you have entered it.")


def _show_guide(wanted: LogStream, listener: Listener, tenant: Tenant | None, place: str) -> None:
    click.echo(f"In Auth0's dashboard{f' of {tenant.base_url}' if tenant else ''}: {manual.WAY}\n")
    show_entries(Console(), manual.entries(wanted, listener, place))
    click.echo("\nThe token goes in as it is, without `Bearer `. Then: auth0-elastic stream test")
    if lost := warning(wanted.filters, priority=wanted.priority):
        click.echo(lost, err=True)


@click.command()
@tenant_option
@with_settings()
def pause(settings: Settings, *, tenant_name: str | None) -> None:
    """Stop the deliveries. Auth0 keeps the events for its retention, and delivers them after `resume`."""
    tenant = one_tenant(settings, tenant_name)
    with api_of(tenant) as api:
        stream = manage.set_status(api, manage.needed_stream(api, tenant), "paused")
    click.echo(f"{tenant.name}: {stream.name} ({stream.id}) is {stream.status}; `auth0-elastic serve` leaves it so")


@click.command()
@tenant_option
@with_settings()
def resume(settings: Settings, *, tenant_name: str | None) -> None:
    """Let a log stream deliver again that was paused, or suspended by Auth0."""
    tenant = one_tenant(settings, tenant_name)
    with api_of(tenant) as api:
        found = manage.needed_stream(api, tenant)
        stream = manage.set_status(api, found, "active")
    click.echo(f"{tenant.name}: {stream.name} ({stream.id}) was {found.status} and is {stream.status}")


@click.command()
@tenant_option
@click.option("--yes", is_flag=True, help="Delete without asking.")
@with_settings()
def delete(settings: Settings, *, tenant_name: str | None, yes: bool) -> None:
    """Delete the log stream in Auth0. What it had not delivered can then only be polled."""
    tenant = one_tenant(settings, tenant_name)
    with api_of(tenant) as api:
        stream = manage.needed_stream(api, tenant)
        if not yes:
            click.confirm(f"Delete {stream.name} ({stream.id}), which points to {stream.endpoint}?", abort=True)
        manage.delete(api, stream)
    click.echo(f"{tenant.name}: {stream.name} ({stream.id}) is deleted")
    if tenant.log_stream.mode == "automatic":
        click.echo("`auth0-elastic serve` makes it again, unless log_stream.mode is set to manual.", err=True)


commands = (create, update, pause, resume, delete)
