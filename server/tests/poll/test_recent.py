"""Which part of the last minutes is read again."""

from datetime import UTC, datetime, timedelta

import pytest

from auth0_elastic.local_auth0 import synthetic
from auth0_elastic.poll.recent import Recent

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp()
START = synthetic(NOON - 86_400)


def ids(count: int, *, seconds: float, begin: float = NOON) -> list[str]:
    return [synthetic(begin + number * seconds)[:-3] + "001" for number in range(count)]


def raw(log_ids: list[str]) -> list[bytes]:
    return [b'{"log_id":"%s"}' % log_id.encode() for log_id in log_ids]


def test_before_anything_was_fetched_it_begins_at_the_start() -> None:
    assert Recent(START, 100).after == START


def test_the_last_ten_minutes_are_read_again_and_known() -> None:
    recent, logs = Recent(START, 100), ids(30, seconds=60)
    recent = recent.plus(raw(logs))
    assert recent.after == synthetic(NOON + timedelta(minutes=19).total_seconds())
    assert recent.unknown(raw(logs[19:])) == []
    assert recent.unknown(raw(logs[:3])) == raw(logs[:3])


def test_nothing_before_the_start_is_read_again() -> None:
    start = synthetic(NOON + 60)
    recent = Recent(start, 100)
    recent = recent.plus(raw(ids(3, seconds=60, begin=NOON + 120)))
    assert recent.after == start


@pytest.mark.parametrize("page_size", [1, 100])
def test_a_busy_tenant_is_read_again_for_ten_pages_at_most(page_size: int) -> None:
    recent, logs = Recent(START, page_size), [f"{synthetic(NOON)[:-6]}{number:06d}" for number in range(3000)]
    for page in range(0, 3000, page_size):
        recent = recent.plus(raw(logs[page : page + page_size]))
    assert recent.after == logs[-10 * page_size - 1]
    assert recent.unknown(raw(logs[-10 * page_size :])) == []


def test_what_has_no_log_id_is_never_taken_for_known() -> None:
    recent, odd = Recent(START, 100), [b'{"type":"s"}']
    recent = recent.plus(odd)
    assert recent.unknown(odd) == odd
    assert recent.after == START
