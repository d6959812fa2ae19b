"""What the summary asks the engine, and its answers as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from auth0_elastic.engine.client import Engine
from auth0_elastic.event_types import SEVERITY

Json = dict[str, Any]

_USERS = {"users": {"cardinality": {"field": "user.name"}}}
_ADDRESSES = {"addresses": {"cardinality": {"field": "source.ip"}}}
_FAILED = {"term": {"event.outcome": "failure"}}
_FAILURES = {"failures": {"filter": _FAILED}}
_LOGIN = {"terms": {"auth0.signal.name": ["auth.login_success", "auth.login_failed"]}}
_ATTACK = [
    {"terms": {"event.category": ["authentication", "intrusion_detection"]}},
    {"range": {"event.severity": {"gte": SEVERITY["high"]}}},
]


class Login(NamedTuple):
    outcome: str
    action: str
    number: int


class FailingUser(NamedTuple):
    name: str
    failures: int
    addresses: int


class Source(NamedTuple):
    ip: str
    events: int
    failures: int
    users: int
    country: str
    owner: str


class Country(NamedTuple):
    name: str
    events: int
    failures: int


class EventType(NamedTuple):
    code: str
    action: str
    category: str
    number: int


class Signal(NamedTuple):
    """`first` and `last` are ISO 8601 times."""

    name: str
    events: int
    users: int
    addresses: int
    first: str
    last: str


class Example(NamedTuple):
    """A document as the engine has it."""

    backing_index: str
    identity: str
    source: Json


@dataclass(frozen=True)
class Findings:
    logins: Sequence[Login]
    failing_users: Sequence[FailingUser]
    sources: Sequence[Source]
    countries: Sequence[Country]
    event_types: Sequence[EventType]
    signals: Sequence[Signal]


def ask(engine: Engine, stream: str) -> Findings:
    """What the data stream says of the day. Raises EngineError."""
    answer = engine.call("POST", f"/{stream}/_search", {"size": 0, "aggs": _aggregations()})
    return findings(answer["aggregations"])


def ask_example(engine: Engine, stream: str) -> Example | None:
    """The latest failed login that has as much as possible; None for a day without logins. Raises EngineError."""
    fields = ("user.id", "source.geo.city_name", "source.as.number", "auth0.logs.data.details")
    query = {"bool": {"must": [_LOGIN], "should": [_FAILED, *({"exists": {"field": field}} for field in fields)]}}
    order = ["_score", {"@timestamp": "desc"}]
    answer = engine.call("POST", f"/{stream}/_search", {"size": 1, "query": query, "sort": order})
    return next((Example(hit["_index"], hit["_id"], hit["_source"]) for hit in answer["hits"]["hits"]), None)


def _aggregations() -> Json:
    times = {"first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": "@timestamp"}}}
    who = {"place": {"top_hits": {"size": 1, "_source": ["source.geo.country_name", "source.as"]}}}
    return {
        "logins": {
            "filter": _LOGIN,
            "aggs": {"outcomes": _terms("event.outcome", 3, {"actions": _terms("event.action", 5)})},
        },
        "failing": {
            "filter": {"bool": {"filter": [_LOGIN, _FAILED]}},
            "aggs": {"by": _terms("user.name", 6, _ADDRESSES)},
        },
        "sources": _terms("source.ip", 8, {**_FAILURES, **_USERS, **who}, by="failures"),
        "countries": _terms("source.geo.country_name", 8, _FAILURES),
        "types": _terms(
            "event.code", 300, {"action": _terms("event.action", 1), "category": _terms("event.category", 5)}
        ),
        "attacks": {
            "filter": {"bool": {"filter": _ATTACK}},
            "aggs": {"by": _terms("auth0.logs.data.type", 12, {**_USERS, **_ADDRESSES, **times})},
        },
    }


def _terms(field: str, size: int, below: Mapping[str, Any] | None = None, by: str = "_count") -> Json:
    return {"terms": {"field": field, "size": size, "order": {by: "desc"}}, "aggs": dict(below or {})}


def findings(aggregations: Json) -> Findings:
    """The rows of an answer."""
    return Findings(
        logins=[
            Login(outcome["key"], action["key"], action["doc_count"])
            for outcome in aggregations["logins"]["outcomes"]["buckets"]
            for action in outcome["actions"]["buckets"]
        ],
        failing_users=[
            FailingUser(each["key"], each["doc_count"], each["addresses"]["value"])
            for each in aggregations["failing"]["by"]["buckets"]
        ],
        sources=[_source(each) for each in aggregations["sources"]["buckets"]],
        countries=[
            Country(each["key"], each["doc_count"], each["failures"]["doc_count"])
            for each in aggregations["countries"]["buckets"]
        ],
        event_types=[
            EventType(each["key"], _keys(each["action"]), _keys(each["category"]), each["doc_count"])
            for each in aggregations["types"]["buckets"]
        ],
        signals=[_signal(each) for each in aggregations["attacks"]["by"]["buckets"]],
    )


def _keys(terms: Json) -> str:
    return ", ".join(bucket["key"] for bucket in terms["buckets"])


def _source(bucket: Json) -> Source:
    source = bucket["place"]["hits"]["hits"][0]["_source"].get("source", {})
    system = source.get("as", {})
    owner = f"AS{system['number']} {system.get('organization', {}).get('name', '')}".strip() if system else ""
    country = source.get("geo", {}).get("country_name", "")
    failures, users = bucket["failures"]["doc_count"], bucket["users"]["value"]
    return Source(bucket["key"], bucket["doc_count"], failures, users, country, owner)


def _signal(bucket: Json) -> Signal:
    counts = bucket["users"]["value"], bucket["addresses"]["value"]
    times = bucket["first"]["value_as_string"], bucket["last"]["value_as_string"]
    return Signal(bucket["key"], bucket["doc_count"], *counts, *times)
