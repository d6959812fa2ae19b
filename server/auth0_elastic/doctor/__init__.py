"""Everything an operator could have wrong, looked at in the order of an event's way, with what to do about it."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from auth0_elastic.config.settings import Settings
from auth0_elastic.doctor.certificate import examine_certificate
from auth0_elastic.doctor.engine import examine_engine
from auth0_elastic.doctor.finding import Finding
from auth0_elastic.doctor.listener import examine_listener
from auth0_elastic.doctor.spool import examine_spool
from auth0_elastic.doctor.tenants import examine_tenant

__all__ = ["Finding", "examine"]


def examine(settings: Settings, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Findings as they come; each check ends by itself, whatever the others found. Raises nothing on purpose."""
    now = datetime.fromtimestamp(clock(), UTC)
    if settings.listener.enabled:
        yield from examine_certificate(settings.listener, now)
        yield from examine_listener(settings)
    yield from examine_spool(settings.spool)
    yield from examine_engine(settings, now)
    for tenant in settings.tenants:
        yield from examine_tenant(settings, tenant, now)
