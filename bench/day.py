"""The events that are measured with: those of the generated day, repeated under new log_ids where more are needed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from auth0_elastic.generate import encode, events

END = datetime(2026, 11, 20, tzinfo=UTC)  # the same day every time makes the same events
_DISTINCT = 5_000


def raw_events(count: int, first: int = 0) -> Iterator[bytes]:
    """`count` events, 1.3 kB each on average, as Auth0 sends them; their log_ids are unique for all of `first` on."""
    known = _known()
    for number in range(first, first + count):
        log_id, raw = known[number % _DISTINCT]
        yield raw.replace(log_id, log_id[:-12] + b"%012d" % number)


@cache
def _known() -> list[tuple[bytes, bytes]]:
    made = events(1, _DISTINCT, end=END)
    return [(event["log_id"].encode(), encode([event], "JSONOBJECT")) for event in made]


def requests(size: int, count: int) -> list[bytes]:
    """As many bodies, each an array of `size` events, or a single object."""
    raw = list(raw_events(size * count))
    if size == 1:
        return raw
    return [b"[" + b",".join(raw[start : start + size]) + b"]" for start in range(0, len(raw), size)]
