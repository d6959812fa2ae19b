"""Decides how long to wait for Auth0's rate limit; nothing here waits.

Auth0 says `x-ratelimit-remaining` and `x-ratelimit-reset` (epoch seconds, by its own clock) on every answer.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

LONGEST_WAIT: Final = 60.0
"""Seconds after which Auth0 is asked again whatever it said, since clocks jump."""

_SHORTEST_WINDOW: Final = 1.0


class Budget(NamedTuple):
    """How many of `limit` requests are left until `resets_at`, which is in the seconds of our own clock."""

    limit: int
    remaining: int
    resets_at: float


def budget_of(headers: Mapping[str, str], now: float) -> Budget | None:
    """What an answer says is left; None where it says nothing. Auth0's clock is known by the answer's Date."""
    remaining, reset = _number(headers, "x-ratelimit-remaining"), _number(headers, "x-ratelimit-reset")
    if remaining is None or reset is None:
        return None
    limit = _number(headers, "x-ratelimit-limit") or 1
    return Budget(int(limit), int(remaining), now + max(0.0, reset - _their_time(headers, now)))


def exhausted(headers: Mapping[str, str], now: float, fallback: float) -> Budget:
    """What a 429 says: nothing is left until the reset, else for Retry-After, else for `fallback` seconds."""
    budget = budget_of(headers, now)
    seconds = budget.resets_at - now if budget else _number(headers, "retry-after")
    return Budget(budget.limit if budget else 1, 0, now + (seconds if seconds and seconds > 0 else fallback))


def wait_for(budget: Budget | None, now: float) -> float:
    """Seconds to wait before the next request, 0 to LONGEST_WAIT."""
    if budget is None or budget.remaining > 0:
        return 0.0
    return min(LONGEST_WAIT, max(0.0, budget.resets_at - now))


def spend(budget: Budget | None, now: float) -> Budget | None:
    """What is left after one more request; at the reset, what is left of a new budget. None for not known."""
    if budget is None:
        return None
    if now >= budget.resets_at:
        budget = renew(budget, now)
    return budget._replace(remaining=budget.remaining - 1)


def renew(budget: Budget, now: float) -> Budget:
    """A whole budget, until the next answer tells more; it keeps threads from all asking at the moment of the reset."""
    return Budget(budget.limit, budget.limit, now + _SHORTEST_WINDOW)


def _their_time(headers: Mapping[str, str], now: float) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return now


def _number(headers: Mapping[str, str], name: str) -> float | None:
    """A whole number of at most 15 digits; Retry-After may also be a date, which Auth0 does not use."""
    text = headers.get(name, "").strip()
    return float(text) if text.isdecimal() and text.isascii() and len(text) <= 15 else None
