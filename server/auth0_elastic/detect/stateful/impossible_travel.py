"""Two successes of one user, further apart than anybody travels in the time between."""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from auth0_elastic.detect.event import Event
from auth0_elastic.detect.exceptions import is_within, networks
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.stateful.base import History, StatefulRule
from auth0_elastic.detect.stateful.place import Place, distance, place_of, same_network
from auth0_elastic.detect.stateful.recent import Recent
from auth0_elastic.reputation.match import ALLOW, Lookup

_HOUR: Final = 3_600_000
_REMEMBERED: Final = 8


class _Visit(NamedTuple):
    at: int
    id: str
    event: Event
    place: Place


class ImpossibleTravel(StatefulRule):
    """Compares a success with those right before and after it in time, whichever was ingested first.

    `speed` is in km/h and `minimum_distance` in km, after the radius in which each place may really be; successes from
    `allowed_networks`, or an address on a list of the kind allow, such as a company's VPN, say nothing about where
    somebody is.
    """

    parameters: Mapping[str, object] = {"speed": 900, "minimum_distance": 500, "allowed_networks": ()}

    def __init__(self, rule: Rule, history: History, lookup: Lookup) -> None:
        super().__init__(rule, history, lookup)
        self._speed, self._minimum = float(self.given["speed"]), float(self.given["minimum_distance"])
        self._allowed = networks(self.given["allowed_networks"])
        # Nobody is further away than half around the Earth.
        self._reach = int(20_020 / self._speed * _HOUR)
        self._visits: Recent[str, list[_Visit]] = Recent()

    def feed(self, events: Sequence[Event]) -> Iterator[Firing]:
        visits = [(user, visit) for event in events for user, visit in self._visit(event)]
        self._recall(visits)
        for user, visit in visits:
            yield from self._compare(user, visit)

    def _visit(self, event: Event) -> Iterator[tuple[str, _Visit]]:
        user, address, place = event.first("user.id"), event.first("source.ip"), place_of(event)
        if user and address and place and not self._is_allowed(address):
            yield user, _Visit(event.at, event.id, event, place)

    def _is_allowed(self, address: str) -> bool:
        return is_within(address, self._allowed) or any(match.kind == ALLOW for match in self.lookup(address))

    def _recall(self, visits: Iterable[tuple[str, _Visit]]) -> None:
        """Looks up the last success of users of whom nothing is remembered, all at once."""
        unknown = {user: visit for user, visit in visits if user not in self._visits}
        if not unknown:
            return
        before = min(visit.at for visit in unknown.values())
        found = self.history.latest(self.base, "user.id", unknown, before - self._reach, before)
        for user in unknown:
            event = found.get(user)
            self._visits[user] = [visit for _, visit in self._visit(event)] if event else []

    def _compare(self, user: str, visit: _Visit) -> Iterator[Firing]:
        known = self._visits[user]
        if any(each.id == visit.id for each in known):
            return
        insort(known, visit)
        place = known.index(visit)
        for one, two in pairwise(known[max(place - 1, 0) : place + 2]):
            if (reason := self._travelled(one, two)) is not None:
                values = tuple(dict.fromkeys((one.place.name, two.place.name)))
                yield Firing((("user.id", user),), (one.event, two.event), reason, values)
        del known[:-_REMEMBERED]

    def _travelled(self, one: _Visit, two: _Visit) -> str | None:
        """What is impossible about it; None if nothing is."""
        if same_network(one.event, two.event):
            return None
        least = distance(one.place, two.place) - one.place.radius - two.place.radius
        hours = max(two.at - one.at, 1000) / _HOUR
        if least < self._minimum or least / hours <= self._speed:
            return None
        minutes = round((two.at - one.at) / 60_000)
        return (
            f"{two.place.name} {minutes} minutes after {one.place.name}: at least {least:,.0f} km, "
            f"{least / hours:,.0f} km/h"
        )
