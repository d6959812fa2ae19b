"""What the shipper says in the log, and how often."""

from collections.abc import Callable

import pytest

from auth0_elastic.ship.announce import Announcer

REFUSED = "no answer from http://127.0.0.1:9200: Connection refused"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def announcer(clock: Clock) -> Announcer:
    return Announcer(clock)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was said since the last time."""
    caplog.set_level("INFO")

    def lines() -> list[str]:
        found = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return found

    return lines


def test_an_outage_is_said_once_however_long_it_lasts(
    announcer: Announcer, clock: Clock, said: Callable[[], list[str]]
) -> None:
    for _ in range(1000):
        announcer.waiting(REFUSED)
        clock.now += 30
    assert said() == [f"waiting, nothing is lost: {REFUSED}"]
    announcer.delivering()
    announcer.delivering()
    assert said() == ["delivering to the engine"]


def test_numbers_and_ids_make_no_new_reason(announcer: Announcer, said: Callable[[], list[str]]) -> None:
    announcer.waiting("429: queue of 17, took 3.2s, node f81d4fae")
    announcer.waiting("429: queue of 18, took 4.1s, node 0b5e2c11")
    assert len(said()) == 1


def test_another_reason_is_said(announcer: Announcer, said: Callable[[], list[str]]) -> None:
    announcer.waiting(REFUSED)
    announcer.waiting("403 security_exception: no permissions")
    assert len(said()) == 2


def test_an_engine_that_comes_and_goes_is_said_by_the_minute(
    announcer: Announcer, clock: Clock, said: Callable[[], list[str]]
) -> None:
    for _ in range(600):
        announcer.waiting("429: busy")
        announcer.delivering()
        clock.now += 1
    assert len(said()) == 20


def test_after_it_went_away_quickly_again_the_last_word_is_still_right(
    announcer: Announcer, clock: Clock, said: Callable[[], list[str]]
) -> None:
    announcer.waiting("429: busy")
    announcer.delivering()
    announcer.waiting("429: busy")
    said()
    clock.now += 60
    announcer.waiting("429: busy")
    assert said() == ["waiting, nothing is lost: 429: busy"]


def test_a_thousand_dead_letters_of_one_kind_are_one_line_without_what_the_event_holds(
    announcer: Announcer, said: Callable[[], list[str]]
) -> None:
    reason = (
        "mapper_parsing_exception: failed to parse field [source.ip] of type [ip] in document with id '{0}'. "
        "Preview of field's value: 'jane{0}@example.com': 'jane{0}@example.com' is not an IP string literal."
    )
    announcer.dead((400, reason.format(number)) for number in range(1000))
    assert said() == [
        "dead letter (1 since the start): the engine answered mapper_parsing_exception: failed to parse field "
        "[source.ip] of type [ip] in document with id '…'."
    ]


def test_a_quoted_value_is_left_out(announcer: Announcer, said: Callable[[], list[str]]) -> None:
    announcer.dead([(400, "number_format_exception: For input string: \"jane@example.com\", it's wrong: 'jane'")])
    (line,) = said()
    assert "jane" not in line
    assert "it's wrong" in line


def test_an_engine_that_invents_reasons_costs_no_memory(
    announcer: Announcer, clock: Clock, said: Callable[[], list[str]]
) -> None:
    for number in range(1000):
        announcer.still_kept(8, "x" * (number + 1))
    assert len(announcer._quiet._last) == 200
