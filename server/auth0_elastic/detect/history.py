"""What the engine has of times before, for rules that compare with it; one search for many users at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from auth0_elastic.detect.event import Event
from auth0_elastic.detect.rule import Base
from auth0_elastic.detect.search import between, columns, document_fields, event_of, query_of, search
from auth0_elastic.engine.client import Engine

Json = dict[str, Any]

AT_ONCE: Final = 1_000
_OTHERS: Final = 250
_MOST: Final = 10_000


class EngineHistory:
    """The events of a namespace; `narrowed` are more filters. Its methods raise EngineError."""

    def __init__(self, engine: Engine, streams: str, narrowed: Iterable[Json] = ()) -> None:
        self._engine = engine
        self._streams = streams
        self._narrowed = list(narrowed)

    def latest(self, base: Base, field: str, values: Iterable[str], since: int, before: int) -> Mapping[str, Event]:
        bodies = (
            self._latest(base, field, some, since, before) | {"collapse": {"field": field}, "size": len(some)}
            for some in _batches(values)
        )
        return {event.first(field) or "": event for body in bodies for event in self._events(body)}

    def events(self, base: Base, field: str, values: Iterable[str], since: int, before: int) -> Iterable[Event]:
        """Read from the documents too, as the field may be in them alone."""
        for some in _batches(values):
            body = self._latest(base, field, some, since, before) | {"size": _MOST}
            del body["stored_fields"]
            for hit in self._search(body | {"_source": document_fields([field])}).get("hits", {}).get("hits", ()):
                event = event_of(hit)
                yield replace(event, source={**hit["_source"], **event.source})

    def seen(
        self, base: Base, field: str, values: Iterable[str], other: str, since: int, before: int
    ) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for some in _batches(values):
            others = {"others": {"terms": {"field": other, "size": _OTHERS}}}
            body = {
                "size": 0,
                "query": self._query(base, field, some, since, before),
                "aggs": {"values": {"terms": {"field": field, "size": len(some)}, "aggs": others}},
            }
            buckets = self._search(body).get("aggregations", {}).get("values", {}).get("buckets", ())
            found |= {each["key"]: frozenset(one["key"] for one in each["others"]["buckets"]) for each in buckets}
        return found

    def newest(self) -> Event | None:
        body = {
            "size": 1,
            "query": {"bool": {"filter": [*self._narrowed, {"exists": {"field": "event.ingested"}}]}},
            "sort": [{"event.ingested": "desc"}],
            **columns(),
        }
        return next(self._events(body), None)

    def _latest(self, base: Base, field: str, values: list[str], since: int, before: int) -> Json:
        return {
            "query": self._query(base, field, values, since, before),
            "sort": [{"@timestamp": "desc"}],
            **columns(base.fields),
        }

    def _query(self, base: Base, field: str, values: list[str], since: int, before: int) -> Json:
        times = between("@timestamp", since, before)
        return {"bool": {"filter": [*self._narrowed, *query_of(base), {"terms": {field: values}}, times]}}

    def _events(self, body: Json) -> Iterator[Event]:
        return (event_of(hit) for hit in self._search(body).get("hits", {}).get("hits", ()))

    def _search(self, body: Json) -> Json:
        return search(self._engine, self._streams, body)


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    every = iter(values)
    while some := list(islice(every, AT_ONCE)):
        yield some
