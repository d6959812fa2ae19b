"""A real server over HTTPS: `serve` starts one with any settings, `listener` is one that tests may share."""

import copy
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
import trustme
import yaml

TOKEN = "tok-0123456789-0123456789"
SECONDS = 20.0

T = TypeVar("T")


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def eventually(look: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """The first true thing that `look` returns."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Server:
    """A running `auth0-elastic serve`; `port` is the listener's, `health_port` that of /healthz."""

    def __init__(self, folder: Path, settings: dict[str, Any], only: str | None) -> None:
        self.settings = settings
        self.spool = Path(settings["spool"]["path"]) / "logs"
        self.path = settings["listener"].get("webhook_path", "/auth0/logs")
        self.health_port = int(settings["monitoring"]["listen_port"])
        self.tls: ssl.SSLContext | None = None
        self._only = only
        self._config = folder / "auth0-elastic.yml"
        self._config.write_text(yaml.safe_dump(settings))
        self._log = folder / "server.log"
        self.start()

    def start(self) -> None:
        """Starts, or starts again, and waits until the listener takes connections."""
        command = [sys.executable, "-m", "auth0_elastic", "serve", "--config", str(self._config)]
        self._before = self._log.stat().st_size if self._log.exists() else 0
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTH0_ELASTIC_")}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command + (["--only", self._only] if self._only else []), stderr=log, stdout=log, env=environment
            )
        self.port = int(eventually(self._listening, "the listener listens")[1])
        eventually(self._all_workers_serve, "all workers serve")

    def _listening(self) -> re.Match[str] | None:
        assert self.process.poll() is None, self.log()
        return re.search(r"Listening at: https?://\S+:(\d+)", self.log()[self._before :])

    def _all_workers_serve(self) -> bool:
        """A worker opens its spool file last; before, it might miss a signal."""
        workers, wanted = self.workers(), self.settings["listener"]["workers"]
        return len(workers) == wanted and all(_has_open(pid, self.spool) for pid in workers)

    def log(self) -> str:
        return self._log.read_text()

    def workers(self) -> list[int]:
        """The process ids of the workers that serve."""
        log = self.log()[self._before :]
        booted = [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", log)]
        return [pid for pid in booted if Path(f"/proc/{pid}").exists()]

    def connect(self) -> socket.socket:
        """A bare TCP connection."""
        host = self.settings["listener"]["listen_address"]
        return socket.create_connection((host, self.port), SECONDS)

    def connect_tls(self) -> ssl.SSLSocket:
        assert self.tls
        return self.tls.wrap_socket(self.connect(), server_hostname="localhost")

    def client(self, tls: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        """A client whose connection stays open between requests."""
        host, tls = self.settings["listener"]["listen_address"], tls or self.tls
        if tls is None:
            return http.client.HTTPConnection(host, self.port, timeout=SECONDS)
        return http.client.HTTPSConnection(host, self.port, timeout=SECONDS, context=tls)

    def post(self, body: Any, path: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Posts with the token in `Authorization`, unless other headers are given."""
        with closing(self.client()) as client:
            return request(client, body, path or self.path, headers)

    def health(self, path: str) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=SECONDS)) as client:
            client.request("GET", path)
            response = client.getresponse()
            return Answer(response.status, response.headers, response.read())

    def spooled(self) -> list[bytes]:
        """The events that the spool holds."""
        return [raw for path in sorted(self.spool.glob("listener-*.db")) for raw in _events(path)]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def _has_open(pid: int, spool: Path) -> bool:
    """Whether a process has a spool file open, with its tables."""
    files = {str(path.resolve()): path for path in spool.glob("listener-*.db")}
    try:
        opened = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:  # a file or the process is gone meanwhile
        return False
    return any(_has_tables(files[name]) for name in opened & files.keys())


def _has_tables(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0])


def _events(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as connection:
        return [raw for (raw,) in connection.execute("SELECT raw FROM event ORDER BY seq")]


def request(client: http.client.HTTPConnection, body: Any, path: str, headers: Any = None) -> Answer:
    client.request("POST", path, body, {"Authorization": TOKEN} if headers is None else headers)
    response = client.getresponse()
    return Answer(response.status, response.headers, response.read())


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    return _free_port


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, tls.crt and tls.key for localhost."""
    folder = tmp_path_factory.mktemp("certificate")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("localhost", "127.0.0.1", "127.0.0.2", "::1")
    issued.private_key_pem.write_to_path(str(folder / "tls.key"))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(folder / "tls.crt"), append=True)
    return folder


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> Callable[[], ssl.SSLContext]:
    """Makes a client's TLS context that trusts the server's certificate."""

    def make() -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    return make


Serve = Callable[..., Server]


@pytest.fixture(scope="session")
def start_server(certificate: Path, trust: Callable[[], ssl.SSLContext]) -> Callable[..., Server]:
    """`start_server(folder, only=None, tls=True, listener={…}, spool={…}, …)` starts a server with these settings."""
    engine = {"hosts": ["http://127.0.0.1:9"]}  # the discard port: nobody answers

    def start(folder: Path, only: str | None = None, tls: bool = True, **sections: dict[str, Any]) -> Server:
        ssl_files = {"certificate": str(certificate / "tls.crt"), "key": str(certificate / "tls.key")}
        settings: dict[str, Any] = {
            "listener": {"listen_address": "127.0.0.1", "listen_port": 0, "workers": 1, "authorization_token": TOKEN},
            "elasticsearch": dict(engine),
            "spool": {"path": str(folder / "spool")},
            "monitoring": {"listen_port": _free_port()},
        }
        if tls:
            settings["listener"]["ssl"] = ssl_files
        for section, values in copy.deepcopy(sections).items():
            settings.setdefault(section, {}).update(values)
        server = Server(folder, settings, only)
        server.tls = trust() if tls else None
        return server

    return start


@contextmanager
def _servers(start_server: Callable[..., Server], folder: Path) -> Iterator[Serve]:
    with ExitStack() as servers:

        def start(only: str | None = None, **sections: Any) -> Server:
            own = folder / f"server-{len(list(folder.iterdir()))}"
            own.mkdir()
            server = start_server(own, only, **sections)
            servers.callback(_end, server)
            return server

        yield start


@pytest.fixture
def serve(start_server: Callable[..., Server], tmp_path: Path) -> Iterator[Serve]:
    """Starts servers of the test's own; they are stopped at its end, and none may have written a traceback."""
    with _servers(start_server, tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def serve_module(start_server: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Like `serve`, for the tests of a module together."""
    with _servers(start_server, tmp_path_factory.mktemp("servers")) as start:
        yield start


@pytest.fixture(scope="session")
def listener(start_server: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A listener with two workers, for tests that leave it as it was."""
    server = start_server(tmp_path_factory.mktemp("listener"), "listen", listener={"workers": 2})
    yield server
    _end(server)


def _end(server: Server) -> None:
    if server.process.poll() is None:
        server.stop()
    log = server.log()
    assert "Traceback" not in log, log
    assert "MonkeyPatchWarning" not in log, log
    assert TOKEN not in log, log


@pytest.fixture(name="eventually", scope="session")
def eventually_() -> Callable[..., Any]:
    """`eventually(look, what)`: the first true thing that `look` returns; fails when it takes too long."""
    return eventually
