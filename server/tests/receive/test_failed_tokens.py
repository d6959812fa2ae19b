"""Who has sent too many wrong tokens, and until when."""

import pytest

from auth0_elastic.receive.failed_tokens import MOST_ADDRESSES, FailedTokens

ONE, OTHER = "203.0.113.9", "198.51.100.7"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failed(clock: Clock) -> FailedTokens:
    return FailedTokens(3, clock)


def test_the_limit_is_an_addresss_own(failed: FailedTokens) -> None:
    assert [failed.count(ONE) for _ in range(4)] == [None, None, None, 60]
    assert failed.count(OTHER) is None


def test_it_is_told_how_long_to_wait(failed: FailedTokens, clock: Clock) -> None:
    for _ in range(3):
        failed.count(ONE)
    clock.now += 45.4
    assert failed.count(ONE) == 15
    clock.now += 14.5
    assert failed.count(ONE) == 1


def test_a_minute_later_it_may_try_again(failed: FailedTokens, clock: Clock) -> None:
    for _ in range(10):
        failed.count(ONE)
    clock.now += 60
    assert [failed.count(ONE) for _ in range(4)] == [None, None, None, 60]


def test_an_ipv6_network_counts_as_one_address(failed: FailedTokens) -> None:
    assert [failed.count(f"2001:db8:0:1::{number:x}") for number in range(4)] == [None, None, None, 60]
    assert failed.count("2001:db8:0:2::1") is None


def test_only_so_many_addresses_are_remembered(failed: FailedTokens) -> None:
    for _ in range(3):
        failed.count(ONE)
        failed.count(OTHER)
    for number in range(MOST_ADDRESSES - 2):
        failed.count(f"10.0.{number >> 8}.{number & 255}")
    assert failed.count(ONE) == 60  # seen again, so now OTHER was seen longest ago
    failed.count("192.0.2.1")
    assert len(failed._windows) == MOST_ADDRESSES
    assert failed.count(OTHER) is None
    assert failed.count(ONE) == 60
