"""Who may post, over real connections from several addresses of this machine."""

import http.client
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.receive.refused import refused_totals

TOKEN = "tok-0123456789-0123456789"
EVENT = b'{"log_id":"900"}'
ALLOWED, PROXY, STRANGER = "127.0.0.5", "127.0.0.6", "127.0.0.7"
SENDER = "203.0.113.9"
Eventually = Callable[..., Any]


@pytest.fixture(scope="module")
def guarded(serve_module: Any) -> Any:
    listener = {"allowed_addresses": [f"{ALLOWED}/32", SENDER], "trusted_proxies": [PROXY]}
    return serve_module("listen", listener=listener)


def post(server: Any, peer: str, *forwarded: str, token: str = TOKEN, tls: bool = True) -> tuple[int, bytes]:
    """Each of `forwarded` is a header of its own. Raises OSError when the server ends the connection."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20, source_address=(peer, 0))) as client:
        client.connect()
        if tls:
            client.sock = server.tls.wrap_socket(client.sock, server_hostname="localhost")
        client.putrequest("POST", "/auth0/logs")
        for header in forwarded:
            client.putheader("X-Forwarded-For", header)
        client.putheader("Authorization", token)
        client.putheader("Content-Length", str(len(EVENT)))
        client.endheaders(EVENT)
        response = client.getresponse()
        return response.status, response.read()


def test_an_allowed_address_may_post(guarded: Any) -> None:
    assert post(guarded, ALLOWED)[0] == 200


def test_a_stranger_is_cut_before_the_handshake(guarded: Any) -> None:
    with closing(socket.create_connection(("127.0.0.1", guarded.port), 20, (STRANGER, 0))) as client:
        assert client.recv(1) == b""
    with pytest.raises(OSError, match=r"(?i)eof|reset|broken pipe"):
        post(guarded, STRANGER)
    assert f"cut off {STRANGER}, which listener.allowed_addresses does not name" in guarded.log()


def test_a_stranger_cannot_speak_for_an_allowed_address(guarded: Any) -> None:
    with pytest.raises(OSError, match=r"(?i)eof|reset|broken pipe"):
        post(guarded, STRANGER, SENDER)


def test_an_allowed_address_is_not_believed_either(guarded: Any) -> None:
    assert post(guarded, ALLOWED, "198.51.100.7")[0] == 200


def test_a_trusted_proxy_speaks_for_its_senders(guarded: Any) -> None:
    assert post(guarded, PROXY, SENDER)[0] == 200
    assert post(guarded, PROXY, f"198.51.100.7, {SENDER}:4711")[0] == 200
    assert post(guarded, PROXY, "198.51.100.7", SENDER)[0] == 200
    for spoofed in [("198.51.100.7",), (f"{SENDER}, 198.51.100.7",), (SENDER, "198.51.100.7"), (f"{SENDER},",), ("",)]:
        assert post(guarded, PROXY, *spoofed)[0] == 403
    assert post(guarded, PROXY)[0] == 403
    assert "answered 403: this address may not post here (POST /auth0/logs from 198.51.100.7)" in guarded.log()


def test_a_header_with_underscores_is_no_forged_one(guarded: Any) -> None:
    head = f"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nAuthorization: {TOKEN}\r\nX-Forwarded-For: 198.51.100.7\r\n"
    with (
        closing(socket.create_connection(("127.0.0.1", guarded.port), 20, (PROXY, 0))) as bare,
        guarded.tls.wrap_socket(bare, server_hostname="localhost") as client,
    ):
        client.sendall(f"{head}X_Forwarded_For: {SENDER}\r\nContent-Length: 0\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 403 ")


def test_without_a_list_the_proxys_word_is_for_the_log_only(serve: Any) -> None:
    server = serve("listen", listener={"trusted_proxies": ["127.0.0.1"], "behind_proxy": True}, tls=False)
    assert post(server, "127.0.0.1", SENDER, token="wrong", tls=False)[0] == 401
    assert f"(POST /auth0/logs from {SENDER})" in server.log()


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "X-Forwarded-Proto", "X-Forwarded-Ssl", "Forwarded"])
def test_a_peer_on_this_machine_has_no_more_say_than_others(listener: Any, name: str) -> None:
    """gunicorn takes headers such as SCRIPT_NAME from there by default."""
    with listener.connect_tls() as client:
        client.sendall(
            f"POST /auth0/logs HTTP/1.1\r\nHost: x\r\n{name}: /elsewhere\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_too_many_wrong_tokens_get_429_and_a_right_one_still_passes(serve: Any) -> None:
    server = serve("listen", listener={"failed_tokens_per_minute": 3})
    statuses = [post(server, ALLOWED, token="wrong")[0] for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert post(server, ALLOWED)[0] == 200
    assert post(server, STRANGER, token="wrong")[0] == 401


def test_what_is_refused_is_counted_by_reason_also_after_a_restart(serve: Any, eventually: Eventually) -> None:
    server = serve("listen", listener={"allowed_addresses": [ALLOWED], "failed_tokens_per_minute": 1, "workers": 2})
    folder = Path(server.settings["spool"]["path"])
    for _ in range(8):
        with pytest.raises(OSError, match=r"(?i)eof|reset|broken pipe"):
            post(server, STRANGER)
        post(server, ALLOWED, token="wrong")
    with closing(socket.create_connection(("127.0.0.1", server.port), 20, (ALLOWED, 0))) as client:
        client.sendall(b"no TLS\r\n\r\n")
        with suppress(ConnectionResetError):
            assert b"HTTP" not in client.recv(1000)

    def counted() -> tuple[int, int, int]:
        totals = refused_totals(folder)
        return totals["forbidden_address"], totals["unauthorized"] + totals["throttled"], totals["handshake"]

    eventually(lambda: counted() == (8, 8, 1), "all is counted")
    post(server, ALLOWED, token="wrong")
    server.stop()
    assert counted() == (8, 9, 1)
    server.start()
    assert counted() == (8, 9, 1)
    post(server, ALLOWED, token="wrong")
    eventually(lambda: counted() == (8, 10, 1), "it counts on")
    assert len(list(folder.glob("refused-*.json"))) == 2
