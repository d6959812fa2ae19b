"""The samples of a data stream: what its folder of the spool tells."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from auth0_elastic.serve.metrics.sample import Distribution, Sample
from auth0_elastic.spool.damage import LOOKED_THROUGH
from auth0_elastic.spool.dead_letters import KINDS
from auth0_elastic.spool.measures import BULK, LAG_CREATED, LAG_RECEIVED
from auth0_elastic.spool.survey import Survey

_COUNTERS = {
    "events_indexed_total": "indexed",
    "events_duplicate_total": "duplicate",
    "events_retried_total": "retried",
    "dead_letters_replayed_total": "replayed",
}


def of_data_stream(name: str, found: Survey, max_size: int, damaged: int, now: float) -> Iterator[Sample]:
    """`damaged` is how many files were set aside, `now` is in epoch seconds."""
    of = (name,)
    yield Sample("events_accepted_total", of, found.accepted)
    yield Sample("events_rejected_total", of, found.rejected)
    yield from (Sample(metric, of, found.counters.get(counter, 0)) for metric, counter in _COUNTERS.items())
    yield from _dead(name, found)
    yield Sample("spool_events", of, found.waiting)
    yield Sample("spool_bytes", of, found.live_bytes)
    yield Sample("spool_max_bytes", of, max_size)
    age = 0.0 if found.oldest is None else max(0.0, now - found.oldest / 1000)
    yield Sample("spool_oldest_event_age_seconds", of, age)
    yield Sample("spool_damaged_files", of, damaged)
    yield from _delivery(name, found)


def _dead(name: str, found: Survey) -> Iterator[Sample]:
    """What an older version has counted is of no known kind."""
    dead, kept = found.measures.get("dead", {}), found.measures.get("dead_letters", {})
    for kind in KINDS:
        yield Sample("events_dead_total", (name, kind), dead.get(kind, 0))
        yield Sample("dead_letters", (name, kind), kept.get(kind, 0))
    for by, counter in (("limit", "dead_letters_dropped"), ("operator", "dead_letters_dropped_by_operator")):
        yield Sample("dead_letters_dropped_total", (name, by), found.counters.get(counter, 0))
    unknown = found.counters.get("dead", 0) - sum(dead.values())
    yield Sample("events_dead_total", (name, "unknown"), max(0.0, unknown))


def _delivery(name: str, found: Survey) -> Iterator[Sample]:
    yield Sample("engine_up", (name,), found.state.get("engine") == "ok")
    yield Sample("bulk_duration_seconds", (name,), Distribution(BULK, found.measures.get(BULK.name, {})))
    for since, lag in (("received", LAG_RECEIVED), ("created", LAG_CREATED)):
        yield Sample("event_lag_seconds", (name, since), Distribution(lag, found.measures.get(lag.name, {})))
    if "delivered" in found.state:
        yield Sample("last_delivery_timestamp_seconds", (name,), float(found.state["delivered"]))


def damaged_files(folder: Path) -> int:
    """How many spool files were set aside and looked through, and are still there."""
    return sum(1 for _ in folder.glob(f"*{LOOKED_THROUGH}{'?' * 8}"))


def of_requests(accepted: int, refused: Mapping[str, int]) -> Iterator[Sample]:
    """`refused` are counts by reason."""
    yield Sample("requests_accepted_total", (), accepted)
    yield from (Sample("requests_refused_total", (reason,), count) for reason, count in refused.items())
