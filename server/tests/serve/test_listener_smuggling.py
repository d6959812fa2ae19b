"""Requests that are made to be read differently by whoever stands in front of the listener, byte by byte."""

import json
import re
from contextlib import closing
from typing import Any

import pytest

TOKEN = b"tok-0123456789-0123456789"
EVENT = b'{"log_id":"outer"}'
HEAD = b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nAuthorization: " + TOKEN + b"\r\n"
SMUGGLED = HEAD + b'Content-Length: 21\r\n\r\n{"log_id":"smuggled"}'
CHUNKED = b"%x\r\n" % len(EVENT) + EVENT + b"\r\n0\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(EVENT)


def exchange(server: Any, sent: bytes) -> bytes:
    """All that is answered until the server ends the connection, or has nothing more to say."""
    received = b""
    with closing(server.connect_tls()) as client:
        client.sendall(sent)
        client.settimeout(1)
        try:
            while piece := client.recv(65536):
                received += piece
        except TimeoutError:
            received += b"(open)"
        except OSError:
            pass
    return received


def statuses(answers: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.[0-9] ([0-9]{3}) ", answers)]


@pytest.fixture(scope="module")
def target(serve_module: Any) -> Any:
    return serve_module("listen")


AMBIGUOUS = {
    "length and chunks": LENGTH + b"Transfer-Encoding: chunked\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\n" + LENGTH,
    "two lengths": LENGTH + LENGTH,
    "two different lengths": LENGTH + b"Content-Length: 1\r\n",
    "a list of lengths": b"Content-Length: 18, 18\r\n",
    "a length with a sign": b"Content-Length: +18\r\n",
    "a negative length": b"Content-Length: -1\r\n",
    "a length in hexadecimal": b"Content-Length: 0x12\r\n",
    "a length with an underscore": b"Content-Length: 1_8\r\n",
    "a length in superscript": b"Content-Length: \xb2\r\n",
    "an empty length": b"Content-Length:\r\n",
    "an endless length": b"Content-Length: " + b"9" * 5_000 + b"\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "chunked twice in a list": b"Transfer-Encoding: chunked, chunked\r\n",
    "chunked, then identity": b"Transfer-Encoding: chunked, identity\r\n",
    "chunked, then gzip": b"Transfer-Encoding: chunked, gzip\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "a coding in quotes": b'Transfer-Encoding: "chunked"\r\n',
    "a coding with a parameter": b"Transfer-Encoding: chunked;q=1\r\n",
    "no coding": b"Transfer-Encoding:\r\n",
    "identity": b"Transfer-Encoding: identity\r\n" + LENGTH,
    "a coding with a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n",
    "a coding with a null": b"Transfer-Encoding: chunked\x00\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n" + LENGTH,
    "a tab before the colon": b"Content-Length\t: 18\r\n",
    "a space before the name": b" Transfer-Encoding: chunked\r\n" + LENGTH,
    "a folded line": b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH,
    "a folded line of another header": b"X: y\r\n Transfer-Encoding: chunked\r\n" + LENGTH,
    "a bare line feed": b"X: y\nTransfer-Encoding: chunked\r\n" + LENGTH,
    "a bare carriage return": b"X: y\rTransfer-Encoding: chunked\r\n" + LENGTH,
    "a line without a colon": b"Transfer-Encoding\r\n" + LENGTH,
    "a header without a name": b": chunked\r\n" + LENGTH,
    "two hosts": b"Host: y\r\n" + LENGTH,
    "an unknown expectation": b"Expect: 200-ok\r\n" + LENGTH,
}


@pytest.mark.parametrize("headers", AMBIGUOUS.values(), ids=AMBIGUOUS)
@pytest.mark.parametrize("body", [EVENT, CHUNKED], ids=["plain", "chunked"])
def test_an_ambiguous_request_gets_400_and_nothing_after_it_is_read(target: Any, headers: bytes, body: bytes) -> None:
    before = target.spooled()
    answers = exchange(target, HEAD + headers + b"\r\n" + body + SMUGGLED)
    assert statuses(answers) == [400]
    assert not answers.endswith(b"(open)")
    assert target.spooled() == before


def test_chunks_in_http_1_0_are_refused(target: Any) -> None:
    head = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
    assert statuses(exchange(target, head + CHUNKED + SMUGGLED)) == [400]


@pytest.mark.parametrize(
    "header", [b"Transfer_Encoding: chunked\r\n", b"Content_Length: 1\r\n", b"TRANSFER_ENCODING: x\r\n"]
)
def test_a_header_with_an_underscore_is_not_the_one_with_a_dash(target: Any, header: bytes) -> None:
    before = len(target.spooled())
    answers = exchange(target, HEAD + header + LENGTH + b"\r\n" + EVENT)
    assert statuses(answers) == [200]
    assert target.spooled()[before:] == [EVENT]


def test_a_token_header_with_an_underscore_is_no_token(target: Any) -> None:
    head = b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nX_API_KEY: " + TOKEN + b"\r\nContent-Length: 0\r\n\r\n"
    assert statuses(exchange(target, head)) == [401]


@pytest.mark.parametrize(
    "size",
    [b"0x12", b"+12", b"-12", b" 12", b"12 ", b"12\t", b"1_2", b"", b";", b"12\x00", b"\xb2", b"g", b"12\n"],
)
def test_a_chunk_whose_size_can_be_read_in_two_ways_is_refused(target: Any, size: bytes) -> None:
    before = target.spooled()
    sent = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n" + EVENT + b"\r\n0\r\n\r\n" + SMUGGLED
    answers = exchange(target, sent)
    assert statuses(answers)[:1] in ([400], [413])
    assert 200 not in statuses(answers)
    assert target.spooled() == before


def test_trailers_change_nothing(target: Any) -> None:
    chunks = b"0\r\nAuthorization: " + TOKEN + b"\r\n\r\n"
    head = b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert 200 not in statuses(exchange(target, head + chunks))


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (HEAD.replace(TOKEN, b"wrong"), 401),
        (HEAD.replace(b"/auth0/logs", b"/elsewhere"), 404),
        (HEAD.replace(b"POST", b"GET"), 405),
        (HEAD.replace(b"POST", b"OPTIONS"), 405),
    ],
)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_the_body_of_a_refused_request_is_no_request(target: Any, head: bytes, status: int, is_chunked: bool) -> None:
    before = target.spooled()
    if is_chunked:
        body = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n"
    else:
        body = b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED
    assert statuses(exchange(target, head + body)) == [status]
    assert target.spooled() == before


