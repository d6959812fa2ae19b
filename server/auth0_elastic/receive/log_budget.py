"""How much is logged of what strangers or a full disk may repeat: the first of each minute, then only their number."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

WINDOW_SECONDS: Final = 60.0


class LogBudget:
    """Otherwise whoever reaches the port could fill the disk with refusals. Each has its counter, logged or not."""

    def __init__(
        self, log: logging.Logger, level: int, lines: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`lines` a minute."""
        self._level = level
        self._log = log
        self._lines = lines
        self._clock = clock
        self._began = clock()
        self._used = 0

    def write(self, message: str, *args: object, extra: Mapping[str, object] | None = None) -> None:
        if self._clock() >= self._began + WINDOW_SECONDS:
            self._began, unlogged, self._used = self._clock(), self._used - self._lines, 0
            if unlogged > 0:
                self._log.log(self._level, "%d more requests were refused in the last minute, and not logged", unlogged)
        self._used += 1
        if self._used <= self._lines:
            self._log.log(self._level, message, *args, extra=extra)
