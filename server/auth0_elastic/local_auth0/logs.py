"""The tenant's logs, sorted by log_id: pages from a checkpoint, and as much of a search as tests need."""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Any

from auth0_elastic.local_auth0.clock import epoch
from auth0_elastic.local_auth0.refusals import invalid_query, refusal

Event = dict[str, Any]

_MOST_FOUND = 1000
_TERM = re.compile(r'(\w+):(?:\[(\S+) TO (\S+)\]|"([^"]*)"|(\S+))')


class Logs:
    """Holds streamed events {log_id, data}; whatever the order in which they come."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._events: dict[str, Event] = {}

    def add(self, event: Event) -> None:
        if event["log_id"] not in self._events:
            insort(self._ids, event["log_id"])
        self._events[event["log_id"]] = event

    def get(self, log_id: str) -> Event | None:
        return self._events.get(log_id)

    def since(self, log_id: str) -> list[str]:
        """All ids from `log_id` on, itself included."""
        return self._ids[bisect_left(self._ids, log_id) :]

    def page(self, after: str, oldest: str, take: int) -> list[Event]:
        """Up to `take` events whose ids follow `after` and are not before `oldest`."""
        start = max(bisect_right(self._ids, after), bisect_left(self._ids, oldest))
        return [self._events[log_id] for log_id in self._ids[start : start + take]]

    def search(self, query: str, oldest: str, page: int, per_page: int) -> list[Event]:
        """The newest first; raises Refusal beyond 1,000 results."""
        if (page + 1) * per_page > _MOST_FOUND:
            raise refusal(
                400,
                f"Requesting page {page} exceeds the allowed maximum of {_MOST_FOUND} records",
                "invalid_query_string",
            )
        found = matching((self._events[log_id] for log_id in self.since(oldest)), query)
        newest_first = sorted(found, key=lambda event: str(event["data"].get("date")), reverse=True)
        return newest_first[page * per_page : (page + 1) * per_page]


def matching(events: Iterable[Event], query: str) -> list[Event]:
    """Of the Lucene syntax: `field:value`, `field:"value"` and `date:[from TO to]`, joined by AND."""
    found = list(events)
    for term in query.split(" AND ") if query.strip() else ():
        parsed = _TERM.fullmatch(term.strip())
        if parsed is None:
            raise invalid_query(f"{term} is not understood here")
        found = [event for event in found if _fits(event["data"], *parsed.groups())]
    return found


def _fits(data: dict[str, Any], name: str, least: str | None, most: str | None, *texts: str | None) -> bool:
    value = data.get(name)
    if least is not None and most is not None:
        return isinstance(value, str) and _moment(least) <= _moment(value) <= _moment(most)
    return value == next(text for text in texts if text is not None)


def _moment(text: str) -> float:
    try:
        return epoch(text)
    except ValueError as error:
        raise invalid_query(f"{text} is not understood here as a date") from error