def test_requests_one_after_the_other_are_answered_one_after_the_other(target: Any) -> None:
    before = len(target.spooled())
    answers = exchange(target, (HEAD + LENGTH + b"\r\n" + EVENT) * 3)
    assert statuses(answers) == [200, 200, 200]
    assert target.spooled()[before:] == [EVENT] * 3


OURS = {
    b"/auth0/logs", b"/auth0/logs/", b"/auth0/%6cogs", b"/auth0%2flogs", b"/auth0%2Flogs", b"http://elsewhere/auth0/logs",
    b"//auth0/logs", b"/auth0/logs?", b"/auth0/logs?x=/../..", b"/auth0/logs#x",
}  # fmt: skip
NOT_OURS = {
    b"/auth0//logs", b"/auth0/logs//", b"/./auth0/logs", b"/auth0/./logs", b"/x/../auth0/logs",
    b"/auth0/logs/..", b"/auth0/logs/..;/", b"/auth0/logs;x=1", b"/auth0/logs;", b"/auth0/logs%00", b"/auth0/logs%0a",
    b"/auth0/logs%20", b"/auth0/logs%3fx", b"/auth0/logs%23", b"/%2e%2e/auth0/logs", b"/x/%2e%2e/auth0/logs",
    b"/auth0%5clogs", b"/auth0\\logs", b"/AUTH0/LOGS", b"/auth0/%256cogs", b"/auth0/logs%2e", b"/auth0/logs.", b"/%",
    b"/%zz", b"/%ff%fe", b"/auth0/%c0%afogs", b"/static/../auth0/logs", b"/collect%00", b"auth0/logs", b"*", b"x:y",
    b"/healthz", b"/readyz", b"/metrics", b"http://", b"http://[::1", b"//", b"///",
    b"/" + b"../" * 300 + b"etc/passwd",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(OURS))
def test_every_way_to_write_the_path_demands_the_token(target: Any, path: bytes) -> None:
    head = HEAD.replace(b"/auth0/logs", path) + LENGTH + b"Connection: close\r\n\r\n" + EVENT
    assert statuses(exchange(target, head)) == [200]
    assert statuses(exchange(target, head.replace(TOKEN, b"wrong"))) == [401]


@pytest.mark.parametrize("path", sorted(NOT_OURS))
def test_no_other_path_is_ours(target: Any, path: bytes) -> None:
    head = HEAD.replace(b"/auth0/logs", path) + LENGTH + b"Connection: close\r\n\r\n" + EVENT
    (status,) = statuses(exchange(target, head))
    assert status in (400, 404)


@pytest.mark.parametrize("method", [b"CONNECT", b"PRI", b"TRACE", b"PROPFIND", b"post", b"P" * 100, b"", b"POST\x00"])
def test_no_other_method_is_served(target: Any, method: bytes) -> None:
    head = HEAD.replace(b"POST", method, 1) + LENGTH + b"Connection: close\r\n\r\n" + EVENT
    answers = exchange(target, head)
    assert statuses(answers)[0] in (400, 404, 405)
    assert 200 not in statuses(answers)


@pytest.mark.parametrize(
    "version", [b"HTTP/2.0", b"HTTP/1.2", b"HTTP/0.9", b"HTTP/1.1.1", b"HTTP/11", b"http/1.1", b"ICY", b""]
)
def test_other_versions_are_not_spoken(target: Any, version: bytes) -> None:
    answers = exchange(target, HEAD.replace(b"HTTP/1.1", version) + LENGTH + b"Connection: close\r\n\r\n" + EVENT)
    assert statuses(answers) in ([400], [200]), answers
    assert version == b"HTTP/1.2" or statuses(answers) == [400]


def test_http_2_with_prior_knowledge_is_not_spoken(target: Any) -> None:
    assert statuses(exchange(target, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 9))[:1] == [400]


def test_an_upgrade_is_not_followed(target: Any) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    answers = exchange(target, HEAD + upgrade + LENGTH + b"\r\n" + EVENT)
    assert statuses(answers) == [200]


def test_the_answers_tell_nothing_of_what_runs_here(target: Any) -> None:
    for sent in (HEAD + LENGTH + b"\r\n" + EVENT, b"nonsense\r\n\r\n", HEAD.replace(b"logs", b"nowhere") + b"\r\n"):
        head, _, body = exchange(target, sent).partition(b"\r\n\r\n")
        assert json.loads(body.removesuffix(b"(open)"))
        for word in (b"gunicorn", b"python", b"flask", b"werkzeug", b"gevent"):
            assert word not in head.lower() + body.lower()
