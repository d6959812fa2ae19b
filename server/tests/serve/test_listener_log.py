"""What clients can bring into the log: no line of their own, no control character, no token, no body."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

TOKEN = "tok-0123456789-0123456789"
LINE = re.compile(r"[0-9-]{10}T[0-9:.]{12}Z [A-Z]+ +\[listen\] [a-z0-9_.]+: .*")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
FORGED = "2026-01-31T12:00:00.000Z ERROR   [listen] auth0_elastic.receive: forged"
HEAD = f"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nAuthorization: {TOKEN}\r\n".encode()

INJECTIONS = {
    "a line feed in the path": HEAD.replace(b"/auth0/logs", b"/%0A" + FORGED.replace(" ", "%20").encode()),
    "a carriage return in the path": HEAD.replace(b"/auth0/logs", b"/%0d" + FORGED.replace(" ", "%20").encode()),
    "an escape sequence in the path": HEAD.replace(b"/auth0/logs", b"/%1b[31m%1b]0;x%07"),
    "a null in the path": HEAD.replace(b"/auth0/logs", b"/%00%08%7f"),
    "line ends of Unicode in the path": HEAD.replace(b"/auth0/logs", b"/%E2%80%A8%C2%85%E2%80%AEx"),
    "no UTF-8 in the path": HEAD.replace(b"/auth0/logs", b"/%ff%c0%80"),
    "a format in the path": HEAD.replace(b"/auth0/logs", b"/%25s%25d%25(x)s{0}{x.y}"),
    "a raw escape in the path": HEAD.replace(b"/auth0/logs", b"/\x1b[31m"),
    "an escape sequence in the method": HEAD.replace(b"POST", b"PO\x1b[31mST"),
    "a method that is a message": HEAD.replace(b"POST", b"FORGED-%S-\xff"),
    "an escape sequence in a header": HEAD + b"X: \x1b[31m\r\n",
    "an escape sequence in the token": HEAD.replace(TOKEN.encode(), b"\x1b[31mhunter2"),
    "a forged forwarder": HEAD.replace(TOKEN.encode(), b"hunter2") + b"X-Forwarded-For: \tforged, 1.2.3.4%0aforged\r\n",
    "a version that is a message": HEAD.replace(b"HTTP/1.1", b"HTTP/1.1 forged"),
    "a large path": HEAD.replace(b"/auth0/logs", b"/" + b"x" * 3_900),
}


def send(server: Any, sent: bytes) -> bytes:
    with closing(server.connect_tls()) as client:
        client.settimeout(5)
        client.sendall(sent)
        try:
            return bytes(client.recv(65536))
        except OSError:
            return b""


@pytest.fixture(scope="module")
def trusting(serve_module: Any) -> Any:
    """One that believes this machine as a proxy, so that X-Forwarded-For is looked at too."""
    return serve_module("listen", listener={"trusted_proxies": ["127.0.0.1"]}, logging={"level": "debug"})


@pytest.mark.parametrize("sent", INJECTIONS.values(), ids=INJECTIONS)
def test_a_request_cannot_write_a_line_of_its_own(trusting: Any, sent: bytes) -> None:
    before = len(trusting.log())
    assert send(trusting, sent + b"Connection: close\r\nContent-Length: 0\r\n\r\n").startswith(b"HTTP/1.1 4")
    lines = trusting.log()[before:].splitlines()
    assert len(lines) == 1
    assert LINE.fullmatch(lines[0])
    assert not CONTROL.search(lines[0])
    assert len(lines[0]) < 500
    assert "hunter2" not in lines[0]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"hunter2\x1b[31m"}',
        b"hunter2\r\n" + FORGED.encode(),
        b'{"a":1}\n\x1b[31mhunter2\n',
        b'{"a":1}\n"' + FORGED.encode() + b'\n"hunter2"',
        b'{"a":1}\n\xff\xfehunter2',
        b'[{"a":1},hunter2\x00]',
        b"\x1f\x8bhunter2",
    ],
)
@pytest.mark.parametrize("path", ["/auth0/logs", "/collect"])
def test_a_body_cannot_either(trusting: Any, body: bytes, path: str) -> None:
    before = len(trusting.log())
    trusting.post(body, path)
    (line,) = trusting.log()[before:].splitlines()
    assert LINE.fullmatch(line)
    assert not CONTROL.search(line)
    assert "hunter2" not in line
    assert "forged" not in line


def test_ecs_json_lines_stay_lines_too(serve: Any) -> None:
    server = serve("listen", listener={"trusted_proxies": ["127.0.0.1"]}, logging={"format": "ecs_json"})
    for sent in INJECTIONS.values():
        send(server, sent + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    entries = [json.loads(line) for line in server.log().splitlines()]
    refused = [each for each in entries if "answered 4" in each["message"]]
    assert len(refused) == len(INJECTIONS)
    assert not any(CONTROL.search(json.dumps(each, ensure_ascii=False)) for each in entries)
    assert "hunter2" not in server.log()


QUERY = f"/auth0/logs?api_key={TOKEN}&x=hunter2"
WITH_TOKEN: dict[str, Callable[[], bytes]] = {
    "accepted": lambda: f"POST {QUERY} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode(),
    "refused as malformed": lambda: f"POST {QUERY} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxx".encode(),
    "another path": lambda: f"POST /x{QUERY} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode(),
    "another method": lambda: f"GET {QUERY} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "a fragment": lambda: f"GET /#api_key={TOKEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "an absolute form": lambda: f"POST http://x:{TOKEN}@y{QUERY} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "no such version": lambda: f"POST {QUERY} HTTP/9.9\r\nHost: x\r\n\r\n".encode(),
    "no version": lambda: f"POST {QUERY}\r\n\r\n".encode(),
    "no method": lambda: f"{QUERY} HTTP/1.1\r\n\r\n".encode(),
    "a method that is the token": lambda: f"{TOKEN} {QUERY} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "a broken header": lambda: f"POST {QUERY} HTTP/1.1\r\n{TOKEN}\r\n\r\n".encode(),
    "a header named like the token": lambda: f"POST {QUERY} HTTP/1.1\r\n{TOKEN} : x\r\n\r\n".encode(),
    "an expectation": lambda: f"POST {QUERY} HTTP/1.1\r\nExpect: {TOKEN}\r\n\r\n".encode(),
    "a coding": lambda: f"POST {QUERY} HTTP/1.1\r\nTransfer-Encoding: {TOKEN}\r\n\r\n".encode(),
    "a length": lambda: f"POST {QUERY} HTTP/1.1\r\nContent-Length: {TOKEN}\r\n\r\n".encode(),
    "a chunk": lambda: f"POST {QUERY} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{TOKEN}\r\n".encode(),
    "too long a line": lambda: f"POST {QUERY}{TOKEN * 400} HTTP/1.1\r\n\r\n".encode(),
    "too long a header": lambda: f"POST {QUERY} HTTP/1.1\r\nX: {TOKEN * 400}\r\n\r\n".encode(),
    "half a line": lambda: f"POST {QUERY}".encode(),
    "half a header": lambda: f"POST {QUERY} HTTP/1.1\r\nAuthorization: {TOKEN}".encode(),
    "half a body": lambda: f"POST {QUERY} HTTP/1.1\r\nContent-Length: 100\r\n\r\n{TOKEN}".encode(),
}


@pytest.mark.parametrize("sent", WITH_TOKEN.values(), ids=WITH_TOKEN)
def test_a_token_is_in_no_log_line_however_the_request_ends(trusting: Any, eventually: Any, sent: Any) -> None:
    """At the level debug, where gunicorn would show what it could not read."""
    before = len(trusting.log())
    with closing(trusting.connect_tls()) as client:
        client.sendall(sent())
    send(trusting, f"POST /done-{before} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    eventually(lambda: f"/done-{before} " in trusting.log(), "what was sent before has been served")
    log = trusting.log()[before:]
    for secret in (TOKEN, TOKEN[:12], "hunter2"):
        assert secret not in log
