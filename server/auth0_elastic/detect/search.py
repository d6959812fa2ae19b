"""What searches of the engine have in common: how a base becomes a query, what is read of an event, and how."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from auth0_elastic.backoff import Backoff
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.field_types import field_types
from auth0_elastic.detect.incident import ENTITIES
from auth0_elastic.detect.rule import Base, Rule
from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineRefused

Json = dict[str, Any]

_TIMES: Final = ("@timestamp", "event.ingested")
_ALWAYS: Final = frozenset(name for fields in ENTITIES.values() for name in fields) | {
    "event.id",
    "source.geo.city_name",
    "source.geo.location",
    "auth0.logs.data.location_info.city_name",
    "auth0.logs.data.location_info.country_code",
    "auth0.logs.data.location_info.latitude",
    "auth0.logs.data.location_info.longitude",
}
_PARAMETERS: Final = {"ignore_unavailable": "true", "allow_partial_search_results": "false"}
_TOO_BUSY: Final = 429
_ATTEMPTS: Final = 5


def search(engine: Engine, streams: str, body: Json, *, pause: Callable[[float], object] = time.sleep) -> Json:
    """The answer to a search in these data streams, as far as they exist. Raises EngineError.

    An engine whose memory or queue is full for the moment (429) is asked again, for up to 15 seconds.
    """
    backoff, attempt = Backoff(1, 8), 1
    while True:
        try:
            found: Json = engine.call(
                "POST", f"/{streams}/_search", body | {"track_total_hits": False}, params=_PARAMETERS
            )
        except EngineRefused as error:
            if error.status != _TOO_BUSY or attempt == _ATTEMPTS:
                raise
        else:
            return found
        pause(backoff.delay(attempt))
        attempt += 1


def query_of(base: Base) -> list[Json]:
    """The filters that find what a base looks for, in its data stream alone."""
    return [{"term": {"event.dataset": f"auth0.{base.data_stream}"}}, base.query]


def base_name(rule: Rule, base: Base) -> str:
    """A base's name among those of all rules."""
    return f"{rule.id}/{base.name}"


def columns(fields: Iterable[str] = ()) -> Json:
    """The part of a search that reads an event from columns alone, many times faster than from its document.

    Of `fields`, beside those that every rule needs, the ones that have columns.
    """
    names = sorted(_ALWAYS.union(name for name in fields if not in_document(name)))
    times = [{"field": name, "format": "epoch_millis"} for name in _TIMES]
    return {"_source": False, "stored_fields": "_none_", "docvalue_fields": [*times, *names]}


def document_fields(fields: Iterable[str]) -> list[str]:
    """Those that are in an event's document only."""
    return sorted(name for name in fields if in_document(name))


def in_document(field: str) -> bool:
    found = [found for types in field_types().values() if (found := types.find(field)) is not None]
    return any(each.is_key or each.type in ("text", "match_only_text", "flattened") for each in found)


def event_of(hit: Mapping[str, Any]) -> Event:
    """The event of a hit with `columns`. Its id is Auth0's log_id; for one without, what is known of it."""
    source = hit.get("fields", {})
    identity = source.get("event.id") or [hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()]
    return Event(
        id=identity[0],
        at=int(source["@timestamp"][0]),
        ingested=int(source["event.ingested"][0]),
        matched=frozenset(hit.get("matched_queries", ())),
        source=source,
    )


def between(field: str, since: int | None, before: int | None) -> Json:
    """`since` <= field < `before`, in epoch milliseconds."""
    limits = {"gte": since, "lt": before}
    return {"range": {field: {name: at for name, at in limits.items() if at is not None} | {"format": "epoch_millis"}}}
