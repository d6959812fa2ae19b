"""Pages of logs: whole, byte for byte, one after the other."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from auth0_elastic.errors import Auth0Unavailable
from auth0_elastic.local_auth0 import LocalAuth0, SetClock, synthetic
from auth0_elastic.management.client import ManagementApi, Reply
from auth0_elastic.management.connection import lenient
from auth0_elastic.management.logs import log_id_of, read_page, split, synthetic_log_id


class Told:
    """Gives the same reply to every request."""

    def __init__(self, raw: bytes, link: str | None = None) -> None:
        self.reply = Reply(200, None, raw, link)

    def get(self, path: str, params: dict[str, str]) -> Reply:
        return self.reply


def all_pages(api: ManagementApi, after: str, take: int) -> list[str]:
    found = []
    while True:
        page = read_page(api, after, take)
        if not page.events:
            return found
        found += map(log_id_of, page.events)
        after = page.next_from or ""


def test_pages_follow_each_other_until_an_empty_one(auth0: LocalAuth0, api: ManagementApi, clock: SetClock) -> None:
    logged = [auth0.tenant.log() for _ in range(25)]
    start = synthetic_log_id(datetime.fromtimestamp(clock(), UTC))
    assert all_pages(api, start, 10) == logged


def test_a_page_that_is_cut_off_is_read_again_and_loses_nothing(
    auth0: LocalAuth0, api: ManagementApi, clock: SetClock
) -> None:
    logged = [auth0.tenant.log() for _ in range(25)]
    auth0.faults.cut(times=2, path="/api/v2/logs")
    assert all_pages(api, synthetic(clock()), 10) == logged


def test_a_token_that_expires_between_pages_loses_nothing(
    auth0: LocalAuth0, api: ManagementApi, clock: SetClock
) -> None:
    logged = [auth0.tenant.log() for _ in range(20)]
    first = read_page(api, synthetic(clock()), 10)
    auth0.tenant.tokens.revoke()
    second = read_page(api, first.next_from or "", 10)
    assert [*map(log_id_of, first.events), *map(log_id_of, second.events)] == logged


def test_an_empty_page_continues_where_it_was_asked(auth0: LocalAuth0, api: ManagementApi, clock: SetClock) -> None:
    start = synthetic(clock())
    assert read_page(api, start, 10) == ([], start)
    log_id = auth0.tenant.log()
    assert [*map(log_id_of, read_page(api, start, 10).events)] == [log_id]


def test_events_are_the_bytes_that_came() -> None:
    raw = b'[ {"log_id":"1", "b" : 1.0} ,\n{"log_id":"2","u":"\\u00e9\xc3\xa9"}]'
    assert read_page(Told(raw), "0", 2).events == [
        b'{"log_id":"1", "b" : 1.0}',
        b'{"log_id":"2","u":"\\u00e9\xc3\xa9"}',
    ]


@pytest.mark.parametrize(
    "odd",
    [
        rb'{"log_id":"2","a":"\ud800"}',
        rb'{"log_id":"2","a":NaN}',
        b'{"log_id":"2","a":"\x01"}',
        rb'{"log_id":"2","a":"], [\" {"}',
        b'{"log_id":"2","a":"\xff"}',
    ],
)
def test_an_event_that_strict_parsers_refuse_does_not_stop_the_page(odd: bytes) -> None:
    raw = b'[{"log_id":"1","a":[1,{}]}, ' + odd + b' ,{"log_id":"3"}]\n'
    assert split(raw) == [b'{"log_id":"1","a":[1,{}]}', odd, b'{"log_id":"3"}']
    assert [*map(log_id_of, split(raw))] == ["1", "2", "3"]


def test_an_integer_that_python_refuses_to_read_does_not_stop_the_page() -> None:
    raw = b'[{"log_id":"1","a":' + b"9" * 5000 + b"}]"
    assert lenient(raw) == [{"log_id": "1", "a": float("inf")}]
    assert [*map(log_id_of, split(raw))] == ["1"]


def test_an_event_as_deep_as_nobody_can_parse_is_still_one_event() -> None:
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    assert split(b"[" + deep + b',{"log_id":"3"}]') == [deep, b'{"log_id":"3"}']
    assert log_id_of(deep) == ""


def test_the_link_says_where_to_continue_and_without_one_the_last_event() -> None:
    raw = b'[{"log_id":"1"},{"_id":"2"},{"description":"neither"}]'
    assert read_page(Told(raw, "https://elsewhere.example/api/v2/logs?take=3&from=7"), "0", 3).next_from == "7"
    assert read_page(Told(raw, "https://elsewhere.example/api/v2/logs?take=3"), "0", 3).next_from == "2"
    assert read_page(Told(b"[]"), "0", 3).next_from == "0"


@pytest.mark.parametrize("raw", [b"", b'{"logs":[]}', b"null"])
def test_what_is_no_list_is_no_page(raw: bytes) -> None:
    with pytest.raises(Auth0Unavailable, match="not a list of events"):
        read_page(Told(raw), "0", 2)


@pytest.mark.parametrize(("event", "log_id"), [({"log_id": 5, "_id": "b"}, "b"), ({"_id": None}, ""), ([], "")])
def test_a_log_id_is_a_text(event: object, log_id: str) -> None:
    assert log_id_of(json.dumps(event).encode()) == log_id


def test_a_synthetic_log_id_is_as_long_as_real_ones_and_in_utc(auth0: LocalAuth0) -> None:
    moment = datetime(2026, 3, 1, 13, 0, 5, 999, tzinfo=timezone(timedelta(hours=1)))
    assert synthetic_log_id(moment) == "90020260301120005" + "0" * 39
    assert len(synthetic_log_id(moment)) == len(auth0.tenant.log())
