"""How long to wait, decided from what an answer says."""

import pytest

from auth0_elastic.backoff import Backoff
from auth0_elastic.management.exchange import DELAYS
from auth0_elastic.management.rate_limit import LONGEST_WAIT, Budget, budget_of, exhausted, spend, wait_for

NOW = 1_000_000_000.0  # Sun, 09 Sep 2001 01:46:40 GMT
DATE = "Sun, 09 Sep 2001 01:46:40 GMT"


def headers(remaining: int, reset: float, **more: str) -> dict[str, str]:
    return {"x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": f"{reset:.0f}", **more}


def test_nothing_is_waited_for_while_requests_remain_or_nothing_is_known() -> None:
    assert wait_for(Budget(2, 1, NOW + 10), NOW) == 0
    assert wait_for(None, NOW) == 0


def test_a_budget_that_is_used_up_is_waited_for_until_its_reset() -> None:
    assert wait_for(budget_of(headers(0, NOW + 10), NOW), NOW) == 10


def test_each_request_spends_and_the_reset_brings_a_whole_budget() -> None:
    assert spend(Budget(5, 2, NOW + 10), NOW) == Budget(5, 1, NOW + 10)
    assert spend(Budget(5, 0, NOW + 10), NOW + 10) == Budget(5, 4, NOW + 11)
    assert spend(None, NOW) is None


@pytest.mark.parametrize("skew", [-86_400, -300, 300, 86_400])
def test_a_clock_that_is_wrong_does_not_change_the_wait(skew: float) -> None:
    ours = NOW + skew
    assert wait_for(budget_of(headers(0, NOW + 7, date=DATE), ours), ours) == 7


def test_no_wait_is_longer_than_the_longest_even_if_the_clock_is_set_back_meanwhile() -> None:
    budget = exhausted(headers(0, NOW + 5), NOW, fallback=1)
    assert wait_for(budget, NOW - 86_400) == LONGEST_WAIT
    assert wait_for(Budget(2, 0, float("inf")), NOW) == LONGEST_WAIT


def test_a_429_is_waited_out_until_the_reset_else_retry_after_else_the_fallback() -> None:
    assert exhausted(headers(0, NOW + 9, **{"retry-after": "3"}), NOW, 1) == Budget(1, 0, NOW + 9)
    assert exhausted({"retry-after": "3"}, NOW, 1) == Budget(1, 0, NOW + 3)
    assert exhausted({}, NOW, 1) == Budget(1, 0, NOW + 1)


def test_a_429_whose_reset_has_passed_is_still_waited_for() -> None:
    assert exhausted(headers(0, NOW - 50), NOW, 2) == Budget(1, 0, NOW + 2)


@pytest.mark.parametrize("text", ["", "soon", "-5", "1e9", "١٢", "9" * 400, "NaN"])
def test_headers_that_are_no_numbers_tell_nothing(text: str) -> None:
    assert budget_of({"x-ratelimit-remaining": "0", "x-ratelimit-reset": text}, NOW) is None
    assert exhausted({"retry-after": text}, NOW, 4) == Budget(1, 0, NOW + 4)


@pytest.mark.parametrize("date", ["yesterday", "", "Sun, 99 Sep 2001 01:46:40 GMT"])
def test_a_date_that_cannot_be_read_leaves_our_own_clock(date: str) -> None:
    assert budget_of(headers(0, NOW + 4, date=date), NOW) == Budget(1, 0, NOW + 4)


def test_the_delay_doubles_up_to_half_a_minute_and_jitter_takes_at_most_half() -> None:
    assert [Backoff(*DELAYS, lambda: 0).delay(attempt) for attempt in (1, 2, 3, 6, 1000)] == [1, 2, 4, 30, 30]
    assert Backoff(*DELAYS, lambda: 1).delay(3) == 2
