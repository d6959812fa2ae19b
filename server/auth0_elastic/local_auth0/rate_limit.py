"""So many requests a second: counted, said in every answer's headers, refused when there are more."""

from math import floor
from typing import NamedTuple


class Allowance(NamedTuple):
    """What one request was told; `reset` is in epoch seconds."""

    limit: int
    remaining: int
    reset: int
    is_granted: bool

    @property
    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
        }


class RateLimit:
    """Starts anew with every second of the clock."""

    def __init__(self) -> None:
        self._second = 0
        self._used = 0

    def take(self, limit: int, now: float) -> Allowance:
        if floor(now) != self._second:
            self._second, self._used = floor(now), 0
        granted = self._used < limit
        self._used += granted
        return Allowance(limit, max(0, limit - self._used), self._second + 1, granted)
