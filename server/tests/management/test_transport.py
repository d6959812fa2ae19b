"""What stands between: proxies, certificates, redirects, and what is not Auth0 at all."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from auth0_elastic.config.settings import TenantSsl
from auth0_elastic.errors import Auth0Refused, Auth0Unavailable, ConfigError
from auth0_elastic.local_auth0 import LocalAuth0, SetClock
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.log_streams import LOG_STREAMS
from auth0_elastic.secret import Secret

LOGS = "/api/v2/logs"
Connect = Callable[..., ManagementApi]


class Elsewhere(BaseHTTPRequestHandler):
    """What is not Auth0: a proxy that wants a password, or a server that answers from a script."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_CONNECT(self) -> None:
        self.server.seen.append(self.path)
        if self.headers["Proxy-Authorization"] != "Basic dXNlcjpww6RzcyE=":  # user:päss!
            self._answer(407, b"", {})
            return
        with socket.create_connection(("127.0.0.1", self.server.tunnel_to)) as upstream:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pump, args=(upstream, self.connection))
            back.start()
            _pump(self.connection, upstream)
            back.join()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/oauth/token":
            self._answer(200, b'{"access_token": "a-token", "expires_in": 600}', {})
        else:
            self._answer(*self.server.script(body))

    do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def _pump(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.daemon_threads = True
        server.seen, server.url = [], f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_all_requests_go_through_the_proxy_with_its_password_and_encrypted(
    connect: Connect, elsewhere: Any, clock: SetClock, certificate: tuple[Path, Path], trust: TenantSsl
) -> None:
    proxy = Secret(elsewhere.url.replace("//", "//user:p%C3%A4ss%21@"))
    with LocalAuth0(clock=clock, certificate=certificate) as auth0:
        elsewhere.tunnel_to = auth0.port
        api = connect(auth0.base_url, proxy=proxy, ssl=trust)
        assert api.get(LOGS).status == 200
        assert set(elsewhere.seen) == {f"localhost:{auth0.port}"}
        assert len(auth0.journal.asked) == 2
        api.close()


def test_a_proxy_that_wants_another_password_says_so(connect: Connect, elsewhere: Any) -> None:
    api = connect("https://acme.example", proxy=Secret(elsewhere.url), patience=1)
    with pytest.raises(Auth0Unavailable, match=r"the proxy does not connect \(Tunnel connection failed: 407"):
        api.get(LOGS)


def test_a_proxy_that_is_not_there_is_said_without_its_password(connect: Connect, elsewhere: Any) -> None:
    api = connect("https://acme.example", proxy=Secret("http://user:hunter2@127.0.0.1:1"), patience=1)
    with pytest.raises(Auth0Unavailable, match=r"the proxy does not connect \(Connection refused\)") as away:
        api.get(LOGS)
    assert "hunter2" not in "".join(map(repr, (away.value, away.value.__cause__, away.value.__context__)))


def test_a_proxy_that_is_no_url_is_an_error_of_the_settings(connect: Connect) -> None:
    with pytest.raises(ConfigError, match=r"tenants\.acme\.proxy: not the URL of a proxy"):
        connect("https://acme.example", proxy=Secret("ftp://hunter2"))


def test_a_redirect_takes_the_token_nowhere(auth0: LocalAuth0, connect: Connect, elsewhere: Any) -> None:
    elsewhere.script = lambda body: (302, b"", {"Location": f"{auth0.base_url}{LOGS}"})
    with pytest.raises(Auth0Refused, match=r"302 \(sent on to http://.*check tenants\.acme\.base_url"):
        connect(elsewhere.url).get(LOGS)
    assert auth0.journal.asked == []


def test_a_page_of_html_is_no_answer(connect: Connect, elsewhere: Any) -> None:
    elsewhere.script = lambda body: (200, b"<html>Welcome to the hotel</html>", {})
    with pytest.raises(Auth0Unavailable, match=r"cut off or not JSON; gave up after .* check tenants\.acme\.base_url"):
        connect(elsewhere.url).get(LOGS)


def test_a_compressed_answer_is_taken_and_a_damaged_one_asked_for_again(connect: Connect, elsewhere: Any) -> None:
    whole = gzip.compress(b'[{"log_id": "1"}]')
    bodies = iter([whole[:-12], b"no gzip", whole])
    elsewhere.script = lambda body: (200, next(bodies), {"Content-Encoding": "gzip"})
    assert connect(elsewhere.url).get(LOGS).raw == b'[{"log_id": "1"}]'


def test_auth0_quoting_what_it_was_sent_shows_no_secret(connect: Connect, elsewhere: Any) -> None:
    elsewhere.script = lambda body: (
        400,
        b'{"message": "bad: Bearer hook-secret, header-secret,\\n\x1b[31m local-secret"}',
        {},
    )
    sink = {"httpAuthorization": "Bearer hook-secret", "httpCustomHeaders": [{"header": "x", "value": "header-secret"}]}
    with pytest.raises(Auth0Refused) as refused:
        connect(elsewhere.url).post(LOG_STREAMS, {"sink": sink})
    assert "bad: …, …,\\n\\x1b[31m …" in str(refused.value)


@pytest.mark.parametrize("method", ["get", "delete"])
def test_methods_without_a_body_send_none(connect: Connect, elsewhere: Any, method: str) -> None:
    elsewhere.script = lambda body: (200, b'{"sent": %d}' % len(body), {})
    assert getattr(connect(elsewhere.url), method)(LOGS).body == {"sent": 0}


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path) -> TenantSsl:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return TenantSsl(certificate_authorities=(path,))


def test_a_certificate_of_the_named_authority_is_trusted(
    connect: Connect, clock: SetClock, certificate: tuple[Path, Path], trust: TenantSsl
) -> None:
    with LocalAuth0(clock=clock, certificate=certificate) as auth0:
        assert connect(auth0.base_url, ssl=trust).get(LOGS).status == 200


def test_a_certificate_that_is_not_trusted_is_an_error_at_once(
    connect: Connect, clock: SetClock, certificate: tuple[Path, Path], waits: Any
) -> None:
    message = r"certificate is not trusted .*tenants\.acme\.ssl\.certificate_authorities"
    with LocalAuth0(clock=clock, certificate=certificate) as auth0, pytest.raises(Auth0Unavailable, match=message):
        connect(auth0.base_url).get(LOGS)
    assert waits.seconds == []


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_authorities_that_cannot_be_read_are_an_error_of_the_settings(
    connect: Connect, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"tenants\.acme\.ssl\.certificate_authorities: .*ca\.pem cannot be used"):
        connect("https://acme.example", ssl=TenantSsl(certificate_authorities=(path,)))


def test_the_url_of_the_next_page_is_told_among_other_links(connect: Connect, elsewhere: Any) -> None:
    link = '<https://a/?page=0>; rel="prev", <https://a/?page=2>; title="x"; rel="next", <https://a/?page=9>; rel=last'
    elsewhere.script = lambda body: (200, b"[]", {"Link": link})
    assert connect(elsewhere.url).get(LOGS).next == "https://a/?page=2"
