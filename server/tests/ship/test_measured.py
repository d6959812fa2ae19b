"""What an answer of the engine adds to the measures."""

import pytest

from auth0_elastic.ship.classify import Dead, Delivered, Duplicate
from auth0_elastic.ship.measured import measured
from auth0_elastic.spool.backlog import SpooledEvent

NOON = 1_795_262_400.0  # 2026-11-21T12:00:00Z
LOG = b'{"log_id":"90020261121115000000000000000000000000000000000000000000000000"}'


def event(seconds_ago: float, raw: bytes = LOG) -> SpooledEvent:
    return SpooledEvent("f", 1, int((NOON - seconds_ago) * 1000), raw)


def test_every_event_that_is_indexed_counts_for_the_lag_and_one_of_them_for_its_age() -> None:
    events = [event(0.2), event(40), event(40), event(40)]
    endings = [Delivered("i"), Delivered("i"), Duplicate(), Dead(400, "no")]
    assert measured(events, endings, 0.3, NOON) == {
        ("bulk_seconds", "0.5"): 1,
        ("bulk_seconds", "sum"): 0.3,
        ("lag_received_seconds", "0.25"): 1,
        ("lag_received_seconds", "60.0"): 1,
        ("lag_received_seconds", "sum"): pytest.approx(40.2),
        ("lag_created_seconds", "1800.0"): 1,
        ("lag_created_seconds", "sum"): pytest.approx(600),
    }


def test_without_a_log_id_nobody_knows_when_it_was_created() -> None:
    amounts = measured([event(1, b'{"event_id":"x"}')], [Delivered("i")], 0.1, NOON)
    assert {name for name, _ in amounts} == {"bulk_seconds", "lag_received_seconds"}


def test_where_nothing_is_indexed_only_the_request_counts() -> None:
    assert {name for name, _ in measured([event(1)], [Duplicate()], 0.1, NOON)} == {"bulk_seconds"}
