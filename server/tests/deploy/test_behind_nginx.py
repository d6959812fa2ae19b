"""deploy/nginx.conf as it is, but for ports and certificates, in front of a listener."""

import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from auth0_elastic.config.load import load
from bench.nginx import RECIPE, Nginx, nginx
from bench.replicas import TOKEN, Replica, replica

EVENT = json.dumps({"log_id": "9002026", "data": {"type": "s"}}).encode()


class Behind(NamedTuple):
    """nginx with two replicas; nobody listens at the second one's port."""

    nginx: Nginx
    first: Replica


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("behind")
    with socket.socket() as bound:  # a port that is taken and refuses connections
        bound.bind(("127.0.0.1", 0))
        dead = bound.getsockname()[1]
        with replica(folder / "first", "listen") as first, nginx(folder / "nginx", [first.port, dead]) as proxy:
            yield Behind(proxy, first)


def post(behind: Behind, path: str, body: bytes = EVENT, **headers: str) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=behind.nginx.authority)
    port = urlsplit(behind.nginx.url).port
    with closing(http.client.HTTPSConnection("localhost", port, context=context, timeout=20)) as client:
        client.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = client.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("path", ["/auth0/logs", "/auth0/logs/", "/collect"])
def test_an_event_is_accepted_through_tls_and_nginx(behind: Behind, path: str) -> None:
    body = EVENT if "logs" in path else json.dumps({"event_type": "x", "event_id": "1"}).encode()
    status, answer = post(behind, path, body, Authorization=TOKEN)
    assert (status, json.loads(answer)["accepted"]) == (200, 1)


def test_everything_but_the_two_paths_ends_at_nginx(behind: Behind) -> None:
    for path in ("/", "/healthz", "/auth0/logs/more", "/auth0/logs/../../metrics"):
        status, answer = post(behind, path, Authorization=TOKEN)
        assert (status, b"nginx" in answer) == (404, True)


def test_a_refused_replica_is_passed_over_without_a_failed_request(behind: Behind) -> None:
    assert {post(behind, "/auth0/logs", Authorization=TOKEN)[0] for _ in range(6)} == {200}


def test_the_listener_logs_the_sender_and_no_forged_one(behind: Behind) -> None:
    context = ssl.create_default_context(cafile=behind.nginx.authority)
    context.check_hostname = False
    port = urlsplit(behind.nginx.url).port
    client = http.client.HTTPSConnection(
        "127.0.0.1", port, context=context, timeout=20, source_address=("127.0.0.77", 0)
    )
    with closing(client):
        client.request("POST", "/auth0/logs", EVENT, {"Authorization": "wrong", "X-Forwarded-For": "203.0.113.9"})
        assert client.getresponse().status == 401
    log = behind.first.log.read_text()
    assert "from 127.0.0.77" in log
    assert "203.0.113.9" not in log


def test_a_token_in_the_query_is_accepted_and_in_no_log(behind: Behind) -> None:
    """The second replica does not answer: an error log would quote the request."""
    for _ in range(4):
        assert post(behind, f"/auth0/logs?api_key={TOKEN}")[0] == 200
    assert post(behind, f"/nowhere?api_key={TOKEN}")[0] == 404
    logs = {path.name: path.read_text() for path in behind.nginx.logs.glob("*.log")}
    assert '"POST /auth0/logs HTTP/1.1" 200' in logs["auth0-elastic.log"]
    assert '"POST /nowhere HTTP/1.1" 404' in logs["auth0-elastic.log"]
    assert [name for name, text in (logs | {"listener": behind.first.log.read_text()}).items() if TOKEN in text] == []


def test_a_body_beyond_the_limit_is_refused_with_413(behind: Behind) -> None:
    assert post(behind, "/auth0/logs", b" " * (10 * 1024 * 1024 + 1), Authorization=TOKEN)[0] == 413


def test_a_body_at_the_limit_reaches_the_listener(behind: Behind) -> None:
    body = EVENT + b" " * (10 * 1024 * 1024 - len(EVENT))
    assert post(behind, "/auth0/logs", body, Authorization=TOKEN)[0] == 200


def test_port_80_serves_nothing_but_the_challenges_of_lets_encrypt(behind: Behind) -> None:
    challenge = behind.nginx.logs / ".well-known" / "acme-challenge"
    challenge.mkdir(parents=True)
    (challenge / "abc").write_text("answer")
    with closing(http.client.HTTPConnection("127.0.0.1", behind.nginx.plain_port, timeout=20)) as client:
        for path, status in (("/.well-known/acme-challenge/abc", 200), ("/auth0/logs", 404)):
            client.request("GET", path)
            answer = client.getresponse()
            answer.read()
            assert answer.status == status


def test_old_tls_is_refused(behind: Behind) -> None:
    context = ssl.create_default_context(cafile=behind.nginx.authority)
    context.check_hostname = False
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    address = ("127.0.0.1", urlsplit(behind.nginx.url).port)
    with socket.create_connection(address) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain)


def test_limits_and_deadlines_agree_with_the_listeners_defaults() -> None:
    listener = load(Path("/dev/null"), {}).listener
    recipe = dict(re.findall(r"^\s*(\w+) (\S+);", RECIPE.read_text(), re.MULTILINE))
    assert recipe["client_max_body_size"] == f"{listener.max_body_size // 1024**2}m"
    assert recipe["client_header_timeout"] == f"{listener.header_timeout:g}s"
    assert recipe["client_body_timeout"] == f"{listener.body_timeout:g}s"
    assert int(re.findall(r"keepalive_timeout (\d+)s", RECIPE.read_text())[0]) < listener.header_timeout
