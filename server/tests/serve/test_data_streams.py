"""A whole server over a real engine: a data stream each for log streams and Actions; old spools are taken over."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install
from auth0_elastic.spool.spool_file import SpoolFile

LOGIN = {
    "event_type": "auth.login_success",
    "event_id": "b1946ac92492d2347c6235b4d2611184",
    "actor": {"id": "auth0|1", "email": "ann@example.com"},
    "context": {"ip_address": "81.2.69.143", "connection": "Users", "session_id": "ses_1"},
    "metadata": {"auth0_tenant": "acme", "mfa_used": True},
}
LOG = {"log_id": "90020261121", "data": {"type": "s", "user_id": "auth0|1", "details": {"session_id": "ses_1"}}}


def installed(opensearch: RunningEngine) -> tuple[Engine, str]:
    """An engine with both data streams' templates, and a namespace."""
    engine = connect(load(Path("/dev/null"), {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url}).elasticsearch)
    for name in ("logs", "actions"):
        install(engine, load_assets(name))
    return engine, f"two{secrets.token_hex(4)}"


def found(engine: Engine, stream: str, query: Any) -> list[Any]:
    engine.request("POST", f"/{stream}/_refresh")
    answer = engine.request("POST", f"/{stream}/_search", {"query": query})
    return [hit["_source"] | {"_id": hit["_id"]} for hit in answer.body["hits"]["hits"]] if answer.status == 200 else []


def test_a_log_and_an_action_each_reach_their_data_stream_once(
    serve: Any, opensearch: RunningEngine, eventually: Callable[..., Any]
) -> None:
    engine, namespace = installed(opensearch)
    server = serve(elasticsearch={"hosts": [opensearch.url]}, data_stream={"namespace": namespace})
    for _ in range(2):
        assert server.post(json.dumps(LOG)).status == 200
        assert server.post(json.dumps(LOGIN), "/collect").status == 200
    everything = {"match_all": {}}
    (action,) = eventually(lambda: found(engine, f"logs-auth0.actions-{namespace}", everything), "the Action's event")
    (log,) = eventually(lambda: found(engine, f"logs-auth0.logs-{namespace}", everything), "the log event")
    assert (action["_id"], action["event"]["dataset"]) == (LOGIN["event_id"], "auth0.actions")
    assert (log["_id"], log["event"]["dataset"]) == (LOG["log_id"], "auth0.logs")

    def duplicates() -> list[int]:
        streams = server.health("/readyz").json["data_streams"].values()
        return [stream["events"].get("duplicate", 0) for stream in streams]

    eventually(lambda: duplicates() == [1, 1], "both second copies are refused")


def test_what_a_version_with_one_data_stream_left_in_the_spool_is_delivered(
    serve: Any, opensearch: RunningEngine, eventually: Callable[..., Any], tmp_path: Path
) -> None:
    engine, namespace = installed(opensearch)
    old = SpoolFile.open_free(tmp_path / "old", "listener")
    old.append(1, [json.dumps(LOG).encode()])
    old.close()
    server = serve(
        elasticsearch={"hosts": [opensearch.url]},
        data_stream={"namespace": namespace},
        spool={"path": str(tmp_path / "old")},
    )
    log = eventually(lambda: found(engine, f"logs-auth0.logs-{namespace}", {"match_all": {}}), "the old event")
    assert log[0]["_id"] == LOG["log_id"]
    assert not list((tmp_path / "old").glob("*.db"))
    assert server.health("/readyz").status == 200
