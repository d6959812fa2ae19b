"""What the settings want of a tenant's log stream, and with which token."""

from collections.abc import Sequence
from datetime import UTC, datetime

from auth0_elastic.config.settings import Tenant
from auth0_elastic.config.values import parse_moment
from auth0_elastic.errors import ConfigError
from auth0_elastic.log_stream.configuration import CONTENT_TYPE, Configuration, Header
from auth0_elastic.secret import Secret
from auth0_elastic.tokens import TokenStore


def desired(tenant: Tenant, token: Secret) -> Configuration:
    """Raises ConfigError where the settings do not say how Auth0 reaches the listener."""
    wanted = tenant.log_stream
    if wanted.url is None:
        remedy = "give the address by which Auth0 reaches this listener"
        raise ConfigError(f"tenants.{tenant.name}.log_stream.url: missing; {remedy}")
    return Configuration(
        name=wanted.name,
        endpoint=wanted.url,
        authorization=token,
        content_format=wanted.content_format,
        content_type=CONTENT_TYPE,
        custom_headers=tuple(map(header, wanted.custom_headers)),
        filters=frozenset(wanted.filters),
        priority=wanted.priority,
        pii_fields=frozenset(wanted.pii_fields),
        pii_method=wanted.pii_method,
    )


def header(line: Secret) -> Header:
    """Of a text `Name: value`."""
    name, _, value = line.reveal().partition(":")
    return Header(name, Secret(value.strip()))


def start_from(tenant: Tenant) -> str | None:
    """The starting cursor of a new stream, as Auth0 writes times."""
    given = tenant.log_stream.start_from
    return auth0_time(parse_moment(given)) if given else None


def auth0_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def token_of(tenant: str, configured: Sequence[Secret], store: TokenStore) -> Secret | None:
    """The token that the tenant's stream should have: one that was made for it before one of the settings."""
    return store.current(tenant) or (configured[0] if configured else None)


def token_or_new(tenant: str, configured: Sequence[Secret], store: TokenStore) -> Secret:
    """Like `token_of`, but makes one where there is none."""
    return token_of(tenant, configured, store) or store.current_or_new(tenant)
