"""Two processes of a server with one cache: one of them asks, and neither finds a torn copy."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.reputation import Reputation
from auth0_elastic.reputation.last_good import LastGood
from auth0_elastic.reputation.origin import Fetched, Validators

TOR, OTHER = "192.0.2.7", "198.51.100.7"


def test_one_asks_and_the_others_take_what_it_has_got(
    make_list: Callable[..., Any], http_server: Callable[..., Any]
) -> None:
    server = http_server(body=TOR.encode())
    shipper, detector = make_list(server.url), make_list(server.url)
    shipper.pass_time(0)
    detector.pass_time(0)
    assert detector.known(TOR)

    server.body = OTHER.encode()
    detector.pass_time(3600)
    shipper.pass_time(5)
    assert (shipper.known(TOR), shipper.known(OTHER)) == (False, True)
    assert len(server.asked) == 2
    shipper.pass_time(3595)
    assert len(server.asked) == 3


def test_one_that_cannot_reach_the_server_takes_what_another_has_got(
    make_list: Callable[..., Any], http_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    server = http_server(status=503)
    shipper, detector = make_list(server.url), make_list(server.url)
    shipper.pass_time(0)
    server.status, server.body = 200, TOR.encode()
    detector.pass_time(30)

    shipper.pass_time(30)

    assert shipper.known(TOR)
    assert len(server.asked) == 2
    assert "can be read again" in caplog.text


def test_two_do_not_ask_at_once(make_list: Callable[..., Any], http_server: Callable[..., Any]) -> None:
    server = http_server(body=TOR.encode())
    both = [make_list(server.url) for _ in range(8)]
    with ThreadPoolExecutor(len(both)) as threads:
        list(threads.map(lambda each: each.pass_time(0), both))

    assert all(each.known(TOR) for each in both)
    assert len(server.asked) == 1


def test_a_copy_is_whole_whoever_writes_it_meanwhile(tmp_path: Path) -> None:
    bodies = [(TOR + "\n").encode() * 20_000, (OTHER + "\n").encode() * 20_000]

    def write(body: bytes) -> None:
        copy = LastGood(tmp_path, "tor", "https://lists.example.com/")
        for _ in range(20):
            copy.save(Fetched(body, Validators()), 1_800_000_000.0)

    reader = LastGood(tmp_path, "tor", "https://lists.example.com/")
    reader.save(Fetched(bodies[0], Validators()), 1_800_000_000.0)
    with ThreadPoolExecutor(2) as threads:
        writing = [threads.submit(write, body) for body in bodies]
        seen = [reader.load() for _ in iter(lambda: all(each.done() for each in writing), True)]

    assert [each for each in writing if each.exception()] == []
    assert seen
    assert all(found is not None and found.body in bodies for found in seen)


def test_a_folder_that_cannot_be_made_costs_the_copies_alone(
    make_list: Callable[..., Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tor.txt").write_text(TOR)
    (tmp_path / "spool").write_text("no folder")
    reputation = Reputation(make_list().settings, tmp_path / "spool" / "reputation")
    reputation.refresh()

    assert reputation.lookup(TOR)
    assert "its copy: cannot be written" in caplog.text
