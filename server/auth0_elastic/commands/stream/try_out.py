"""`auth0-elastic stream test`."""

import sys
from pathlib import Path

import click
from rich.console import Console

from auth0_elastic.commands.stream.common import one_tenant, store_of, tenant_option
from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.engine.client import connect
from auth0_elastic.errors import ConfigError
from auth0_elastic.log_stream.desired import token_of
from auth0_elastic.log_stream.door import Door, local_door, public_door
from auth0_elastic.log_stream.rotate import custom_headers
from auth0_elastic.log_stream.show import show_step
from auth0_elastic.log_stream.try_out import TYPE, Errand, Step, try_out
from auth0_elastic.settings_option import with_settings

_DATA_STREAM = "logs-auth0.logs"


@click.command("test")
@tenant_option
@click.option("--local", is_flag=True, help="Post to the listener's own address instead of log_stream.url.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of the authority that signed the certificate at log_stream.url, instead of the system's.",
)
@click.option("--wait", "seconds", default=60.0, show_default=True, help="For how many seconds to follow the event.")
@with_settings()
def test(settings: Settings, *, tenant_name: str | None, local: bool, ca: Path | None, seconds: float) -> None:
    """Post a marked event the way Auth0 would, and follow it until it is searchable, step by step.

    It stays in the data stream, with the type auth0_elastic_test. Ends with exit code 1 if a step fails.
    """
    tenant = one_tenant(settings, tenant_name) if settings.tenants or tenant_name else None
    console, step = Console(), None
    for step in try_out(_errand(settings, tenant, _door(settings, tenant, local, ca)), patience=seconds):
        show_step(console, step)
    _report(step)


def _door(settings: Settings, tenant: Tenant | None, local: bool, ca: Path | None) -> Door:
    if local:
        return local_door(settings.listener)
    if tenant is None or tenant.log_stream.url is None:
        key = f"tenants.{tenant.name if tenant else 'NAME'}.log_stream.url"
        raise ConfigError(f"{key}: missing, so there is no address to test; give one, or try the listener with --local")
    return public_door(tenant.log_stream.url, ca)


def _errand(settings: Settings, tenant: Tenant | None, door: Door) -> Errand:
    configured = settings.listener.authorization_token
    token = token_of(tenant.name, configured, store_of(settings)) if tenant else next(iter(configured), None)
    if token is None:
        raise ConfigError("listener.authorization_token: missing, and none was made: run `auth0-elastic stream create`")
    return Errand(
        door=door,
        token=token,
        headers=custom_headers(tenant) if tenant else {},
        tenant=tenant.name if tenant else "",
        data_stream=f"{_DATA_STREAM}-{settings.data_stream.namespace}",
        spool=settings.spool.logs,
        engine=lambda: connect(settings.elasticsearch),
    )


def _report(last: Step | None) -> None:
    if last is None or not last.ok:
        sys.exit(1)
    click.echo(f"The event stays where it is: event.code: {TYPE} finds it and its like.")


commands = (test,)
