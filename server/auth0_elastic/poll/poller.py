"""Fetches what follows the checkpoint, and commits each page together with the checkpoint it leads to."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from auth0_elastic.config.settings import Poll, Tenant
from auth0_elastic.config.values import parse_moment
from auth0_elastic.errors import Auth0Refused
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.logs import Page, read_page, synthetic_log_id
from auth0_elastic.management.retention import SHORTEST_RETENTION, beginning_after
from auth0_elastic.poll.polled_at import PolledAt
from auth0_elastic.poll.position import Position
from auth0_elastic.poll.recent import Recent
from auth0_elastic.receive.parse import parse_each
from auth0_elastic.ship.identity import log_id_time
from auth0_elastic.spool.spool_file import SpoolFile, total_of

_log = logging.getLogger(__name__)

FULL_SECONDS: Final = 10.0
_SLACK: Final = timedelta(minutes=1)


@dataclass
class Progress:
    """What this poller has done so far; `lost` are the ranges (UTC) that Auth0 no longer had."""

    fetched: int = 0
    since: datetime | None = None
    upto: datetime | None = None
    lost: tuple[tuple[datetime, datetime], ...] = ()

    def add(self, fetched: int, upto: datetime | None) -> None:
        """A page that led to `upto`; one that had nothing new led nowhere."""
        if fetched:
            self.fetched += fetched
            self.upto = max(filter(None, (self.upto, upto)), default=None)


class Poller:
    """One tenant's; used by one thread. `file` is the tenant's own, and holds the checkpoint.

    A round reads pages until one is not full, in the order that Auth0 gives them. The next round begins a few minutes
    before the checkpoint, because events are written late; what is known from there is not kept again.
    """

    def __init__(
        self,
        api: ManagementApi,
        tenant: Tenant,
        file: SpoolFile,
        max_size: int,
        *,
        since: datetime | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`max_size` is what the spool may hold, in bytes. With `since` it fetches from there, past the checkpoint."""
        self._api, self._poll, self._name = api, tenant.poll, tenant.name
        self._file, self._max_size, self._clock = file, max_size, clock
        self._leaves_checkpoint = since is not None
        checkpoint = synthetic_log_id(since) if since else file.checkpoint or _first_start(tenant.poll, self._now())
        after, *known = ([] if since else file.recent) or [checkpoint]
        self._position = Position(after, None if since else PolledAt(file.path), tenant.poll.batch_size, known)
        self._is_checked = self._is_full = False
        self._longest = 0
        self.caught_up = False
        self.progress = Progress(since=log_id_time(checkpoint))

    def step(self) -> float:
        """Fetches and keeps one page; the seconds until the next: 0 while there is more. `caught_up` says if there is.

        Raises Auth0Error, ConfigError and SpoolError; nothing is lost by that, and the next step goes on from there.
        """
        self.tidy()
        self.caught_up = False
        if not self._has_room(1):
            return FULL_SECONDS
        if not self._is_checked:
            self._resume_inside_retention()
            self._is_checked = True
        page = self._next_page()
        return self._keep(page) if page else 0.0

    def tidy(self) -> None:
        """Removes what has been delivered from the file; to be called now and then, also between steps."""
        while self._file.prune():
            pass

    def _keep(self, page: Page) -> float:
        events = self._position.recent.unknown(page.events)
        if not self._has_room(sum(map(len, events))):
            return FULL_SECONDS
        following = page.next_from or self._position.after
        recent = self._position.recent.plus(events)
        self._append(events, following, recent)
        self._position.recent = recent
        self.progress.add(len(events), log_id_time(following))
        if self._more_follows(page, following, is_new=bool(events)):
            self._position.after = following
            return 0.0
        self._position.end_round(self._clock)
        self._is_checked, self.caught_up = False, True
        return self._poll.interval

    def _more_follows(self, page: Page, following: str, *, is_new: bool) -> bool:
        """Auth0 may give less than it was asked for: only a page that is shorter than another and new is the last."""
        self._longest = max(self._longest, len(page.events))
        newest = max(self._position.recent.known, default="")
        is_last = is_new and len(page.events) < self._longest and following >= newest
        return not is_last and bool(page.events) and following != self._position.after

    def _append(self, events: Sequence[bytes], following: str, recent: Recent) -> None:
        """One transaction: a crash before it repeats the page, one after it does not."""
        before = self._file.checkpoint
        checkpoint = None if self._leaves_checkpoint else max(following, before or "")
        if events or (checkpoint and checkpoint != before):
            parsed = parse_each(events)
            now, known = int(self._clock() * 1000), [recent.after, *recent.known]
            self._file.append(now, parsed.events, parsed.rejected, checkpoint=checkpoint, recent=known)
        if self._is_full:
            self._is_full = False
            _log.info("tenants.%s: the spool has room again, polling goes on", self._name)

    def _next_page(self) -> Page | None:
        """None when Auth0 no longer knows where to go on, and it has been found out where the logs begin."""
        try:
            return read_page(self._api, self._position.after, self._poll.batch_size)
        except Auth0Refused as error:
            if error.status != 400:
                raise
            known = self._position.after_the_known
            if not self._begin_where_logs_do():
                if known == self._position.after:
                    raise
                self._position.go_on_from(known)
            return None

    def _resume_inside_retention(self) -> None:
        """Auth0 may start at its oldest log without a word: after a long pause it is asked where its logs begin."""
        until = self._position.fetched_until
        if until is None or self._now() - until > SHORTEST_RETENTION + _SLACK:
            self._begin_where_logs_do()

    def _begin_where_logs_do(self) -> bool:
        """False if nothing is lost between what was fetched and what there is."""
        beginning = beginning_after(self._api, self._position.after_the_known, self._now())
        if beginning is None:
            return False
        since, until = self._position.fetched_until, log_id_time(beginning.oldest)
        self._position.go_on_from(beginning.after)
        if until and (since is None or since < until):
            self._report_lost(since, until)
        return True

    def _report_lost(self, since: datetime | None, until: datetime) -> None:
        _log.log(
            logging.ERROR if self._file.checkpoint else logging.WARNING,
            "tenants.%s: Auth0 has no log from %s to %s, or none any more: what happened then can only have come by "
            "the log stream; polling goes on at the oldest log there is",
            *(self._name, since or "the checkpoint", until),
        )
        if since:
            self.progress.lost += ((since, until),)

    def _has_room(self, size: int) -> bool:
        fits = total_of(self._file.path.parent).live_bytes + size <= self._max_size
        if not fits and not self._is_full:
            self._is_full = True
            _log.warning("tenants.%s: the spool is full, polling waits; nothing is lost by that", self._name)
        return fits

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _first_start(poll: Poll, now: datetime) -> str:
    start = parse_moment(poll.start_at) if poll.start_at else now - timedelta(seconds=poll.look_back)
    return synthetic_log_id(start)
