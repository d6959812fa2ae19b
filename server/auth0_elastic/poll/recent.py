"""The log_ids of the last minutes, which are read again: Auth0 may yet write an event that stands before them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, Self

from auth0_elastic.management.logs import synthetic_log_id
from auth0_elastic.ship.identity import document_id, log_id_time

LATE: Final = timedelta(minutes=10)
PAGES: Final = 10
"""A busy tenant's last minutes are read again no further than this."""


class Recent:
    """Whatever follows `after` and was fetched is known here, so that nothing of it is kept a second time."""

    def __init__(self, after: str, page_size: int, known: Iterable[str] = ()) -> None:
        self.after, self.known = after, sorted(known)
        self._page_size = page_size

    def unknown(self, events: Iterable[bytes]) -> list[bytes]:
        """Those of a page that were not fetched before, in its order."""
        known = set(self.known)
        return [raw for raw in events if document_id(raw) not in known]

    def plus(self, events: Iterable[bytes]) -> Self:
        """Once these are kept too; what is older than the last minutes is forgotten, and `after` follows."""
        timed = (identity for raw in events if log_id_time(identity := document_id(raw)))
        known = sorted({*self.known, *timed})
        newest = log_id_time(known[-1]) if known else None
        if newest is None:
            return self
        edge = max([self.after, synthetic_log_id(newest - LATE), *known[: -PAGES * self._page_size][-1:]])
        return type(self)(edge, self._page_size, [identity for identity in known if identity > edge])
