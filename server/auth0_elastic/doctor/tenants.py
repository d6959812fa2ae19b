"""A tenant: whether its credentials get a token, and the token gets what each use needs."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.doctor.finding import Finding, State
from auth0_elastic.errors import Auth0Error, Auth0Refused, ConfigError
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.log_streams import list_streams
from auth0_elastic.management.logs import read_page, synthetic_log_id

PATIENCE = 10.0


def examine_tenant(settings: Settings, tenant: Tenant, now: datetime) -> Iterator[Finding]:
    """Each use that is switched on, by asking Auth0 for what it would ask."""
    api = ManagementApi(tenant, patience=PATIENCE)
    try:
        if tenant.poll.enabled or tenant.reconcile.enabled:
            hour_ago = synthetic_log_id(now - timedelta(hours=1))
            yield _asked(f"{tenant.name}: logs", lambda: len(read_page(api, hour_ago, 1).events), "can be read")
        yield _asked(f"{tenant.name}: log streams", lambda: len(list_streams(api)), "can be read")
    finally:
        api.close()


def _asked(check: str, ask: Callable[[], int], text: str) -> Finding:
    try:
        ask()
    except (Auth0Error, ConfigError) as error:
        problem, _, remedy = str(error).rpartition("; ")
        state: State = "problem" if isinstance(error, Auth0Refused | ConfigError) else "warning"
        return Finding(check, state, problem or str(error), remedy if problem else "look at the network, and try again")
    return Finding(check, "ok", text)
