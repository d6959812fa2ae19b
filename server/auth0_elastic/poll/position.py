"""Where a poller reads on, and up to when everything is known to it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from auth0_elastic.management.logs import synthetic_log_id
from auth0_elastic.poll.polled_at import PolledAt
from auth0_elastic.poll.recent import Recent
from auth0_elastic.ship.identity import log_id_time

_CLOCKS_DIFFER: Final = timedelta(hours=12)  # still inside the shortest retention


class Position:
    """`after` is the log_id that the next page follows; within a round it moves on from page to page."""

    def __init__(self, after: str, polled_at: PolledAt | None, page_size: int, known: Iterable[str] = ()) -> None:
        """Without `polled_at` nothing is known of earlier rounds, and this one is not noted.

        `known` are the log_ids after `after` that were fetched.
        """
        self._page_size = page_size
        self.after, self.recent = after, Recent(after, page_size, known)
        self._polled_at = polled_at

    def go_on_from(self, log_id: str) -> None:
        """From another place than where the last page has led to."""
        self.after, self.recent = log_id, Recent(log_id, self._page_size)

    def end_round(self, clock: Callable[[], float]) -> None:
        """Everything has been fetched; the next round reads the last minutes again."""
        self.after = self.recent.after
        if self._polled_at is not None:
            self._polled_at.write(clock())

    @property
    def fetched_until(self) -> datetime | None:
        """Up to the last log, and also later if nothing had followed it then; None if nothing tells."""
        return max(filter(None, (log_id_time(self.after), self._polled)), default=None)

    @property
    def after_the_known(self) -> str:
        """A log_id that follows nothing but what was fetched, even if this clock is wrong."""
        polled = self._polled
        return self.after if polled is None else max(self.after, synthetic_log_id(polled - _CLOCKS_DIFFER))

    @property
    def _polled(self) -> datetime | None:
        polled = self._polled_at.read() if self._polled_at is not None else None
        return None if polled is None else datetime.fromtimestamp(polled, UTC)
