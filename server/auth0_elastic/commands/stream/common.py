"""What the commands about the log stream share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.errors import ConfigError
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.tokens import TokenStore

tenant_option = click.option("--tenant", "tenant_name", metavar="NAME", help="Only this tenant of the settings.")


def tenants_of(settings: Settings, name: str | None) -> Sequence[Tenant]:
    """The tenant with that name, or all. Raises ConfigError where there is none."""
    found = [tenant for tenant in settings.tenants if name in (None, tenant.name)]
    if not settings.tenants:
        raise ConfigError("tenants: there is none; give a section tenants.NAME with base_url, client_id, client_secret")
    if not found:
        known = ", ".join(tenant.name for tenant in settings.tenants)
        raise ConfigError(f"--tenant: {name!r} is not in the settings; there is {known}")
    return found


def one_tenant(settings: Settings, name: str | None) -> Tenant:
    """The only one, or the one with that name. Raises ConfigError."""
    found = tenants_of(settings, name)
    if len(found) > 1:
        raise ConfigError(f"--tenant: there are several; give one of {', '.join(tenant.name for tenant in found)}")
    return found[0]


def store_of(settings: Settings) -> TokenStore:
    return TokenStore(settings.spool.path)


@contextmanager
def api_of(tenant: Tenant) -> Iterator[ManagementApi]:
    api = ManagementApi(tenant)
    try:
        yield api
    finally:
        api.close()
