"""The embedded engines are real, keep their data over a restart and end with the process that started them."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.engine.embedded import EmbeddedEngine, RunningEngine, install, running_engine
from auth0_elastic.engine.embedded.ports import free_port
from auth0_elastic.engine.embedded.state import is_alive, wait_until
from auth0_elastic.errors import EngineError


def call(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def simulate(engine: RunningEngine, document: dict[str, Any], *processors: dict[str, Any]) -> dict[str, Any]:
    body = {"pipeline": {"processors": list(processors)}, "docs": [{"_source": document}]}
    source: dict[str, Any] = call("POST", f"{engine.url}/_ingest/pipeline/_simulate", body)["docs"][0]["doc"]["_source"]
    return source


def nested(depth: int) -> Any:
    return {"a": nested(depth - 1)} if depth else "leaf"


def status_of_indexing(url: str, field_type: str, details: Any) -> int:
    index = f"{url}/details-{uuid.uuid4()}"
    call("PUT", index, {"mappings": {"properties": {"details": {"type": field_type}}}})
    try:
        call("PUT", f"{index}/_doc/1", {"details": details})
    except urllib.error.HTTPError as error:
        return error.code
    return 201


def test_the_embedded_engine_is_a_real_opensearch(opensearch: RunningEngine) -> None:
    version = call("GET", opensearch.url)["version"]
    assert (version["distribution"], version["number"]) == ("opensearch", "2.19.4")


def test_it_locates_and_attributes_an_address(opensearch: RunningEngine) -> None:
    city = {"geoip": {"field": "ip"}}
    asn = {"geoip": {"field": "ip", "target_field": "as", "database_file": "GeoLite2-ASN.mmdb"}}
    country = {"geoip": {"field": "ip", "target_field": "country", "database_file": "GeoLite2-Country.mmdb"}}
    found = simulate(opensearch, {"ip": "81.2.69.143"}, city, asn, country)
    assert found["geoip"]["country_iso_code"] == found["country"]["country_iso_code"] == "GB"
    assert found["as"]["asn"] == 20712


def test_it_understands_a_user_agent(opensearch: RunningEngine) -> None:
    firefox = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:93.0) Gecko/20100101 Firefox/93.0"
    found = simulate(opensearch, {"agent": firefox}, {"user_agent": {"field": "agent"}})
    assert found["user_agent"]["name"] == "Firefox"
    assert found["user_agent"]["os"]["name"] == "Ubuntu"


def test_it_parses_json_runs_scripts_and_fills_templates(opensearch: RunningEngine) -> None:
    found = simulate(
        opensearch,
        {"message": '{"n": 20}'},
        {"json": {"field": "message", "target_field": "parsed"}},
        {"script": {"source": "ctx.n = ctx.parsed.n + params.more", "params": {"more": 1}}},
        {"set": {"field": "text", "value": "n is {{n}}"}},
    )
    assert (found["n"], found["text"]) == (21, "n is 21")


def test_it_updates_and_deletes_by_query(opensearch: RunningEngine) -> None:
    index = f"{opensearch.url}/by-query"
    call("PUT", f"{index}/_doc/1?refresh=true", {"n": 1})
    assert call("POST", f"{index}/_update_by_query?refresh=true", {"script": "ctx._source.n = 2"})["updated"] == 1
    assert call("POST", f"{index}/_delete_by_query", {"query": {"term": {"n": 2}}})["deleted"] == 1


def test_it_listens_on_the_loopback_address_only(opensearch: RunningEngine) -> None:
    node = call("GET", f"{opensearch.url}/_nodes/_local/http,transport")["nodes"].popitem()[1]
    bound = node["http"]["bound_address"] + node["transport"]["bound_address"]
    assert {address.rpartition(":")[0] for address in bound} == {"127.0.0.1"}


@pytest.mark.parametrize(("depth", "status"), [(20, 201), (21, 400)])
def test_elasticsearch_refuses_what_opensearch_takes(
    opensearch: RunningEngine, elasticsearch_url: str, depth: int, status: int
) -> None:
    assert status_of_indexing(opensearch.url, "flat_object", nested(depth)) == 201
    assert status_of_indexing(elasticsearch_url, "flattened", nested(depth)) == status


def test_a_restart_keeps_documents_and_port(own_engine: Callable[[], EmbeddedEngine]) -> None:
    engine = own_engine()
    url = engine.url
    call("PUT", f"{url}/kept/_doc/1", {"n": 1})
    engine.stop()
    with pytest.raises(urllib.error.URLError, match="refused"):
        call("GET", url)
    assert engine.start().url == url
    assert call("GET", f"{url}/kept/_doc/1")["_source"] == {"n": 1}


def test_a_frozen_engine_is_killed_and_starts_again(own_engine: Callable[[], EmbeddedEngine], tmp_path: Path) -> None:
    engine = own_engine()
    running = running_engine(tmp_path / "engine-0")
    assert running is not None
    os.kill(running.pid, signal.SIGSTOP)
    engine.stop(patience=0.1)
    assert engine.start().pid != running.pid


def test_an_engine_dies_with_its_killed_parent(tmp_path: Path) -> None:
    program = "import sys, pathlib; from auth0_elastic.engine.embedded import EmbeddedEngine as E; "
    program += "E(pathlib.Path(sys.argv[1])).start(); input()"
    install()
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE) as parent:
        assert wait_until(lambda: running_engine(tmp_path) is not None, 30)
        engine = running_engine(tmp_path)
        assert engine is not None
        assert wait_until(lambda: b"OpenSearch" in Path(f"/proc/{engine.pid}/cmdline").read_bytes(), 30)
        parent.kill()
    assert wait_until(lambda: not is_alive(engine.pid, tmp_path), 10)


def test_an_engine_outlives_the_thread_that_started_it(own_engine: Callable[[], EmbeddedEngine]) -> None:
    with ThreadPoolExecutor() as threads:
        engine = threads.submit(own_engine).result()
    assert call("GET", engine.url)["version"]["number"]


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as other:
        port = other.getsockname()[1]
        with pytest.raises(EngineError, match=f"port {port} on 127.0.0.1 is taken"):
            EmbeddedEngine(tmp_path, port=port).start()


def test_a_failed_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"(?s)did not start.*Invalid initial heap size.*engine\.log"):
        EmbeddedEngine(tmp_path, heap="none").start()
    assert running_engine(tmp_path) is None


def test_a_slow_start_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"did not answer in 0\.1 s"):
        EmbeddedEngine(tmp_path).start(timeout=0.1)
    assert running_engine(tmp_path) is None
