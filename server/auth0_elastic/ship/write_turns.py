"""Keeps the bulks before a rollover apart from those after it: the latter must find what the former have written."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class WriteTurns:
    """Bulks meant for one write index run side by side; one meant for another waits until they have been answered.

    Otherwise two copies of an event, sent at the same time, could end in two backing indices unseen by each other.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._index = ""
        self._running = 0

    @contextmanager
    def of(self, index: str) -> Iterator[None]:
        """Around the look-up in older indices and the bulk that is meant for `index`."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running or self._index == index)
            self._index = index
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def wait_for_end(self, index: str) -> None:
        """Until no bulk that was meant for `index` is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running or self._index != index)
