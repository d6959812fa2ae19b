"""A success from an address of which a list says that it is not the user's own."""

from collections.abc import Iterator, Mapping, Sequence

from auth0_elastic.detect.event import Event
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.stateful.base import StatefulRule


class Reputation(StatefulRule):
    """The address is on a list of one of these `categories`, the kinds of lists."""

    # Looked up here and not read from the event's auth0.reputation, which is as the lists were when it was shipped:
    # what Agent took in has none, and a backtest asks what the lists of today find among old events.
    parameters: Mapping[str, object] = {"categories": ("tor", "vpn", "proxy")}

    def feed(self, events: Sequence[Event]) -> Iterator[Firing]:
        for event in events:
            address = event.first("source.ip")
            matches = (
                [match for match in self.lookup(address) if match.kind in self.given["categories"]] if address else []
            )
            if matches:
                key = (("user.id", event.first("user.id") or ""), ("source.ip", str(address)))
                told = ", ".join(f"{match.list} ({match.kind})" for match in matches)
                yield Firing(key, (event,), f"{address} is on {told}", tuple(match.list for match in matches))
