"""No event for a while: the delivery has stopped, or somebody has stopped it."""

from collections.abc import Iterator, Mapping

from auth0_elastic.detect.duration import in_words, milliseconds
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.stateful.base import History, StatefulRule
from auth0_elastic.reputation.match import Lookup


class Silence(StatefulRule):
    """Nothing has been ingested for `timespan`; where there has never been anything, nothing is missed."""

    parameters: Mapping[str, object] = {"timespan": "30m"}

    def __init__(self, rule: Rule, history: History, lookup: Lookup) -> None:
        super().__init__(rule, history, lookup)
        self._timespan = milliseconds(self.given["timespan"])
        self._told = ""

    def tick(self, now: int) -> Iterator[Firing]:
        newest = self.history.newest()
        if newest is not None and newest.id != self._told and now - newest.ingested >= self._timespan:
            self._told = newest.id
            yield Firing((), (newest,), f"no event for {in_words(self._timespan)}")
