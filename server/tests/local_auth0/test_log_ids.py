"""Log ids made from a time."""

from datetime import UTC, datetime

import pytest

from auth0_elastic.local_auth0.log_ids import LogIds, synthetic, time_of

AT = datetime(2026, 3, 4, 12, 30, 15, 250_000, tzinfo=UTC).timestamp()


def test_an_id_has_56_digits_and_its_time() -> None:
    made = LogIds().next(AT)
    assert len(made) == 56
    assert made.isdecimal()
    assert made.startswith("90020260304123015250")
    assert time_of(made) == int(AT)


def test_ids_of_one_moment_differ_and_rise() -> None:
    ids = LogIds()
    made = [ids.next(AT) for _ in range(1000)]
    assert made == sorted(set(made))


def test_ids_rise_although_the_clock_is_set_back() -> None:
    ids = LogIds()
    first, second = ids.next(AT), ids.next(AT - 3600)
    assert first < second


def test_a_late_id_stands_where_its_time_does() -> None:
    ids = LogIds()
    before, after = ids.next(AT - 10), ids.next(AT)
    assert before < ids.late(AT - 5) < after
    assert ids.next(AT) > after


def test_a_synthetic_id_stands_before_its_second() -> None:
    ids = LogIds()
    edge = synthetic(AT)
    assert (len(edge), time_of(edge)) == (56, int(AT))
    assert ids.late(int(AT) - 0.001) < edge < ids.late(int(AT))


def test_what_holds_no_time_is_no_log_id() -> None:
    with pytest.raises(ValueError, match="does not match format"):
        time_of("not a log id")
