"""Reads the events that the rules look at, in the order in which they were ingested, or happened."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from auth0_elastic.detect.event import Event
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.search import (
    base_name,
    between,
    columns,
    document_fields,
    event_of,
    query_of,
    search,
)
from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineRefused

Json = dict[str, Any]

PAGE: Final = 5_000
INGESTED: Final = "event.ingested"
HAPPENED: Final = "@timestamp"
_MESSAGE: Final = "message"
_TOO_LARGE: Final = "maxClauseCount"

_log = logging.getLogger(__name__)


class _Named(NamedTuple):
    """A base by its name among those of all rules, and what it looks for."""

    rule: Rule
    name: str
    filters: list[Json]


@dataclass
class Scan:
    """One search for all rules: each base is a named query of it, and an event says which have found it.

    `_id` cannot be sorted by, sorting by event.id takes longer than all the rest, and a point in time costs the engine
    memory; so a page ends before a millisecond, with which the next one begins. What becomes searchable behind a page
    is for the next scan.

    An engine takes so many clauses and no more, 1,024 of OpenSearch's, into which a wildcard counts with each three
    letters. Where it refuses, the bases are shared out among several searches, whose answers are merged.
    """

    engine: Engine
    streams: str
    rules: Sequence[Rule]
    order: str = INGESTED
    page: int = PAGE
    searches: int = 1

    def pages(self, since: Mapping[str, int], before: int | None = None) -> Iterator[list[Event]]:
        """The events of each rule from its `since` on, before `before`, in epoch milliseconds. Raises EngineError."""
        start = min(since.values(), default=0)
        while self._bases:
            hits = self._hits(since, start, before)
            end = min((part[-1]["sort"][0] for part in hits if len(part) == self.page), default=None)
            # A millisecond with more events than a page holds is left with the first of them.
            end = start + 1 if end == start else end
            found = [hit for part in hits for hit in part if end is None or hit["sort"][0] < end]
            if events := self._merged(found, since):
                yield self._completed(events)
            if end is None:
                return
            start = end

    def counts(self, since: int, before: int) -> dict[int, int]:
        """How many events there are, by the second (epoch) in which they were ingested. Raises EngineError.

        One counts as often as there are searches that find it, as `searches_of` says.
        """
        by_second = {"date_histogram": {"field": self.order, "fixed_interval": "1s", "min_doc_count": 1}}
        known = {rule.id: since for rule in self.rules}
        found = Counter[int]()
        for answer in self._ask(
            lambda part: {
                "size": 0,
                "query": self._query(part, known, since, before, named=False),
                "aggs": {"seconds": by_second},
            }
        ):
            for each in answer.get("aggregations", {}).get("seconds", {}).get("buckets", ()):
                found[each["key"] // 1000] += each["doc_count"]
        return found

    def searches_of(self, event: Event) -> int:
        return len({self._places[name] % self.searches for name in event.matched})

    def _hits(self, since: Mapping[str, int], start: int, before: int | None) -> list[list[Json]]:
        read = columns(name for rule in self.rules for name in rule.fields | _keys_of(rule))
        page = {**read, "size": self.page, "sort": [{self.order: "asc"}]}
        answers = self._ask(lambda part: {**page, "query": self._query(part, since, start, before, named=True)})
        return [answer["hits"]["hits"] for answer in answers]

    def _ask(self, body: Callable[[Sequence[_Named]], Json]) -> list[Json]:
        """The answers for all parts of the bases."""
        while True:
            parts = [part for first in range(self.searches) if (part := self._bases[first :: self.searches])]
            try:
                return [search(self.engine, self.streams, body(part)) for part in parts]
            except EngineRefused as error:
                if _TOO_LARGE not in str(error) or self.searches >= len(self._bases):
                    raise
            self.searches *= 2
            _log.info("the rules are more than the engine looks for at once: %d searches from now on", self.searches)

    def _merged(self, hits: Iterable[Json], since: Mapping[str, int]) -> list[Event]:
        """In their order, each once with all bases that found it, but those of rules that begin later."""
        found: dict[str, Event] = {}
        for event in map(event_of, hits):
            known = found.get(event.id)
            found[event.id] = replace(event, matched=event.matched | known.matched) if known else event
        events = [replace(event, matched=self._begun(event, since)) for event in found.values()]
        return sorted(events, key=self._moment)

    def _begun(self, event: Event, since: Mapping[str, int]) -> frozenset[str]:
        at = self._moment(event)
        return frozenset(name for name in event.matched if since[self._bases[self._places[name]].rule.id] <= at)

    def _moment(self, event: Event) -> int:
        return event.ingested if self.order == INGESTED else event.at

    @cached_property
    def _bases(self) -> list[_Named]:
        return [_Named(rule, base_name(rule, base), query_of(base)) for rule in self.rules for base in rule.bases]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {each.name: place for place, each in enumerate(self._bases)}

    @cached_property
    def _document_fields(self) -> dict[str, list[str]]:
        """By the name of the base: what its rule needs that has no column. A rule without correlation says what was."""
        return {
            base_name(rule, base): fields
            for rule in self.rules
            for base in rule.bases
            if (fields := document_fields(rule.fields | _keys_of(rule) | _said_of(rule)))
        }

    def _query(
        self, part: Sequence[_Named], since: Mapping[str, int], start: int, before: int | None, *, named: bool
    ) -> Json:
        begins: dict[int, list[Json]] = {}
        for each in part:
            query = {"bool": ({"_name": each.name} if named else {}) | {"filter": each.filters}}
            begins.setdefault(max(start, since[each.rule.id]), []).append(query)
        groups = [{"bool": {"filter": [between(self.order, at, None), _any(some)]}} for at, some in begins.items()]
        return {"bool": {"filter": [between(self.order, start, before), _any(groups)]}}

    def _completed(self, events: list[Event]) -> list[Event]:
        """With what is only in the documents, of the events for which a rule needs it."""
        needing = {event.id for event in events if not event.matched.isdisjoint(self._document_fields)}
        if not needing:
            return events
        fields = sorted(
            {name for event in events for base in event.matched for name in self._document_fields.get(base, ())}
        )
        body = {
            "size": len(needing),
            "query": {"bool": {"filter": {"terms": {"event.id": sorted(needing)}}}},
            "_source": ["event.id", *fields],
        }
        hits = search(self.engine, self.streams, body)["hits"]["hits"]
        sources = {hit["_source"].get("event", {}).get("id"): hit["_source"] for hit in hits}
        return [
            replace(event, source={**sources[event.id], **event.source}) if event.id in sources else event
            for event in events
        ]


def _any(queries: list[Json]) -> Json:
    return {"bool": {"should": queries, "minimum_should_match": 1}}


def _keys_of(rule: Rule) -> frozenset[str]:
    """A stateful rule groups by fields that its detection names."""
    return frozenset(name for base in rule.bases for name in base.fields) if rule.stateful else frozenset()


def _said_of(rule: Rule) -> frozenset[str]:
    return frozenset() if rule.correlations or rule.stateful else frozenset([_MESSAGE])


def streams_of(namespace: str, rules: Sequence[Rule]) -> str:
    """The data streams that these rules look at, as a path names them."""
    names = {base.data_stream for rule in rules for base in rule.bases} | {"logs"}
    return ",".join(f"logs-auth0.{name}-{namespace}" for name in sorted(names))
