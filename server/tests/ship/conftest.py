"""A spool, a shipper and a real engine, driven step by step; and a proxy that breaks the way between the last two."""

import gzip
import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import for_distribution, load_assets
from auth0_elastic.serve.shipping import Preparation
from auth0_elastic.setup.apply import install
from auth0_elastic.ship.shipper import Shipper
from auth0_elastic.spool.backlog import Backlog
from auth0_elastic.spool.ledger import Ledger, LedgerView
from auth0_elastic.spool.spool_file import SpoolFile

Fault = Callable[[Any, Callable[[], tuple[int, bytes]]], None]


class Faults:
    """What the proxy does to the next bulk requests: functions of (handler, forward) that answer, or do not.

    `lasting` is done to every request whose path contains `concerns`. `down` and `up` close and open the proxy's port.
    """

    def __init__(self) -> None:
        self.next: list[Fault] = []
        self.always: Callable[[bytes, dict[str, Any]], None] | None = None
        self.lasting: Fault | None = None
        self.concerns = "/_bulk"
        self.times = 0
        self.bulks = 0
        self.down: Callable[[], None] = lambda: None
        self.up: Callable[[], None] = lambda: None

    def lose_the_answer(self) -> None:
        """The engine does what it is asked; the connection breaks before anybody hears of it."""

        def fault(handler: Any, forward: Callable[[], tuple[int, bytes]]) -> None:
            forward()
            handler.close_connection = True
            handler.connection.close()

        self.next.append(fault)

    def answer(self, status: int, body: object) -> None:
        """Instead of the engine."""
        self.next.append(lambda handler, forward: handler.reply(status, json.dumps(body).encode()))

    def before(self, action: Callable[[], None]) -> None:
        """Does something while the request is on its way."""

        def fault(handler: Any, forward: Callable[[], tuple[int, bytes]]) -> None:
            action()
            handler.reply(*forward())

        self.next.append(fault)

    def change_answer(self, change: Callable[[dict[str, Any]], None]) -> None:
        """The engine's answer, changed."""

        def fault(handler: Any, forward: Callable[[], tuple[int, bytes]]) -> None:
            status, body = forward()
            answer = json.loads(body)
            change(answer)
            handler.reply(status, json.dumps(answer).encode())

        self.next.append(fault)


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: Faults
    target: str
    connections: list[Any]

    def setup(self) -> None:
        super().setup()
        self.connections.append(self.connection)

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def forward() -> tuple[int, bytes]:
            split = urlsplit(self.target)
            connection = http.client.HTTPConnection(str(split.hostname), split.port, timeout=60)
            headers = {key: value for key, value in self.headers.items() if key.lower() != "accept-encoding"}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            result = answer.status, answer.read()
            connection.close()
            return result

        if self.faults.lasting and self.faults.concerns in self.path:
            self.faults.times += 1
            self.faults.lasting(self, forward)
            return
        if "/_bulk" in self.path:
            self.faults.bulks += 1
            if self.faults.next:
                self.faults.next.pop(0)(self, forward)
                return
            if self.faults.always:
                status, answered = forward()
                answer = json.loads(answered)
                self.faults.always(self._uncompressed(body), answer)
                self.reply(status, json.dumps(answer).encode())
                return
        self.reply(*forward())

    do_GET = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815

    def _uncompressed(self, body: bytes) -> bytes:
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def proxy(opensearch: RunningEngine, faults: Faults) -> Iterator[str]:
    """The URL of a proxy in front of the engine."""
    handler = type("Proxy", (_Proxy,), {"faults": faults, "target": opensearch.url, "connections": []})
    server = _listen(handler, 0)
    port = server.server_port

    def down() -> None:
        server.shutdown()
        server.server_close()
        for connection in handler.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def up() -> None:
        nonlocal server
        server = _listen(handler, port)

    faults.down, faults.up = down, up
    yield f"http://127.0.0.1:{port}"
    down()


def _listen(handler: type[_Proxy], port: int) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


