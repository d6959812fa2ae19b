"""/metrics of a whole server on a real engine: each metric moves when what it counts happens."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from prometheus_client.parser import text_string_to_metric_families

from auth0_elastic import __version__
from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import data_streams, find_package, load_assets
from auth0_elastic.setup.apply import install

Eventually = Callable[..., Any]
LOGS = 'data_stream="logs"'


class Site:
    """A server that delivers into a data stream of its own."""

    def __init__(self, server: Any, engine: Any, namespace: str, eventually: Eventually) -> None:
        self.server, self.engine, self._eventually = server, engine, eventually
        self.stream = f"logs-auth0.logs-{namespace}"

    def value(self, name: str, labels: str = LOGS) -> float | None:
        """A sample of /metrics; None if there is no such one."""
        answer = self.server.health("/metrics")
        assert answer.status == 200
        for family in text_string_to_metric_families(answer.body.decode()):
            for sample in family.samples:
                found = ",".join(f'{key}="{value}"' for key, value in sorted(sample.labels.items()))
                if sample.name == f"auth0_elastic_{name}" and found == labels:
                    return float(sample.value)
        return None

    def reaches(self, value: float, name: str, labels: str = LOGS) -> None:
        def look() -> bool:
            self.last = self.value(name, labels)
            return self.last == value

        try:
            self._eventually(look, f"{name} is {value}")
        except AssertionError as error:
            raise AssertionError(f"{error}, but {self.last}") from error

    def post(self, *numbers: int, kind: str = "s") -> None:
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
        events = [{"log_id": f"900{now}{n:042d}", "data": {"type": kind, "user_id": "auth0|1"}} for n in numbers]
        assert self.server.post("\n".join(map(json.dumps, events))).status == 200

    def put_settings(self, **settings: object) -> None:
        self.engine.call("PUT", f"/{self.stream}/_settings", {"index": settings})

    def dead_letters(self, *arguments: str) -> None:
        config = str(Path(self.server.settings["spool"]["path"]).parent / "auth0-elastic.yml")
        command = [sys.executable, "-m", "auth0_elastic", "dead-letters", *arguments, "--config", config]
        subprocess.run(command, check=True, capture_output=True, env={"PATH": ""})


@pytest.fixture(scope="module")
def engine(opensearch: RunningEngine) -> Engine:
    engine = connect(load(Path("/dev/null"), {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url}).elasticsearch)
    for name in data_streams(find_package()):
        install(engine, load_assets(name))
    return engine


@pytest.fixture
def site(serve: Any, opensearch: RunningEngine, engine: Engine, eventually: Eventually) -> Iterator[Site]:
    namespace = f"metrics{secrets.token_hex(4)}"
    server = serve(
        elasticsearch={"hosts": [opensearch.url]},
        data_stream={"namespace": namespace},
        detect={"enabled": True, "interval": "200ms"},
    )
    yield Site(server, engine, namespace, eventually)
    engine.request("DELETE", f"/_data_stream/logs-auth0.logs-{namespace}")


def test_events_are_counted_by_how_they_ended(site: Site) -> None:
    assert site.value("last_delivery_timestamp_seconds") is None
    site.post(1, 2)
    site.post(2)
    assert site.server.post('{"log_id":"900","data":{"type":"s"}}\n{broken').status == 200
    assert site.server.post("x", headers={"Authorization": "wrong"}).status == 401
    site.reaches(4, "events_accepted_total")
    site.reaches(1, "events_rejected_total")
    site.reaches(3, "events_indexed_total")
    site.reaches(1, "events_duplicate_total")
    site.reaches(1, "events_dead_total", f'{LOGS},reason="not_an_event"')
    site.reaches(1, "dead_letters", f'{LOGS},reason="not_an_event"')
    site.reaches(3, "requests_accepted_total", "")
    site.reaches(1, "requests_refused_total", 'reason="unauthorized"')
    site.reaches(1, "engine_up")
    site.reaches(3, "event_lag_seconds_count", f'{LOGS},since="received"')
    assert 0 < (site.value("event_lag_seconds_count", f'{LOGS},since="created"') or 0) <= 2
    assert 0 < (site.value("bulk_duration_seconds_sum") or 0) < 60
    assert abs((site.value("last_delivery_timestamp_seconds") or 0) - time.time()) < 60
    site.reaches(0, "spool_bytes")
    site.reaches(0, "spool_events")
    assert site.value("spool_oldest_event_age_seconds") == 0
    before = site.server.health("/metrics").body
    site.server.stop()
    site.server.start()
    again = [line for line in before.decode().splitlines() if line.startswith("auth0_elastic_events_")]
    assert set(again) <= set(site.server.health("/metrics").body.decode().splitlines())


def test_what_the_engine_does_not_take_waits_and_is_seen(site: Site) -> None:
    site.post(1)
    site.reaches(1, "events_indexed_total")
    site.put_settings(blocks={"write": True})
    site.post(2, 3)
    site.reaches(0, "engine_up")
    site.reaches(2, "spool_events")
    assert (site.value("events_retried_total") or 0) > 0
    assert (site.value("spool_bytes") or 0) > 0
    assert (site.value("spool_oldest_event_age_seconds") or 0) > 0
    site.put_settings(blocks={"write": False})
    site.reaches(3, "events_indexed_total")
    site.reaches(0, "spool_events")
    site.reaches(1, "engine_up")


def test_dead_letters_are_counted_until_they_are_replayed_or_dropped(site: Site) -> None:
    """A pipeline that makes a field of the wrong type, as somebody may have installed it."""
    site.post(1)
    site.reaches(1, "events_indexed_total")
    (index,) = site.engine.call("GET", f"/{site.stream}/_settings").values()
    pipeline = index["settings"]["index"]["default_pipeline"]
    broken = f"broken-{site.stream}"
    site.engine.call(
        "PUT", f"/_ingest/pipeline/{broken}", {"processors": [{"set": {"field": "source.ip", "value": "?"}}]}
    )
    site.put_settings(default_pipeline=broken)
    site.post(2, 3)
    site.reaches(2, "events_dead_total", f'{LOGS},reason="mapping"')
    site.reaches(2, "dead_letters", f'{LOGS},reason="mapping"')
    site.put_settings(default_pipeline=pipeline)
    site.engine.call("DELETE", f"/_ingest/pipeline/{broken}")
    site.dead_letters("drop", "logs-1", "--yes")
    site.reaches(1, "dead_letters_dropped_total", f'by="operator",{LOGS}')
    site.dead_letters("replay", "--reason", "mapping")
    site.reaches(1, "dead_letters_replayed_total")
    site.reaches(2, "events_indexed_total")
    site.reaches(0, "dead_letters", f'{LOGS},reason="mapping"')
    assert site.value("events_dead_total", f'{LOGS},reason="mapping"') == 2


def test_detection_tells_of_its_passes_and_alerts(site: Site) -> None:
    site.post(1, kind="pwd_leak")
    site.reaches(1, "events_indexed_total")
    site.reaches(1, "detection_alerts_total", 'level="low"')
    assert (site.value("detection_passes_total", "") or 0) >= 1
    assert (site.value("detection_events_total", "") or 0) >= 1
    assert abs((site.value("detection_last_pass_timestamp_seconds", "") or 0) - time.time()) < 60


def test_processes_and_the_disk_are_seen(site: Site) -> None:
    site.reaches(1, "ready", "")
    site.reaches(1, "process_up", 'process="ship"')
    assert site.value("process_restarts_total", 'process="ship"') == 0
    children = Path(f"/proc/{site.server.process.pid}/task/{site.server.process.pid}/children").read_text().split()
    (shipper,) = [int(pid) for pid in children if b"\0ship\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(shipper, signal.SIGKILL)
    site.reaches(0, "ready", "")
    site.reaches(1, "process_restarts_total", 'process="ship"')
    site.reaches(1, "process_up", 'process="ship"')
    assert site.value("build_info", f'version="{__version__}"') == 1
    assert site.value("spool_max_bytes") == 10 * 1024**3
    assert (site.value("spool_disk_free_bytes", "") or 0) > 0
    site.reaches(0, "spool_damaged_files")
    (site.server.spool / "listener-9.bad-01234567").write_bytes(b"x")
    site.reaches(1, "spool_damaged_files")


def test_a_renewed_certificate_is_seen(serve: Any, certificate: Path, tmp_path: Path, eventually: Eventually) -> None:
    path = Path(shutil.copy(certificate / "tls.crt", tmp_path))
    server = serve(listener={"ssl": {"certificate": str(path), "key": str(certificate / "tls.key")}})
    site = Site(server, None, "default", eventually)
    name, before = "certificate_expiry_timestamp_seconds", time.time()
    assert (site.value(name, "") or 0) > before
    renewed = trustme.CA().issue_cert("localhost", not_after=datetime.fromtimestamp(int(before) + 3600, UTC))
    path.write_bytes(renewed.cert_chain_pems[0].bytes())
    site.reaches(int(before) + 3600, name, "")
    path.write_bytes(b"")
    assert site.value(name, "") is None


def test_no_secret_and_no_text_of_a_stranger_is_a_label(site: Site) -> None:
    token = site.server.settings["listener"]["authorization_token"]
    site.server.post("x", path="/evil-path", headers={"Authorization": "evil-token"})
    site.reaches(1, "requests_refused_total", 'reason="not_found"')
    body = site.server.health("/metrics").body.decode()
    assert token not in body
    assert "evil" not in body
