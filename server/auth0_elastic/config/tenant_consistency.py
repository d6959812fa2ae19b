"""Checks of the tenants' settings against each other."""

from collections.abc import Iterator, Sequence

from auth0_elastic.config.given import Problem
from auth0_elastic.config.settings import Tenant


def tenant_problems(tenants: Sequence[Tenant]) -> Iterator[Problem]:
    """What a tenant lacks, and tenants that are one and the same."""
    for tenant in tenants:
        for name, remedy in _missing(tenant):
            key = f"tenants.{tenant.name}.{name}"
            yield Problem(f"{key}: missing; {remedy}", (key,))
    yield from _twins(tenants)


def _missing(tenant: Tenant) -> Iterator[tuple[str, str]]:
    """Names of settings, each with what to do."""
    if not tenant.base_url:
        yield "base_url", "give the tenant's address, such as https://example.eu.auth0.com"
    if tenant.authentication_type == "access_token":
        if not tenant.access_token:
            yield "access_token", "give one, or set authentication_type to client_credentials"
    else:
        remedy = "give that of a Machine to Machine application which is authorized for the Auth0 Management API"
        yield from [(name, remedy) for name in ("client_id", "client_secret") if not getattr(tenant, name)]
    if tenant.log_stream.mode == "automatic" and not tenant.log_stream.url:
        yield "log_stream.url", "give the address by which Auth0 reaches this listener, or set mode to manual"


def _twins(tenants: Sequence[Tenant]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for tenant in tenants:
        other = first.setdefault(tenant.base_url, tenant.name)
        if tenant.base_url and other != tenant.name:
            key = f"tenants.{tenant.name}.base_url"
            yield Problem(f"{key}: is that of tenants.{other} too; keep one of them", (key,))
