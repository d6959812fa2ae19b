"""How long to wait before the next attempt."""

import random
from collections.abc import Callable


class Backoff:
    """Doubles from `first` to `longest` seconds, each time with a jitter that takes up to half of it away."""

    def __init__(self, first: float, longest: float, jitter: Callable[[], float] = random.random) -> None:
        self._first = first
        self._longest = longest
        self._jitter = jitter

    def delay(self, attempt: int) -> float:
        """Seconds to wait after the attempt of this number, counted from 1."""
        whole: float = min(self._longest, self._first * 2 ** min(attempt - 1, 30))
        return whole * (1 - self._jitter() / 2)
