"""What is believed of the answer to a request for a list, and what is not."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest
import trustme
import urllib3

from auth0_elastic.reputation import origin as origins

TOR, OTHER = "192.0.2.7", "198.51.100.7"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"<html>maintenance</html>", "HTML or XML page"),
        (200, b"", "it is empty"),
        (200, b"# an accident\n", "it is empty;"),
        (503, b"198.51.100.7", "the server answered 503"),
        (304, b"", "the server answered 304"),
        (404, b"198.51.100.7", "the server answered 404"),
    ],
)
def test_a_bad_answer_does_not_replace_the_last_good_one(
    make_list: Callable[..., Any],
    http_server: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    reason: str,
) -> None:
    server = http_server(body=TOR.encode())
    setup = make_list(server.url)
    setup.pass_time(0)
    server.status, server.body, server.headers = status, body, {"ETag": '"bad"'}

    setup.pass_time(3600)
    setup.restart()

    assert (setup.known(TOR), setup.known(OTHER)) == (True, False)
    assert reason in caplog.text
    setup.pass_time(3600)
    assert "if-none-match" not in server.asked[-1].headers


def test_a_server_that_is_gone_and_a_broken_off_answer_keep_the_list_and_the_url_s_key_out_of_the_log(
    make_list: Callable[..., Any], http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    server = http_server(body=TOR.encode())
    key = "license_key=hush"
    setup = make_list(f"{server.url}/list?{key}")
    setup.pass_time(0)
    server.headers = {"Content-Encoding": "gzip"}
    server.body = gzip.compress(OTHER.encode() * 100)[:30] + b"\xff" * 20

    setup.pass_time(3600)

    assert (setup.known(TOR), setup.known(OTHER)) == (True, False)
    assert "broke off the connection" in caplog.text

    gone = make_list(f"http://127.0.0.1:1/list?{key}")
    gone.pass_time(0)
    assert "127.0.0.1:1 takes no connection" in caplog.text
    assert "hush" not in caplog.text


def test_an_answer_that_is_cut_short_is_no_list(
    make_list: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    def answer_in_part() -> None:
        connection = server.accept()[0]
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n192.0.2.7\n")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_in_part, daemon=True).start()
        setup = make_list(f"http://127.0.0.1:{server.getsockname()[1]}/")
        setup.pass_time(0)

    assert not setup.known(TOR)
    assert "broke off the connection" in caplog.text


def test_a_compressed_answer_is_read(make_list: Callable[..., Any], http_server: Callable[..., Any]) -> None:
    server = http_server(body=gzip.compress(TOR.encode()), headers={"Content-Encoding": "gzip"})
    setup = make_list(server.url)
    setup.pass_time(0)

    assert setup.known(TOR)


def test_an_answer_without_end_is_cut_off(
    make_list: Callable[..., Any],
    http_server: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    bomb = gzip.compress(b"192.0.2.7\n" * (origins.MAX_SIZE // 10 + 1))
    server = http_server(body=bomb, headers={"Content-Encoding": "gzip"})
    setup = make_list(server.url)
    setup.pass_time(0)

    assert not setup.known(TOR)
    assert "it is larger than 64 MiB" in caplog.text


def test_a_slow_answer_is_given_up(http_server: Callable[..., Any]) -> None:
    server = http_server(body=TOR.encode())
    ticks = iter([0.0, origins.WHOLE_TIMEOUT + 1])
    with urllib3.PoolManager() as pool, pytest.raises(origins.ListUnavailable, match="not complete after 120 s"):
        origins.UrlOrigin(server.url, pool, lambda: next(ticks)).fetch(origins.Validators())


def test_a_redirect_is_followed_but_never_to_plain_http_or_in_circles(
    make_list: Callable[..., Any], http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    target = http_server(body=TOR.encode())
    server = http_server(status=302, headers={"Location": f"{target.url}/moved"})
    setup = make_list(server.url)
    setup.pass_time(0)
    assert setup.known(TOR)

    for location, reason in [
        ("http://lists.example.com/", "lists.example.com is to be asked without TLS"),
        ("/", "too many"),
    ]:
        server.headers = {"Location": location}
        setup.pass_time(3600)
        assert reason in caplog.text
    assert setup.known(TOR)
    assert len(server.asked) == 1 + 1 + 4


def test_a_certificate_is_checked(
    make_list: Callable[..., Any], http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(serving)
    authority.configure_trust(trusting)
    server = http_server(serving, body=TOR.encode())

    make_list(server.url).pass_time(0)
    assert "a certificate that is not trusted" in caplog.text

    trusted = make_list(server.url, urllib3.PoolManager(ssl_context=trusting))
    trusted.pass_time(0)
    assert trusted.known(TOR)


def test_proxies_of_the_environment_are_not_used(
    make_list: Callable[..., Any], http_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    setup = make_list(http_server(body=TOR.encode()).url)
    setup.pass_time(0)

    assert setup.known(TOR)
