"""A day of events and some alerts, indexed through the installed package; one event of another source."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.demo.lists import lists
from auth0_elastic.detect.alert import document
from auth0_elastic.detect.cases import CaseBench, read_cases
from auth0_elastic.detect.sigma import SHIPPED, load_rules
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.generate import encode, events
from auth0_elastic.kibana import Definitions, read_definitions
from auth0_elastic.package_files import load_assets
from auth0_elastic.reputation.networks import pack
from auth0_elastic.reputation.prefix_tree import PrefixTree
from auth0_elastic.setup.apply import install
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id
from auth0_elastic.spool.backlog import SpooledEvent

Json = dict[str, Any]

NUMBER = 2500
# What a healthy day does not have: types that the product does not know, no date, and what cannot be understood.
TROUBLE = [
    b'{"log_id":"unknown-1","data":{"type":"brand_new","date":"%(now)s","client_name":"Web Shop"}}',
    b'{"log_id":"unknown-2","data":{"type":"newer_still","date":"%(now)s"}}',
    b'{"log_id":"without-a-date","data":{"type":"s"}}',
    b"this is no JSON",
]
# Of every level, about a user, an address and the tenant.
ALERTING = ("breached_password", "brute_force_user", "password_spray", "log_stream_tampered", "impossible_travel")
# What the events of cases leave out.
CLIENT = {"client_id": "aI61p8I8aFjmYRliLWgvM9ev97kCCNDB", "client_name": "Web Shop"}


@dataclass(frozen=True)
class Day:
    """Where the day's events and the alerts are; `other` is an index with a login from elsewhere."""

    engine: Engine
    stream: str
    alerts: str
    other: str

    def search(self, body: Json, *, everywhere: bool = False) -> Json:
        """Answers as Elasticsearch would; OpenSearch has another word for runtime mappings."""
        body = dict(body)
        if runtime := body.pop("runtime_mappings", None):
            body["derived"] = runtime
        target = f"{self.stream},{self.alerts}" + (f",{self.other}" if everywhere else "")
        found: Json = self.engine.call("POST", f"/{target}/_search", body)
        return found


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    return read_definitions()


@pytest.fixture(scope="module")
def day(opensearch: RunningEngine) -> Iterator[Day]:
    settings = load(None, {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url})
    engine = connect(settings.elasticsearch)
    for name in ("logs", "alerts"):
        install(engine, load_assets(name))
    namespace = f"k{secrets.token_hex(4)}"
    made = Day(engine, *(f"logs-{name}-{namespace}" for name in ("auth0.logs", "auth0.alerts", "other.auth")))
    try:
        _index(made, namespace)
        _alert(made, namespace)
        login = {
            "@timestamp": _now(),
            "event": {"category": ["authentication"]},
            "data_stream": {"dataset": "other.auth"},
        }
        mapping = {"properties": {"event": {"properties": {"category": {"type": "keyword"}}}}}
        engine.call("PUT", f"/{made.other}", {"mappings": mapping})
        engine.call("POST", f"/{made.other}/_doc?refresh=true", login)
        yield made
    finally:
        for stream in (made.stream, made.alerts):
            engine.request("DELETE", f"/_data_stream/{stream}")
        engine.request("DELETE", f"/{made.other}")


def _index(day: Day, namespace: str) -> None:
    now = _now().encode()
    raws = [encode([each], "JSONOBJECT") for each in events(7, NUMBER, end=datetime.now(UTC))]
    raws += [each.replace(b"%(now)s", now) for each in TROUBLE]
    tree = PrefixTree((kind, kind, text.split()) for kind, text in lists().items())
    write = DocumentWriter(
        namespace,
        "auth0.logs",
        ["forwarded"],
        preserve_original_event=False,
        lookup=lambda address: tree.covering(pack(address) or b""),
    )
    received = int(time.time() * 1000)
    spooled = [(document_id(raw), SpooledEvent("day", number, received, raw)) for number, raw in enumerate(raws)]
    for start in range(0, len(spooled), 1000):
        body = write.bulk_body(spooled[start : start + 1000])
        answer = day.engine.bulk(f"/{day.stream}/_bulk", body, params={"refresh": "true"})
        failed = [item["create"] for item in answer.body["items"] if item["create"]["status"] >= 400]
        assert not failed, json.dumps(failed[:3])


def _alert(day: Day, namespace: str) -> None:
    """The alerts that some rules raise of their cases' events, which are in the logs, too."""
    rules = [rule for rule in load_rules([SHIPPED]) if rule.id in ALERTING]
    fired = [case for rule in rules for case in read_cases(rule.path) if case.alerts]
    cases = [replace(case, events=tuple(CLIENT | event for event in case.events)) for case in fired]
    bench = CaseBench(day.engine, namespace, rules, cases)
    for incident in (incident for case in cases for incident in bench.run(case)):
        day.engine.call("POST", f"/{day.alerts}/_create/{incident.id}?refresh=true", document(incident, namespace))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
