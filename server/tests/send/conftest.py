"""A small real listener that answers from a script."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

DROP = "drop"


class Listener(ThreadingHTTPServer):
    """Gives the answers of `script` in turn, then accepts; `bodies` and `headers` are what arrived."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Any] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}/auth0/logs"

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.server.headers.append(dict(self.headers))
        answer = self.server.script.pop(0) if self.server.script else 200
        if answer == DROP:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, said, headers = answer if isinstance(answer, tuple) else (answer, self._said(answer, body), {})
        self._answer(status, said, headers)

    def _said(self, status: int, body: bytes) -> bytes:
        if status != 200:
            return json.dumps({"error": "said the listener", "remedy": "do it right"}).encode()
        count = len(json.loads(body)) if body.startswith(b"[") else len(body.splitlines())
        return json.dumps({"accepted": count, "rejected": 0}).encode()

    def _answer(self, status: int, said: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def certificates() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority(certificates: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    certificates.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def secure_listener(listener: Listener, certificates: trustme.CA) -> Listener:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.issue_cert("localhost").configure_cert(context)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    listener.scheme = "https"
    return listener
