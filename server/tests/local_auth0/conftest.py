"""A local Auth0 whose clock the test sets, a client of it, and a listener to deliver to."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest

from auth0_elastic.local_auth0 import LocalAuth0, SetClock, Tenant

DAY = 86_400
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    json: Any


class Api:
    """Asks with a token that allows everything, unless `authorization` says otherwise."""

    def __init__(self, auth0: LocalAuth0) -> None:
        self.auth0 = auth0
        self.authorization = f"Bearer {auth0.tenant.tokens.issue(lifetime=100 * DAY)}"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.auth0.port, timeout=10)
        headers = {"Authorization": self.authorization} if self.authorization else {}
        payload = None if body is None else json.dumps(body)
        if payload is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"{path}?{urlencode(query)}" if query else path, payload, headers)
            answer = connection.getresponse()
            text = answer.read()
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, json.loads(text or "null"))
        finally:
            connection.close()

    def logs(self, **query: Any) -> Answer:
        return self.ask("GET", "/api/v2/logs", **query)

    def ids(self, **query: Any) -> list[str]:
        return [record["log_id"] for record in self.logs(**query).json]

    def token(self, **changes: Any) -> Answer:
        client = self.auth0.tenant.client
        asked = {"client_id": client.client_id, "client_secret": client.client_secret, "audience": self.auth0.audience}
        return self.ask("POST", "/oauth/token", {"grant_type": "client_credentials", **asked, **changes})

    def follow(self, link: str) -> Answer:
        parts = urlsplit(link[1 : link.index(">")])
        return self.ask("GET", f"{parts.path}?{parts.query}")


class Webhook(ThreadingHTTPServer):
    """Answers with the statuses of `script` in turn, then 200; `meanwhile` happens during each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[int] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.was_called = threading.Event()
        self.meanwhile: Callable[[], Any] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/auth0/logs"


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.headers.append(dict(self.headers))
        self.server.was_called.set()
        self.server.meanwhile()
        self.send_response(self.server.script.pop(0) if self.server.script else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def auth0(clock: SetClock) -> Iterator[LocalAuth0]:
    with LocalAuth0(clock=clock) as auth0:
        auth0.tenant.behaviour.https_only = False
        yield auth0


@pytest.fixture
def tenant(auth0: LocalAuth0) -> Tenant:
    return auth0.tenant


@pytest.fixture
def api(auth0: LocalAuth0) -> Api:
    return Api(auth0)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
