"""A success of a user from a country where they have never been before."""

from collections.abc import Iterator, Mapping, Sequence

from auth0_elastic.detect.duration import milliseconds
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.stateful.base import History, StatefulRule
from auth0_elastic.detect.stateful.recent import Recent
from auth0_elastic.reputation.match import Lookup

_COUNTRY = "source.geo.country_iso_code"


class FirstCountry(StatefulRule):
    """Each user against their own history of the length `history`; the first country of all is not news."""

    parameters: Mapping[str, object] = {"history": "90d"}

    def __init__(self, rule: Rule, history: History, lookup: Lookup) -> None:
        super().__init__(rule, history, lookup)
        self._length = milliseconds(self.given["history"])
        self._known: Recent[str, set[str]] = Recent()

    def feed(self, events: Sequence[Event]) -> Iterator[Firing]:
        self._recall(events)
        for event in events:
            user, country = event.first("user.id"), event.first(_COUNTRY)
            if user is None or country is None:
                continue
            known = self._known[user]
            if known and country not in known:
                reason = f"a first login from {country}, before from {', '.join(sorted(known))}"
                yield Firing((("user.id", user),), (event,), reason, (country,))
            known.add(country)

    def _recall(self, events: Sequence[Event]) -> None:
        unknown: dict[str, int] = {}
        for event in events:
            user = event.first("user.id")
            if user is not None and user not in self._known:
                unknown[user] = min(event.at, unknown.get(user, event.at))
        if unknown:
            before = min(unknown.values())
            found = self.history.seen(self.base, "user.id", unknown, _COUNTRY, before - self._length, before)
            for user in unknown:
                self._known[user] = set(found.get(user, ()))
