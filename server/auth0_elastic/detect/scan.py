"""Reads the events that the rules look at, in the order in which they were ingested, or happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

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

Json = dict[str, Any]

PAGE: Final = 5_000
INGESTED: Final = "event.ingested"
HAPPENED: Final = "@timestamp"
_MESSAGE: Final = "message"


@dataclass(frozen=True)
class Scan:
    """One search for all rules: each base is a named query of it, and an event says which have found it.

    `_id` cannot be sorted by, sorting by event.id takes longer than all the rest, and a point in time costs the engine
    memory; so a page begins with the millisecond that ended the one before. What becomes searchable behind a page is
    for the next scan.
    """

    engine: Engine
    streams: str
    rules: Sequence[Rule]
    order: str = INGESTED
    page: int = PAGE

    def pages(self, since: Mapping[str, int], before: int | None = None) -> Iterator[list[Event]]:
        """The events of each rule from its `since` on, before `before`, in epoch milliseconds. Raises EngineError."""
        start, edge = min(since.values(), default=0), frozenset[str]()
        while self._bases:
            body = {
                **columns(name for rule in self.rules for name in rule.fields | _keys_of(rule)),
                "size": self.page,
                "query": self._query(since, start, before, named=True),
                "sort": [{self.order: "asc"}],
            }
            hits = search(self.engine, self.streams, body)["hits"]["hits"]
            found = [event_of(hit) for hit in hits]
            new = [event for event in found if event.id not in edge]
            if new:
                yield self._completed(new)
            if len(hits) < self.page:
                return
            last = hits[-1]["sort"][0]
            # A millisecond with more events than a page holds is left with the first of them.
            start = last + 1 if last == start else last
            edge = frozenset(event.id for event, hit in zip(found, hits, strict=True) if hit["sort"][0] == last)

    def counts(self, since: int, before: int) -> dict[int, int]:
        """How many events there are, by the second (epoch) in which they were ingested. Raises EngineError."""
        if not self._bases:
            return {}
        by_second = {"date_histogram": {"field": self.order, "fixed_interval": "1s", "min_doc_count": 1}}
        query = self._query({rule.id: since for rule in self.rules}, since, before, named=False)
        found = search(self.engine, self.streams, {"size": 0, "query": query, "aggs": {"seconds": by_second}})
        buckets = found.get("aggregations", {}).get("seconds", {}).get("buckets", ())
        return {each["key"] // 1000: each["doc_count"] for each in buckets}

    @cached_property
    def _bases(self) -> list[tuple[Rule, str, list[Json]]]:
        return [(rule, base_name(rule, base), query_of(base)) for rule in self.rules for base in rule.bases]

    @cached_property
    def _document_fields(self) -> dict[str, list[str]]:
        """By the name of the base: what its rule needs that has no column. A rule without correlation says what was."""
        return {
            base_name(rule, base): fields
            for rule in self.rules
            for base in rule.bases
            if (fields := document_fields(rule.fields | _keys_of(rule) | _said_of(rule)))
        }

    def _query(self, since: Mapping[str, int], start: int, before: int | None, *, named: bool) -> Json:
        should = []
        for rule, name, filters in self._bases:
            later = [between(self.order, since[rule.id], None)] if since[rule.id] > start else []
            should.append({"bool": ({"_name": name} if named else {}) | {"filter": filters + later}})
        any_base = {"bool": {"should": should, "minimum_should_match": 1}}
        return {"bool": {"filter": [between(self.order, start, before), any_base]}}

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


def _keys_of(rule: Rule) -> frozenset[str]:
    """A stateful rule groups by fields that its detection names."""
    return frozenset(name for base in rule.bases for name in base.fields) if rule.stateful else frozenset()


def _said_of(rule: Rule) -> frozenset[str]:
    return frozenset() if rule.correlations or rule.stateful else frozenset([_MESSAGE])


def streams_of(namespace: str, rules: Sequence[Rule]) -> str:
    """The data streams that these rules look at, as a path names them."""
    names = {base.data_stream for rule in rules for base in rule.bases} | {"logs"}
    return ",".join(f"logs-auth0.{name}-{namespace}" for name in sorted(names))
