"""Compares continuously: on a schedule, after an outage of this server, and when it is asked to."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from auth0_elastic.backoff import Backoff
from auth0_elastic.config.settings import Spool, Tenant
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.reconcile import schedule
from auth0_elastic.reconcile.comparison import Comparison
from auth0_elastic.reconcile.findings import Findings, Window
from auth0_elastic.reconcile.indexed import Indexed
from auth0_elastic.reconcile.memory import Memory
from auth0_elastic.spool.database import make_folder

_log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 15.0
FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 60.0


class Reconciler:
    """One tenant's; `step` belongs to one thread, `request` may come from any."""

    def __init__(
        self,
        api: ManagementApi,
        tenant: Tenant,
        indexed: Indexed,
        spool: Spool,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api, self._settings, self._name = api, tenant.reconcile, tenant.name
        self._indexed, self._spool, self._clock = indexed, spool, clock
        make_folder(spool.logs)
        self._memory = Memory(spool.logs, tenant.name)
        self._lock = threading.Lock()
        self._state = schedule.started(self._memory.read(), clock())
        self._not_before = 0.0
        self._failures = 0
        self._backoff = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        self._running: Iterator[float] | None = None
        self.last: Findings | None = None

    def request(self, since: datetime) -> None:
        """There may be a gap from then on, as when Auth0 had suspended the log stream: looks for it in five minutes."""
        now = self._clock()
        self._update(lambda state: schedule.requested(state, since.timestamp(), now))

    def step(self) -> float:
        """Does a piece of what is due; the seconds until the next step, of which 15 are the most.

        Raises Auth0Error, ConfigError, EngineError, SpoolError; the comparison is then begun anew, soon at first.
        """
        self._beat()
        if self._running is None:
            pause = self._seconds_until_due()
            if pause > 0:
                return min(pause, BEAT_SECONDS)
            self._running = self._compare()
        try:
            return min(next(self._running), BEAT_SECONDS)
        except StopIteration:
            self._running, self._failures = None, 0
            return 0.0
        except Exception:
            self._failures += 1
            self._running, self._not_before = None, self._clock() + self._backoff.delay(self._failures)
            raise

    def _compare(self) -> Iterator[float]:
        since, until = schedule.window(self._state, self._settings.look_back, self._clock())
        window = Window(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC))
        comparison = Comparison(self._api, self._indexed, self._spool, window, clock=self._clock)
        yield from comparison.run()
        before = self._state.compared_to
        self.last = comparison.findings
        self._update(lambda state: schedule.compared(state, until))
        self._report(comparison.findings, window, before)

    def _report(self, found: Findings, window: Window, before: float | None) -> None:
        """`before` is up to when the comparison before this one looked."""
        _log.log(
            logging.ERROR if found.still_missing else logging.WARNING if found.missing else logging.INFO,
            "tenants.%s: of %d logs from %s to %s, %d were present and %d missing; %d filled",
            *(self._name, found.checked, *window, found.present, found.missing, found.filled),
        )
        if found.unknown:
            is_hole = before is not None and found.unknown[1].timestamp() > before
            _log.log(
                logging.ERROR if is_hole else logging.WARNING,
                "tenants.%s: Auth0 has no log from %s to %s, or none any more: whether any is missing cannot be known",
                *(self._name, *found.unknown),
            )

    def _seconds_until_due(self) -> float:
        now = self._clock()
        with self._lock:
            due = schedule.next_due(self._state, self._settings.interval, now)
        return max(due, self._not_before) - now

    def _beat(self) -> None:
        now, alive = self._clock(), self._state.alive
        if alive is None or abs(now - alive) >= BEAT_SECONDS:
            self._update(lambda state: replace(state, alive=now))

    def _update(self, change: Callable[[schedule.State], schedule.State]) -> None:
        with self._lock:
            self._state = change(self._state)
            self._memory.write(self._state)
