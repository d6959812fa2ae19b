"""Fixtures: real engines and an HTTP server. A missing java or mvn fails the tests that need it; nothing is skipped.

No log of the whole session may hold a secret that a test has used: `no_secret_is_logged`.
"""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from auth0_elastic.engine.embedded import EmbeddedEngine, RunningEngine
from auth0_elastic.secret import Secret

SHORTEST_SECRET = 12  # shorter ones stand in other words

_secrets: set[str] = set()
_told: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """From here on each Secret that is made, in a test or in what it tests, is looked for."""
    config.addinivalue_line("markers", "logs_secrets: logs a secret on purpose, to see that it is masked")
    make = Secret.__init__

    def make_and_remember(secret: Secret, value: str) -> None:
        make(secret, value)
        if len(value) >= SHORTEST_SECRET:
            _secrets.add(value)

    Secret.__init__ = make_and_remember  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Servers of their own get their tokens in files: those of the tests' modules are looked for too."""
    for module in {item.getparent(pytest.Module) for item in items}:
        names = vars(module.obj).items() if module else ()
        _secrets.update(value for name, value in names if name in ("TOKEN", "SECRET") and isinstance(value, str))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "logs_secrets" not in report.keywords:
        _told.extend(f"{report.nodeid} logs {found!r}" for found in leaks(report.caplog + report.capstderr))


def leaks(text: str) -> list[str]:
    """The secrets in a text."""
    return sorted(secret for secret in _secrets if secret in text)


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """At the end of the session, when every server has stopped and written its last."""
    yield
    for path in tmp_path_factory.getbasetemp().rglob("*.log"):
        _told.extend(f"{path} holds {found!r}" for found in leaks(path.read_text(errors="replace")))
    assert not _told, "\n".join(_told)


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """The OpenSearch that all tests share, each with index names of its own; its `url` answers."""
    engine = EmbeddedEngine(tmp_path_factory.mktemp("opensearch"), short_lived=True)
    yield engine.start()
    engine.stop()


@pytest.fixture(scope="session")
def elasticsearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Elasticsearch 8.18 without ingest processors, data streams, painless and `GET /`."""
    engine = EmbeddedEngine(tmp_path_factory.mktemp("elasticsearch"), kind="elasticsearch", short_lived=True)
    yield engine.start().url
    engine.stop()


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Callable[[], EmbeddedEngine]]:
    """Starts OpenSearches of the test's own, to be stopped, started again on the same port, or broken."""
    with ExitStack() as engines:

        def start() -> EmbeddedEngine:
            data = tmp_path / f"engine-{len(list(tmp_path.glob('engine-*')))}"
            return engines.enter_context(EmbeddedEngine(data, short_lived=True))

        yield start


class Asked(NamedTuple):
    """A request: `POST /path?query`, its headers by their names in lower case, its body."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """Answers every request alike, or with the status and body that `answer` returns; keeps what it is asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    answer: Callable[[Asked], tuple[int, bytes]] | None = None
    asked: list[Asked] = field(default_factory=list)

    def respond(self, asked: Asked) -> tuple[int, bytes]:
        self.asked.append(asked)
        return self.answer(asked) if self.answer else (self.status, self.body)


@pytest.fixture
def http_server() -> Iterator[Callable[..., HttpServer]]:
    """Starts an HttpServer with these values, over TLS if it is given a context."""
    with ExitStack() as servers:

        def start(context: ssl.SSLContext | None = None, **values: Any) -> HttpServer:
            described = HttpServer(**values)
            server = servers.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _handler(described)))
            server.daemon_threads = True
            if context is not None:
                server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            servers.callback(server.shutdown)
            described.url = f"{'https' if context else 'http'}://localhost:{server.server_port}"
            return described

        yield start


def _handler(server: HttpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body = server.respond(Asked(f"{self.command} {self.path}", headers, content))
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **server.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
