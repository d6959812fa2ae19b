"""The listener over real HTTPS: where it listens, whom it takes, and what it keeps."""

import gzip
import json
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme

TOKEN = "tok-0123456789-0123456789"
EVENT = b'{"log_id":"900","data":{"type":"s"}}'

Trust = Callable[[], ssl.SSLContext]


def post(client: Any, body: Any, headers: dict[str, str], path: str = "/auth0/logs", **more: Any) -> tuple[int, Any]:
    client.request("POST", path, body, headers, **more)
    response = client.getresponse()
    return response.status, json.loads(response.read())


def test_events_are_accepted_over_https_and_kept(listener: Any) -> None:
    events = [b'{"log_id":"https-%d"}' % number for number in range(100)]
    answer = listener.post(b"\n".join(events))
    assert (answer.status, answer.json) == (200, {"accepted": 100, "rejected": 0})
    assert set(events) <= set(listener.spooled())


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": TOKEN}, ""),
        ({"Authorization": f"Bearer {TOKEN}"}, ""),
        ({"Authorization": f"bearer {TOKEN}"}, ""),
        ({"X-API-KEY": TOKEN, "Authorization": ""}, ""),
        ({}, f"?api_key={TOKEN}"),
    ],
)
def test_each_kind_of_token_is_accepted(listener: Any, headers: dict[str, str], query: str) -> None:
    assert listener.post(EVENT, f"/auth0/logs{query}", headers).status == 200


@pytest.mark.parametrize(
    ("headers", "query"),
    [({}, ""), ({"Authorization": "wrong"}, ""), ({"x-api-key": "wrong"}, ""), ({}, "?api_key=wrong")],
)
def test_no_other_token_is_accepted(listener: Any, headers: dict[str, str], query: str) -> None:
    answer = listener.post(EVENT, f"/auth0/logs{query}", headers)
    assert (answer.status, answer.json["error"]) == (401, "the token is missing or wrong")


def test_address_port_path_and_places_of_the_token_can_be_set(serve: Any, free_port: Callable[[], int]) -> None:
    port = free_port()
    tokens = ["tok-0123456789-0123456789", "schlüssel-0123456789"]
    server = serve(
        "listen",
        listener={
            "listen_address": "127.0.0.2",
            "listen_port": port,
            "webhook_path": "/hooks/auth0",
            "authorization_token": tokens,
            "token_header": "X-Webhook-Secret",
            "token_query_parameter": "token",
        },
    )
    assert server.port == port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    second = tokens[1].encode().decode("latin-1")
    accepted: list[tuple[dict[str, str], str]] = [
        ({"Authorization": tokens[0]}, ""),
        ({"Authorization": f"Bearer {second}"}, ""),
        ({"x-webhook-secret": second}, ""),
        ({}, "?token=schl%C3%BCssel-0123456789"),
    ]
    for headers, query in accepted:
        assert server.post(EVENT, f"/hooks/auth0{query}", headers).status == 200
    assert server.post(EVENT, "/hooks/auth0", {"x-api-key": TOKEN}).status == 401
    assert server.post(EVENT, f"/hooks/auth0?api_key={TOKEN}", {}).status == 401
    assert server.post(EVENT, "/auth0/logs").status == 404


def test_it_listens_on_ipv6(serve: Any) -> None:
    assert serve("listen", listener={"listen_address": "::1"}).post(EVENT).status == 200


def test_plain_http_serves_a_loopback_address_without_a_certificate(serve: Any) -> None:
    assert serve("listen", tls=False).post(EVENT).status == 200


