"""Sigma's correlations over sliding windows of event time, for events in any order; pure.

Events belong together where their times differ by the timespan at most. An event is remembered by when it arrived, so
that a burst of old ones, after an outage, is seen as it would have been then: for the timespan, and a while longer.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from auth0_elastic.detect.event import Event
from auth0_elastic.detect.rule import Correlation
from auth0_elastic.detect.windows import Group, OrderedGroup, TallyGroup

_log = logging.getLogger(__name__)

LATENESS: Final = 15 * 60_000
MAX_ITEMS: Final = 200_000
"""Of one correlation; the groups that have been quiet longest are forgotten first."""

Key = tuple[tuple[str, str], ...]
"""The fields that events are grouped by, and the values that they have in common."""

_HOLDS: Final = {
    "gte": int.__ge__,
    "gt": int.__gt__,
    "lte": int.__le__,
    "lt": int.__lt__,
    "eq": int.__eq__,
    "neq": int.__ne__,
}


@dataclass(slots=True, eq=False)
class Seen:
    """An event, and whether an incident has it."""

    event: Event
    told: bool = False


class Item(NamedTuple):
    """What a correlation takes in: an event that the base `name` found, or what the correlation `name` found.

    `at` is event time and `arrived` when it came to be known, in milliseconds; `causes` are the events behind it.
    """

    name: str
    at: int
    arrived: int
    event: Event
    causes: tuple[Seen, ...]


class Finding(NamedTuple):
    """A window that satisfies the condition and ends with `item`: the causes in it that no earlier one had, and what
    was counted."""

    key: Key
    item: Item
    causes: tuple[Seen, ...]
    measure: int


class Correlator:
    """Evaluates one correlation. With `once`, a window that ends with the same item is found only once."""

    def __init__(self, correlation: Correlation, *, once: bool = False, max_items: int = MAX_ITEMS) -> None:
        self.correlation = correlation
        self._once = once
        self._holds = _HOLDS[correlation.operator]
        self._groups: OrderedDict[Key, Group[Item]] = OrderedDict()
        self._size = 0
        self._max_items = max_items
        self._now = 0

    def __len__(self) -> int:
        """How many items are remembered."""
        return self._size

    def feed(self, item: Item) -> Iterator[Finding]:
        """Takes an item in and yields the windows with it that satisfy the condition."""
        key, labels = self._key(item), self._labels(item)
        if key is None or labels is None:
            return
        self._now = max(self._now, item.arrived)
        group = self._group(key)
        before = len(group)
        windows = list(group.add(item.at, item.arrived, labels, item))
        for window in windows:
            if self._holds(window.measure, self.correlation.count) and not (self._once and window.entry.found):
                window.entry.found = True
                causes = tuple(cause for each in group.take(window) for cause in each.causes)
                yield Finding(key, window.entry.item, causes, window.measure)
        group.forget(self._now)
        self._size += len(group) - before
        self._forget_groups()

    def _group(self, key: Key) -> Group[Item]:
        group = self._groups.get(key)
        if group is None:
            span, inputs = self.correlation.timespan, self.correlation.inputs
            if self.correlation.kind == "temporal_ordered":
                group = OrderedGroup(span, LATENESS, self.correlation.count, inputs)
            else:
                counts_items = self.correlation.kind == "event_count"
                group = TallyGroup(span, LATENESS, self.correlation.count, counts_items=counts_items)
            self._groups[key] = group
        self._groups.move_to_end(key)
        return group

    def _forget_groups(self) -> None:
        """Those in which nothing has arrived for long; over the limit, those that have been quiet longest."""
        while self._groups:
            key, group = next(iter(self._groups.items()))
            is_over = self._size > self._max_items and len(self._groups) > 1
            if not group.is_quiet(self._now) and not is_over:
                return
            if is_over:
                _log.debug("%s has more than %d events under way", self.correlation.name, self._max_items)
            del self._groups[key]
            self._size -= len(group)

    def _key(self, item: Item) -> Key | None:
        """None for an event that lacks a field."""
        found: list[tuple[str, str]] = []
        for name in self.correlation.group_by:
            value = item.event.first(self.correlation.aliases.get(name, {}).get(item.name, name))
            if value is None:
                return None
            found.append((name, value))
        return tuple(found)

    def _labels(self, item: Item) -> tuple[str, ...] | None:
        """What is counted of it; None for an event that lacks the field."""
        if self.correlation.kind == "value_count":
            return item.event.values(self.correlation.counted or "") or None
        return (item.name,)


class Correlators:
    """The correlations of one rule: what one finds may be the input of another."""

    def __init__(self, correlations: tuple[Correlation, ...]) -> None:
        *inner, root = correlations
        self._root = Correlator(root)
        nodes = [Correlator(each, once=True) for each in inner] + [self._root]
        self._takers = {
            name: [node for node in nodes if name in node.correlation.inputs]
            for name in {name for node in nodes for name in node.correlation.inputs}
        }

    def feed(self, event: Event, names: frozenset[str]) -> list[Finding]:
        """Takes in an event that the bases of these names found. Each cause of a finding was in none before."""
        seen = Seen(event)
        found: list[Finding] = []
        for name in self._takers.keys() & names:
            self._pass(Item(name, event.at, event.ingested, event, (seen,)), found)
        return found

    def _pass(self, item: Item, found: list[Finding]) -> None:
        for node in self._takers.get(item.name, ()):
            for finding in node.feed(item):
                if node is not self._root:
                    ended = finding.item
                    name = node.correlation.name
                    self._pass(Item(name, ended.at, item.arrived, ended.event, finding.causes), found)
                elif fresh := tuple(each for each in finding.causes if not each.told):
                    for each in fresh:
                        each.told = True
                    found.append(finding._replace(causes=fresh))
