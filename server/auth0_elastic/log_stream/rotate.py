"""Gives a tenant's log stream a new token, without a moment in which Auth0's is refused."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auth0_elastic.config.settings import Listener, Tenant
from auth0_elastic.errors import Auth0Refused, Auth0Unavailable, SpoolLocked
from auth0_elastic.log_stream.compare import same_token
from auth0_elastic.log_stream.configuration import Existing, existing, patched_authorization
from auth0_elastic.log_stream.desired import header
from auth0_elastic.log_stream.door import Door, NotReached, local_door, public_door
from auth0_elastic.log_stream.errors import ListenerUnavailable, StreamUnclear
from auth0_elastic.log_stream.manage import needed_stream
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.log_streams import update_stream
from auth0_elastic.secret import Secret
from auth0_elastic.spool.database import make_folder
from auth0_elastic.tokens import TokenStore

GRACE: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Rotated:
    """`proved_at` is the URL that took the new token; `retired` tokens end at `until`, in epoch seconds.

    `in_settings`: the old token stands in listener.authorization_token too, and stays valid there.
    """

    stream: Existing
    proved_at: str
    retired: int
    until: float
    in_settings: bool


def rotate(
    api: ManagementApi,
    tenant: Tenant,
    listener: Listener,
    store: TokenStore,
    *,
    clock: Callable[[], float] = time.time,
    grace: float = GRACE,
) -> Rotated:
    """New token accepted, proved at the listener, told to Auth0; old one ended `grace` seconds later.

    Where it stops halfway, both are valid. Raises Auth0Error, StreamUnclear, ListenerUnavailable, SpoolError.
    """
    with _alone(store.path.parent):
        stream = needed_stream(api, tenant)
        _check_endpoint(stream, tenant)
        old, new = stream.configuration.authorization, store.add(tenant.name)
        try:
            proved_at = _prove(tenant, listener, new)
            changed = _tell(api, tenant, stream, new)
        except (ListenerUnavailable, Auth0Refused):
            store.retire(new, clock() + grace)  # not at once: what watches the stream may have told Auth0 meanwhile
            raise
        until = clock() + grace
        retired = store.retire_others(tenant.name, new, until)
    return Rotated(changed, proved_at, retired, until, _is_among(old, listener.authorization_token))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two rotations at once would each end the token that the other one has just told Auth0."""
    make_folder(folder)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = "another rotation is under way, so nothing is changed; wait for its end"
            raise SpoolLocked(f"{folder}: {message}") from error
        yield
    finally:
        os.close(descriptor)


def _check_endpoint(stream: Existing, tenant: Tenant) -> None:
    url = tenant.log_stream.url
    if url and stream.configuration.endpoint.rstrip("/") != url:
        raise StreamUnclear(
            f"tenants.{tenant.name}.log_stream.url: the log stream points to {stream.endpoint} and not to {url}; run "
            "`auth0-elastic stream update` first"
        )


def _prove(tenant: Tenant, listener: Listener, token: Secret) -> str:
    """Posts an empty body with the new token; raises ListenerUnavailable unless it is taken. Returns where that was."""
    not_reached = []
    for door in _doors(tenant, listener):
        try:
            answer = door.post(b"", token, custom_headers(tenant))
        except NotReached as error:
            not_reached.append(str(error))
            continue
        if answer.is_good and "accepted" in answer.body:  # anybody can say yes; only our listener says that
            return door.url
        raise ListenerUnavailable(
            f"{door.url} answered {answer.status} to the new token, so Auth0 has not been told and nothing is changed; "
            "run this on the listener's machine with its settings, because spool.path must be the same; several "
            "listeners need tokens of the settings (listener.authorization_token), since each has a spool of its own"
        )
    tried = "; ".join(not_reached)
    raise ListenerUnavailable(
        f"no listener to try the new token on, so Auth0 has not been told: {tried}; start it first"
    )


def _doors(tenant: Tenant, listener: Listener) -> Sequence[Door]:
    """The way Auth0 comes, and the listener itself, where that way cannot be gone from here."""
    url = tenant.log_stream.url
    local = [local_door(listener)] if listener.listen_port else []
    return [*([public_door(url)] if url else []), *local]


def custom_headers(tenant: Tenant) -> dict[str, str]:
    """What Auth0 sends along."""
    return {each.name: each.value.reveal() for each in map(header, tenant.log_stream.custom_headers)}


def _tell(api: ManagementApi, tenant: Tenant, stream: Existing, token: Secret) -> Existing:
    try:
        return existing(update_stream(api, stream.id, patched_authorization(stream, token)))
    except Auth0Unavailable as error:
        remedy = "both tokens stay valid; run `auth0-elastic stream update`, which tells Auth0 the new one"
        raise Auth0Unavailable(f"{error}; {remedy}") from error


def _is_among(token: Secret, tokens: Sequence[Secret]) -> bool:
    return any(same_token(token, each) for each in tokens)
