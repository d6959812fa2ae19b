"""What the demo posts: a day in all three content formats, and two things that happen on any day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auth0_elastic.generate.encode import raw
from auth0_elastic.generate.frame import Event

_REDELIVERED = 100  # as many as one request takes
_PERCENT_AS_LINES = _PERCENT_AS_ARRAY = 45  # the rest is single objects, a request each


@dataclass(frozen=True)
class Delivery:
    """Events that are posted in one content format; those that are bytes go as they are."""

    content_format: str
    events: Sequence[Event | bytes]
    is_again: bool = False


def deliveries(day: Sequence[Event]) -> list[Delivery]:
    """The whole day, with a broken line among it, and a batch of it again, as after an answer that got lost."""
    lines_end = len(day) * _PERCENT_AS_LINES // 100
    array_end = lines_end + len(day) * _PERCENT_AS_ARRAY // 100
    lines: list[Event | bytes] = list(day[:lines_end])
    lines.insert(lines_end // 2, broken(day[0]))
    return [
        Delivery("JSONLINES", lines),
        Delivery("JSONARRAY", day[lines_end:array_end]),
        Delivery("JSONOBJECT", day[array_end:]),
        Delivery("JSONARRAY", day[lines_end:array_end][:_REDELIVERED], is_again=True),
    ]


def broken(event: dict[str, Any]) -> bytes:
    """The first part of an event, as if the sender had stopped in the middle of the line."""
    text = raw(event)
    return text[: text.index(b'"type"')]


def count(planned: Sequence[Delivery]) -> int:
    """How many events, broken and repeated ones included."""
    return sum(len(delivery.events) for delivery in planned)
