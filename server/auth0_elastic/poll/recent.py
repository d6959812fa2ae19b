"""The log_ids of the last minutes, which are read again: Auth0 may yet write an event that stands before them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from auth0_elastic.management.logs import synthetic_log_id
from auth0_elastic.ship.identity import document_id, log_id_time

LATE: Final = timedelta(minutes=10)
PAGES: Final = 10
"""A busy tenant's last minutes are read again no further than this."""


class Recent:
    """Whatever follows `after` and was fetched is known here, so that nothing of it is kept a second time."""

    def __init__(self, after: str, page_size: int) -> None:
        self.after = after
        self._most = PAGES * page_size
        self._known: list[str] = []

    def unknown(self, events: Iterable[bytes]) -> list[bytes]:
        """Those of a page that were not fetched before, in its order."""
        known = set(self._known)
        return [raw for raw in events if document_id(raw) not in known]

    def add(self, events: Iterable[bytes]) -> None:
        """These are kept now; what is older than the last minutes is forgotten, and `after` follows."""
        timed = (identity for raw in events if log_id_time(identity := document_id(raw)))
        self._known = sorted({*self._known, *timed})
        newest = log_id_time(self._known[-1]) if self._known else None
        if newest is None:
            return
        edge = max([self.after, synthetic_log_id(newest - LATE), *self._known[: -self._most][-1:]])
        self.after, self._known = edge, [identity for identity in self._known if identity > edge]
