"""Creates, repairs, pauses, resumes and deletes a tenant's log stream."""

from dataclasses import dataclass
from typing import Literal

from auth0_elastic.config.settings import Tenant
from auth0_elastic.log_stream.compare import differences, find
from auth0_elastic.log_stream.configuration import Configuration, Existing, created, existing, patched, patched_status
from auth0_elastic.log_stream.desired import start_from
from auth0_elastic.log_stream.errors import StreamUnclear
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.log_streams import create_stream, delete_stream, list_streams, update_stream


@dataclass(frozen=True, slots=True)
class Ensured:
    """`changed` names what was repaired, `remaining` what Auth0 has left as it was."""

    action: Literal["created", "repaired", "unchanged"]
    stream: Existing
    changed: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()


def found_stream(api: ManagementApi, tenant: Tenant) -> Existing | None:
    """Raises Auth0Error, StreamUnclear, as all of these do."""
    return find(list_streams(api), tenant.log_stream)


def ensure(api: ManagementApi, tenant: Tenant, wanted: Configuration) -> Ensured:
    """Makes the log stream what it should be. A second call changes nothing; its status is left alone."""
    stream = found_stream(api, tenant)
    if stream is None:
        return make(api, wanted, start_from(tenant))
    return repair(api, stream, wanted)


def make(api: ManagementApi, wanted: Configuration, start: str | None) -> Ensured:
    stream = existing(create_stream(api, created(wanted, start)))
    return Ensured("created", stream, remaining=differences(stream.configuration, wanted))


def repair(api: ManagementApi, stream: Existing, wanted: Configuration) -> Ensured:
    changed = differences(stream.configuration, wanted)
    if not changed:
        return Ensured("unchanged", stream)
    body = patched(wanted, priority="isPriority" in changed)
    repaired = existing(update_stream(api, stream.id, body))
    return Ensured("repaired", repaired, changed, differences(repaired.configuration, wanted))


def needed_stream(api: ManagementApi, tenant: Tenant) -> Existing:
    """Raises StreamUnclear when there is none."""
    stream = found_stream(api, tenant)
    if stream is None:
        raise StreamUnclear(
            f"tenants.{tenant.name}: Auth0 has no log stream named {tenant.log_stream.name}, nor one that points here; "
            "`auth0-elastic stream create` makes it, `auth0-elastic stream list` shows those there are"
        )
    return stream


def set_status(api: ManagementApi, stream: Existing, status: Literal["active", "paused"]) -> Existing:
    return existing(update_stream(api, stream.id, patched_status(stream, status)))


def delete(api: ManagementApi, stream: Existing) -> None:
    delete_stream(api, stream.id)
