"""A limit against floods of messages; pure but for its clock."""

from collections.abc import Callable
from threading import Lock
from typing import Final

_HOUR: Final = 3600.0


class HourlyLimit:
    """At most so many in an hour, counted from its first; keeps count of what is left out. Any thread may use it."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._most, self._clock, self._lock = most, clock, Lock()
        self._began, self._admitted, self._left_out = clock(), 0, 0

    def admits(self) -> bool:
        """Whether there is room for one more, which is then taken; otherwise it is left out."""
        with self._lock:
            if self._is_over():
                self._began, self._admitted = self._clock(), 0
            if self._admitted < self._most:
                self._admitted += 1
                return True
            self._left_out += 1
            return False

    def leave_out(self, count: int = 1) -> None:
        """What was lost on another way."""
        with self._lock:
            self._left_out += count

    def take_left_out(self, *, at_once: bool = False) -> int:
        """How many were left out, to be told now: once the hour is over, or `at_once`; each is told once."""
        with self._lock:
            if not (at_once or self._is_over()):
                return 0
            found, self._left_out = self._left_out, 0
            return found

    def _is_over(self) -> bool:
        return not 0 <= self._clock() - self._began < _HOUR
