"""kill -9 of the whole server, again and again under load: what was acknowledged is in the engine exactly once."""

import http.client
import json
import os
import queue
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install

EVENTS, BATCH, KILLS, SENDERS = 20_000, 50, 10, 4
TOKEN = secrets.token_urlsafe()


class Server:
    """The real server as an operator starts it, in a process group of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "auth0_elastic", "serve"],
                env={**os.environ, **self._environment},
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to the supervisor, the listener, its workers and the shipper at once."""
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)


class Sender:
    """Posts like Auth0: in batches, each until it has been acknowledged."""

    def __init__(self, port: int, batches: "queue.Queue[list[bytes]]") -> None:
        self._port = port
        self._batches = batches
        self.acknowledged = 0
        self.refused: list[int] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        while True:
            try:
                batch = self._batches.get_nowait()
            except queue.Empty:
                return
            while not self._post(batch):
                pass

    def _post(self, batch: list[bytes]) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/auth0/logs", b"\n".join(batch), {"Authorization": TOKEN})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        with self._lock:
            if answer.status != 200:
                self.refused.append(answer.status)
                return False
            assert json.loads(body) == {"accepted": len(batch), "rejected": 0}
            self.acknowledged += len(batch)
        return True


def event(number: int) -> tuple[str, bytes]:
    now = datetime.now(UTC)
    log_id = f"900{now:%Y%m%d%H%M%S}{number:039d}"
    return log_id, json.dumps({"log_id": log_id, "data": {"type": "s", "date": f"{now:%Y-%m-%dT%H:%M:%SZ}"}}).encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def environment(opensearch: RunningEngine, tmp_path: Path) -> dict[str, str]:
    settings = {
        "LISTENER_LISTEN_ADDRESS": "127.0.0.1",
        "LISTENER_LISTEN_PORT": str(free_port()),
        "LISTENER_AUTHORIZATION_TOKEN": TOKEN,
        "MONITORING_LISTEN_PORT": str(free_port()),
        "ELASTICSEARCH_HOSTS": opensearch.url,
        "SPOOL_PATH": str(tmp_path / "spool"),
        "DATA_STREAM_NAMESPACE": f"kill{secrets.token_hex(4)}",
    }
    return {f"AUTH0_ELASTIC_{name}": value for name, value in settings.items()}


@pytest.fixture
def engine(environment: dict[str, str]) -> Engine:
    engine = connect(load(None, environment).elasticsearch)
    install(engine, load_assets())
    return engine


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    server = Server(environment, tmp_path / "server.log")
    server.start()
    yield server
    server.stop()


def wait_until(done: Callable[[], bool], seconds: float, what: str) -> None:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not done():
        assert time.monotonic() < deadline, what
        pause.wait(0.02)


def test_ten_kills_under_load_lose_nothing_and_double_nothing(
    server: Server, engine: Engine, environment: dict[str, str], tmp_path: Path
) -> None:
    stream = f"logs-auth0.logs-{environment['AUTH0_ELASTIC_DATA_STREAM_NAMESPACE']}"
    sent = dict(event(number) for number in range(EVENTS))
    raws = list(sent.values())
    batches: queue.Queue[list[bytes]] = queue.Queue()
    for start in range(0, EVENTS, BATCH):
        batches.put(raws[start : start + BATCH])
    sender = Sender(int(environment["AUTH0_ELASTIC_LISTENER_LISTEN_PORT"]), batches)
    threads = [threading.Thread(target=sender.run) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for moment in sorted(random.sample(range(1, EVENTS), KILLS)):
        wait_until(lambda moment=moment: sender.acknowledged >= moment, 60, "the server acknowledges no more")
        server.kill()
        server.start()
    for thread in threads:
        thread.join(120)
    assert sender.acknowledged == EVENTS
    assert set(sender.refused) <= {503}

    def count() -> int:
        engine.request("POST", f"/{stream}/_refresh")
        answer = engine.request("GET", f"/{stream}/_count")
        return int(answer.body["count"]) if answer.status == 200 else 0

    wait_until(lambda: count() >= EVENTS, 180, (tmp_path / "server.log").read_text()[-2000:])
    found = engine.call(
        "POST", f"/{stream}/_search", {"size": 0, "aggs": {"ids": {"terms": {"field": "event.id", "size": EVENTS + 1}}}}
    )
    copies = {bucket["key"]: bucket["doc_count"] for bucket in found["aggregations"]["ids"]["buckets"]}
    assert copies == dict.fromkeys(sent, 1)
    assert TOKEN not in (tmp_path / "server.log").read_text()
