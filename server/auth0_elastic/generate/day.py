"""A day of one tenant: incidents at any hour, visits along the curve of a business day, delivered roughly in order."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import accumulate

from auth0_elastic.generate.dice import Dice
from auth0_elastic.generate.frame import Event
from auth0_elastic.generate.program import Script, incidents, usual
from auth0_elastic.generate.scene import Moment
from auth0_elastic.generate.tenant import Tenant

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_SETTLED = 5000  # Auth0 writes an event at most this many milliseconds after it happened
_INCIDENT_LASTS = 40 * 60_000
_INCIDENT_SHARE = 0.4
_EVENTS_PER_ROUND = 10_000  # the incidents come once in as many events,
_MOST_ROUNDS = 20  # but not without end: they are made beforehand
_LOGINS_BY_UTC_HOUR = (4, 3, 3, 3, 4, 6, 12, 22, 34, 40, 42, 38, 36, 42, 44, 42, 36, 28, 22, 18, 14, 10, 7, 5)

Queue = list[tuple[int, int, Event]]


class Curve:
    """Says at which moment a given part of the day's events has happened."""

    def __init__(self, start: int) -> None:
        self.start = start
        first = start // _HOUR
        self.sums = list(accumulate(_LOGINS_BY_UTC_HOUR[(first + hour) % 24] for hour in range(24)))

    def at(self, part: float) -> int:
        """`part` is 0 to 1; the answer is in epoch milliseconds."""
        goal = part * self.sums[-1]
        hour = min(bisect_left(self.sums, goal), 23)
        before = self.sums[hour - 1] if hour else 0
        return self.start + int((hour + (goal - before) / (self.sums[hour] - before)) * _HOUR)


def _incidents(tenant: Tenant, scripts: Sequence[Script], seed: int, count: int, start: int) -> list[Moment]:
    """Each incident once in a round, as far as they leave most of the day to the usual."""
    moments: list[Moment] = []
    rounds = min(_MOST_ROUNDS, 1 + count // _EVENTS_PER_ROUND)
    for number in range(len(scripts) * rounds):
        dice = Dice(seed * 7_368_787 + number)
        happened = scripts[number % len(scripts)](tenant, dice, start + dice.below(_DAY - _INCIDENT_LASTS))
        if len(moments) + len(happened) <= count * _INCIDENT_SHARE:
            moments += happened
    return moments


def _due(queue: Queue, at: int) -> Iterator[Event]:
    while queue and queue[0][0] <= at:
        yield heappop(queue)[2]


def events(seed: int, count: int, *, end: datetime, with_attacks: bool = True) -> Iterator[Event]:
    """`count` events of the 24 hours before `end`, as they arrive; memory holds about half an hour of them."""
    dice, tenant = Dice(seed), Tenant(seed, count)
    horizon = (end.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) - _SETTLED
    start = horizon - _DAY
    curve = Curve(start)
    planned = _incidents(tenant, incidents(with_attacks=with_attacks), seed, count, start)
    queue: Queue = [(moment.delivered, number, moment.event) for number, moment in enumerate(planned)]
    heapify(queue)
    made = first = len(queue)
    while made < count:
        at = curve.at((made - first) / (count - first))
        yield from _due(queue, at)
        for moment in dice.weighted(usual()).play(tenant, dice, at):
            if moment.happened <= horizon and made < count:
                heappush(queue, (moment.delivered, made, moment.event))
                made += 1
    while queue:
        yield heappop(queue)[2]


def day(seed: int, count: int, *, end: datetime) -> list[Event]:
    """`events` as a list: the same for the same seed, count and end, on every machine."""
    return list(events(seed, count, end=end))
