"""Detection within a server: from an event that Auth0 posts to an alert and a message, never in the way of events."""

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import data_streams, find_package, load_assets
from auth0_elastic.setup.apply import install

Eventually = Callable[..., Any]
Start = Callable[..., Any]

LEAK = {
    "log_id": "90020261120101613696000000000000000000000001223372036854775807",
    "data": {"type": "pwd_leak", "user_id": "auth0|1", "user_name": "jane", "ip": "192.0.2.7"},
}


@pytest.fixture
def engine(opensearch: RunningEngine) -> Engine:
    made = connect(replace(load(Path("/dev/null"), {}).elasticsearch, hosts=(opensearch.url,)))
    for name in data_streams(find_package()):
        install(made, load_assets(name))
    return made


def test_an_event_becomes_an_alert_and_a_message(
    serve: Start, engine: Engine, opensearch: RunningEngine, http_server: Callable[..., Any], eventually: Eventually
) -> None:
    namespace, slack = f"detecting{secrets.token_hex(4)}", http_server()
    server = serve(
        elasticsearch={"hosts": [opensearch.url]},
        data_stream={"namespace": namespace},
        detect={"enabled": True, "interval": "200ms", "webhook": {"url": f"{slack.url}/services/T0/B0/XXXXXXXX"}},
    )
    assert server.post(json.dumps(LEAK).encode()).status == 200
    (asked,) = eventually(lambda: list(slack.asked), "the webhook is told")
    assert "(auth0|1)" in json.loads(asked.body)["text"]
    stream = f"logs-auth0.alerts-{namespace}"
    engine.call("POST", f"/{stream}/_refresh")
    (hit,) = engine.call("POST", f"/{stream}/_search")["hits"]["hits"]
    assert hit["_source"]["rule"]["id"] == "breached_password"
    assert server.health("/healthz").status == 200
    assert "XXXXXXXX" not in server.log()


def test_an_engine_that_is_away_keeps_no_event_out(serve: Start, eventually: Eventually) -> None:
    server = serve(
        elasticsearch={"hosts": ["http://127.0.0.1:1"]},
        detect={"enabled": True, "webhook": {"url": "https://a.example"}},
    )
    eventually(lambda: "detection waits" in server.log(), "detection waits")
    assert server.post(json.dumps(LEAK).encode()).status == 200
    assert server.health("/readyz").status == 200
