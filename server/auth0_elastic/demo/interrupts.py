"""Ctrl-C and its relatives, at moments when nothing that was started can be forgotten."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Within the block, the first SIGINT, SIGTERM or SIGHUP raises KeyboardInterrupt; later ones do nothing.

    `number` is the signal that came, 0 before. For the main thread only.
    """

    def __init__(self) -> None:
        self.number = 0
        self._is_held = self._is_over = False
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._former = {number: signal.signal(number, self._arrive) for number in _SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A signal that comes within the block raises at its end: what was started there is noted by then."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self.number:
            self._raise()

    def ignore(self) -> None:
        """From now on: the clearing up is not to be disturbed."""
        self._is_over = True

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        self.number = self.number or number
        if not self._is_held:
            self._raise()

    def _raise(self) -> None:
        if not self._is_over:
            self._is_over = True
            raise KeyboardInterrupt
