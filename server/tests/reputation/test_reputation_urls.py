"""Lists from URLs: when they are asked for, and a restart without a network."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

TOR = "192.0.2.7"


def test_a_url_is_asked_again_after_the_interval_and_only_for_changes(
    make_list: Callable[..., Any], http_server: Callable[..., Any]
) -> None:
    validators = {"ETag": 'W/"1"', "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT"}
    server = http_server(body=TOR.encode(), headers=validators)
    server.answer = lambda asked: (304, b"") if "if-none-match" in asked.headers else (200, TOR.encode())
    setup = make_list(f"{server.url}/exits?format=plain")

    assert setup.pass_time(0) == 10.0
    setup.pass_time(3599)
    assert len(server.asked) == 1
    setup.pass_time(1)

    first, second = server.asked
    assert first.line == "GET /exits?format=plain"
    assert "if-none-match" not in first.headers
    assert (second.headers["if-none-match"], second.headers["if-modified-since"]) == tuple(validators.values())
    assert setup.known(TOR)


def test_a_restart_knows_the_list_at_once_and_asks_no_sooner(
    make_list: Callable[..., Any], clock: Any, http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode(), headers={"ETag": '"1"'})
    setup = make_list(server.url)
    setup.pass_time(0)

    clock.now += 3000
    setup.restart()
    assert setup.known(TOR)
    setup.pass_time(0)
    assert len(server.asked) == 1
    setup.pass_time(600)
    assert server.asked[1].headers["if-none-match"] == '"1"'


def test_a_list_that_was_found_unchanged_is_asked_for_no_sooner_after_a_restart(
    make_list: Callable[..., Any], http_server: Callable[..., Any]
) -> None:
    server = http_server(headers={"ETag": '"1"'})
    server.answer = lambda asked: (304, b"") if "if-none-match" in asked.headers else (200, TOR.encode())
    setup = make_list(server.url)
    setup.pass_time(0)
    setup.pass_time(3600)

    setup.restart()
    setup.pass_time(3000)

    assert len(server.asked) == 2


def test_a_clock_set_back_does_not_stop_the_refresh(
    make_list: Callable[..., Any], http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode())
    setup = make_list(server.url)
    setup.pass_time(0)

    setup.pass_time(-86_400)

    assert len(server.asked) == 2


def test_a_failing_url_is_asked_after_one_minute_two_and_four_then_as_usual(
    make_list: Callable[..., Any], http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    server = http_server(status=500)
    setup = make_list(server.url)
    asked = []
    for minute in range(12):
        setup.pass_time(60 if minute else 0)
        asked.append(len(server.asked))
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]
    assert len(caplog.records) == 1

    server.status, server.body = 200, TOR.encode()
    setup.pass_time(3600)
    assert setup.known(TOR)


def test_a_damaged_copy_is_not_believed(
    make_list: Callable[..., Any], tmp_path: Path, http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode(), headers={"ETag": '"1"'})
    setup = make_list(server.url)
    setup.pass_time(0)
    (copy,) = (tmp_path / "cache").glob("*.list")
    for damaged in (copy.read_bytes()[:-1] + b"99", b"", b"\xff\n", b"[]\n", copy.read_bytes()[:40]):
        copy.write_bytes(damaged)
        setup.restart()
        assert not setup.known("192.0.2.99")
        assert not setup.known(TOR)

    setup.pass_time(0)
    assert setup.known(TOR)
    assert "if-none-match" not in server.asked[-1].headers


def test_another_url_under_the_same_name_does_not_inherit_the_copy(
    make_list: Callable[..., Any], http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode())
    make_list(f"{server.url}/a").pass_time(0)

    assert not make_list(f"{server.url}/b").known(TOR)


def test_only_who_has_patience_waits_for_a_list_that_is_slow(
    make_list: Callable[..., Any], http_server: Callable[..., Any]
) -> None:
    go, stop, answered = Event(), Event(), list[bool]()

    def answer(_: object) -> tuple[int, bytes]:
        answered.append(go.wait(10))
        return 200, TOR.encode()

    server = http_server(answer=answer)
    shipper, command = make_list(server.url), make_list(server.url)
    shipper.reputation.start(stop)
    assert (shipper.known(TOR), answered) == (False, [])

    go.set()
    command.reputation.start(stop, patience=10)
    assert (command.known(TOR), answered) == (True, [True])
    stop.set()
