"""The tenants' process: for each tenant, threads that poll, fill gaps and watch the log stream."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from auth0_elastic.backoff import Backoff
from auth0_elastic.config.settings import Settings, Spool, Tenant
from auth0_elastic.engine.client import connect
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.log_stream.desired import token_or_new
from auth0_elastic.log_stream.watch import StreamWatch
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.package_files import load_assets
from auth0_elastic.poll import Poller
from auth0_elastic.reconcile import Indexed, Reconciler
from auth0_elastic.reconcile.findings import Findings
from auth0_elastic.serve.status import TenantsStatus
from auth0_elastic.spool.spool_file import SpoolFile
from auth0_elastic.tokens import TokenStore

log = logging.getLogger(__name__)

TIDY_SECONDS = 2.0  # what is delivered counts against spool.max_size until it is removed
STOP_SECONDS = 2.0  # what is under way then may be cut off: nothing is half done by that
RETENTION = timedelta(days=7)  # Auth0 gives a stream up after as many days, so that a gap may be that long


class Loop(NamedTuple):
    """`step` does a piece of work and returns the seconds until the next one; `tell`, after it, how the task does."""

    name: str
    step: Callable[[], float]
    tell: Callable[[bool], None]


class Stopped(Exception):
    """The process ends while something waits."""


def are_needed(settings: Settings) -> bool:
    """Whether any tenant is to be polled, compared or given a log stream."""
    return any(_is_active(tenant) for tenant in settings.tenants)


def run(settings: Settings) -> None:
    """Works until SIGTERM or SIGINT. Raises ConfigError for a proxy or certificate authorities of no use."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    status = TenantsStatus(settings.spool.path)
    active = [tenant for tenant in settings.tenants if _is_active(tenant)]
    loops = [loop for tenant in active for loop in _loops(settings, tenant, stop, status)]
    threads = [threading.Thread(target=_go_round, args=(loop, stop), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    stop.wait()
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _is_active(tenant: Tenant) -> bool:
    return tenant.poll.enabled or tenant.reconcile.enabled or tenant.log_stream.mode == "automatic"


def _loops(settings: Settings, tenant: Tenant, stop: threading.Event, status: TenantsStatus) -> Iterator[Loop]:
    """One API for all of a tenant's loops: they share its token and its rate limit."""
    name = tenant.name
    api = ManagementApi(tenant, sleep=partial(_sleep, stop))
    reconciler = _reconciler(settings, tenant, api) if tenant.reconcile.enabled else None
    if tenant.poll.enabled:
        tell_poll = partial(_tell, status, name, "poll")
        yield Loop(f"polling {name}", _Polling(api, tenant, settings.spool).step, tell_poll)
    if reconciler is not None:
        yield Loop(f"filling gaps of {name}", reconciler.step, _Reconciled(status, name, reconciler).tell)
    if tenant.log_stream.mode == "automatic":
        tokens, store = settings.listener.authorization_token, TokenStore(settings.spool.path)
        watch = StreamWatch(
            api,
            tenant,
            lambda: token_or_new(tenant.name, tokens, store),
            on_resumed=partial(_look_for_gaps, tenant, reconciler),
        )
        yield Loop(f"watching the log stream of {name}", watch.step, partial(_tell_stream, status, name, watch))


def _tell(status: TenantsStatus, tenant: str, task: str, well: bool) -> None:
    status.stepped(tenant, task, well=well)


def _tell_stream(status: TenantsStatus, tenant: str, watch: StreamWatch, well: bool) -> None:
    status.stepped(tenant, "log_stream", well=well and not watch.error)
    if watch.status:
        status.log_stream(tenant, watch.status)


class _Reconciled:
    """Tells of each comparison once."""

    def __init__(self, status: TenantsStatus, tenant: str, reconciler: Reconciler) -> None:
        self._status, self._tenant, self._reconciler = status, tenant, reconciler
        self._told: Findings | None = None
        status.reconciled(tenant, missing=0, filled=0)  # an increase is seen only from a number that was there before

    def tell(self, well: bool) -> None:
        self._status.stepped(self._tenant, "reconcile", well=well)
        found = self._reconciler.last
        if found is not None and found is not self._told:
            self._told = found
            self._status.reconciled(self._tenant, missing=found.missing, filled=found.filled)


class _Polling:
    """Opens the tenant's spool file when it first polls: an `auth0-elastic poll` that has it does not stop a server."""

    def __init__(self, api: ManagementApi, tenant: Tenant, spool: Spool) -> None:
        self._api, self._tenant, self._spool = api, tenant, spool
        self._poller: Poller | None = None
        self._due = 0.0

    def step(self) -> float:
        """Polls if it is time to, and tidies up in between. Raises SpoolLocked, and what the poller raises."""
        if self._poller is None:
            file = SpoolFile.open_named(self._spool.logs, f"poll-{self._tenant.name}")
            self._poller = Poller(self._api, self._tenant, file, self._spool.max_size)
        if time.monotonic() < self._due:
            self._poller.tidy()
        else:
            self._due = time.monotonic() + self._poller.step()
        return min(TIDY_SECONDS, max(0.0, self._due - time.monotonic()))


def _reconciler(settings: Settings, tenant: Tenant, api: ManagementApi) -> Reconciler:
    stream = f"{load_assets().name}-{settings.data_stream.namespace}"
    indexed = Indexed(lambda: connect(settings.elasticsearch), stream)
    return Reconciler(api, tenant, indexed, settings.spool)


def _look_for_gaps(tenant: Tenant, reconciler: Reconciler | None) -> None:
    """Deliveries go on after they had been stopped: what Auth0 has given up meanwhile is missing."""
    if reconciler is not None:
        reconciler.request(datetime.now(UTC) - RETENTION)
    elif not tenant.poll.enabled:
        remedy = f"`auth0-elastic reconcile --tenant {tenant.name} --since {RETENTION.days}d` does"
        log.warning("tenants.%s: nobody looks for what may be missing, since reconcile is off; %s", tenant.name, remedy)


def _go_round(loop: Loop, stop: threading.Event) -> None:
    """Says what goes wrong once, until it is something else, and that it goes well again."""
    trouble, failures, backoff = "", 0, Backoff(1, 60)
    while not stop.is_set():
        try:
            pause = loop.step()
            if trouble:
                log.info("%s goes well again", loop.name)
            trouble, failures = "", 0
            loop.tell(True)
        except Stopped:
            return
        except Auth0ElasticError as error:
            if str(error) != trouble:
                log.error("%s: %s; it is tried again", loop.name, error)
            trouble, failures = str(error), failures + 1
            pause = backoff.delay(failures)
            loop.tell(False)
        except Exception as error:
            if repr(error) != trouble:
                log.exception("%s failed in a way that was not foreseen; it is tried again", loop.name)
            trouble, failures = repr(error), failures + 1
            pause = backoff.delay(failures)
            loop.tell(False)
        stop.wait(pause)


def _sleep(stop: threading.Event, seconds: float) -> None:
    if stop.wait(seconds):
        raise Stopped
