"""The refresh tokens of one family used in several countries: somebody else has one of them."""

from collections.abc import Iterator, Mapping, Sequence

from auth0_elastic.detect.duration import milliseconds
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.stateful.base import History, StatefulRule
from auth0_elastic.detect.stateful.recent import Recent
from auth0_elastic.reputation.match import Lookup

_FAMILY = "auth0.logs.data.details.familyId"
_COUNTRY = "source.geo.country_iso_code"


class TokenFamilySpread(StatefulRule):
    """A family is in `count` countries or more within `timespan`."""

    parameters: Mapping[str, object] = {"count": 2, "timespan": "1h"}

    def __init__(self, rule: Rule, history: History, lookup: Lookup) -> None:
        super().__init__(rule, history, lookup)
        self._count, self._timespan = int(self.given["count"]), milliseconds(self.given["timespan"])
        self._uses: Recent[str, dict[str, Event]] = Recent()

    def feed(self, events: Sequence[Event]) -> Iterator[Firing]:
        self._recall(events)
        for event in events:
            family = self._use(event)
            if family is None:
                continue
            uses = self._uses[family]
            near = {name: use for name, use in uses.items() if abs(event.at - use.at) <= self._timespan}
            if len(near) >= self._count:
                reason = f"tokens of one family used in {', '.join(sorted(near))}"
                yield Firing(((_FAMILY, family),), tuple(near.values()), reason, tuple(sorted(near)))

    def _use(self, event: Event) -> str | None:
        """Notes it as the latest use in its country; the family, or None where that or the country is not known."""
        family, country = event.first(_FAMILY), event.first(_COUNTRY)
        if family is None or country is None or family not in self._uses:
            return None
        uses = self._uses[family]
        if country not in uses or uses[country].at <= event.at:
            uses[country] = event
        return family

    def _recall(self, events: Sequence[Event]) -> None:
        unknown: dict[str, int] = {}
        for event in events:
            family = event.first(_FAMILY)
            if family is not None and family not in self._uses:
                unknown[family] = min(event.at, unknown.get(family, event.at))
        for family in unknown:
            self._uses[family] = {}
        if unknown:
            before = min(unknown.values())
            for event in self.history.events(self.base, _FAMILY, unknown, before - self._timespan, before):
                self._use(event)
