"""The adapter: which client it takes, how it shows who it is, what it trusts, and what it makes of answers."""

import base64
import gzip
import hashlib
import http.server
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.errors import EngineRefused, EngineUnavailable


@dataclass
class Fake:
    """A server that answers every request alike and keeps what it was asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def serve() -> Iterator[Callable[..., Fake]]:
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(context: ssl.SSLContext | None = None, **kind: Any) -> Fake:
        fake = Fake(**kind)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                fake.asked.append((f"{self.command} {self.path}", headers, content))
                self.send_response(fake.status)
                for name, value in {"Content-Type": "application/json", **fake.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(fake.body)))
                self.end_headers()
                self.wfile.write(fake.body)

            do_GET = do_POST = do_PUT = do_any  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        fake.url = f"{'https' if context else 'http'}://localhost:{server.server_port}"
        return fake

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


ELASTICSEARCH = {"X-Elastic-Product": "Elasticsearch"}


def connected(*hosts: str, **settings: str) -> Engine:
    environment = {f"AUTH0_ELASTIC_ELASTICSEARCH_{name.upper()}": value for name, value in settings.items()}
    environment["AUTH0_ELASTIC_ELASTICSEARCH_HOSTS"] = ",".join(hosts)
    return connect(load(None, environment).elasticsearch)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 503])
def test_whoever_says_elasticsearch_on_any_answer_is_elasticsearch(serve: Any, status: int) -> None:
    assert connected(serve(headers=ELASTICSEARCH, status=status).url).distribution == "elasticsearch"


def test_whoever_answers_without_saying_so_is_opensearch(serve: Any) -> None:
    assert connected(serve().url).distribution == "opensearch"


@pytest.mark.parametrize("status", [401, 403, 502])
def test_whoever_refuses_to_say_is_neither(serve: Any, status: int) -> None:
    with pytest.raises(EngineUnavailable, match=r"check the credentials, or set elasticsearch\.distribution"):
        connected(serve(status=status).url)


def test_an_answer_that_is_no_json_is_no_answer(serve: Any) -> None:
    for headers in (ELASTICSEARCH, {}):
        fake = serve(headers=headers)
        engine = connected(fake.url)
        fake.body = b'{"cut'
        with pytest.raises(EngineUnavailable):
            engine.request("GET", "/x")


def test_the_setting_overrides_what_the_server_says(serve: Any) -> None:
    fake = serve()
    assert connected(fake.url, distribution="opensearch").distribution == "opensearch"
    assert fake.asked == []


def test_the_product_check_of_the_client_is_not_defeated(serve: Any) -> None:
    engine = connected(serve().url, distribution="elasticsearch")
    with pytest.raises(EngineUnavailable, match="not Elasticsearch"):
        engine.request("GET", "/_cluster/health")


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(EngineUnavailable, match="no answer from"):
        connected("http://127.0.0.1:1")


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
def test_a_user_shows_a_password(serve: Any, headers: dict[str, str]) -> None:
    fake = serve(headers=headers)
    connected(fake.url, username="ann", password="s3cret").request("GET", "/x")
    expected = "Basic " + base64.b64encode(b"ann:s3cret").decode()
    assert {asked[1].get("authorization") for asked in fake.asked} == {expected}


@pytest.mark.parametrize("key", ["id:key", base64.b64encode(b"id:key").decode()])
def test_an_api_key_is_taken_encoded_or_as_id_and_key(serve: Any, key: str) -> None:
    fake = serve(headers=ELASTICSEARCH)
    connected(fake.url, api_key=key).request("GET", "/x")
    assert fake.asked[-1][1]["authorization"] == "ApiKey " + base64.b64encode(b"id:key").decode()


def test_opensearch_has_no_api_keys(serve: Any) -> None:
    with pytest.raises(EngineUnavailable, match="no API keys"):
        connected(serve().url, api_key="id:key")


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
def test_a_host_that_is_away_is_passed_over(serve: Any, headers: dict[str, str]) -> None:
    engine = connected("http://127.0.0.1:1", serve(headers=headers).url)
    assert [engine.request("GET", "/x").status for _ in range(4)] == [200] * 4


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
class TestTls:
    def test_a_named_authority_is_trusted(
        self, serve: Any, tls: ssl.SSLContext, authority: trustme.CA, tmp_path: Path, headers: dict[str, str]
    ) -> None:
        ca = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(ca)
        engine = connected(serve(tls, headers=headers).url, ssl_certificate_authorities=str(ca))
        assert engine.request("GET", "/x").status == 200

    def test_an_unknown_authority_is_not(self, serve: Any, tls: ssl.SSLContext, headers: dict[str, str]) -> None:
        with pytest.raises(EngineUnavailable):
            connected(serve(tls, headers=headers).url)

    def test_a_server_of_another_name_is_not(
        self, serve: Any, authority: trustme.CA, tmp_path: Path, headers: dict[str, str]
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("elsewhere.example").configure_cert(context)
        ca = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(ca)
        with pytest.raises(EngineUnavailable):
            connected(serve(context, headers=headers).url, ssl_certificate_authorities=str(ca))

    def test_verification_can_be_switched_off(self, serve: Any, tls: ssl.SSLContext, headers: dict[str, str]) -> None:
        engine = connected(serve(tls, headers=headers).url, ssl_verification_mode="none")
        assert engine.request("GET", "/x").status == 200

    def test_a_fingerprint_is_trusted_and_a_wrong_one_is_not(
        self, serve: Any, authority: trustme.CA, headers: dict[str, str]
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf = authority.issue_cert("localhost")
        leaf.configure_cert(context)
        der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
        url = serve(context, headers=headers).url
        engine = connected(url, ssl_ca_trusted_fingerprint=hashlib.sha256(der).hexdigest())
        assert engine.request("GET", "/x").status == 200
        with pytest.raises(EngineUnavailable):
            connected(url, ssl_ca_trusted_fingerprint="00" * 32)


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
def test_a_refusal_is_an_answer_or_an_error_with_its_reason(serve: Any, headers: dict[str, str]) -> None:
    body = {"error": {"type": "security_exception", "reason": "no permissions", "caused_by": {"reason": "role x"}}}
    fake = serve(headers=headers)
    engine = connected(fake.url)
    fake.status, fake.body = 403, json.dumps(body).encode()
    assert engine.request("GET", "/x").status == 403
    with pytest.raises(
        EngineRefused, match="GET /x: the engine answered 403: security_exception: no permissions: role x"
    ):
        engine.call("GET", "/x")


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
@pytest.mark.parametrize("level", ["0", "1", "9"])
def test_a_bulk_is_sent_as_it_is_and_compressed_as_the_settings_say(
    serve: Any, headers: dict[str, str], level: str
) -> None:
    fake = serve(headers=headers)
    connected(fake.url, compression_level=level).bulk("/x/_bulk", b'{"create":{}}\n{}\n', params={"filter_path": "a,b"})
    path, sent_headers, content = fake.asked[-1]
    assert path in ("POST /x/_bulk?filter_path=a,b", "POST /x/_bulk?filter_path=a%2Cb")
    assert sent_headers.get("content-encoding") == (None if level == "0" else "gzip")
    assert (gzip.decompress(content) if level != "0" else content) == b'{"create":{}}\n{}\n'


@pytest.mark.parametrize("kind", ["opensearch", "elasticsearch"])
def test_a_real_engine_is_recognised_and_takes_a_bulk(
    kind: str, opensearch: RunningEngine, elasticsearch_url: str
) -> None:
    engine = connected(opensearch.url if kind == "opensearch" else elasticsearch_url)
    assert engine.distribution == kind
    index = f"client-{secrets.token_hex(4)}"
    body = b'{"create":{"_id":"1"}}\n{"a":1}\n{"create":{"_id":"1"}}\n{"a":2}\n'
    answer = engine.bulk(f"/{index}/_bulk", body, params={"filter_path": "items.*.status"})
    assert answer.body == {"items": [{"create": {"status": 201}}, {"create": {"status": 409}}]}
    engine.call("DELETE", f"/{index}")
