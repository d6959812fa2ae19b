"""Watches a tenant's log stream for the server: makes it, repairs it, and resumes it when Auth0 has suspended it."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from auth0_elastic.config.settings import Tenant
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.log_stream.compare import differences
from auth0_elastic.log_stream.configuration import Configuration, Existing
from auth0_elastic.log_stream.desired import auth0_time, desired, start_from
from auth0_elastic.log_stream.filters import warning
from auth0_elastic.log_stream.manage import Ensured, found_stream, make, repair, set_status
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.secret import Secret

_log = logging.getLogger(__name__)

INTERVAL: Final = 300.0
AFTER_ERROR: Final = 60.0


class StreamWatch:
    """Call `step` again after as many seconds as it says. It says what it does, each thing once, and raises nothing.

    A stream that a person has paused is left alone. One that has vanished is made again, to start where it was last
    seen. Whatever had stopped the deliveries, `on_resumed` is called once they go on, for gaps to be filled.
    """

    def __init__(
        self,
        api: ManagementApi,
        tenant: Tenant,
        token: Callable[[], Secret],
        *,
        on_resumed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        interval: float = INTERVAL,
    ) -> None:
        """`token` gives the one that the stream should have, and is asked in each step."""
        self._api, self._tenant, self._token = api, tenant, token
        self._on_resumed, self._clock, self._interval = on_resumed, clock, interval
        self._name = f"tenants.{tenant.name}: the log stream {tenant.log_stream.name}"
        self._seen: float | None = None
        self._error = ""
        self._status = ""
        self._unrepairable: frozenset[str] = frozenset()

    @property
    def error(self) -> str:
        """Why the last step could not look; empty if it could."""
        return self._error

    @property
    def status(self) -> str:
        """The status that Auth0 gave at the last look; empty before the first."""
        return self._status

    def step(self) -> float:
        """Looks once and mends what it can; returns the seconds until the next step."""
        try:
            self._look()
        except Auth0ElasticError as error:
            if str(error) != self._error:
                _log.error("%s is not being watched: %s", self._name, error)
            self._error = str(error)
            return min(AFTER_ERROR, self._interval)
        if self._error:
            _log.info("%s is being watched again", self._name)
        self._error = ""
        return self._interval

    def _look(self) -> None:
        wanted = desired(self._tenant, self._token())
        stream = found_stream(self._api, self._tenant)
        if stream is None:
            stream = self._make(wanted)
        else:
            self._say_once_found(stream)
            stream = self._mend(stream, wanted)
        self._seen = self._clock()
        self._heed_status(stream)

    def _make(self, wanted: Configuration) -> Existing:
        if self._seen is None:
            made = make(self._api, wanted, start_from(self._tenant))
            _log.info("%s has been created (%s)", self._name, made.stream.id)
        else:
            last_seen = auth0_time(datetime.fromtimestamp(self._seen, UTC))
            made = make(self._api, wanted, last_seen)
            _log.warning("%s was gone; made again (%s), to start at %s", self._name, made.stream.id, last_seen)
            self._on_resumed()
        self._say_what_remains(made)
        self._warn_of_filters()
        return made.stream

    def _say_once_found(self, stream: Existing) -> None:
        if self._seen is None:
            _log.info("%s is there (%s, %s)", self._name, stream.id, stream.status)
            self._warn_of_filters()

    def _warn_of_filters(self) -> None:
        settings = self._tenant.log_stream
        if lost := warning(settings.filters, priority=settings.priority):
            _log.warning("%s: %s", self._name, lost)

    def _mend(self, stream: Existing, wanted: Configuration) -> Existing:
        """Leaves alone what Auth0 has not taken before."""
        if self._unrepairable == frozenset(differences(stream.configuration, wanted)):
            return stream
        ensured = repair(self._api, stream, wanted)
        if ensured.action == "repaired":
            was = f" (it pointed to {stream.endpoint})" if "sink.httpEndpoint" in ensured.changed else ""
            _log.warning("%s differed from the settings in %s; repaired%s", self._name, ", ".join(ensured.changed), was)
        self._say_what_remains(ensured)
        return ensured.stream

    def _say_what_remains(self, ensured: Ensured) -> None:
        remaining = frozenset(ensured.remaining)
        if remaining and remaining != self._unrepairable:
            remedy = "change it in Auth0's dashboard, or delete the stream"
            _log.error("%s: Auth0 leaves %s as it is; %s", self._name, ", ".join(ensured.remaining), remedy)
        self._unrepairable = remaining

    def _heed_status(self, stream: Existing) -> None:
        if stream.status == "suspended":
            set_status(self._api, stream, "active")
            _log.warning("%s was suspended by Auth0, because deliveries had failed; resumed", self._name)
            self._on_resumed()
        elif stream.status == "paused" and self._status != "paused":
            remedy = "Auth0 keeps the events for its retention; `auth0-elastic stream resume` lets them go on"
            _log.warning("%s has been paused, so nothing is delivered; %s", self._name, remedy)
        elif stream.status == "active" and self._status == "paused":
            _log.info("%s goes on", self._name)
            self._on_resumed()
        self._status = stream.status
