"""A day of events in a data stream of its own, indexed through the installed package; one event of another source."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.generate import encode, events
from auth0_elastic.kibana import Definitions, read_definitions
from auth0_elastic.package_files import load_assets
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


@dataclass(frozen=True)
class Day:
    """Where the day's events are; `other` is an index with a login from elsewhere."""

    engine: Engine
    stream: str
    other: str

    def search(self, body: Json, *, everywhere: bool = False) -> Json:
        """Answers as Elasticsearch would; OpenSearch has another word for runtime mappings."""
        body = dict(body)
        if runtime := body.pop("runtime_mappings", None):
            body["derived"] = runtime
        target = f"{self.stream},{self.other}" if everywhere else self.stream
        found: Json = self.engine.call("POST", f"/{target}/_search", body)
        return found


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    return read_definitions()


@pytest.fixture(scope="module")
def day(opensearch: RunningEngine) -> Iterator[Day]:
    settings = load(None, {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url})
    engine = connect(settings.elasticsearch)
    install(engine, load_assets())
    namespace = f"k{secrets.token_hex(4)}"
    made = Day(engine, f"logs-auth0.logs-{namespace}", f"logs-other.auth-{namespace}")
    try:
        _index(made, namespace)
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
        engine.request("DELETE", f"/_data_stream/{made.stream}")
        engine.request("DELETE", f"/{made.other}")


def _index(day: Day, namespace: str) -> None:
    now = _now().encode()
    raws = [encode([each], "JSONOBJECT") for each in events(7, NUMBER, end=datetime.now(UTC))]
    raws += [each.replace(b"%(now)s", now) for each in TROUBLE]
    write = DocumentWriter(namespace, "auth0.logs", ["forwarded"], preserve_original_event=False)
    received = int(time.time() * 1000)
    spooled = [(document_id(raw), SpooledEvent("day", number, received, raw)) for number, raw in enumerate(raws)]
    for start in range(0, len(spooled), 1000):
        body = write.bulk_body(spooled[start : start + 1000])
        answer = day.engine.bulk(f"/{day.stream}/_bulk", body, params={"refresh": "true"})
        failed = [item["create"] for item in answer.body["items"] if item["create"]["status"] >= 400]
        assert not failed, json.dumps(failed[:3])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