def test_plain_http_is_refused_where_tls_is_spoken(listener: Any) -> None:
    with closing(listener.connect()) as client:
        client.sendall(b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nAuthorization: " + TOKEN.encode() + b"\r\n\r\n")
        assert b"200" not in read_to_end(client)
    assert listener.post(EVENT).status == 200


def read_to_end(client: socket.socket) -> bytes:
    received = b""
    try:
        while piece := client.recv(65536):
            received += piece
    except OSError:
        pass
    return received


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_before_1_2_is_refused(listener: Any, trust: Trust, version: ssl.TLSVersion) -> None:
    context = trust()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with closing(listener.client(context)) as client, pytest.raises(ssl.SSLError, match=r"(?i)alert|version|protocol"):
        client.connect()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(listener: Any, trust: Trust, version: ssl.TLSVersion) -> None:
    context = trust()
    context.minimum_version = context.maximum_version = version
    with closing(listener.client(context)) as client:
        assert post(client, EVENT, {"Authorization": TOKEN})[0] == 200


def test_clients_must_show_a_certificate_of_any_of_the_authorities(serve: Any, trust: Trust, tmp_path: Path) -> None:
    authorities = [trustme.CA(), trustme.CA()]
    files = [tmp_path / f"client-ca-{number}.pem" for number in range(2)]
    for authority, file in zip(authorities, files, strict=True):
        authority.cert_pem.write_to_path(str(file))
    given = serve("listen").settings["listener"]["ssl"]
    server = serve("listen", listener={"ssl": {**given, "certificate_authorities": [str(file) for file in files]}})
    for authority in authorities:
        context = trust()
        authority.issue_cert("auth0").configure_cert(context)
        with closing(server.client(context)) as client:
            assert post(client, EVENT, {"Authorization": TOKEN})[0] == 200
    stranger = trust()
    trustme.CA().issue_cert("auth0").configure_cert(stranger)
    for context in (trust(), stranger):
        with (
            closing(server.client(context)) as client,
            pytest.raises(OSError, match=r"(?i)alert|reset|broken pipe|eof"),
        ):
            post(client, EVENT, {"Authorization": TOKEN})
    assert server.spooled() == [EVENT, EVENT]


def test_a_connection_serves_many_requests_also_after_errors(listener: Any) -> None:
    authorized = {"Authorization": TOKEN}
    with closing(listener.client()) as client:
        client.connect()
        first = client.sock
        assert post(client, EVENT, authorized)[0] == 200
        assert post(client, EVENT * 1000, {})[0] == 401
        assert post(client, b"no JSON", authorized)[0] == 400
        assert post(client, EVENT, authorized, "/elsewhere")[0] == 404
        assert post(client, EVENT, authorized)[0] == 200
        assert client.sock is first


def test_a_large_body_is_accepted_and_a_larger_one_is_not(listener: Any) -> None:
    event = b'{"large":"' + b"x" * 1000 + b'"}\n'
    answer = listener.post(event * 10_000)
    assert (answer.status, answer.json["accepted"]) == (200, 10_000)
    assert listener.post(event * 10_500).status == 413


def test_a_chunked_and_compressed_body_is_accepted(listener: Any) -> None:
    packed = gzip.compress(EVENT * 3)
    answer = listener.post(iter([packed[:10], packed[10:]]))
    assert (answer.status, answer.json["accepted"]) == (200, 3)


@pytest.mark.parametrize("length", ["", "Content-Length: 10485760\r\n"])
def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(listener: Any, length: str) -> None:
    head = f"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nAuthorization: {TOKEN}\r\nExpect: 100-continue\r\n"
    length = length or f"Content-Length: {len(EVENT)}\r\n"
    with closing(listener.connect_tls()) as client:
        client.sendall((head + length + "\r\n").encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 100")


def exchange(server: Any, sent: bytes) -> tuple[bytes, bytes]:
    """Head and body of the answer to bytes of any kind, on a connection that the server closes."""
    with closing(server.connect_tls()) as client:
        client.sendall(sent)
        head, _, body = read_to_end(client).partition(b"\r\n\r\n")
        return head, body


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST /auth0/logs?api_key=hunter2 HTTP/1.1 x\r\n\r\n", 400),
        (b"POST /auth0/logs?api_key=hunter2 HTTP/9.9\r\n\r\n", 400),
        (b"POST /auth0/logs?api_key=hunter2 HTTP/1.1\r\nbad header: hunter2\r\n\r\n", 400),
        (b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /" + b"hunter2" * 2000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"POST / HTTP/1.1\r\nHost: x\r\nX: " + b"hunter2" * 2000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\n" + b"X: hunter2\r\n" * 101 + b"\r\n", 431),
    ],
)
def test_what_is_no_http_gets_a_json_error_and_is_not_logged(listener: Any, sent: bytes, status: int) -> None:
    head, body = exchange(listener, sent)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(body)["error"]
    assert "hunter2" not in listener.log()


@pytest.mark.parametrize(
    "chunks", [b"zz\r\n", b"5\r\nabcdefgh\r\n", b"0\r\nbad trailer\r\n\r\n", b"-1\r\n", b"5;\x00\r\n"]
)
def test_broken_chunks_get_400_and_end_the_connection(listener: Any, chunks: bytes) -> None:
    head = b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nAuthorization: " + TOKEN.encode()
    answer, body = exchange(listener, head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body) == {"error": "the body broke off"}


def test_a_client_that_leaves_at_any_point_is_not_worth_a_traceback(listener: Any) -> None:
    head = (
        b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: " + TOKEN.encode() + b"\r\n\r\n"
    )
    for sent in (b"", b"POST", head, head + b'{"log_id"'):
        listener.connect().close()
        reset(listener.connect())
        with closing(listener.connect_tls()) as client:
            client.sendall(sent)
        client = listener.connect_tls()
        client.sendall(sent)
        reset(client)
    with closing(listener.connect()) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert listener.post(EVENT).status == 200
    assert "Traceback" not in listener.log()


def reset(client: socket.socket) -> None:
    """Leaves with a RST instead of a FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()


def test_garbage_in_the_middle_of_tls_ends_the_connection_only(listener: Any) -> None:
    with closing(listener.connect_tls()) as client:
        raw = socket.socket(fileno=client.detach())
    with closing(raw):
        raw.sendall(b"\x17\x03\x03\x00\x20" + b"garbage!" * 4)
        assert b"HTTP" not in read_to_end(raw)
    assert listener.post(EVENT).status == 200


def test_the_log_tells_of_refusals_without_token_query_and_body(listener: Any) -> None:
    before = len(listener.log())
    listener.post(b"password=hunter2", f"/auth0/logs?api_key={TOKEN}&x=query-text", {})
    listener.post(b'{"password":"hunter2"}', "/auth0/logs?api_key=wrong-token&x=query-text", {})
    listener.post(b'{"password":"hunter2"}', "/elsewhere?api_key=wrong-token&x=query-text", {})
    log = listener.log()[before:]
    assert [line.split(": ", 1)[1] for line in log.splitlines()] == [
        "answered 400: the body is neither a JSON object, nor an array of them, nor lines of them; "
        "not JSON: Expecting value: line 1 column 1 (char 0) (POST /auth0/logs from 127.0.0.1)",
        "answered 401: the token is missing or wrong (POST /auth0/logs from 127.0.0.1)",
        "answered 404: not found (POST /elsewhere from 127.0.0.1)",
    ]
