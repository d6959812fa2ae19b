"""What a rule written in Python is given, and what it gives."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from auth0_elastic.detect.event import Event
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Base, Rule
from auth0_elastic.reputation.match import Lookup


class History(Protocol):
    """The events that the engine has of times before; times are epoch milliseconds."""

    def latest(self, base: Base, field: str, values: Iterable[str], since: int, before: int) -> Mapping[str, Event]:
        """By each value of the field, the latest event that the base finds within `since` <= @timestamp < `before`.

        Not by a key within a flattened field.
        """

    def events(self, base: Base, field: str, values: Iterable[str], since: int, before: int) -> Iterable[Event]:
        """The latest 10,000 events, at least, that the base finds then with one of these values."""

    def seen(
        self, base: Base, field: str, values: Iterable[str], other: str, since: int, before: int
    ) -> Mapping[str, frozenset[str]]:
        """By each value of the field, the values of the other field in the events that the base finds then."""

    def newest(self) -> Event | None:
        """The event that was ingested last."""


class StatefulRule:
    """A rule written in Python; what it has to remember beyond a restart it finds in the history.

    A subclass reads its parameters from `rule.stateful`. It raises ValueError for one that it cannot use.
    """

    parameters: Mapping[str, Any] = {}
    """The names of its parameters with their defaults; an operator's settings replace `timespan` and `count`."""

    def __init__(self, rule: Rule, history: History, lookup: Lookup) -> None:
        assert rule.stateful is not None
        self.rule = rule
        self.history = history
        self.lookup = lookup
        given = rule.stateful.parameters
        if unknown := given.keys() - self.parameters.keys():
            known = ", ".join(self.parameters) or "none"
            raise ValueError(f"it has no parameter {', '.join(sorted(unknown))}; its parameters are: {known}")
        self.given = dict(self.parameters) | dict(given)

    @property
    def base(self) -> Base:
        if not self.rule.bases:
            raise ValueError("it has no detection; write one that says which events it looks at")
        return self.rule.bases[0]

    def feed(self, events: Sequence[Event]) -> Iterable[Firing]:
        """Takes in events that its base found, in the order in which they were ingested."""
        return ()

    def tick(self, now: int) -> Iterable[Firing]:
        """Called after each pass."""
        return ()
