"""Which document an event is."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from auth0_elastic.ship.identity import document_id, log_id_time, may_precede

LOG_ID = "90020211103030609732115389415260839021644201259064885298"
AT = datetime(2021, 11, 3, 3, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"log_id":"%s","data":{"log_id":"%s"}}',
        b'{"data":{"log_id":"%s"}}',
        b'{"detail":{"log_id":"%s","data":{}}}',
        b'{"_id":"%s","log_id":"%s"}',
        b'{"_id":"%s","date":"x"}',
        b'{"log_id":"%s","data":"a string"}',
        b'{"log_id":"%s","data":{"x":NaN}}',
        b'{"log_id":"%s","data":null}',
        b'{"log_id":"%s","data":{"x":"\\ud800"}}',
        b'{"event_type":"auth.login_success","event_id":"%s"}',
        b'{"event_type":"auth.login_success","event_id":"%s","x":NaN}',
    ],
)
def test_the_log_id_identifies_the_event_in_every_shape(raw: bytes) -> None:
    assert document_id(raw.replace(b"%s", LOG_ID.encode())) == LOG_ID


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"log_id":""}',
        b'{"log_id":12345}',
        b'{"log_id":null}',
        b'{"log_id":"' + b"x" * 513 + b'"}',
        b'{"log_id":"\\ud800"}',
        b'{"a":' + b"[" * 1100 + b"]" * 1100 + b"}",
    ],
)
def test_without_a_usable_log_id_it_is_the_sha_256_of_the_bytes(raw: bytes) -> None:
    assert document_id(raw) == hashlib.sha256(raw).hexdigest()


def test_a_log_id_of_512_bytes_is_used() -> None:
    assert document_id(b'{"log_id":"' + b"x" * 512 + b'"}') == "x" * 512


def test_the_envelope_wins_over_what_it_wraps() -> None:
    assert document_id(b'{"log_id":"outer","data":{"log_id":"inner"}}') == "outer"


def test_a_log_id_embeds_its_time() -> None:
    assert log_id_time(LOG_ID) == AT


@pytest.mark.parametrize("text", ["12345", "", "90020219903030609", "x" + LOG_ID, "900"])
def test_other_ids_embed_no_time(text: str) -> None:
    assert log_id_time(text) is None


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("created", "identity", "received", "expected"),
    [
        (AT - HOUR, LOG_ID, AT, False),  # both after the rollover
        (AT + HOUR, LOG_ID, AT, True),  # both before it
        (AT + HOUR, LOG_ID, AT + 2 * HOUR, True),  # a redelivery after it
        (AT - timedelta(minutes=5), LOG_ID, AT, True),  # too close to trust two clocks
        (AT - HOUR, "12345", AT, True),  # no time in the id
        (AT - 3 * HOUR, LOG_ID, AT - 2 * HOUR, True),  # an id from the future
    ],
)
def test_an_event_that_may_be_older_than_the_write_index_is_looked_up(
    created: datetime, identity: str, received: datetime, expected: bool
) -> None:
    assert may_precede(created, identity, received) is expected
