"""`auth0-elastic stream status` and `list`."""

import json
import sys

import click
from rich.console import Console

from auth0_elastic.commands.stream.common import api_of, store_of, tenant_option, tenants_of
from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.log_stream.compare import find
from auth0_elastic.log_stream.desired import token_of
from auth0_elastic.log_stream.show import show_status, show_streams
from auth0_elastic.log_stream.status import StreamStatus, look, unknown
from auth0_elastic.management.log_streams import list_streams
from auth0_elastic.settings_option import with_settings
from auth0_elastic.tokens import TokenStore


@click.command()
@tenant_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object a tenant.")
@with_settings()
def status(settings: Settings, *, tenant_name: str | None, as_json: bool) -> None:
    """Show whether the log stream delivers, points here, is as in the settings, and what its filters leave out.

    Ends with exit code 1 when something must be done.
    """
    tenants, store = tenants_of(settings, tenant_name), store_of(settings)
    found = [_status(settings, tenant, store) for tenant in tenants]
    if as_json:
        click.echo(json.dumps([each.as_json() for each in found], indent=2))
    else:
        show_status(Console(), found)
    if any(each.problems for each in found):
        sys.exit(1)


def _status(settings: Settings, tenant: Tenant, store: TokenStore) -> StreamStatus:
    """One tenant's trouble does not hide another's state."""
    try:
        configured = settings.listener.authorization_token
        token = token_of(tenant.name, configured, store)
        accepted = (*configured, *store.valid())
        with api_of(tenant) as api:
            return look(api, tenant, token, accepted)
    except Auth0ElasticError as error:
        return unknown(tenant, error)


@click.command("list")
@tenant_option
@with_settings()
def list_(settings: Settings, *, tenant_name: str | None) -> None:
    """List all log streams of the tenants; → marks the one that the settings mean."""
    console = Console()
    for tenant in tenants_of(settings, tenant_name):
        with api_of(tenant) as api:
            streams = list_streams(api)
        ours = find(streams, tenant.log_stream)
        show_streams(console, tenant.name, streams, ours.id if ours else None)


commands = (status, list_)
