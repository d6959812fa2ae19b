"""A tenant: whether its credentials get a token, the token gets what each use needs, and the stream points here."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.doctor.finding import Finding, State
from auth0_elastic.errors import Auth0Error, ConfigError, SpoolError
from auth0_elastic.log_stream.desired import token_of
from auth0_elastic.log_stream.status import StreamStatus, look
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.log_streams import list_streams
from auth0_elastic.management.logs import read_page, synthetic_log_id
from auth0_elastic.tokens import TokenStore

PATIENCE = 10.0


def examine_tenant(
    settings: Settings, tenant: Tenant, now: datetime, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Finding]:
    """Each use that is switched on, by asking Auth0 for what it would ask."""
    api = ManagementApi(tenant, sleep=sleep, patience=PATIENCE)
    try:
        if tenant.poll.enabled or tenant.reconcile.enabled:
            hour_ago = synthetic_log_id(now - timedelta(hours=1))
            yield _asked(f"{tenant.name}: logs", lambda: len(read_page(api, hour_ago, 1).events))
        if settings.listener.enabled and _has_log_stream(tenant):
            streams = _asked(f"{tenant.name}: log streams", lambda: len(list_streams(api)))
            yield streams
            if streams.state == "ok":
                yield from _stream_findings(settings, tenant, api)
    finally:
        api.close()


def _has_log_stream(tenant: Tenant) -> bool:
    """One of which the settings say nothing, and that is polled, need have none."""
    return tenant.log_stream.mode == "automatic" or tenant.log_stream.url is not None or not tenant.poll.enabled


def _asked(check: str, ask: Callable[[], int]) -> Finding:
    try:
        ask()
    except (Auth0Error, ConfigError) as error:
        problem, _, remedy = str(error).rpartition("; ")
        return Finding(check, "problem", problem or str(error), remedy if problem else "")
    return Finding(check, "ok", "can be read")


def _stream_findings(settings: Settings, tenant: Tenant, api: ManagementApi) -> Iterator[Finding]:
    configured, store = settings.listener.authorization_token, TokenStore(settings.spool.path)
    try:
        wanted, accepted = token_of(tenant.name, configured, store), (*configured, *store.valid())
    except SpoolError:  # the listener's check has told it
        return
    yield from stream_findings(look(api, tenant, wanted, accepted))


def stream_findings(status: StreamStatus) -> Sequence[Finding]:
    """What `stream status` says, as findings."""
    check = f"{status.tenant}: log stream {status.name}"
    found = [_of("problem", check, text) for text in status.problems]
    found += [_of("warning", check, text) for text in status.warnings]
    return found or [Finding(check, "ok", f"{status.status}, and points to {status.endpoint}")]


def _of(state: State, check: str, text: str) -> Finding:
    problem, _, remedy = text.rpartition(": ")
    return Finding(check, state, problem, remedy) if problem else Finding(check, state, text)