@dataclass
class Delivery:
    """The way from a spool to a data stream of its own."""

    settings: Settings
    engine: Engine
    writer: SpoolFile
    made: list[str] = field(default_factory=list)
    shippers: list[tuple[Shipper, Backlog, Ledger]] = field(default_factory=list)

    @property
    def stream(self) -> str:
        return f"logs-auth0.logs-{self.settings.data_stream.namespace}"

    def keep(self, *events: bytes) -> None:
        """As the listener would."""
        self.writer.append(int(time.time() * 1000), events)

    def keep_events(self, count: int, **data: Any) -> list[str]:
        """Keeps so many streamed events of this moment; returns the log_ids of all that were made so far, in order."""
        stamp = f"900{datetime.now(UTC):%Y%m%d%H%M%S}"
        made = [f"{stamp}{number:039d}" for number in range(len(self.made), len(self.made) + count)]
        self.keep(
            *(json.dumps({"log_id": each, "data": {"type": "s", "log_id": each, **data}}).encode() for each in made)
        )
        self.made += made
        return sorted(self.made)

    def start(self) -> Shipper:
        """A shipper whose clock runs a hundred times as fast, so that back-off is not waited for."""
        folder = self.settings.spool.path
        ledger = Ledger(folder, 10_000_000)
        backlog = Backlog(folder, ledger)
        prepare = Preparation(self.settings, for_distribution(load_assets(), self.engine.distribution))
        shipper = Shipper(
            backlog,
            ledger,
            prepare,
            max_in_flight=2,
            max_bytes=self.settings.elasticsearch.bulk_max_bytes,
            now=lambda: time.monotonic() * 100,
        )
        self.shippers.append((shipper, backlog, ledger))
        return shipper

    def deliver(self, shipper: Shipper | None = None) -> Shipper:
        """Until everything in the spool has come to an end."""
        shipper = shipper or (self.shippers[-1][0] if self.shippers else self.start())
        self.step_until(shipper, lambda: shipper.idle and self.is_settled())
        return shipper

    def step_until(self, shipper: Shipper, done: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        shipper.step()
        while not done():
            assert time.monotonic() < deadline, f"not done in time: {self.state()}, {self.counters()}"
            if not shipper.step():
                threading.Event().wait(0.005)  # half a second of its clock

    def is_settled(self) -> bool:
        last = self.writer._connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        done = self.shippers[-1][2].deliveries(self.writer.file_id)
        return done.delivered_to >= last and not done.outstanding

    def counters(self) -> dict[str, int]:
        return LedgerView(self.settings.spool.path).counters()

    def state(self) -> str:
        return LedgerView(self.settings.spool.path).state().get("engine", "")

    def dead_letters(self) -> list[Any]:
        return LedgerView(self.settings.spool.path).dead_letters()

    def documents(self) -> list[dict[str, Any]]:
        """All documents, of all backing indices."""
        self.engine.call("POST", f"/{self.stream}/_refresh")
        found = self.engine.call("POST", f"/{self.stream}/_search", {"size": 10_000, "sort": ["event.code"]})
        return list(found["hits"]["hits"])

    def ids(self) -> list[str]:
        return sorted(hit["_id"] for hit in self.documents())

    def rollover(self) -> None:
        self.engine.call("POST", f"/{self.stream}/_rollover")

    def close(self) -> None:
        for shipper, backlog, ledger in self.shippers:
            shipper.close()
            backlog.close()
            ledger.close()
        self.writer.close()
        self.engine.request("DELETE", f"/_data_stream/{self.stream}")


@pytest.fixture
def make_delivery(tmp_path: Path) -> Iterator[Callable[..., Delivery]]:
    """Makes a Delivery by way of a URL (the engine's or the proxy's), with the package installed."""
    made: list[Delivery] = []

    def make(url: str, **settings: str) -> Delivery:
        environment = {
            "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": url,
            "AUTH0_ELASTIC_SPOOL_PATH": str(tmp_path / f"spool-{len(made)}"),
            "AUTH0_ELASTIC_DATA_STREAM_NAMESPACE": f"t{secrets.token_hex(4)}",
            **{f"AUTH0_ELASTIC_{key.upper()}": value for key, value in settings.items()},
        }
        loaded = load(None, environment)
        engine = connect(loaded.elasticsearch)
        install(engine, for_distribution(load_assets(), engine.distribution))
        made.append(Delivery(loaded, engine, SpoolFile.open_free(loaded.spool.path, "listener")))
        return made[-1]

    yield make
    for delivery in made:
        delivery.close()


@pytest.fixture
def delivery(opensearch: RunningEngine, make_delivery: Callable[..., Delivery]) -> Delivery:
    return make_delivery(opensearch.url)
