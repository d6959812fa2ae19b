"""`auth0-elastic stream rotate-token`."""

from datetime import UTC, datetime

import click

from auth0_elastic.commands.stream.common import api_of, one_tenant, store_of, tenant_option
from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.log_stream.rotate import Rotated, rotate
from auth0_elastic.settings_option import with_settings


@click.command("rotate-token")
@tenant_option
@with_settings()
def rotate_token(settings: Settings, *, tenant_name: str | None) -> None:
    """Give the log stream a new token, which the running listener takes at once; nothing is refused in between.

    The new token is tried on the listener before Auth0 is told. The old one stays valid for an hour, for what Auth0 has
    already begun; one that stands in the settings, until it is removed there. Run this on the listener's machine. Where
    several listeners share the load, change listener.authorization_token instead: each has tokens of its own.
    """
    tenant, store = one_tenant(settings, tenant_name), store_of(settings)
    with api_of(tenant) as api:
        done = rotate(api, tenant, settings.listener, store)
    for line in _told(tenant, done, str(store.path)):
        click.echo(line)


def _told(tenant: Tenant, done: Rotated, path: str) -> list[str]:
    until = datetime.fromtimestamp(done.until, UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        f"{tenant.name}: the new token is in {path}, and {done.proved_at} has taken it",
        f"{tenant.name}: {done.stream.name} ({done.stream.id}) has it, {done.stream.status}",
    ]
    if done.retired:
        lines.append(f"{tenant.name}: the old one ends at {until}")
    if done.in_settings:
        remedy = "stays valid until you remove it there and start the server again"
        lines.append(f"{tenant.name}: the old one stands in listener.authorization_token and {remedy}")
    return lines


commands = (rotate_token,)
