"""When the daemon compares, and from when on."""

import pytest

from auth0_elastic.reconcile.schedule import State, compared, next_due, requested, started, window

DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0
NOW = 1_000_000_000.0


def test_the_first_comparison_is_due_at_once() -> None:
    assert next_due(State(), 6 * HOUR, NOW) == NOW


def test_a_quick_restart_changes_nothing() -> None:
    state = State(alive=NOW - 30, compared_to=NOW - HOUR)
    assert started(state, NOW) == state


def test_after_an_outage_it_compares_once_auth0_has_had_time_to_redeliver() -> None:
    state = started(State(alive=NOW - HOUR, compared_to=NOW - 2 * HOUR), NOW)
    due = next_due(state, 6 * HOUR, NOW)
    assert due == NOW + 5 * MINUTE
    since, until = window(state, MINUTE, due)
    assert since < NOW - HOUR
    assert until == NOW


def test_an_outage_that_no_comparison_has_looked_for_survives_the_next_restart() -> None:
    state = started(State(alive=NOW - 3 * DAY), NOW)
    again = started(State(NOW + 60, state.compared_to, state.owed, state.due), NOW + 90)
    assert window(again, HOUR, NOW + 400)[0] < NOW - 3 * DAY


def test_restarts_in_a_row_do_not_put_it_off() -> None:
    state = State(alive=NOW - HOUR)
    for restart in range(10):
        now = NOW + restart * 2 * MINUTE
        state = started(state, now)
        state = State(now, state.compared_to, state.owed, state.due)
    assert state.due == NOW + 5 * MINUTE


@pytest.mark.parametrize("look_back", [HOUR, 7 * DAY])
def test_no_range_stays_between_two_comparisons(look_back: float) -> None:
    since, until = window(State(), look_back, NOW)
    state = compared(State(alive=NOW), until)
    later = next_due(state, 6 * HOUR, NOW)
    assert later == NOW + 6 * HOUR
    assert window(state, look_back, later)[0] < until
    assert since == NOW - look_back


def test_what_was_requested_while_it_ran_is_still_owed() -> None:
    state = requested(State(compared_to=NOW - HOUR), NOW - 7 * DAY, NOW)
    after = compared(state, NOW - 5 * MINUTE - 1)
    assert after.owed == NOW - 7 * DAY
    assert compared(after, NOW).owed is None


def test_the_older_of_two_requests_counts() -> None:
    state = requested(requested(State(), NOW - DAY, NOW), NOW - HOUR, NOW)
    assert state.owed == NOW - DAY


def test_a_clock_that_was_set_back_makes_it_start_anew() -> None:
    assert started(State(alive=NOW + DAY, compared_to=NOW + DAY), NOW) == State()
