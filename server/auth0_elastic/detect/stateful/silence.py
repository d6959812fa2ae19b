"""No event for a while: the delivery has stopped, or somebody has stopped it."""

from collections.abc import Iterator, Mapping

from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.stateful.base import StatefulRule


class Silence(StatefulRule):
    """Nothing has been ingested for `minutes`; where there has never been anything, nothing is missed."""

    parameters: Mapping[str, object] = {"minutes": 30}
    _told = ""

    def tick(self, now: int) -> Iterator[Firing]:
        newest = self.history.newest()
        minutes = float(self.given["minutes"])
        if newest is not None and newest.id != self._told and now - newest.ingested >= minutes * 60_000:
            self._told = newest.id
            yield Firing((), (newest,), f"no event for {minutes:g} minutes")
